"""The tasks of the command, in this process, against the emulator."""

import json
from pathlib import Path

import pytest
from PIL import Image

from support.disks import read_only, small_disk
from support.shell import run_command


def image_of(path):
    """Return a closed image, which has a size and a format."""
    with Image.open(path) as image:
        return image


def versions(emulator):
    """Return the prefixes of the API versions that were used."""
    return {each.path[:7] for each in emulator.requests if each.path.startswith("/api")}


def test_the_size_and_the_model_of_an_image_come_from_the_catalogue(service, directory):
    ended = run_command("image", "a fox in the snow", "-o", "fox.png")
    assert (ended.code, ended.output) == (0, "fox.png\n")
    assert "Using model Flux1schnell" in ended.errors
    assert image_of(directory / "fox.png").size == (768, 768)


def test_an_option_replaces_the_default_of_the_model(service, directory):
    ended = run_command("image", "a fox", "--width", "512", "--seed", "7", "-o", "fox.png", "-q")
    assert (ended.code, ended.errors) == (0, "")
    assert image_of(directory / "fox.png").size == (512, 768)
    [job] = service.jobs.values()
    assert job.fields["seed"] == 7


@pytest.mark.parametrize("name", ["fox.png", "fox.jpg", "fox.jpeg", "fox.webp"])
def test_the_suffix_of_the_output_selects_the_format(service, directory, name):
    assert run_command("image", "a fox", "-o", name).code == 0
    expected = {"jpg": "JPEG", "jpeg": "JPEG"}.get(name[4:], name[4:].upper())
    assert image_of(directory / name).format == expected


def test_the_format_option_selects_the_format_of_a_file_named_after_the_job(service, directory):
    ended = run_command("image", "a fox", "-f", "webp")
    [job] = service.jobs
    assert ended.output == f"{job}.webp\n"
    assert image_of(directory / f"{job}.webp").format == "WEBP"


def test_the_format_of_speech_is_requested_from_the_service(service, directory):
    ended = run_command("speak", "Good morning", "-o", "hello.wav", "--model", "Kokoro")
    assert ended.code in (0, 2)
    [request] = [each for each in service.requests if each.sdk_operation == "audio.synthesize"]
    assert request.fields["format"] == "wav"


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    ("mode", "argument"),
    [("voice_clone", ("--ref-audio", "talk.mp3")), ("voice_design", ("--instruct", "deep"))],
)
def test_the_default_model_of_speech_supports_the_mode(service, directory, version, mode, argument):
    run_command("speak", "Good day", "--mode", mode, *argument, "--api-version", version)
    [request] = [each for each in service.requests if each.sdk_operation == "audio.synthesize"]
    with service.client() as client:
        assert client.models.get(request.fields["model"]).info["features"][f"supports_{mode}"]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_speech_has_a_built_in_voice_by_default(service, directory, version):
    ended = run_command("speak", "Good morning", "-o", "a.mp3", "--api-version", version)
    assert ended.code == 0, ended.errors
    [job] = service.jobs.values()
    assert job.fields["voice"]


def test_several_files_are_several_jobs(service, directory):
    ended = run_command("upscale", "photo.png", "room.png", "-o", "big/")
    assert (ended.code, ended.output) == (0, "big/photo.png\nbig/room.png\n")
    assert len(service.jobs) == 2


def test_a_file_without_an_output_is_named_after_the_input_and_the_task(service, directory):
    assert run_command("remove-background", "photo.png").output == "photo-remove-background.png\n"


def test_subtitles_of_an_mp3_are_one_line_in_a_shell(service, directory):
    ended = run_command("transcribe", "talk.mp3", "-f", "srt")
    assert ended.code == 0
    assert ended.output.startswith("1\n00:00:00,000 --> ")


@pytest.mark.parametrize(
    ("name", "start"), [("talk.vtt", "WEBVTT"), ("talk.txt", ""), ("talk.json", "{")]
)
def test_a_transcript_is_written_in_the_format_of_the_file(service, directory, name, start):
    assert run_command("transcribe", "talk.mp3", "-o", name).output == f"{name}\n"
    text = (directory / name).read_text()
    assert text.startswith(start)
    assert "-->" in text or name != "talk.vtt"


def test_a_url_is_transcribed_without_a_file(service, directory):
    url = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    assert run_command("transcribe", url).code == 0
    [job] = service.jobs.values()
    assert job.fields["source_url"] == url


