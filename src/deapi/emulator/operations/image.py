"""Operations on images: generate, edit, upscale, cut out, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from deapi.emulator.media import images
from deapi.emulator.operations import prices
from deapi.emulator.operations.operation import (
    ENHANCE,
    Operation,
    always,
    file_or_size,
    source_fits,
)
from deapi.emulator.validation.fields import NOT_IN_V1, Field, Fields, Upload
from deapi.emulator.validation.validator import add

if TYPE_CHECKING:
    from PIL.Image import Image

    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors
    from deapi.emulator.media.images import ImageFormat

_UPSCALE_FACTOR = 4
_DRAFT_SIDE = 128
"""Longest side of the picture that previews are made from."""

_IMAGE = Field("image", "file", required=True, media=("image",))
_PROMPT = Field("prompt", "string", required=True)
_SEED = Field("seed", "integer", required=True)
_NEGATIVE_PROMPT = Field("negative_prompt", "string", feature="supports_negative_prompt")
_STEPS = Field(
    "steps", "integer", required=True, minimum=1, limit="steps", feature="supports_steps"
)
_LORAS = Field("loras", "loras")
_QUALITY = Field("quality", "string", options="quality_options", unknown_to=NOT_IN_V1)

_GENERATION = (
    _PROMPT,
    _NEGATIVE_PROMPT,
    _LORAS,
    Field("width", "integer", required=True, limit="width", snapped=True),
    Field("height", "integer", required=True, limit="height", snapped=True),
    Field("guidance", "number", required=True, limit="guidance", feature="supports_guidance"),
    _STEPS,
    _SEED,
    _QUALITY,
)

_EDIT_PRICE = (
    _PROMPT,
    _NEGATIVE_PROMPT,
    _LORAS,
    _STEPS,
    _SEED,
    _QUALITY,
    Field("guidance", "number", limit="guidance", feature="supports_guidance"),
    *(
        Field(side, "integer", limit=side, snapped=True, feature="supports_custom_output_size")
        for side in ("width", "height")
    ),
)

_SIZE_OR_IMAGE = (
    Field("image", "file", media=("image",)),
    Field("width", "integer", minimum=1, limit="width"),
    Field("height", "integer", minimum=1, limit="height"),
)


def _one_or_several(fields: Fields, model: Model | None, errors: Errors) -> None:
    image, several = fields.get("image"), fields.get("images")
    if "image" in errors or any(name.startswith("images") for name in errors):
        return
    if image is None and several is None:
        add(errors, "image", "At least one image is required")
    elif image is not None and several is not None:
        add(errors, "image", "The image field prohibits images from being present.")
    elif several is not None and model is not None:
        most = model.limits.get("max_input_images", 1)
        if len(several) > most:
            add(errors, "images", f"The images field must not have more than {most} items.")


def _encoded(image: Image, extension: str) -> bytes:
    return images.encode(image, cast("ImageFormat", extension))


def _generate(fields: Fields, extension: str) -> bytes:
    image = images.generated(fields["prompt"], fields["width"], fields["height"], fields["seed"])
    return _encoded(image, extension)


def _preview_generation(fields: Fields, progress: float) -> str:
    width, height = fields["width"], fields["height"]
    scale = min(1.0, _DRAFT_SIDE / max(width, height))
    draft = images.generated(
        fields["prompt"], round(width * scale) or 1, round(height * scale) or 1, fields["seed"]
    )
    return images.blurred_preview(draft, progress)


def _sources(fields: Fields) -> list[bytes]:
    uploads: list[Upload] = fields["images"] or [fields["image"]]
    return [upload.read() for upload in uploads]


def _edit(fields: Fields, extension: str) -> bytes:
    image = images.edited(
        _sources(fields), fields["prompt"], fields["width"], fields["height"], fields["seed"]
    )
    return _encoded(image, extension)


def _preview_edit(fields: Fields, progress: float) -> str:
    draft = images.edited(
        _sources(fields), fields["prompt"], _DRAFT_SIDE, _DRAFT_SIDE, fields["seed"]
    )
    return images.blurred_preview(draft, progress)


def _upscale(fields: Fields, extension: str) -> bytes:
    return _encoded(images.upscaled(fields["image"].read(), _UPSCALE_FACTOR), extension)


def _cut_out(fields: Fields, extension: str) -> bytes:
    return _encoded(images.without_background(fields["image"].read()), extension)


IMAGE_OPERATIONS = (
    Operation(
        name="txt2img",
        task="Text To Image",
        inference_types=("txt2img",),
        quota="images/generations",
        boosts=True,
        seconds=3,
        fields=(*_GENERATION, ENHANCE),
        price_fields=_GENERATION,
        price=prices.text_to_image,
        produce=_generate,
        extension=always("png"),
        preview=_preview_generation,
    ),
    Operation(
        name="img2img",
        task="Image To Image",
        inference_types=("img2img",),
        quota="images/edits",
        boosts=True,
        seconds=5,
        fields=(
            *_EDIT_PRICE,
            ENHANCE,
            Field("image", "file", media=("image",)),
            Field("images", "files", media=("image",)),
        ),
        price_fields=_EDIT_PRICE,
        price=prices.image_edit,
        produce=_edit,
        extension=always("png"),
        rules=(_one_or_several,),
        preview=_preview_edit,
    ),
    Operation(
        name="img-upscale",
        task="Image Upscale",
        inference_types=("img-upscale",),
        quota="images/upscales",
        seconds=2.5,
        fields=(_IMAGE,),
        price_fields=_SIZE_OR_IMAGE,
        price=prices.image_upscale,
        produce=_upscale,
        extension=always("png"),
        rules=(source_fits("image"),),
        price_rules=(file_or_size("image"), source_fits("image")),
    ),
    Operation(
        name="img-rmbg",
        task="Image Background Removal",
        inference_types=("img-rmbg",),
        quota="images/background-removals",
        seconds=2,
        fields=(_IMAGE,),
        price_fields=_SIZE_OR_IMAGE,
        price=prices.image_cutout,
        produce=_cut_out,
        extension=always("png"),
        rules=(source_fits("image"),),
        price_rules=(file_or_size("image"), source_fits("image")),
    ),
)
