"""Prompt enhancement in version 2: the endpoint, and before a job."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from support.emulator_api import GENERATION, errors_of

PATH = "prompts/enhancements"


FLUX_PROMPT = {"prompt": "a fox", "type": "images.generations", "model_slug": "Flux1schnell"}


EDIT_PROMPT = {"prompt": "a fox", "type": "images.edits", "model_slug": "QwenImageEdit_Plus_NF4"}


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


KLEIN = "Flux_2_Klein_4B_BF16"


EDIT = {"prompt": "make it snow", "steps": 4, "seed": 1}


PRICE_PATH = "prompts/enhancements/price"


def enhancement_price(api, prompt, prompt_type, model):
    body = api.post(PRICE_PATH, {"prompt": prompt, "type": prompt_type, "model_slug": model}).json()
    assert body.keys() == {"price"}
    return body["price"]


@pytest.mark.parametrize(
    ("prompt_type", "model"),
    [
        ("images.generations", "Flux1schnell"),
        ("videos.generations", "Ltxv_13B_0_9_8_Distilled_FP8"),
        ("audio.speech", "Kokoro"),
        ("audio.music", "AceStep_1_5_Turbo"),
    ],
)
def test_a_prompt_is_enhanced_at_once_and_not_wrapped_in_data(v2, prompt_type, model):
    response = v2.post(PATH, {"prompt": "a fox", "type": prompt_type, "model_slug": model})
    assert response.status_code == 200, response.text
    assert response.json().keys() == {"prompt", "negative_prompt"}
    assert response.json()["prompt"].startswith("a fox")
    assert response.json()["prompt"] != "a fox"
    assert response.json()["negative_prompt"] is None


def test_a_negative_prompt_is_enhanced(v2):
    response = v2.post(PATH, {**FLUX_PROMPT, "negative_prompt": "blurry"}).json()
    assert response["negative_prompt"].startswith("blurry, ")


@pytest.mark.parametrize(
    ("prompt_type", "model"),
    [
        ("images.edits", "QwenImageEdit_Plus_NF4"),
        ("videos.animations", "MiniMaxH3_33B_Turbo_INT8"),
    ],
)
def test_some_types_require_an_image_except_for_the_price(v2, make_png, prompt_type, model):
    fields = {"prompt": "a fox", "type": prompt_type, "model_slug": model}
    image = {"image": ("a.png", make_png())}
    assert v2.post_form(PATH, image, **fields).status_code == 200
    assert list(errors_of(v2.post(PATH, fields))) == ["image"]
    assert v2.post(f"{PATH}/price", fields).status_code == 200
    assert v2.post_form(f"{PATH}/price", image, **fields).status_code == 200


def test_the_price_is_not_wrapped_in_data_and_is_charged(v2):
    body = v2.post(f"{PATH}/price", FLUX_PROMPT).json()
    assert body.keys() == {"price"}
    assert v2.emulator.balance == 100
    v2.post(PATH, FLUX_PROMPT)
    assert v2.emulator.balance == pytest.approx(100 - body["price"])


def test_a_low_balance_rejects_an_enhancement(v2):
    v2.emulator.balance = 0.1
    response = v2.post(PATH, FLUX_PROMPT)
    assert list(errors_of(response)) == ["balance"]
    assert response.json()["code"] == "insufficient_balance"


@pytest.mark.parametrize("ending", ["", "/price"])
@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"prompt": "ab"}, {"prompt": ["The prompt field must be at least 3 characters."]}),
        (
            {"negative_prompt": "ab"},
            {"negative_prompt": ["The negative prompt field must be at least 3 characters."]},
        ),
        ({"type": None}, {"type": ["The type field is required."]}),
        ({"type": "images.paintings"}, {"type": ["The selected type is invalid."]}),
        ({"type": "images.upscales"}, {"type": ["The selected type is invalid."]}),
        ({"model_slug": None}, {"model_slug": ["The model slug field is required."]}),
        ({"model_slug": "flux"}, {"model_slug": ["The selected model does not exist."]}),
        (
            {"model_slug": "Kokoro"},
            {"model_slug": ["The selected model does not support Text To Image."]},
        ),
        (
            {"model_slug": "ZAnimeDistill_8Step_INT8"},
            {"model_slug": ["There is no prompt booster guide for the selected model."]},
        ),
        (
            {"model": "Flux1schnell", "model_slug": ""},
            {"model_slug": ["The model slug field is required."]},
        ),
    ],
)
def test_an_invalid_field_is_a_422_with_its_message(v2, ending, changes, errors):
    assert errors_of(v2.post(f"{PATH}{ending}", {**FLUX_PROMPT, **changes})) == errors


def test_an_image_is_rejected_for_other_types(v2, make_png):
    rejected = v2.post_form(PATH, {"image": ("a.png", make_png())}, **FLUX_PROMPT)
    assert list(errors_of(rejected)) == ["image"]
    broken = v2.post_form(PATH, {"image": ("a.png", b"no image")}, **EDIT_PROMPT)
    assert errors_of(broken) == {"image": ["The image field must be an image."]}


def test_an_uploaded_image_is_deleted(v2, make_png):
    v2.post_form(PATH, {"image": ("a.png", make_png())}, **EDIT_PROMPT)
    (request,) = v2.emulator.requests
    assert request.operation == PATH
    assert not request.fields["image"].path.exists()


def test_an_image_is_generated_from_the_enhanced_prompt(v2):
    submission = v2.generate(enhance_prompt=True, negative_prompt="blurry")
    job = v2.get_job(submission)
    assert job["prompt_boosted"] is True
    boost = job["prompt_boost"]
    assert boost["prompt_original"] == "tin robot watering a fern"
    assert boost["negative_prompt_original"] == "blurry"
    assert boost["prompt"].startswith("tin robot watering a fern, ")
    assert boost["negative_prompt"].startswith("blurry, ")
    (created_job,) = v2.emulator.jobs.values()
    assert created_job.fields["prompt"] == boost["prompt"]
    not_enhanced = v2.download_result(v2.generate(negative_prompt="blurry"))
    enhanced = v2.download_result(submission)
    assert Image.open(io.BytesIO(enhanced.content)).size == (512, 512)
    assert enhanced.content != not_enhanced.content


def test_the_status_has_the_enhanced_prompts_once_the_job_runs(start_emulator):
    v2 = start_emulator("v2", polls_per_state=1)
    submission = v2.generate(enhance_prompt=True)
    statuses = [
        (job["prompt_boosted"], job["prompt_boost"])
        for job in (v2.get_job(submission), v2.get_job(submission))
    ]
    assert statuses[0] == (False, None)
    assert statuses[1][0] is True
    assert statuses[1][1]["negative_prompt"] is statuses[1][1]["negative_prompt_original"] is None


def test_the_job_is_charged_for_the_enhancement(v2):
    price = 0.00136 + enhancement_price(
        v2, "tin robot watering a fern", "images.generations", "Flux1schnell"
    )
    job = v2.get_job(v2.generate(enhance_prompt=True))
    assert job["price"]["amount"] == pytest.approx(price)
    assert v2.emulator.balance == pytest.approx(100 - price)


def test_a_balance_below_job_and_enhancement_rejects_both(v2):
    v2.emulator.balance = 0.5
    long_prompt = "a" * 600_000
    assert list(errors_of(v2.generate(prompt=long_prompt, enhance_prompt=True))) == ["balance"]
    assert v2.emulator.balance == 0.5
    assert v2.generate(prompt=long_prompt).status_code == 200


def test_a_model_without_a_guide_rejects_enhancement(v2):
    for model in ("ZAnimeDistill_8Step_INT8", "gpt-image-2"):
        rejected = v2.generate(model=model, enhance_prompt=True)
        assert list(errors_of(rejected)) == ["enhance_prompt"]
        assert v2.generate(model=model, enhance_prompt=False).status_code == 200


def test_prompts_of_edits_and_videos_are_enhanced(v2, make_png):
    submissions = [
        v2.post_form(
            "images/edits",
            {"image": ("a.png", make_png())},
            **EDIT,
            model=KLEIN,
            enhance_prompt="1",
        ),
        v2.post("videos/generations", {**VIDEO_GENERATION, "enhance_prompt": True}),
    ]
    assert [v2.get_job(submission)["prompt_boosted"] for submission in submissions] == [True, True]


@pytest.mark.parametrize(
    ("path", "fields"),
    [("audio/music", {"caption": "calm", "lyrics": "la"}), ("embeddings", {"input": "a"})],
)
def test_other_operations_and_prices_ignore_enhance_prompt(v2, path, fields):
    response = v2.post(path, {**fields, "enhance_prompt": "no boolean"})
    assert "enhance_prompt" not in (response.json().get("errors") or {})
    plain = v2.post("images/generations/price", {**GENERATION, "enhance_prompt": "no boolean"})
    assert plain.json()["data"]["price"] == 0.00136