def test_text_and_files_are_read_from_standard_input(service, directory):
    ended = run_command("speak", "-", "-o", "-", stdin=b"Good morning\n")
    assert ended.code == 0
    [job] = service.jobs.values()
    assert job.fields["text"] == "Good morning"
    assert len(ended.content) > 100
    assert ended.content[:3] == b"ID3" or ended.content[0] == 0xFF
    content = (directory / "photo.png").read_bytes()
    upscaled = run_command("upscale", "-", "-o", "-", stdin=content)
    assert upscaled.content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("image", "--prompt", "a fox"), "--prompt is not an option. PROMPT is passed"),
        (("image", "--model", "m", "--prompt=a fox"), "--prompt is not an option. PROMPT is"),
        (("price", "speak", "--text", "Hi."), "--text is not an option. TEXT is passed without"),
        (("upscale", "--file", "photo.png"), "--file is not an option. FILE is passed without"),
        (("transcribe", "--source-file=talk.mp3"), "--source-file is not an option. FILE is"),
        (("edit", "photo.png", "--prompt", "x", "--image", "y"), "--image is not an option. FILE"),
    ],
)
def test_the_main_argument_has_no_name(service, directory, arguments, problem):
    ended = run_command(*arguments)
    assert (ended.code, ended.output) == (2, "")
    assert problem in ended.errors
    assert not service.jobs


def test_an_option_of_one_api_version_selects_that_version(service, directory):
    run_command("transcribe", "talk.mp3", "--diarize", "--model", "WhisperLargeV3Ct2")
    assert versions(service) == {"/api/v2"}


def test_an_explicit_api_version_is_used(service, directory):
    assert run_command("image", "a fox", "-o", "a.png", "--api-version", "v2").code == 0
    assert versions(service) == {"/api/v2"}
    ended = run_command("enhance", "a fox", "-m", "Flux1schnell", "--api-version", "v1")
    assert ended.code == 2
    assert "--api-version v2" in ended.errors


def test_json_has_one_object_for_each_job(service, directory):
    ended = run_command("upscale", "photo.png", "room.png", "-o", "big/", "--json")
    records = [json.loads(line) for line in ended.output.splitlines()]
    assert [record["file"] for record in records] == ["big/photo.png", "big/room.png"]
    assert [record["id"] for record in records] == list(service.jobs)
    assert records[0] == {
        "command": "upscale",
        "input": "photo.png",
        "model": "RealESRGAN_x4",
        "id": records[0]["id"],
        "status": "done",
        "file": "big/photo.png",
        "text": None,
        "price": None,
        "error": None,
    }


def test_json_has_the_text_of_a_result(service, directory):
    record = json.loads(run_command("transcribe", "talk.mp3", "--json").output)
    assert record["text"]
    assert record["file"] is None


def test_no_wait_prints_the_id_and_does_not_poll(service, directory):
    ended = run_command("image", "a fox", "--no-wait")
    assert ended.output == "".join(f"{job}\n" for job in service.jobs)
    assert not [each for each in service.requests if "request-status" in each.path]


