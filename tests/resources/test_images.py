"""``client.images``: generating, editing, upscaling, and removing backgrounds."""

import io

import pytest
from PIL import Image

from deapi import (
    InsufficientBalanceError,
    JobStatus,
    ServerError,
    ValidationError,
)
from support.call_table import FORM, JSON

VERSIONS = ("v1", "v2")
GENERATE = {"prompt": "a fox", "model": "m", "width": 512, "height": 512, "seed": 1}
TRANSFORM = {"prompt": "a fox", "model": "m", "seed": 1}
ONE_IMAGE = {**TRANSFORM, "image": b"i"}
FLUX = {"prompt": "a fox", "model": "Flux1schnell", "steps": 4, "seed": 7}
KLEIN = {"prompt": "at night", "model": "Flux_2_Klein_4B_BF16", "steps": 4, "seed": 7}

INVALID_ARGUMENTS = [
    # exactly one of image and images
    ("images.transform", TRANSFORM, ValueError, "Either 'image' or 'images' is required"),
    ("images.transform", {**ONE_IMAGE, "images": [b"2"]}, ValueError, "not both image and images"),
    ("images.transform", {**TRANSFORM, "images": []}, ValueError, "images is an empty list"),
    *(
        ("images.transform", {**TRANSFORM, "images": value}, TypeError, f"images must be a {words}")
        for value, words in (
            ("photo.png", "list, not a single str"),
            (b"...", "list, not a single bytes"),
            (io.BytesIO(b"one\ntwo"), "list, not a single file"),
            (5, "list, not int"),
        )
    ),
    # an image, or both width and height
    *(
        (operation, {"model": "m", **source}, ValueError, "image.*width.* and .*height")
        for operation in ("images.upscale_price", "images.remove_background_price")
        for source in (
            {},
            {"width": 1},
            {"height": 1},
            {"image": b"1", "width": 1},
            {"image": b"1", "height": 1},
            {"image": b"1", "width": 1, "height": 1},
        )
    ),
    # files and values that cannot be sent
    ("images.transform", {**TRANSFORM, "image": "missing.png"}, FileNotFoundError, "missing.png"),
    ("images.transform", {**TRANSFORM, "image": io.StringIO("x")}, TypeError, "text mode"),
    ("images.transform", {**ONE_IMAGE, "guidance": float("nan")}, ValueError, "guidance"),
    ("images.transform", {**ONE_IMAGE, "prompt": "\ud83d"}, ValueError, "prompt"),
    ("images.transform", {**ONE_IMAGE, "prompt": object()}, TypeError, "prompt"),
    # loras
    *(
        ("images.transform", {**ONE_IMAGE, "loras": loras}, error, message)
        for loras, error, message in (
            ("style", TypeError, "loras"),
            ({"name": "a", "weight": 1}, TypeError, "loras"),
            (["style"], TypeError, r"loras\[0\]"),
            ([{"name": "a"}], ValueError, r"loras\[0\] requires a weight"),
            ([{"weight": 1}], ValueError, r"loras\[0\] requires a name"),
            ([{"name": "a", "weight": -1}], ValueError, "at least 0"),
            ([{"name": "a", "weight": "1"}], ValueError, "weight"),
        )
    ),
]
V2_ONLY = [
    ("images.generate", GENERATE, "quality", "high"),
    ("images.generate_price", GENERATE, "quality", "high"),
    ("images.transform", ONE_IMAGE, "quality", "high"),
    ("images.transform_price", TRANSFORM, "quality", "high"),
    ("images.generate", GENERATE, "enhance_prompt", True),
    ("images.transform", ONE_IMAGE, "enhance_prompt", False),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    for version in ("v1", "v2"):
        api.assert_rejected(version, operation, arguments, error, message)


@pytest.mark.parametrize(("operation", "arguments", "name", "value"), V2_ONLY)
def test_arguments_of_v2_are_sent_in_v2_and_rejected_in_v1(api, operation, arguments, name, value):
    arguments = {**arguments, name: value}
    message = rf"{operation}\(\) does not accept '{name}' with API v1\. .*'v2'"
    api.assert_rejected("v1", operation, arguments, ValueError, message)
    request = api.request("v2", operation, arguments)
    if isinstance(value, bool) and request.content_type == FORM:
        value = str(int(value))
    assert request.fields[name] == value


@pytest.mark.parametrize(
    ("operation", "arguments", "content_type"),
    [("images.transform", ONE_IMAGE, FORM), ("images.transform_price", TRANSFORM, JSON)],
)
def test_steps_is_sent_only_if_passed(api, operation, arguments, content_type):
    for version in VERSIONS:
        assert "steps" not in api.request(version, operation, arguments).fields
        request = api.request(version, operation, {**arguments, "steps": 8})
        assert request.content_type == content_type
        assert request.fields["steps"] == ("8" if content_type == FORM else 8)


def test_an_unknown_quality_is_sent_for_the_service_to_validate(api):
    api.request("v2", "images.generate", {**GENERATE, "quality": "no such tier"})


# -- against the emulator ----------------------------------------------------------------------


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    image = Image.new("RGB", (320, 256), "red")
    image.paste((0, 0, 255), (80, 64, 240, 192))
    image.save(path)
    return path


def test_a_generated_image_has_the_requested_size_and_format(
    emulator, run_in_both_clients, tmp_path
):
    async def use(client, wait):
        job = await wait(client.images.generate(width=512, height=256, **FLUX))
        result = await wait(job.wait())
        assert result.status is JobStatus.DONE
        for suffix, image_format in (("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP")):
            path = await wait(job.save(tmp_path / f"fox.{suffix}"))
            with Image.open(path) as image:
                image.load()
                assert (image.format, image.size) == (image_format, (512, 256))

    run_in_both_clients(emulator, use)
    polls = [request for request in emulator.requests if request.operation == "request-status"]
    assert len(polls) == 1, "a finished job is not polled again"


def test_the_charge_is_the_quoted_price(emulator, run_in_both_clients):
    async def use(client, wait):
        price = await wait(client.images.generate_price(width=512, height=512, **FLUX))
        before = await wait(client.balance())
        await wait(client.images.generate(width=512, height=512, **FLUX))
        after = await wait(client.balance())
        assert price.price > 0
        assert before.balance - after.balance == pytest.approx(price.price)

    run_in_both_clients(emulator, use)


def test_an_edit_uses_the_uploaded_image(emulator, run_in_both_clients, photo, tmp_path):
    async def use(client, wait):
        for name, value in (("image", photo), ("images", [str(photo), photo.read_bytes()])):
            job = await wait(client.images.transform(**KLEIN, **{name: value}))
            path = await wait(job.save(tmp_path / "edit.png"))
            with Image.open(path) as image:
                assert image.size == (320, 256), "the size of the first image"
        assert (await wait(client.images.transform_price(**KLEIN))).price > 0

    run_in_both_clients(emulator, use)


def test_upscaling_and_background_removal(emulator, run_in_both_clients, photo, tmp_path):
    async def use(client, wait):
        with photo.open("rb") as handle:
            job = await wait(client.images.upscale(image=handle, model="RealESRGAN_x4"))
        path = await wait(job.save(tmp_path / "large.png"))
        with Image.open(path) as image:
            assert image.size == (1280, 1024)

        content = io.BytesIO(photo.read_bytes())
        job = await wait(client.images.remove_background(image=content, model="Ben2"))
        path = await wait(job.save(tmp_path / "cutout.png"))
        with Image.open(path) as image:
            assert image.getpixel((0, 0))[3] == 0
            assert image.getpixel((160, 128))[3] == 255

        for price, model in (
            (client.images.upscale_price, "RealESRGAN_x4"),
            (client.images.remove_background_price, "Ben2"),
        ):
            by_image = await wait(price(model=model, image=photo))
            by_size = await wait(price(model=model, width=320, height=256))
            assert by_image.price == by_size.price > 0

    run_in_both_clients(emulator, use)


def test_a_validation_error_names_the_invalid_fields(emulator, run_in_both_clients):
    async def use(client, wait):
        with pytest.raises(ValidationError) as caught:
            await wait(client.images.generate(width=99, height=512, **{**FLUX, "steps": 99}))
        assert set(caught.value.errors) == {"width", "steps"}
        with pytest.raises(ValidationError, match="does not exist"):
            await wait(client.images.generate(width=512, height=512, **{**FLUX, "model": "x"}))
        with pytest.raises(ValidationError) as caught:
            await wait(client.images.upscale(image=b"no image", model="RealESRGAN_x4"))
        assert "image" in caught.value.errors

    run_in_both_clients(emulator, use)


def test_a_low_balance_raises_insufficient_balance_error(emulator, run_in_both_clients):
    emulator.balance = 0.1

    async def use(client, wait):
        with pytest.raises(InsufficientBalanceError):
            await wait(client.images.generate(width=512, height=512, **FLUX))

    run_in_both_clients(emulator, use)


def test_a_file_over_the_size_limit_is_rejected_before_it_is_sent(
    emulator, run_in_both_clients, tmp_path
):
    path = tmp_path / "huge.png"
    with path.open("wb") as handle:
        handle.truncate(76 * 1024 * 1024)

    async def use(client, wait):
        with pytest.raises(ValueError, match=r"huge\.png"):
            await wait(client.images.upscale(image=path, model="RealESRGAN_x4"))
        assert not emulator.requests

    run_in_both_clients(emulator, use)


def test_a_submission_is_not_repeated_after_a_gateway_error(emulator, run_in_both_clients):
    async def use(client, wait):
        emulator.inject_fault(operation="txt2img", status=502, accepted=True)
        with pytest.raises(ServerError) as caught:
            await wait(client.images.generate(width=256, height=256, **FLUX))
        assert caught.value.possibly_accepted
        assert len(emulator.jobs) == 1

    run_in_both_clients(emulator, use)
