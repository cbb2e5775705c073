"""Which endpoints take WebM and MKV."""

from __future__ import annotations

import io

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

WHISPER = {"model": "WhisperLargeV3", "include_ts": "0"}
TYPES = "mp4, mpeg, mov, avi, wmv, ogg"


def recorded(container_format, *, pictures):
    """A second of silence, with a black picture or without."""
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        sound = container.add_stream("libopus", rate=48000, layout="mono")
        if pictures:
            video = container.add_stream("mpeg4" if container_format == "matroska" else "libvpx")
            video.width, video.height, video.pix_fmt = 160, 128, "yuv420p"
            for _ in range(24):
                container.mux(video.encode(VideoFrame(160, 128, "yuv420p")))
            container.mux(video.encode(None))
        for start in range(0, 48000, 960):
            frame = AudioFrame("s16", "mono", 960)
            frame.sample_rate, frame.pts = 48000, start
            frame.planes[0].update(bytes(1920))
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return file.getvalue()


@pytest.fixture(scope="module")
def clips():
    return {
        f"{name}{' with pictures' if pictures else ''}": recorded(name, pictures=pictures)
        for name in ("webm", "matroska")
        for pictures in (True, False)
    }


@pytest.mark.parametrize("clip", ["webm with pictures", "matroska with pictures"])
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
def test_a_webm_or_mkv_is_no_video_of_most_endpoints(api, clips, clip, path, model):
    field = "source_file" if path == "transcribe" else "video"
    refused = api.form(path, {field: ("a.webm", clips[clip])}, model=model)
    assert refused.status_code == 422
    (message,) = refused.json()["errors"][field]
    assert f"must be a file of type: {TYPES}" in message
    assert "mkv" not in message


@pytest.mark.parametrize("clip", ["webm with pictures", "matroska with pictures"])
def test_a_webm_or_mkv_can_be_described(v2, clips, clip):
    file = {"video_file": ("a.webm", clips[clip])}
    assert v2.form("videos/descriptions", file, model="Marlin_2B").status_code == 200
    refused = v2.form("videos/descriptions", {"video_file": b"x"}, model="Marlin_2B")
    assert refused.json()["errors"]["video_file"] == [
        f"The video file field must be a file of type: {TYPES}, webm, mkv."
    ]


@pytest.mark.parametrize(
    ("path", "field"), [("audiofile2txt", "audio"), ("transcribe", "source_file")]
)
def test_a_sound_that_is_transcribed_may_be_webm_and_not_mkv(api, clips, path, field):
    assert api.form(path, {field: ("a.webm", clips["webm"])}, **WHISPER).status_code == 200
    refused = api.form(path, {field: ("a.mka", clips["matroska"])}, **WHISPER)
    assert list(refused.json()["errors"]) == [field]
