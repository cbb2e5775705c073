"""Every program in examples/ runs, and makes what it says."""

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
TESTED_ELSEWHERE = {"webhook_fastapi.py", "webhook_flask.py"}  # see webhook/test_receivers.py


class Desk:
    """A reader's working directory, with the emulator beside it."""

    def __init__(self, emulator, folder):
        self.emulator = emulator
        self.folder = folder

    def run(self, example, *arguments, code=0, **environment):
        """Run an example; what it printed."""
        told = {"DEAPI_BASE_URL": self.emulator.url, "DEAPI_API_KEY": self.emulator.api_key}
        environ = {key: value for key, value in os.environ.items() if "DEAPI" not in key}
        done = subprocess.run(
            [sys.executable, "-W", "error", str(EXAMPLES / example), *arguments],
            cwd=self.folder,
            env={**environ, **told, "PYTHONIOENCODING": "utf-8", **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        assert done.returncode == code, done.stderr + done.stdout
        assert code or not done.stderr
        return done.stdout

    def image(self, name):
        with Image.open(self.folder / name) as image:
            image.load()
            return image

    def streams(self, name):
        """The decoded length in seconds of each stream of a file, by its type."""
        lengths = {}
        with av.open(io.BytesIO((self.folder / name).read_bytes())) as container:
            for stream in container.streams:
                lengths[stream.type] = float(stream.duration * stream.time_base)
            assert sum(1 for _ in container.decode()) > 0
        return lengths

    @property
    def operations(self):
        """The jobs that were ordered, in order."""
        return [job.operation for job in self.emulator.jobs.values()]


@pytest.fixture
def desk(emulator, tmp_path):
    Image.new("RGB", (256, 192), "teal").save(tmp_path / "image.png")
    speech = audio.speech("Hello there.", voice="a", speed=1, format="mp3", sample_rate=24000)
    (tmp_path / "speech.mp3").write_bytes(speech)
    return Desk(emulator, tmp_path)


def test_the_demo_uses_the_service_that_there_is_a_key_for(desk):
    assert "It cost $" in desk.run("demo.py")
    assert desk.image("demo.png").size == (768, 768)
    assert desk.operations == ["txt2img"]


def test_the_demo_without_a_key_brings_its_own_emulator(desk):
    assert "Using the emulator" in desk.run("demo.py", "mine.png", DEAPI_API_KEY="")
    assert desk.image("mine.png").size == (768, 768)
    assert not desk.operations


def test_generate_image_makes_the_format_that_the_name_asks_for(desk):
    desk.run("generate_image.py", "a fox", "fox.webp")
    image = desk.image("fox.webp")
    assert (image.size, image.format) == ((768, 768), "WEBP")
    assert desk.emulator.requests[0].fields["prompt"] == "a fox"


def test_edit_image_changes_one_or_joins_several(desk):
    desk.run("edit_image.py", "both in one", "image.png", "image.png")
    assert len(desk.emulator.requests[0].fields["images[]"]) == 2
    desk.image("edited.png")
    desk.run("edit_image.py")
    assert desk.operations == ["img2img", "img2img"]


def test_upscale_image_enlarges_four_times(desk):
    assert "for $" in desk.run("upscale_image.py")
    assert desk.image("upscaled.png").size == (1024, 768)


def test_remove_background_makes_it_transparent(desk):
    desk.run("remove_background.py")
    assert desk.image("cutout.png").mode == "RGBA"


def test_speak_makes_speech_in_the_voice_that_is_asked_for(desk):
    desk.run("synthesize_speech.py", "Good evening to you all.", "af_heart")
    assert desk.streams("speech.mp3")["audio"] > 1
    assert desk.emulator.requests[0].fields["voice"] == "af_heart"


def test_compose_music_makes_music_of_the_asked_length(desk):
    assert "10 seconds cost $" in desk.run("compose_music.py", "slow piano", "10")
    assert desk.streams("music.mp3")["audio"] == pytest.approx(10, abs=0.2)


def test_make_video_shows_its_progress(desk):
    assert "done: 100 %" in desk.run("generate_video.py")
    assert desk.streams("video.mp4")["video"] == pytest.approx(2, abs=0.1)


def test_animate_image_makes_a_video(desk):
    desk.run("animate_image.py")
    assert desk.streams("animated.mp4")["video"] == pytest.approx(2, abs=0.1)
    assert desk.operations == ["img2video"]


def test_transcribe_reads_a_file_and_an_address(desk):
    assert desk.run("transcribe.py").startswith("    0.0 s  ")
    assert desk.run("transcribe.py", "https://www.youtube.com/watch?v=abc").count(" s  ") > 1
    uploaded, addressed = desk.emulator.jobs.values()
    assert uploaded.fields["source_file"].filename == "speech.mp3"
    assert addressed.fields["source_url"] == "https://www.youtube.com/watch?v=abc"


def test_transcribe_speakers_tells_who_says_what(desk):
    assert "SPEAKER_0" in desk.run("transcribe_speakers.py")
    printed = desk.run("transcribe_speakers.py", "https://www.youtube.com/watch?v=abc")
    title, *turns = printed.splitlines()
    assert "Emulated channel" in title
    speakers = [turn.split()[2] for turn in turns]
    assert set(speakers) == {"SPEAKER_00:", "SPEAKER_01:"}
    assert all(one != other for one, other in pairwise(speakers))
    assert [request.path for request in desk.emulator.requests[:1]] == [
        "/api/v2/audio/transcriptions"
    ]


def test_boosted_image_shows_the_prompt_before_and_after(desk):
    printed = desk.run("enhance_prompt.py", "a fox", "fox.png")
    assert "Original prompt: a fox\nEnhanced prompt: a fox, " in printed
    (job,) = desk.emulator.jobs.values()
    assert f"It cost ${job.price:.5f}." in printed
    assert desk.image("fox.png").size == (768, 768)


def test_describe_video_prints_scenes_and_events(desk):
    desk.run("generate_video.py")
    assert desk.run("describe_video.py").startswith("Scenes\n    0.0 to ")
    address = "https://www.youtube.com/watch?v=abc"
    fast, detailed = (desk.run("describe_video.py", address, word) for word in ("fast", "detail"))
    assert fast.count(" s  ") < detailed.count(" s  ")
    assert desk.operations[1:] == ["videos/descriptions"] * 3


def test_manage_keys_makes_rotates_and_revokes_a_key(desk):
    made = desk.run(
        "manage_keys.py", "create", "thumbnails", "--limit", "2", "--reset-interval", "daily"
    )
    secret = made.splitlines()[-1]
    with desk.emulator.client(api_version="v2", api_key=secret) as service:
        key = service.current_key.get()
        assert (key.name, key.limit, key.reset_interval) == ("thumbnails", 2, "daily")
        assert key.expires_at is not None
        service.images.remove_background(image=desk.folder / "image.png", model="Ben2")
        rotated = desk.run("manage_keys.py", "rotate", str(key.id))
        assert f"revoke {key.id}" in rotated
        assert desk.run("manage_keys.py", "list").count("of $2.00 (daily)") == 2
        desk.run("manage_keys.py", "revoke", str(key.id))
        with pytest.raises(AuthenticationError):
            service.current_key.get()
    with desk.emulator.client(api_version="v2", api_key=rotated.splitlines()[1]) as service:
        assert service.current_key.get().limit == 2
    spent = next(iter(desk.emulator.jobs.values())).price
    assert f"${spent:.5f} in total" in desk.run("manage_keys.py", "usage")


def test_manage_keys_says_what_a_key_lacks(desk):
    secret = desk.run("manage_keys.py", "create", "thumbnails").splitlines()[-1]
    assert "ADMIN key" in desk.run("manage_keys.py", "list", code=1, DEAPI_API_KEY=secret)


def test_read_text_prints_lines(desk):
    assert len(desk.run("extract_text.py").splitlines()) >= 3


def test_embed_puts_the_closest_text_first(desk):
    printed = desk.run("embed.py").splitlines()
    assert len(printed) == 3
    assert "bicycle" in printed[0]
    assert printed == sorted(printed, reverse=True)


def test_list_models_lists_all_or_those_of_a_task(desk):
    everything = desk.run("list_models.py")
    assert "Flux1schnell" in everything
    assert "Kokoro" in everything
    assert "Flux1schnell" not in desk.run("list_models.py", "txt2audio")


def test_async_batch_makes_all_but_the_one_that_fails(desk):
    desk.emulator.fail_jobs()
    printed = desk.run("async_batch.py", "fox", "owl", "hare")
    assert printed.count("failed") == 1
    assert len(desk.emulator.jobs) == 3
    made = [path for path in desk.folder.glob("*.png") if path.name != "image.png"]
    assert {desk.image(path.name).size for path in made} == {(512, 512)}
    assert len(made) == 2


def test_resume_job_goes_on_with_the_job_of_the_run_before(desk):
    with desk.emulator.client() as client:
        job = client.images.generate(
            prompt="a fox", model="Flux1schnell", width=512, height=512, steps=4, seed=1
        )
    (desk.folder / "job.txt").write_text(job.request_id)
    assert f"Resuming {job.request_id}" in desk.run("resume_job.py")
    assert desk.image("harbour.png").size == (512, 512)
    assert not (desk.folder / "job.txt").exists()
    assert "Submitted" in desk.run("resume_job.py")
    assert len(desk.emulator.jobs) == 2


def test_resume_job_keeps_the_id_of_a_job_that_it_could_not_save(desk):
    desk.emulator.inject_fault(operation="request-status", status=404)
    desk.run("resume_job.py", code=1)
    assert (desk.folder / "job.txt").read_text() == next(iter(desk.emulator.jobs))


def test_handle_errors_says_what_is_wrong(desk):
    desk.run("handle_errors.py")
    assert desk.image("fox.png").size == (512, 512)
    assert "'width'" in desk.run("handle_errors.py", "99", code=1)
    desk.emulator.balance = 0.1
    assert "Top up" in desk.run("handle_errors.py", code=1)
    desk.emulator.balance = 10
    desk.emulator.inject_fault(operation="txt2img", status=502, accepted=True)
    assert "may exist and be charged" in desk.run("handle_errors.py", code=1)
    desk.emulator.fail_jobs(retryable=False)
    assert "Change the arguments first" in desk.run("handle_errors.py", code=1)


def test_the_pytest_example_passes(tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(EXAMPLES / "test_with_emulator.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_every_example_is_tested_and_listed():
    listed = (EXAMPLES / "README.md").read_text()
    tested = Path(__file__).read_text()
    for example in sorted(EXAMPLES.glob("*.py")):
        assert f"[{example.name}]({example.name})" in listed
        assert f'"{example.name}"' in tested
    assert all((EXAMPLES / name).exists() for name in TESTED_ELSEWHERE)
