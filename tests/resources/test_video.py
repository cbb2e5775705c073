"""``client.video``: generating, animating, replacing, upscaling and describing videos."""

import io
import math

import pytest

from deapi.types import VideoDescription
from support.call_table import FORM, JSON, WEBHOOK

SECRET = "a secret that must never be shown"
VERSIONS = ("v1", "v2")
FRAMES = {"model": "m", "width": 512, "height": 512, "frames": 30, "fps": 30}
GENERATE = {**FRAMES, "prompt": "a fox", "seed": 1}
ANIMATE = {**GENERATE, "first_frame_image": b"first"}
CLIP = {"video": b"v", "model": "m"}
REPLACE = {"video": b"v", "ref_image": b"i", "model": "m"}
DESCRIBE = {"model": "m", "video_url": "https://example.com/v"}

INVALID_ARGUMENTS = [
    # a first frame or references, but not both
    (
        "video.animate",
        GENERATE,
        ValueError,
        "'ref_images' or 'ref_videos' is required",
    ),
    (
        "video.animate",
        {**ANIMATE, "ref_images": [b"1"], "ref_audios": [b"2"]},
        ValueError,
        "not both first_frame_image and ref_images and ref_audios",
    ),
    (
        "video.animate",
        {**GENERATE, "last_frame_image": b"last"},
        ValueError,
        "last_frame_image requires first_frame_image",
    ),
    (
        "video.animate",
        {**GENERATE, "last_frame_image": b"last", "ref_images": [b"1"]},
        ValueError,
        "last_frame_image requires first_frame_image",
    ),
    (
        "video.animate",
        {**GENERATE, "ref_audios": [b"a"]},
        ValueError,
        "Pass ref_images or ref_videos in addition to ref_audios",
    ),
    (
        "video.animate_price",
        {**FRAMES, "ref_audios_count": 1, "ref_images_count": 0},
        ValueError,
        "Pass ref_images_count or ref_videos_count in addition to ref_audios_count",
    ),
    # lists of files
    *(
        ("video.animate", {**GENERATE, name: value}, error, message.format(name))
        for name in ("ref_images", "ref_videos", "ref_audios")
        for value, error, message in (
            ([], ValueError, "{} is an empty list"),
            ("photo.png", TypeError, "{} must be a list, not a single str"),
            (b"...", TypeError, "{} must be a list, not a single bytes"),
            (io.BytesIO(b"one\ntwo"), TypeError, "{} must be a list, not a single file"),
            (5, TypeError, "{} must be a list, not int"),
        )
    ),
    # exactly one source
    ("video.replace_price", {"model": "m"}, ValueError, "Either 'video' or 'duration' is required"),
    ("video.replace_price", {**CLIP, "duration": 3}, ValueError, "video and"),
    *(
        (operation, {"model": "m", **source}, ValueError, "video.*width.* and .*height")
        for operation in ("video.upscale_price", "video.remove_background_price")
        for source in (
            {},
            {"width": 5},
            {"height": 5},
            {"video": b"x", "width": 5, "height": 5},
        )
    ),
    (
        "video.upscale_price",
        {**CLIP, "duration": 5},
        ValueError,
        "duration only with width and height",
    ),
    (
        "video.upscale_price",
        {"model": "m", "duration": 5},
        ValueError,
        "Either 'video' or both 'width' and 'height' is required",
    ),
    (
        "video.describe",
        {"model": "m"},
        ValueError,
        "'video_url' or 'video_file' is required",
    ),
    (
        "video.describe",
        {**DESCRIBE, "video_file": b"v"},
        ValueError,
        "not both video_url and video_file",
    ),
    ("video.describe", {"model": None, "video_file": b"v"}, TypeError, "model is required"),
    ("video.describe_price", {"model": "m"}, ValueError, "'duration_seconds' is required"),
    (
        "video.describe_price",
        {**DESCRIBE, "duration_seconds": 9},
        ValueError,
        "not both video_url and duration_seconds",
    ),
    (
        "video.describe_price",
        {**DESCRIBE, "platform": "tiktok"},
        ValueError,
        "platform requires duration_seconds",
    ),
    # width and height only together
    ("video.replace", {**REPLACE, "width": 480}, ValueError, "width requires height"),
    ("video.replace", {**REPLACE, "height": 480}, ValueError, "height requires width"),
    (
        "video.replace_price",
        {"model": "m", "duration": 3, "width": 480},
        ValueError,
        "width requires height",
    ),
    # values that cannot be sent
    (
        "video.animate_price",
        {**FRAMES, "guidance": math.nan},
        ValueError,
        "guidance must be a finite",
    ),
    (
        "video.replace",
        {**REPLACE, "video": io.StringIO("text")},
        TypeError,
        "video is a file opened in text mode",
    ),
    ("video.upscale", {"video": "/", "model": "m"}, IsADirectoryError, "video must be a file"),
]
V2_ONLY = [
    ("video.generate", GENERATE, "enhance_prompt", True),
    ("video.animate", ANIMATE, "enhance_prompt", False),
    ("video.animate", GENERATE, "ref_images", [b"1", b"2"]),
    ("video.animate", GENERATE, "ref_videos", [b"1"]),
    ("video.animate", {**GENERATE, "ref_images": [b"1"]}, "ref_audios", [b"2"]),
    ("video.animate_price", FRAMES, "ref_images_count", 3),
    ("video.animate_price", FRAMES, "ref_videos_count", 0),
    ("video.animate_price", {**FRAMES, "ref_videos_count": 1}, "ref_audios_count", 2),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    for version in ("v1", "v2"):
        api.assert_rejected(version, operation, arguments, error, message)


@pytest.mark.parametrize(
    ("value", "error"), [(None, TypeError), ("/no/such/file.png", FileNotFoundError)]
)
def test_an_invalid_reference_is_rejected_before_sending(api, value, error):
    arguments = {**GENERATE, "ref_images": [b"1", value]}
    api.assert_rejected("v2", "video.animate", arguments, error, "ref_images|no/such")


@pytest.mark.parametrize(("operation", "arguments", "name", "value"), V2_ONLY)
def test_arguments_of_v2_are_sent_in_v2_and_rejected_in_v1(api, operation, arguments, name, value):
    arguments = {**arguments, name: value}
    rejected = r"ref_\w+" if name.startswith("ref_") else name
    message = rf"{operation}\(\) does not accept '{rejected}' with API v1\. .*'v2'"
    api.assert_rejected("v1", operation, arguments, ValueError, message)
    request = api.request("v2", operation, arguments)
    if isinstance(value, list):
        name = f"{name}[]"
    elif isinstance(value, bool) and request.content_type == FORM:
        value = str(int(value))
    assert request.fields[name] == value


@pytest.mark.parametrize("operation", ["video.describe", "video.describe_price"])
def test_describe_is_rejected_in_v1(api, operation):
    message = rf"API v1 does not have {operation}\(\)\. API v2 does: .*Nothing was sent"
    api.assert_rejected("v1", operation, DESCRIBE, ValueError, message)


def test_references_are_sent_in_the_order_of_their_lists(api, tmp_path):
    (tmp_path / "second.png").write_bytes(b"second")
    images = (b"first", tmp_path / "second.png", io.BytesIO(b"third"), b"first")
    request = api.request(
        "v2",
        "video.animate",
        {
            **GENERATE,
            "prompt": "<Picture 2> follows <Picture 1> to <Audio 1>",
            "ref_images": images,
            "ref_videos": [b"a clip"],
            "ref_audios": iter([b"a bark", b"a howl"]),
        },
    )
    assert (request.path, request.content_type) == ("/api/v2/videos/animations", FORM)
    assert request.fields == {
        "prompt": "<Picture 2> follows <Picture 1> to <Audio 1>",
        "model": "m",
        "width": "512",
        "height": "512",
        "frames": "30",
        "fps": "30",
        "seed": "1",
        "ref_images[]": [b"first", b"second", b"third", b"first"],
        "ref_videos[]": [b"a clip"],
        "ref_audios[]": [b"a bark", b"a howl"],
    }


@pytest.mark.parametrize(
    ("operation", "arguments", "fields"),
    [
        (
            "video.describe",
            {
                **DESCRIBE,
                "preset": "detail",
                "include_metadata": True,
                "return_result_in_response": False,
                "webhook_url": WEBHOOK,
                "webhook_secret": SECRET,
            },
            {
                **DESCRIBE,
                "preset": "detail",
                "include_metadata": "1",
                "return_result_in_response": "0",
                "webhook_url": WEBHOOK,
                "webhook_secret": SECRET,
            },
        ),
        (
            "video.describe",
            {"model": "m", "video_file": b"a film"},
            {"model": "m", "video_file": b"a film"},
        ),
        (
            "video.describe_price",
            {"model": "m", "duration_seconds": 90.5, "platform": "tiktok", "preset": "fast"},
            {"model": "m", "duration_seconds": "90.5", "platform": "tiktok", "preset": "fast"},
        ),
        (
            "video.describe_price",
            {"model": "m", "video_file": b"a film", "include_metadata": False},
            {"model": "m", "video_file": b"a film", "include_metadata": "0"},
        ),
        ("video.describe_price", DESCRIBE, DESCRIBE),
    ],
)
def test_describe_is_sent_as_a_form(api, operation, arguments, fields):
    request = api.request("v2", operation, arguments)
    price = "/price" if operation.endswith("_price") else ""
    assert (request.path, request.content_type) == (f"/api/v2/videos/descriptions{price}", FORM)
    assert request.fields == fields


@pytest.mark.parametrize(
    ("operation", "arguments", "fields"),
    [
        *(
            (operation, {**CLIP, "scale": 3}, {**CLIP, "scale": "3"})
            for operation in ("video.upscale", "video.upscale_price")
        ),
        (
            "video.upscale_price",
            {"model": "m", "width": 320, "height": 240, "duration": 5.5, "scale": 2},
            {"model": "m", "width": "320", "height": "240", "duration": "5.5", "scale": "2"},
        ),
    ],
)
def test_upscale_sends_scale_and_duration_in_both_versions(api, operation, arguments, fields):
    # Without a file the body is JSON in v1 and a form in v2.
    assert api.request("v2", operation, arguments).fields == fields
    is_form = any(isinstance(value, bytes) for value in arguments.values())
    assert api.request("v1", operation, arguments).fields == (fields if is_form else arguments)


@pytest.mark.parametrize("operation", ["video.generate", "video.generate_price"])
def test_steps_is_sent_only_if_passed(api, operation):
    for version in VERSIONS:
        assert "steps" not in api.request(version, operation, GENERATE).fields
        request = api.request(version, operation, {**GENERATE, "steps": 8})
        assert (request.content_type, request.fields["steps"]) == (JSON, 8)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("video.animate", {**GENERATE, "ref_images": [b"i"] * 10, "ref_videos": [b"v"] * 2}),
        ("video.animate_price", {**FRAMES, "ref_images_count": 10}),
        ("video.upscale", {**CLIP, "scale": 17}),
        ("video.describe", {"model": "m", "video_url": "not a url", "preset": "detailed"}),
        ("video.describe_price", {"model": "m", "duration_seconds": 9, "platform": "another"}),
    ],
)
def test_values_that_only_the_service_can_validate_are_sent(api, operation, arguments):
    api.request("v2", operation, arguments)


def test_a_duration_of_zero_is_sent_for_the_service_to_validate(api):
    for version in VERSIONS:
        api.request(version, "video.replace_price", {"model": "m", "duration": 0})


def test_a_video_is_described_inline_and_in_a_file(emulator, run_in_both_clients, tmp_path):
    async def use(client, wait):
        job = await wait(
            client.video.describe(
                model="Marlin_2B",
                video_url="https://www.tiktok.com/@someone/video/7301",
                include_metadata=True,
                return_result_in_response=True,
            )
        )
        return await wait(job.wait()), await wait(job.save(tmp_path / "description.json"))

    result, file = run_in_both_clients(emulator, use, api_version="v2")
    description = result.description()
    assert description.events
    assert all(event.description for event in description.scenes)
    assert VideoDescription.parse(file.read_bytes()) == description
    assert result.source_metadata().extractor == "tiktok"
