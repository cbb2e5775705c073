"""Prices of both versions."""

from __future__ import annotations

import pytest

from support.emulator_api import errors_of

IMAGE = {"prompt": "a", "width": 512, "height": 512, "steps": 4, "seed": 1}


VIDEO = {"width": 256, "height": 256, "frames": 60, "fps": 30, "steps": 1}


SPEECH = {"lang": "en-us", "format": "mp3", "sample_rate": 24000, "voice": "af_sky"}


WHISPER = {"model": "WhisperLargeV3Ct2", "include_ts": False}


VIDEO_GENERATION = {
    "prompt": "waves at dusk",
    "model": "Ltxv_13B_0_9_8_Distilled_FP8",
    "width": 256,
    "height": 256,
    "frames": 30,
    "fps": 30,
    "seed": 1,
    "steps": 1,
}


def get_price(api, path, **fields):
    ending = "price" if path == "videos/replace" else "price-calculation"
    response = api.post(f"{path}/{ending}", fields)
    assert response.status_code == 200, response.text
    body = response.json()
    assert set(body) == {"data"}
    assert set(body["data"]) == {"price"}
    return body["data"]["price"]


@pytest.mark.parametrize(
    ("path", "fields", "price"),
    [
        ("txt2img", {**IMAGE, "model": "Flux1schnell"}, 0.00136),
        ("txt2img", {**IMAGE, "model": "ZImageTurbo_INT8"}, 0.0034),
        ("txt2img", {**IMAGE, "model": "Flux_2_Klein_4B_BF16"}, 0.00186),
        ("img2img", {**IMAGE, "model": "QwenImageEdit_Plus_NF4", "steps": 20}, 0.0322704),
        ("img2img", {**IMAGE, "model": "QwenImageEdit_Plus_NF4", "steps": 40}, 0.0627264),
        ("img2txt", {"model": "Nanonets_Ocr_S_F16", "width": 256, "height": 256}, 0.00101),
        ("img2txt", {"model": "Nanonets_Ocr_S_F16", "width": 1024, "height": 1024}, 0.00928),
        ("img2txt", {"model": "Nanonets_Ocr_S_F16", "width": 4096, "height": 4096}, 0.14168),
        ("txt2video", {**VIDEO, "model": "Ltxv_13B_0_9_8_Distilled_FP8"}, 0.001737),
        (
            "txt2audio",
            {**SPEECH, "model": "Kokoro", "speed": 1, "count_text": 10000},
            0.0077,
        ),
        (
            "txt2audio",
            {**SPEECH, "model": "Kokoro", "speed": 0.5, "count_text": 10000},
            0.0154,
        ),
        ("transcribe", {**WHISPER, "duration_seconds": 600}, 0.0128125),
        (
            "vid-upscale",
            {"model": "FlashVSR_Tiny", "width": 320, "height": 240, "scale": 2, "duration": 5},
            0.00760146,
        ),
        (
            "vid-upscale",
            {"model": "FlashVSR_Tiny", "width": 320, "height": 240, "scale": 2, "duration": 10},
            0.01520292,
        ),
        ("txt2embedding", {"model": "Bge_M3_FP16", "input": ["word" * 1000] * 100}, 0.0084),
    ],
)
def test_published_prices_are_reproduced(v1, path, fields, price):
    assert get_price(v1, path, **fields) == pytest.approx(price, rel=0.0005, abs=5e-6)


def test_a_video_upscale_without_a_duration_has_a_price_of_0(v1):
    fields = {"model": "FlashVSR_Tiny", "width": 320, "height": 240, "scale": 2}
    assert get_price(v1, "vid-upscale", **fields) == 0


def test_a_price_request_is_free_and_creates_no_job(v1):
    get_price(v1, "txt2img", **IMAGE, model="Flux1schnell")
    assert v1.emulator.balance == 100
    assert not v1.emulator.jobs


def test_a_job_is_charged_at_its_price(v1, make_png):
    file = {"image": ("a.png", make_png())}
    price = v1.post_form("img-upscale/price-calculation", file, model="RealESRGAN_x4").json()
    v1.post_form("img-upscale", file, model="RealESRGAN_x4")
    (job,) = v1.emulator.jobs.values()
    assert job.price == price["data"]["price"]
    assert v1.emulator.balance == pytest.approx(100 - job.price)


def test_a_file_and_its_size_have_the_same_price(v1, make_png):
    by_file = v1.post_form(
        "img-rmbg/price-calculation", {"image": ("a.png", make_png(300, 200))}, model="Ben2"
    )
    assert by_file.json()["data"]["price"] == get_price(
        v1, "img-rmbg", model="Ben2", width=300, height=200
    )


def test_a_price_requires_the_file_or_its_size(v1):
    errors = v1.post("img-rmbg/price-calculation", {"model": "Ben2", "width": 300}).json()["errors"]
    assert errors == {"height": ["The height field is required when image is not present."]}


def test_the_price_of_an_edit_does_not_depend_on_its_size(v1):
    fields = {"prompt": "a", "steps": 4, "seed": 1, "model": "Flux_2_Klein_4B_BF16"}
    assert get_price(v1, "img2img", **fields) == get_price(
        v1, "img2img", **fields, width=512, height=512
    )


def test_a_tiktok_source_has_a_tiktok_price(v1):
    response = v1.post("vid2txt", {**WHISPER, "video_url": "https://www.tiktok.com/@a/video/1"})
    assert response.status_code == 200
    (job,) = v1.emulator.jobs.values()
    assert job.price in (0.015, 0.0225, 0.03, 0.045, 0.0825, 0.105)


def test_speech_is_priced_by_text_or_its_length(v1):
    by_text = get_price(v1, "txt2audio", **SPEECH, model="Kokoro", speed=1, text="Hello there")
    assert by_text == get_price(v1, "txt2audio", **SPEECH, model="Kokoro", speed=1, count_text=11)
    neither = v1.post("txt2audio/price-calculation", {**SPEECH, "model": "Kokoro", "speed": 1})
    assert list(neither.json()["errors"]) == ["text"]


def test_a_video_replacement_has_its_own_price_path(v1, video_with_audio):
    model = "Wan2_2_Animate_14B_INT8"
    assert get_price(v1, "videos/replace", model=model, duration=2) > 0
    by_file = v1.post_form(
        "videos/replace/price", {"video": ("a.mp4", video_with_audio)}, model=model
    )
    assert by_file.json()["data"]["price"] > 0
    assert v1.post("videos/replace/price-calculation", {}).status_code == 404
    assert "video" in v1.post("videos/replace/price", {"model": model}).json()["errors"]


def test_prices_other_than_images_have_no_estimate_fields(v2):
    assert v2.post("videos/generations/price", VIDEO_GENERATION).json()["data"].keys() == {"price"}


def test_a_video_upscale_is_priced_by_duration_up_to_the_models_limit(v2):
    def get_price(**more):
        fields = {"model": "FlashVSR_Tiny", "width": 320, "height": 240, "scale": 2, **more}
        return v2.post("videos/upscales/price", fields)

    assert get_price(duration=10).json() == {"data": {"price": 0.01520292}}
    assert get_price().json() == {"data": {"price": 0}}
    assert list(errors_of(get_price(duration=61))) == ["duration"]
    assert list(errors_of(get_price(duration=1, model="RealESRGAN_Vid_x2"))) == ["scale"]
