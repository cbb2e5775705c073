"""Validation of uploaded files: types, sizes and containers."""

from __future__ import annotations

import io

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from support.emulator_api import errors_of

WHISPER = {"model": "WhisperLargeV3", "include_ts": "0"}


TYPES = "mp4, mpeg, mov, avi, wmv, ogg"


def record_clip(container_format, *, with_video):
    """Encode one second of silence, with or without a black video stream."""
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        audio_stream = container.add_stream("libopus", rate=48000, layout="mono")
        if with_video:
            video = container.add_stream("mpeg4" if container_format == "matroska" else "libvpx")
            video.width, video.height, video.pix_fmt = 160, 128, "yuv420p"
            for _ in range(24):
                container.mux(video.encode(VideoFrame(160, 128, "yuv420p")))
            container.mux(video.encode(None))
        for start in range(0, 48000, 960):
            frame = AudioFrame("s16", "mono", 960)
            frame.sample_rate, frame.pts = 48000, start
            frame.planes[0].update(bytes(1920))
            container.mux(audio_stream.encode(frame))
        container.mux(audio_stream.encode(None))
    return file.getvalue()


@pytest.fixture(scope="module")
def clips():
    return {
        f"{name}{' with video' if with_video else ''}": record_clip(name, with_video=with_video)
        for name in ("webm", "matroska")
        for with_video in (True, False)
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The image field must be an image."),
        (b"GIF89a", "The image field must be an image."),
        (
            b"x" * (10 * 1024 * 1024 + 1),
            "The image field must not be greater than 10240 kilobytes.",
        ),
    ],
)
def test_a_file_must_be_an_image_of_the_allowed_size(v1, content, message):
    response = v1.post_form("img-rmbg", {"image": ("a.png", content)}, model="Ben2")
    assert errors_of(response) == {"image": [message]}


@pytest.mark.parametrize("size", [(63, 200), (200, 5001)])
def test_an_image_has_between_64_and_5000_pixels_per_side(v1, make_png, size):
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    response = v1.post_form("img2img", {"image": ("a.png", make_png(*size))}, **fields)
    assert errors_of(response) == {"image": ["The image field has invalid image dimensions."]}


def test_a_string_is_not_a_file(v1):
    response = v1.post("img-rmbg", {"image": "aGVsbG8=", "model": "Ben2"})
    assert errors_of(response) == {"image": ["The image field must be a file."]}


def test_the_model_limits_the_size_of_an_image(v1, make_png):
    response = v1.post_form("img-rmbg", {"image": ("a.png", make_png(100, 300))}, model="Ben2")
    assert errors_of(response) == {"image": ["The image field has invalid image dimensions."]}


@pytest.mark.parametrize("clip", ["webm with video", "matroska with video"])
@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("vid-upscale", "RealESRGAN_Vid_x2"),
        ("vid-rmbg", "Ben2_Video"),
        ("videos/replace", "Wan2_2_Animate_14B_INT8"),
        ("videos/replace/price", "Wan2_2_Animate_14B_INT8"),
        ("videofile2txt", "WhisperLargeV3"),
        ("transcribe", "WhisperLargeV3"),
    ],
)
def test_most_endpoints_reject_webm_and_mkv_videos(v1, clips, clip, path, model):
    field = "source_file" if path == "transcribe" else "video"
    rejected = v1.post_form(path, {field: ("a.webm", clips[clip])}, model=model)
    assert rejected.status_code == 422
    (message,) = rejected.json()["errors"][field]
    assert f"must be a file of type: {TYPES}" in message
    assert "mkv" not in message


@pytest.mark.parametrize("clip", ["webm with video", "matroska with video"])
def test_descriptions_accept_webm_and_mkv_videos(v2, clips, clip):
    file = {"video_file": ("a.webm", clips[clip])}
    assert v2.post_form("videos/descriptions", file, model="Marlin_2B").status_code == 200
    rejected = v2.post_form("videos/descriptions", {"video_file": b"x"}, model="Marlin_2B")
    assert rejected.json()["errors"]["video_file"] == [
        f"The video file field must be a file of type: {TYPES}, webm, mkv."
    ]


@pytest.mark.parametrize(
    ("path", "field"), [("audiofile2txt", "audio"), ("transcribe", "source_file")]
)
def test_transcriptions_accept_webm_audio_but_not_mkv(v1, clips, path, field):
    assert v1.post_form(path, {field: ("a.webm", clips["webm"])}, **WHISPER).status_code == 200
    rejected = v1.post_form(path, {field: ("a.mka", clips["matroska"])}, **WHISPER)
    assert list(rejected.json()["errors"]) == [field]
