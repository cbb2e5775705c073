from __future__ import annotations

import pytest

IMAGE = {"prompt": "a", "width": 512, "height": 512, "steps": 4, "seed": 1}
VIDEO = {"width": 256, "height": 256, "frames": 60, "fps": 30, "steps": 1}
SPEECH = {"lang": "en-us", "format": "mp3", "sample_rate": 24000, "voice": "af_sky"}
WHISPER = {"model": "WhisperLargeV3Ct2", "include_ts": False}


def quote(api, path, **fields):
    ending = "price" if path == "videos/replace" else "price-calculation"
    answer = api.post(f"{path}/{ending}", fields)
    assert answer.status_code == 200, answer.text
    body = answer.json()
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
def test_known_prices_are_met(api, path, fields, price):
    assert quote(api, path, **fields) == pytest.approx(price, rel=0.0005, abs=5e-6)


def test_a_video_upscale_without_a_duration_is_quoted_at_nothing(api):
    fields = {"model": "FlashVSR_Tiny", "width": 320, "height": 240, "scale": 2}
    assert quote(api, "vid-upscale", **fields) == 0


def test_a_price_costs_nothing_and_makes_no_job(api):
    quote(api, "txt2img", **IMAGE, model="Flux1schnell")
    assert api.emulator.balance == 100
    assert not api.emulator.jobs


def test_the_quote_is_what_is_charged(api, png):
    picture = {"image": ("a.png", png())}
    quoted = api.form("img-upscale/price-calculation", picture, model="RealESRGAN_x4").json()
    api.form("img-upscale", picture, model="RealESRGAN_x4")
    (job,) = api.emulator.jobs.values()
    assert job.price == quoted["data"]["price"]
    assert api.emulator.balance == pytest.approx(100 - job.price)


def test_a_file_and_its_size_cost_the_same(api, png):
    by_file = api.form(
        "img-rmbg/price-calculation", {"image": ("a.png", png(300, 200))}, model="Ben2"
    )
    assert by_file.json()["data"]["price"] == quote(
        api, "img-rmbg", model="Ben2", width=300, height=200
    )


def test_a_price_needs_the_file_or_its_size(api):
    errors = api.post("img-rmbg/price-calculation", {"model": "Ben2", "width": 300}).json()[
        "errors"
    ]
    assert errors == {"height": ["The height field is required when image is not present."]}


def test_the_size_of_an_edit_does_not_move_its_price(api):
    fields = {"prompt": "a", "steps": 4, "seed": 1, "model": "Flux_2_Klein_4B_BF16"}
    assert quote(api, "img2img", **fields) == quote(api, "img2img", **fields, width=512, height=512)


def test_a_tiktok_source_is_paid_by_its_card(api):
    answer = api.post("vid2txt", {**WHISPER, "video_url": "https://www.tiktok.com/@a/video/1"})
    assert answer.status_code == 200
    (job,) = api.emulator.jobs.values()
    assert job.price in (0.015, 0.0225, 0.03, 0.045, 0.0825, 0.105)


def test_speech_is_priced_by_text_or_its_length(api):
    by_text = quote(api, "txt2audio", **SPEECH, model="Kokoro", speed=1, text="Hello there")
    assert by_text == quote(api, "txt2audio", **SPEECH, model="Kokoro", speed=1, count_text=11)
    neither = api.post("txt2audio/price-calculation", {**SPEECH, "model": "Kokoro", "speed": 1})
    assert list(neither.json()["errors"]) == ["text"]


def test_a_replacement_is_priced_at_a_path_of_its_own(api, mp4):
    model = "Wan2_2_Animate_14B_INT8"
    assert quote(api, "videos/replace", model=model, duration=2) > 0
    by_file = api.form("videos/replace/price", {"video": ("a.mp4", mp4)}, model=model)
    assert by_file.json()["data"]["price"] > 0
    assert api.post("videos/replace/price-calculation", {}).status_code == 404
    assert "video" in api.post("videos/replace/price", {"model": model}).json()["errors"]
