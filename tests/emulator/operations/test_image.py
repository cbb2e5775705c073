"""Image operations: generation, edits, upscaling and background removal."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from support.emulator_api import GENERATION, decode_image, errors_of

EDIT = {"prompt": "make it snow", "steps": 4, "seed": 1}


KLEIN = "Flux_2_Klein_4B_BF16"


def test_a_removed_background_is_transparent(v1):
    file = io.BytesIO()
    source = Image.new("RGB", (200, 200), "white")
    source.paste((200, 0, 0), (60, 60, 140, 140))
    source.save(file, "PNG")
    submission = v1.post_form("img-rmbg", {"image": ("a.png", file.getvalue())}, model="Ben2")
    image = decode_image(v1.download_result(submission))
    assert (image.mode, image.size) == ("RGBA", (200, 200))
    assert image.getpixel((5, 5))[3] == 0
    assert image.getpixel((100, 100))[3] == 255


def test_an_upscaled_image_is_four_times_as_wide(v1, make_png):
    submission = v1.post_form(
        "img-upscale", {"image": ("a.png", make_png(150, 130))}, model="RealESRGAN_x4"
    )
    assert decode_image(v1.download_result(submission)).size == (600, 520)


def test_an_edit_is_based_on_the_uploaded_image(v1, make_png):
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    images = []
    for colour in ("navy", "yellow"):
        submission = v1.post_form(
            "img2img", {"image": ("a.png", make_png(200, 160, colour))}, **fields
        )
        images.append(decode_image(v1.download_result(submission)))
    assert [image.size for image in images] == [(200, 160)] * 2
    dark, bright = (sum(image.convert("L").histogram()[128:]) for image in images)
    assert dark < bright


def test_an_edit_can_have_its_own_size(v1, make_png):
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    submission = v1.post_form(
        "img2img", {"image": ("a.png", make_png())}, **fields, width="512", height="256"
    )
    assert decode_image(v1.download_result(submission)).size == (512, 256)


def test_an_edit_accepts_image_or_images_but_not_both(v1, make_png):
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    file = ("a.png", make_png())
    assert errors_of(v1.post("img2img", fields)) == {"image": ["At least one image is required"]}
    both = v1.post_form("img2img", [("image", file), ("images[]", file)], **fields)
    assert list(errors_of(both)) == ["image"]
    four = v1.post_form("img2img", [("images[]", file)] * 4, **fields)
    assert errors_of(four) == {"images": ["The images field must not have more than 3 items."]}
    assert v1.post_form("img2img", [("images[]", file)] * 3, **fields).status_code == 200


def test_quality_changes_the_price_and_must_be_an_option_of_the_model(v2):
    def price(quality):
        fields = {**GENERATION, "model": "gpt-image-2", "quality": quality}
        return v2.post("images/generations/price", fields).json()["data"]["price"]

    assert price("low") < price("medium") == price(None) == price("auto") < price("high")
    rejected = v2.generate(model="gpt-image-2", quality="best")
    assert errors_of(rejected) == {"quality": ["The selected quality is invalid."]}


@pytest.mark.parametrize("model", ["Flux1schnell", "nano-banana-2"])
def test_a_model_without_quality_options_ignores_the_quality(v2, model):
    def price(**more):
        fields = {**GENERATION, "model": model, **more}
        return v2.post("images/generations/price", fields).json()["data"]["price"]

    assert price(quality="high") == price()
    assert v2.generate(model=model, quality="anything").status_code == 200


@pytest.mark.parametrize("path", ["images/generations", "images/edits"])
def test_image_prices_report_whether_they_are_estimates(v2, path):
    def get_price(model):
        return v2.post(f"{path}/price", {**GENERATION, "model": model}).json()["data"]

    native, partner = get_price(KLEIN), get_price("gpt-image-2")
    assert (native["is_estimated"], native["estimate_basis"]) == (False, None)
    assert (partner["is_estimated"], partner["estimate_basis"]) == (True, "request_params")


def test_steps_are_required_or_ignored_depending_on_the_model(v2):
    assert list(errors_of(v2.generate(steps=None))) == ["steps"]
    submission = v2.generate(model="gpt-image-2", steps=999, guidance="much", negative_prompt="x")
    assert submission.status_code == 200
    (job,) = v2.emulator.jobs.values()
    assert job.fields["steps"] is job.fields["guidance"] is job.fields["negative_prompt"] is None
