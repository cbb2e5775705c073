"""Quality, boosts and prices of version 2's images and videos."""

from __future__ import annotations

import io

import pytest
from PIL import Image

VIDEO = {
    "prompt": "waves at dusk",
    "model": "Ltxv_13B_0_9_8_Distilled_FP8",
    "width": 256,
    "height": 256,
    "frames": 30,
    "fps": 30,
    "seed": 1,
    "steps": 1,
}
EDIT = {"prompt": "make it snow", "steps": 4, "seed": 1}
KLEIN = "Flux_2_Klein_4B_BF16"
FEE = "prompts/enhancements/price"


def errors_of(answer):
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


def fee(api, prompt, kind, model):
    body = api.post(FEE, {"prompt": prompt, "type": kind, "model_slug": model}).json()
    assert body.keys() == {"price"}
    return body["price"]


def test_an_image_is_made_of_the_boosted_prompt(v2):
    order = v2.generate(enhance_prompt=True, negative_prompt="blurry")
    job = v2.job(order)
    assert job["prompt_boosted"] is True
    boost = job["prompt_boost"]
    assert boost["prompt_original"] == "tin robot watering a fern"
    assert boost["negative_prompt_original"] == "blurry"
    assert boost["prompt"].startswith("tin robot watering a fern, ")
    assert boost["negative_prompt"].startswith("blurry, ")
    (made,) = v2.emulator.jobs.values()
    assert made.fields["prompt"] == boost["prompt"]
    unboosted = v2.result(v2.generate(negative_prompt="blurry"))
    boosted = v2.result(order)
    assert Image.open(io.BytesIO(boosted.content)).size == (512, 512)
    assert boosted.content != unboosted.content


def test_the_boost_shows_once_it_has_run(serve):
    v2 = serve("v2", polls_per_state=1)
    order = v2.generate(enhance_prompt=True)
    shown = [(job["prompt_boosted"], job["prompt_boost"]) for job in (v2.job(order), v2.job(order))]
    assert shown[0] == (False, None)
    assert shown[1][0] is True
    assert shown[1][1]["negative_prompt"] is shown[1][1]["negative_prompt_original"] is None


def test_the_boost_is_billed_on_the_job(v2):
    price = 0.00136 + fee(v2, "tin robot watering a fern", "images.generations", "Flux1schnell")
    job = v2.job(v2.generate(enhance_prompt=True))
    assert job["price"]["amount"] == pytest.approx(price)
    assert v2.emulator.balance == pytest.approx(100 - price)


def test_a_balance_that_covers_the_job_but_not_the_boost_refuses_both(v2):
    v2.emulator.balance = 0.5
    long = "a" * 600_000
    assert list(errors_of(v2.generate(prompt=long, enhance_prompt=True))) == ["balance"]
    assert v2.emulator.balance == 0.5
    assert v2.generate(prompt=long).status_code == 200


def test_a_model_without_a_guide_cannot_boost(v2):
    for model in ("ZAnimeDistill_8Step_INT8", "gpt-image-2"):
        refused = v2.generate(model=model, enhance_prompt=True)
        assert list(errors_of(refused)) == ["enhance_prompt"]
        assert v2.generate(model=model, enhance_prompt=False).status_code == 200


def test_edits_and_videos_are_boosted_too(v2, png):
    orders = [
        v2.form(
            "images/edits", {"image": ("a.png", png())}, **EDIT, model=KLEIN, enhance_prompt="1"
        ),
        v2.post("videos/generations", {**VIDEO, "enhance_prompt": True}),
    ]
    assert [v2.job(order)["prompt_boosted"] for order in orders] == [True, True]


@pytest.mark.parametrize(
    ("path", "fields"),
    [("audio/music", {"caption": "calm", "lyrics": "la"}), ("embeddings", {"input": "a"})],
)
def test_other_operations_and_prices_do_not_know_the_boost(v2, path, fields):
    answer = v2.post(path, {**fields, "enhance_prompt": "no boolean"})
    assert "enhance_prompt" not in (answer.json().get("errors") or {})
    plain = v2.post("images/generations/price", {**_flux(), "enhance_prompt": "no boolean"})
    assert plain.json()["data"]["price"] == 0.00136


def test_quality_is_one_of_the_models_tiers_and_moves_the_price(v2):
    def price(quality):
        fields = {**_flux(), "model": "gpt-image-2", "quality": quality}
        return v2.post("images/generations/price", fields).json()["data"]["price"]

    assert price("low") < price("medium") == price(None) == price("auto") < price("high")
    refused = v2.generate(model="gpt-image-2", quality="best")
    assert errors_of(refused) == {"quality": ["The selected quality is invalid."]}


@pytest.mark.parametrize("model", ["Flux1schnell", "nano-banana-2"])
def test_a_model_without_tiers_ignores_the_quality(v2, model):
    def price(**more):
        fields = {**_flux(), "model": model, **more}
        return v2.post("images/generations/price", fields).json()["data"]["price"]

    assert price(quality="high") == price()
    assert v2.generate(model=model, quality="anything").status_code == 200


@pytest.mark.parametrize("path", ["images/generations", "images/edits"])
def test_prices_of_images_say_whether_they_are_estimates(v2, path):
    def quote(model):
        return v2.post(f"{path}/price", {**_flux(), "model": model}).json()["data"]

    native, partner = quote(KLEIN), quote("gpt-image-2")
    assert (native["is_estimated"], native["estimate_basis"]) == (False, None)
    assert (partner["is_estimated"], partner["estimate_basis"]) == (True, "request_params")


def test_other_prices_are_only_prices(v2):
    assert v2.post("videos/generations/price", VIDEO).json()["data"].keys() == {"price"}


def test_steps_are_required_or_dropped_as_the_model_says(v2):
    assert list(errors_of(v2.generate(steps=None))) == ["steps"]
    order = v2.generate(model="gpt-image-2", steps=999, guidance="much", negative_prompt="x")
    assert order.status_code == 200
    (job,) = v2.emulator.jobs.values()
    assert job.fields["steps"] is job.fields["guidance"] is job.fields["negative_prompt"] is None


def test_an_upscale_is_priced_by_duration_up_to_the_models_longest(v2):
    def quote(**more):
        fields = {"model": "FlashVSR_Tiny", "width": 320, "height": 240, "scale": 2, **more}
        return v2.post("videos/upscales/price", fields)

    assert quote(duration=10).json() == {"data": {"price": 0.01520292}}
    assert quote().json() == {"data": {"price": 0}}
    assert list(errors_of(quote(duration=61))) == ["duration"]
    assert list(errors_of(quote(duration=1, model="RealESRGAN_Vid_x2"))) == ["scale"]


def _flux():
    return {**EDIT, "width": 512, "height": 512, "model": "Flux1schnell"}
