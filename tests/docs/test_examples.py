"""Every program in examples/ runs, and produces the documented files and output."""

import io
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import av
import pytest
from PIL import Image

from deapi import AuthenticationError
from deapi.emulator.media import audio

EXAMPLES = Path(__file__).parents[2] / "examples"
TESTED_ELSEWHERE = {
    *("webhook_fastapi.py", "webhook_flask.py"),  # in webhook/test_receivers.py
    *("asyncio_service.py", "celery_tasks.py", "ray_data.py"),  # in test_queue_examples.py
}


class Workspace:
    """The working directory of a user, and the emulator that the examples use."""

    def __init__(self, emulator, directory):
        self.emulator = emulator
        self.directory = directory

    def run(self, example, *arguments, code=0, **environment):
        """Run an example, and return its output."""
        settings = {"DEAPI_BASE_URL": self.emulator.url, "DEAPI_API_KEY": self.emulator.api_key}
        completed = subprocess.run(
            [sys.executable, "-W", "error", str(EXAMPLES / example), *arguments],
            cwd=self.directory,
            env={**os.environ, **settings, "PYTHONIOENCODING": "utf-8", **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        assert completed.returncode == code, completed.stderr + completed.stdout
        assert code or not completed.stderr
        return completed.stdout

    def image(self, name):
        with Image.open(self.directory / name) as image:
            image.load()
            return image

    def streams(self, name):
        """Decode a file, and return the duration in seconds of each stream by its type."""
        durations = {}
        with av.open(io.BytesIO((self.directory / name).read_bytes())) as container:
            for stream in container.streams:
                durations[stream.type] = float(stream.duration * stream.time_base)
            assert sum(1 for _ in container.decode()) > 0
        return durations

    @property
    def operations(self):
        """The operations of the submitted jobs, in order."""
        return [job.operation for job in self.emulator.jobs.values()]


@pytest.fixture
def workspace(emulator, tmp_path):
    Image.new("RGB", (256, 192), "teal").save(tmp_path / "image.png")
    speech = audio.synthesize_speech(
        "Hello there.", voice="a", speed=1, format="mp3", sample_rate=24000
    )
    (tmp_path / "speech.mp3").write_bytes(speech)
    return Workspace(emulator, tmp_path)


def test_the_demo_uses_the_service_if_there_is_an_api_key(workspace):
    assert "It cost $" in workspace.run("demo.py")
    assert workspace.image("demo.png").size == (768, 768)
    assert workspace.operations == ["txt2img"]


def test_the_demo_starts_an_emulator_if_there_is_no_api_key(workspace):
    assert "Using the emulator" in workspace.run("demo.py", "mine.png", DEAPI_API_KEY="")
    assert workspace.image("mine.png").size == (768, 768)
    assert not workspace.operations


def test_generate_image_saves_in_the_format_of_the_file_name(workspace):
    workspace.run("generate_image.py", "a fox", "fox.webp")
    image = workspace.image("fox.webp")
    assert (image.size, image.format) == ((768, 768), "WEBP")
    assert workspace.emulator.requests[0].fields["prompt"] == "a fox"


def test_edit_image_edits_one_image_or_combines_several(workspace):
    workspace.run("edit_image.py", "both in one", "image.png", "image.png")
    assert len(workspace.emulator.requests[0].fields["images[]"]) == 2
    workspace.image("edited.png")
    workspace.run("edit_image.py")
    assert workspace.operations == ["img2img", "img2img"]


def test_upscale_image_upscales_four_times(workspace):
    assert "for $" in workspace.run("upscale_image.py")
    assert workspace.image("upscaled.png").size == (1024, 768)


def test_remove_background_saves_a_transparent_image(workspace):
    workspace.run("remove_background.py")
    assert workspace.image("cutout.png").mode == "RGBA"


def test_synthesize_speech_uses_the_requested_voice(workspace):
    workspace.run("synthesize_speech.py", "Good evening to you all.", "af_heart")
    assert workspace.streams("speech.mp3")["audio"] > 1
    assert workspace.emulator.requests[0].fields["voice"] == "af_heart"


def test_compose_music_has_the_requested_duration(workspace):
    assert "10 seconds cost $" in workspace.run("compose_music.py", "slow piano", "10")
    assert workspace.streams("music.mp3")["audio"] == pytest.approx(10, abs=0.2)


def test_generate_video_prints_its_progress(workspace):
    assert "done: 100 %" in workspace.run("generate_video.py")
    assert workspace.streams("video.mp4")["video"] == pytest.approx(2, abs=0.1)


def test_animate_image_saves_a_video(workspace):
    workspace.run("animate_image.py")
    assert workspace.streams("animated.mp4")["video"] == pytest.approx(2, abs=0.1)
    assert workspace.operations == ["img2video"]


def test_transcribe_accepts_a_file_and_a_url(workspace):
    assert workspace.run("transcribe.py").startswith("    0.0 s  ")
    assert workspace.run("transcribe.py", "https://www.youtube.com/watch?v=abc").count(" s  ") > 1
    from_file, from_url = workspace.emulator.jobs.values()
    assert from_file.fields["source_file"].filename == "speech.mp3"
    assert from_url.fields["source_url"] == "https://www.youtube.com/watch?v=abc"


def test_transcribe_speakers_prints_the_speaker_of_each_turn(workspace):
    assert "SPEAKER_0" in workspace.run("transcribe_speakers.py")
    printed = workspace.run("transcribe_speakers.py", "https://www.youtube.com/watch?v=abc")
    title, *turns = printed.splitlines()
    assert "Emulated channel" in title
    speakers = [turn.split()[2] for turn in turns]
    assert set(speakers) == {"SPEAKER_00:", "SPEAKER_01:"}
    assert all(speaker != following for speaker, following in pairwise(speakers))
    assert [request.path for request in workspace.emulator.requests[:1]] == [
        "/api/v2/audio/transcriptions"
    ]


def test_enhance_prompt_prints_the_original_and_the_enhanced_prompt(workspace):
    printed = workspace.run("enhance_prompt.py", "a fox", "fox.png")
    assert "Original prompt: a fox\nEnhanced prompt: a fox, " in printed
    (job,) = workspace.emulator.jobs.values()
    assert f"It cost ${job.price:.5f}." in printed
    assert workspace.image("fox.png").size == (768, 768)


def test_describe_video_prints_scenes_and_events(workspace):
    workspace.run("generate_video.py")
    assert workspace.run("describe_video.py").startswith("Scenes\n    0.0 to ")
    url = "https://www.youtube.com/watch?v=abc"
    fast, detailed = (
        workspace.run("describe_video.py", url, preset) for preset in ("fast", "detail")
    )
    assert fast.count(" s  ") < detailed.count(" s  ")
    assert workspace.operations[1:] == ["videos/descriptions"] * 3


def test_manage_keys_creates_rotates_and_revokes_a_key(workspace):
    created = workspace.run(
        "manage_keys.py", "create", "thumbnails", "--limit", "2", "--reset-interval", "daily"
    )
    secret = created.splitlines()[-1]
    with workspace.emulator.client(api_version="v2", api_key=secret) as service:
        key = service.current_key.get()
        assert (key.name, key.limit, key.reset_interval) == ("thumbnails", 2, "daily")
        assert key.expires_at is not None
        service.images.remove_background(image=workspace.directory / "image.png", model="Ben2")
        rotated = workspace.run("manage_keys.py", "rotate", str(key.id))
        assert f"revoke {key.id}" in rotated
        assert workspace.run("manage_keys.py", "list").count("of $2.00 (daily)") == 2
        workspace.run("manage_keys.py", "revoke", str(key.id))
        with pytest.raises(AuthenticationError):
            service.current_key.get()
    with workspace.emulator.client(api_version="v2", api_key=rotated.splitlines()[1]) as service:
        assert service.current_key.get().limit == 2
    spent = next(iter(workspace.emulator.jobs.values())).price
    assert f"${spent:.5f} in total" in workspace.run("manage_keys.py", "usage")


def test_manage_keys_reports_a_missing_role(workspace):
    secret = workspace.run("manage_keys.py", "create", "thumbnails").splitlines()[-1]
    assert "ADMIN key" in workspace.run("manage_keys.py", "list", code=1, DEAPI_API_KEY=secret)


def test_extract_text_prints_lines(workspace):
    assert len(workspace.run("extract_text.py").splitlines()) >= 3


def test_embed_sorts_by_similarity(workspace):
    printed = workspace.run("embed.py").splitlines()
    assert len(printed) == 3
    assert "bicycle" in printed[0]
    assert printed == sorted(printed, reverse=True)


def test_list_models_lists_all_models_or_those_of_a_task(workspace):
    everything = workspace.run("list_models.py")
    assert "Flux1schnell" in everything
    assert "Kokoro" in everything
    assert "Flux1schnell" not in workspace.run("list_models.py", "txt2audio")


def test_async_batch_saves_all_images_except_the_failed_one(workspace):
    workspace.emulator.fail_jobs()
    printed = workspace.run("async_batch.py", "fox", "owl", "hare")
    assert printed.count("failed") == 1
    assert len(workspace.emulator.jobs) == 3
    saved = [path for path in workspace.directory.glob("*.png") if path.name != "image.png"]
    assert {workspace.image(path.name).size for path in saved} == {(512, 512)}
    assert len(saved) == 2


def test_resume_job_resumes_the_job_of_an_earlier_run(workspace):
    with workspace.emulator.client() as client:
        job = client.images.generate(
            prompt="a fox", model="Flux1schnell", width=512, height=512, steps=4, seed=1
        )
    (workspace.directory / "job.txt").write_text(job.request_id)
    assert f"Resuming {job.request_id}" in workspace.run("resume_job.py")
    assert workspace.image("harbour.png").size == (512, 512)
    assert not (workspace.directory / "job.txt").exists()
    assert "Submitted" in workspace.run("resume_job.py")
    assert len(workspace.emulator.jobs) == 2


def test_resume_job_keeps_the_id_of_a_job_that_could_not_be_saved(workspace):
    workspace.emulator.inject_fault(operation="request-status", status=404)
    workspace.run("resume_job.py", code=1)
    assert (workspace.directory / "job.txt").read_text() == next(iter(workspace.emulator.jobs))


def test_handle_errors_prints_the_reason(workspace):
    workspace.run("handle_errors.py")
    assert workspace.image("fox.png").size == (512, 512)
    assert "'width'" in workspace.run("handle_errors.py", "99", code=1)
    workspace.emulator.balance = 0.1
    assert "Top up" in workspace.run("handle_errors.py", code=1)
    workspace.emulator.balance = 10
    workspace.emulator.inject_fault(operation="txt2img", status=502, accepted=True)
    assert "may exist and be charged" in workspace.run("handle_errors.py", code=1)
    workspace.emulator.fail_jobs(retryable=False)
    assert "Change the arguments first" in workspace.run("handle_errors.py", code=1)


def test_the_pytest_example_passes(tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    completed = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(EXAMPLES / "test_with_emulator.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "3 passed" in completed.stdout


def test_every_example_is_tested_and_listed():
    listed = (EXAMPLES / "README.md").read_text()
    tested = Path(__file__).read_text()
    for example in sorted(EXAMPLES.glob("*.py")):
        assert f"[{example.name}]({example.name})" in listed
        assert f'"{example.name}"' in tested
    assert all((EXAMPLES / name).exists() for name in TESTED_ELSEWHERE)


def test_batch_continues_and_keeps_to_its_budget(workspace):
    assert "2 done; $" in workspace.run("batch.py", "0.50", "fox", "owl")
    output = workspace.run("batch.py", "0.50", "fox", "owl", "hare")
    assert output.startswith("animals/hare.png")
    assert "3 done; $" in output
    assert workspace.image("animals/fox.png").size == (512, 512)
    assert "budget of $0.01 is used up" in workspace.run(
        "batch.py", "0.01", "fox", "elk", "wolf", "bear", "lynx", "yak", "seal", "crow", "newt"
    )
