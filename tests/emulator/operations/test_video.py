"""Video operations of version 1."""

from __future__ import annotations

import pytest

from support.emulator_api import errors_of, stream_properties

LTXV = {
    "prompt": "waves at dusk",
    "model": "Ltxv_13B_0_9_8_Distilled_FP8",
    "width": 256,
    "height": 256,
    "frames": 30,
    "fps": 30,
    "seed": 1,
    "steps": 1,
    "guidance": 0,
}


def test_a_generated_video_has_the_requested_size_and_length(v1):
    download = v1.download_result(v1.post("txt2video", LTXV))
    assert download.headers["content-type"] == "video/mp4"
    assert stream_properties(download, "video") == {
        "width": 256,
        "height": 256,
        "frames": 30,
        "fps": 30,
    }


def test_a_video_has_no_alternative_formats_and_no_inline_result(v1):
    job = v1.get_job(v1.post("txt2video", {**LTXV, "return_result_in_response": True}))
    assert job["results_alt_formats"] is None
    assert job["result"] is None


def test_an_image_is_animated(v1, make_png):
    files = {
        "first_frame_image": ("a.png", make_png()),
        "last_frame_image": ("b.png", make_png(90, 90)),
    }
    assert (
        stream_properties(v1.download_result(v1.post_form("img2video", files, **LTXV)), "video")[
            "frames"
        ]
        == 30
    )
    assert errors_of(v1.post("img2video", LTXV)) == {
        "first_frame_image": ["The first frame image field is required."]
    }


def test_a_video_synced_to_audio_contains_the_audio(v1, make_wav):
    fields = {**LTXV, "model": "Ltx2_3_22B_Dist_INT8", "width": 512, "height": 512, "frames": 49}
    fields["fps"] = 24
    download = v1.download_result(
        v1.post_form("aud2video", {"audio": ("a.wav", make_wav(2))}, **fields)
    )
    assert stream_properties(download, "video")["frames"] == 49
    assert stream_properties(download, "audio")["seconds"] == pytest.approx(2, abs=0.2)
    for seconds in (0.5, 12):
        response = v1.post_form("aud2video", {"audio": ("a.wav", make_wav(seconds))}, **fields)
        assert list(errors_of(response)) == ["audio"]


def test_a_character_is_replaced_in_a_video(v1, make_png, video_with_audio):
    model = {"model": "Wan2_2_Animate_14B_INT8"}
    files = {"video": ("a.mp4", video_with_audio), "ref_image": ("a.png", make_png())}
    download = v1.download_result(v1.post_form("videos/replace", files, **model))
    assert stream_properties(download, "video")["width"] == 160
    sized = v1.post_form("videos/replace", files, **model, width="320")
    assert errors_of(sized) == {"height": ["The height field is required when width is present."]}


def test_a_video_is_upscaled_by_the_scale_of_the_model_or_the_request(v1, video_with_audio):
    file = {"video": ("a.mp4", video_with_audio)}
    fixed = v1.download_result(v1.post_form("vid-upscale", file, model="RealESRGAN_Vid_x2"))
    assert stream_properties(fixed, "video")["width"] == 320
    chosen = v1.download_result(v1.post_form("vid-upscale", file, model="FlashVSR_Tiny", scale="3"))
    assert stream_properties(chosen, "video")["width"] == 480
    assert errors_of(v1.post_form("vid-upscale", file, model="FlashVSR_Tiny")) == {
        "scale": ["The scale field is required."]
    }
    rejected = v1.post_form("vid-upscale", file, model="RealESRGAN_Vid_x2", scale="2")
    assert list(errors_of(rejected)) == ["scale"]


def test_the_background_of_a_video_is_removed(v1, video_with_audio):
    download = v1.download_result(
        v1.post_form("vid-rmbg", {"video": ("a.mp4", video_with_audio)}, model="Ben2_Video")
    )
    assert stream_properties(download, "video")["frames"] == 24


def test_a_file_that_is_not_a_video_is_rejected(v1, make_png):
    response = v1.post_form("vid-rmbg", {"video": ("a.mp4", make_png())}, model="Ben2_Video")
    assert "must be a file of type: mp4" in errors_of(response)["video"][0]


def test_a_video_over_50_mib_is_rejected(v1):
    content = b"x" * (50 * 1024 * 1024 + 1)
    response = v1.post_form("vid-rmbg", {"video": ("a.mp4", content)}, model="Ben2_Video")
    assert errors_of(response) == {
        "video": ["The video field must not be greater than 51200 kilobytes."]
    }