@pytest.mark.parametrize(
    "arguments",
    [
        ["image", "a fox"],
        ["edit", "photo.png", "--prompt", "night"],
        ["upscale", "photo.png"],
        ["video", "a sea"],
        ["animate", "photo.png", "--prompt", "waves"],
        ["speak", "Good morning"],
        ["music", "calm"],
        ["transcribe", "talk.mp3"],
        ["ocr", "photo.png"],
        ["embed", "a fox"],
        ["enhance", "a fox", "--model", "Flux1schnell"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_price_submits_nothing(service, directory, arguments):
    ended = run_command(*arguments, "--price", "--json")
    assert ended.code == 0, ended.errors
    assert json.loads(ended.output)["price"] > 0
    assert not service.jobs
    limited = run_command(*arguments, "--max-price", "0.0000001")
    assert (limited.code, limited.output) == (3, "")
    assert "Nothing was submitted" in limited.errors
    assert not service.jobs


def test_the_prices_of_several_inputs_have_names_and_a_total(service, directory):
    ended = run_command("upscale", "photo.png", "room.png", "--price")
    assert [line.partition("  ")[2] for line in ended.output.splitlines()] == [
        "photo.png",
        "room.png",
    ]
    assert "Total: $" in ended.errors


def test_a_price_below_the_maximum_is_paid(service, directory):
    assert run_command("image", "a fox", "--max-price", "1", "-o", "fox.png").code == 0
    assert len(service.jobs) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["image", "x", "-o", "fox.bmp"], "png, jpg, webp"),
        (["image", "x", "-f", "mp3"], "png, jpg, webp"),
        (["transcribe", "talk.mp3", "-f", "docx"], "txt, srt, vtt, json"),
        (["image", "x", "-f", "png", "-o", "fox.webp"], "--format is png"),
        (["image", "x", "-o", "photo.png"], "--force"),
        (["image", "x", "-o", "photo.png/fox.png"], "photo.png"),
        (["image", "x", "-o", "photo.png/new/"], "photo.png"),
        (["upscale", "photo.png", "room.png", "-o", "one.png"], "one.png/"),
        (["upscale", "photo.png", "photo.png"], "Several results"),
        (["upscale", "photo.png", "room.png", "-o", "-"], "Only one result"),
        (["image", "x", "-o", "-", "--json"], "--json"),
        (["image", "a", "fox"], "Quote"),
        (["image", "--fox"], "after --"),
        (["image", "--", "-fox", "-o", "x.png"], "values, and there are too many"),
        (["upscale", "--nope", "--", "photo.png"], "--nope"),
        (["image", "--prompt", "a fox"], "--prompt is not an option"),
        (["image"], "PROMPT is required"),
        (["image", ""], "PROMPT is empty"),
        (["image", "x", "--width"], "--width needs a value"),
        (["edit", "photo.png"], "--prompt is required"),
        (["image", "x", "--max-price", "nan"], "--max-price"),
        (["image", "x", "--max-price", "-1"], "--max-price"),
        (["image", "x", "--timeout", "nan"], "--timeout"),
        (["image", "x", "--timeout", "-1"], "--timeout"),
        (["transcribe", "talk.mp3", "-f", "srt", "--no-include-ts"], "--no-include-ts"),
        (["enhance", "a fox", "--type", "nope"], "images.generations"),
        (["upscale", "https://example.com/photo.png"], "Download it first"),
        (["upscale", "photo.png", "."], "directory"),
        (["image", "x", "--seed", "abc"], "--seed"),
        (["image", "x", "--nope"], "--nope"),
        (["upscale", "photo.png", "--nope"], "--nope"),
        (["image", "x", "-o", "--force"], "--force"),
        (["image", "x", "--loras", "Ink=much"], "NAME=WEIGHT"),
        (["image", "x", "--model", "nope"], "deapi models"),
        (["image", "x", "--model", "RealESRGAN_x4"], "no default for height, seed, width."),
        (["image", "x", "--model", "RealESRGAN_x4"], "`deapi models image` lists"),
        (["upscale", "photo.png", "missing.png"], "missing.png"),
        (["upscale", "-", "-"], "only once"),
        (["upscale", "-"], "empty"),
        (["nope"], "nope"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_invalid_command_submits_nothing(service, directory, arguments, expected):
    ended = run_command(*arguments)
    assert (ended.code, ended.output) == (2, "")
    assert expected in ended.errors
    assert ended.errors.startswith("deapi: ")
    assert "Traceback" not in ended.errors
    if "--model" not in arguments:  # all others need no network
        assert not service.requests
    assert not service.jobs


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="needs /dev/null")
@pytest.mark.parametrize(
    "task", [["image", "x"], ["transcribe", "talk.mp3"]], ids=lambda task: task[0]
)
def test_a_device_is_refused_before_anything_is_sent(service, directory, task):
    ended = run_command(*task, "-o", "/dev/null", "--force")
    assert (ended.code, ended.output) == (2, "")
    assert "is not a regular file" in ended.errors
    assert not service.requests


def test_a_directory_that_cannot_be_written_is_refused_before_anything_is_sent(service, directory):
    for name in ("disk", "disk/new/"):
        (directory / "disk").mkdir(exist_ok=True)
        with small_disk(directory / "disk") as disk, read_only(disk):
            ended = run_command("image", "x", "-o", name)
        assert (ended.code, ended.output) == (2, "")
        assert str(directory / "disk") in ended.errors
    assert not service.requests


def test_subtitles_that_cannot_be_written_are_refused_before_the_job_is_polled(service, directory):
    job = run_command("transcribe", "talk.mp3", "--no-wait").output.strip()
    sent = len(service.requests)
    assert run_command("jobs", "save", job, "-o", "missing/talk.srt").code == 2
    assert len(service.requests) == sent


def test_force_replaces_a_file(service, directory):
    assert run_command("image", "x", "-o", "photo.png", "--force").code == 0
    assert image_of(directory / "photo.png").size == (768, 768)


@pytest.mark.parametrize("prompt", ["-fox", "--model", "-"])
def test_a_word_after_two_hyphens_is_the_prompt(service, directory, prompt):
    assert run_command("image", "-o", "fox.png", "--", prompt, stdin=b"-fox").code == 0
    [job] = service.jobs.values()
    assert job.fields["prompt"] == ("-fox" if prompt == "-" else prompt)  # - is standard input


def test_words_after_two_hyphens_are_files(service, directory):
    (directory / "photo.png").rename(directory / "-a.png")
    assert run_command("upscale", "room.png", "--", "-a.png").code == 0
    assert len(service.jobs) == 2


def test_a_lora_is_a_name_with_a_weight(service, directory):
    ended = run_command(
        "image", "x", "-o", "a.png", "--loras", "InkWashFluxSchnellLora=0.5", "--loras", "A=1"
    )
    [request] = [each for each in service.requests if each.sdk_operation == "images.generate"]
    assert request.fields["loras"] == [
        {"name": "InkWashFluxSchnellLora", "weight": 0.5},
        {"name": "A", "weight": 1.0},
    ]
    assert ended.code in (0, 2)


def test_a_prompt_is_enhanced_for_the_first_model_of_its_type_that_has_a_guide(service, directory):
    ended = run_command("enhance", "a fox at night", "--type", "videos.generations")
    assert ended.code == 0
    tried = [each for each in service.requests if each.sdk_operation == "prompts.enhance_price"]
    assert tried
    assert f"Using model {tried[-1].fields['model_slug']}." in ended.errors
    refused = run_command("enhance", "ab")
    assert refused.code == 2
    assert "at least 3 characters" in refused.errors


def test_an_absolute_path_is_printed_as_it_was_passed(service, directory):
    target = directory / "new" / "fox.png"
    assert run_command("image", "a fox", "-o", str(target)).output == f"{target}\n"


def test_no_wait_says_how_to_save_the_result(service, directory):
    ended = run_command("image", "a fox", "--no-wait", "-o", "my fox.png")
    [job] = service.jobs
    assert f"`deapi jobs save {job} -o 'my fox.png'`" in ended.errors
    ended = run_command("transcribe", "talk.mp3", "--no-wait", "-f", "srt")
    assert f"`deapi jobs save {list(service.jobs)[1]} -f srt`" in ended.errors


def test_a_partner_model_is_not_the_default(service, directory):
    from deapi.cli.settings import choose_model

    with service.client() as client:
        found = choose_model(client, None, ["txt2img"])
    with service.client(api_version="v2") as client:
        statuses = {model.slug: model.status for model in client.models.iterate()}
    assert statuses[found.slug] != "test_model"
    assert "test_model" in statuses.values()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_partner_model_is_recognized_in_both_versions(service, version):
    from deapi.cli.errors import CommandError
    from deapi.cli.settings import choose_model

    def is_partner(model):
        return model.slug.startswith("gpt-image-")

    with service.client(api_version=version) as client:
        assert any(is_partner(model) for model in client.models.iterate())
        with pytest.raises(CommandError, match="no model"):
            choose_model(client, None, ["txt2img"], is_partner)


def test_a_text_file_has_the_usual_permissions_and_is_written_as_a_whole(service, directory):
    (directory / "usual").touch()
    run_command("transcribe", "talk.mp3", "-o", "talk.srt")
    job = run_command("transcribe", "talk.mp3", "--no-wait").output.strip()
    run_command("jobs", "save", job, "-o", "job.srt")
    for name in ("talk.srt", "job.srt"):
        assert (directory / name).stat().st_mode == (directory / "usual").stat().st_mode
    assert not list(directory.glob(".deapi-*"))


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["transcribe", "example.com/talk.mp3"], "A URL begins with https://."),
        (["upscale", "example.com/photo.png"], "Nothing was submitted."),  # accepts only files
    ],
)
def test_a_url_without_a_scheme_is_explained_where_urls_are_accepted(service, arguments, hint):
    ended = run_command(*arguments)
    assert ended.code == 2
    assert ended.errors.rstrip().endswith(hint)
    assert not service.jobs
