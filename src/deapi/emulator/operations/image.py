"""Operations on images: generate, edit, upscale and remove the background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..media import images
from ..validation.fields import Field, Fields, Upload
from ..validation.rules import dimensions_within_limits, file_or_size
from ..validation.validator import add_error
from . import prices
from .operation import (
    ENHANCE_PROMPT,
    GUIDANCE,
    NEGATIVE_PROMPT,
    PROMPT,
    SEED,
    SIZE,
    STEPS,
    Operation,
    file_or_size_fields,
)

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..catalogue.model import Model
    from ..errors import FieldErrors

_UPSCALE_FACTOR = 4
_DRAFT_SIDE = 64
"""Width or height, whichever is longer, of the image that a preview is made from, in pixels."""

_IMAGE = Field("image", "file", required=True, file_types=("image",))
_LORAS = Field("loras", "loras")
_QUALITY = Field("quality", "string", options="quality_options", not_in_v1=True)

_GENERATION_FIELDS = (PROMPT, NEGATIVE_PROMPT, _LORAS, *SIZE, GUIDANCE, STEPS, SEED, _QUALITY)
_EDIT_PRICE_FIELDS = (
    PROMPT,
    NEGATIVE_PROMPT,
    _LORAS,
    STEPS,
    SEED,
    _QUALITY,
    replace(GUIDANCE, required=False),
    *(replace(side, required=False, feature="supports_custom_output_size") for side in SIZE),
)
_IMAGE_OR_SIZE = file_or_size_fields("image")
_IMAGE_RULES = (file_or_size("image"), dimensions_within_limits("image"))


def _single_or_several_images(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    image, several = fields.get("image"), fields.get("images")
    if "image" in errors or any(name.startswith("images") for name in errors):
        return
    if image is None and several is None:
        add_error(errors, "image", "At least one image is required")
    elif image is not None and several is not None:
        add_error(errors, "image", "The image field prohibits images from being present.")
    elif several is not None and model is not None:
        maximum = model.limits.get("max_input_images", 1)
        if len(several) > maximum:
            message = f"The images field must not have more than {maximum} items."
            add_error(errors, "images", message)


def _generate(fields: Fields, extension: str) -> bytes:
    image = images.generate(fields["prompt"], fields["width"], fields["height"], fields["seed"])
    return images.encode(image, extension)


def _preview_generation(fields: Fields, progress: float) -> str:
    scale = _DRAFT_SIDE / max(fields["width"], fields["height"])
    width, height = (round(fields[side] * scale) for side in ("width", "height"))
    draft = images.generate(fields["prompt"], width, height, fields["seed"], caption=False)
    return images.preview(draft, progress)


def _edit_sources(fields: Fields, width: int | None, height: int | None) -> Image:
    uploads: list[Upload] = fields["images"] or [fields["image"]]
    sources = [upload.read() for upload in uploads]
    return images.edit(sources, fields["prompt"], width, height, fields["seed"])


def _edit(fields: Fields, extension: str) -> bytes:
    return images.encode(_edit_sources(fields, fields["width"], fields["height"]), extension)


def _preview_edit(fields: Fields, progress: float) -> str:
    return images.preview(_edit_sources(fields, _DRAFT_SIDE, _DRAFT_SIDE), progress)


def _upscale(fields: Fields, extension: str) -> bytes:
    return images.encode(images.upscale(fields["image"].read(), _UPSCALE_FACTOR), extension)


def _remove_background(fields: Fields, extension: str) -> bytes:
    return images.encode(images.remove_background(fields["image"].read()), extension)


IMAGE_OPERATIONS = (
    Operation(
        name="txt2img",
        task="Text To Image",
        inference_types=("txt2img",),
        endpoint="images/generations",
        supports_enhancement=True,
        seconds=3,
        fields=(*_GENERATION_FIELDS, ENHANCE_PROMPT),
        price_fields=_GENERATION_FIELDS,
        price=prices.text_to_image,
        produce=_generate,
        extension="png",
        preview=_preview_generation,
    ),
    Operation(
        name="img2img",
        task="Image To Image",
        inference_types=("img2img",),
        endpoint="images/edits",
        supports_enhancement=True,
        seconds=5,
        fields=(
            *_EDIT_PRICE_FIELDS,
            ENHANCE_PROMPT,
            Field("image", "file", file_types=("image",)),
            Field("images", "files", file_types=("image",)),
        ),
        price_fields=_EDIT_PRICE_FIELDS,
        price=prices.image_edit,
        produce=_edit,
        extension="png",
        rules=(_single_or_several_images,),
        preview=_preview_edit,
    ),
    Operation(
        name="img-upscale",
        task="Image Upscale",
        inference_types=("img-upscale",),
        endpoint="images/upscales",
        seconds=2.5,
        fields=(_IMAGE,),
        price_fields=_IMAGE_OR_SIZE,
        price=prices.image_upscale,
        produce=_upscale,
        slow=True,
        extension="png",
        rules=_IMAGE_RULES,
        price_rules=_IMAGE_RULES,
    ),
    Operation(
        name="img-rmbg",
        task="Image Background Removal",
        inference_types=("img-rmbg",),
        endpoint="images/background-removals",
        seconds=2,
        fields=(_IMAGE,),
        price_fields=_IMAGE_OR_SIZE,
        price=prices.image_background_removal,
        produce=_remove_background,
        extension="png",
        rules=_IMAGE_RULES,
        price_rules=_IMAGE_RULES,
    ),
)
