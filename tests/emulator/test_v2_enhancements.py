"""The prompt booster of version 2."""

from __future__ import annotations

import pytest

PATH = "prompts/enhancements"
FLUX = {"prompt": "a fox", "type": "images.generations", "model_slug": "Flux1schnell"}
EDIT = {"prompt": "a fox", "type": "images.edits", "model_slug": "QwenImageEdit_Plus_NF4"}


def errors_of(answer):
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("images.generations", "Flux1schnell"),
        ("videos.generations", "Ltxv_13B_0_9_8_Distilled_FP8"),
        ("audio.speech", "Kokoro"),
        ("audio.music", "AceStep_1_5_Turbo"),
    ],
)
def test_a_prompt_is_boosted_at_once_and_not_wrapped(v2, kind, model):
    answer = v2.post(PATH, {"prompt": "a fox", "type": kind, "model_slug": model})
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"prompt", "negative_prompt"}
    assert answer.json()["prompt"].startswith("a fox")
    assert answer.json()["prompt"] != "a fox"
    assert answer.json()["negative_prompt"] is None


def test_a_negative_prompt_is_boosted_too(v2):
    answer = v2.post(PATH, {**FLUX, "negative_prompt": "blurry"}).json()
    assert answer["negative_prompt"].startswith("blurry, ")


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("images.edits", "QwenImageEdit_Plus_NF4"),
        ("videos.animations", "MiniMaxH3_33B_Turbo_INT8"),
    ],
)
def test_what_starts_from_an_image_needs_it_but_not_for_a_price(v2, png, kind, model):
    fields = {"prompt": "a fox", "type": kind, "model_slug": model}
    image = {"image": ("a.png", png())}
    assert v2.form(PATH, image, **fields).status_code == 200
    assert list(errors_of(v2.post(PATH, fields))) == ["image"]
    assert v2.post(f"{PATH}/price", fields).status_code == 200
    assert v2.form(f"{PATH}/price", image, **fields).status_code == 200


def test_the_price_is_not_wrapped_and_is_what_is_charged(v2):
    body = v2.post(f"{PATH}/price", FLUX).json()
    assert body.keys() == {"price"}
    assert v2.emulator.balance == 100
    v2.post(PATH, FLUX)
    assert v2.emulator.balance == pytest.approx(100 - body["price"])


def test_a_low_balance_boosts_nothing(v2):
    v2.emulator.balance = 0.1
    answer = v2.post(PATH, FLUX)
    assert list(errors_of(answer)) == ["balance"]
    assert answer.json()["code"] == "insufficient_balance"


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
def test_what_will_not_do_is_named(v2, ending, changes, errors):
    assert errors_of(v2.post(f"{PATH}{ending}", {**FLUX, **changes})) == errors


def test_an_image_is_only_for_what_starts_from_one(v2, png):
    refused = v2.form(PATH, {"image": ("a.png", png())}, **FLUX)
    assert list(errors_of(refused)) == ["image"]
    broken = v2.form(PATH, {"image": ("a.png", b"no image")}, **EDIT)
    assert errors_of(broken) == {"image": ["The image field must be an image."]}


def test_it_keeps_no_image(v2, png):
    v2.form(PATH, {"image": ("a.png", png())}, **EDIT)
    (request,) = v2.emulator.requests
    assert request.operation == PATH
    assert not request.fields["image"].path.exists()
