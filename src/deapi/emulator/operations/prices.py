"""Prices in USD.

The prices of models that the vendor publishes are reproduced. The others are invented, but depend
on the same fields as on the service.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..validation.references import reference_count

if TYPE_CHECKING:
    from ..catalogue.model import Model
    from ..validation.fields import Fields, Upload

MINIMUM_BALANCE = 0.49
"""Minimum balance for any job, whatever its price."""

_DECIMALS = 8
_DEFAULT_STEPS = 4

_PER_PIXEL_AND_STEP = {
    "Flux1schnell": 0.00136 / (512 * 512 * 4),
    "ZImageTurbo_INT8": 0.0034 / (512 * 512 * 4),
    "Flux_2_Klein_4B_BF16": 0.00186 / (512 * 512 * 4),
    "ZAnimeDistill_8Step_INT8": 0.0034 / (512 * 512 * 4),
}
_PARTNER_IMAGE = {"low": 0.011, "medium": 0.042, "high": 0.167}
_EDIT_BASE, _EDIT_STEP = 0.0018144, 0.0015228
_KLEIN_EDIT = 0.00744
_OCR_BASE, _OCR_PER_PIXEL = 0.000458, 8.4175e-9
_IMAGE_PER_PIXEL = {"img-upscale": 2.4e-9, "img-rmbg": 1.6e-9}
_VIDEO_PER_PIXEL_AND_FRAME = {
    "Ltxv_13B_0_9_8_Distilled_FP8": 0.001737 / (256 * 256 * 60),
    "Ltx2_3_22B_Dist_INT8": 1.1e-9,
    "Ltx2_5_22B_Dist_INT8": 1.3e-9,
    "MiniMaxH3_33B_Turbo_INT8": 2.2e-9,
}
_FREE_REFERENCE_IMAGES, _REFERENCE_IMAGES_FACTOR, _REFERENCE_VIDEO_FACTOR = 2, 2, 3
_UPSCALE_PER_PIXEL_AND_SECOND = 0.01520292 / (320 * 240 * 4 * 10)
_VIDEO_BACKGROUND_PER_PIXEL = 6e-9
_REPLACE_PER_PIXEL_AND_SECOND = 4.5e-8
_SPEECH_PER_CHARACTER = 0.77 / 1_000_000
_MUSIC_PER_SECOND, _MUSIC_PER_STEP_AND_SECOND = 0.00004, 0.0000035
_TRANSCRIPTION_BASE, _TRANSCRIPTION_PER_SECOND = 0.005, 0.0078125 / 600
_TIKTOK_PRICES = ((60, 0.015), (120, 0.0225), (180, 0.03), (300, 0.045), (600, 0.0825))
_TIKTOK_MAX_PRICE = 0.105
_METADATA_PRICE = {"WhisperLargeV3Ct2": 0.005}
_DESCRIPTION_PER_SECOND = 0.00012
_PRESET_FACTOR = {"fast": 1, "balanced": 3, "detail": 7}
_TIKTOK_PRESET_FACTOR = {"fast": 0.75, "balanced": 1, "detail": 1.5}
_EMBEDDING_PER_TOKEN = 0.000084 / 1000
_ENHANCEMENT_BASE, _ENHANCEMENT_PER_CHARACTER = 0.0001, 0.000001


def round_price(price: float) -> float:
    """Round a price to the service's number of decimals."""
    return round(price, _DECIMALS)


def text_to_image(model: Model, fields: Fields) -> float:
    """Return the price of an image by pixels and steps, or by quality for partner models."""
    if model.partner:
        return round_price(
            _PARTNER_IMAGE.get(fields.get("quality") or "", _PARTNER_IMAGE["medium"])
        )
    steps = fields.get("steps") or _DEFAULT_STEPS
    return round_price(_PER_PIXEL_AND_STEP[model.slug] * fields["width"] * fields["height"] * steps)


def image_edit(model: Model, fields: Fields) -> float:
    """Return the price of an image edit by steps, whatever the size."""
    if model.partner:
        return text_to_image(model, fields)
    if model.slug == "Flux_2_Klein_4B_BF16":
        return _KLEIN_EDIT
    return round_price(_EDIT_BASE + _EDIT_STEP * fields["steps"])


def image_upscale(_model: Model, fields: Fields) -> float:
    """Return the price of an upscaled image by pixels of the result."""
    return round_price(_IMAGE_PER_PIXEL["img-upscale"] * 16 * _pixels(fields, "image"))


def image_background_removal(_model: Model, fields: Fields) -> float:
    """Return the price of removing an image's background by pixels."""
    return round_price(_IMAGE_PER_PIXEL["img-rmbg"] * _pixels(fields, "image"))


def ocr(_model: Model, fields: Fields) -> float:
    """Return the price of OCR: a base price and a price per pixel, whatever the text."""
    return round_price(_OCR_BASE + _OCR_PER_PIXEL * _pixels(fields, "image"))


def video(model: Model, fields: Fields) -> float:
    """Return the price of a video by pixels and frames."""
    volume = fields["width"] * fields["height"] * fields["frames"]
    return round_price(_VIDEO_PER_PIXEL_AND_FRAME[model.slug] * volume)


def animation(model: Model, fields: Fields) -> float:
    """Return the price of an animation: that of a video, multiplied by a factor for references."""
    factor = 1
    if reference_count(fields, "video"):
        factor = _REFERENCE_VIDEO_FACTOR
    elif reference_count(fields, "image") > _FREE_REFERENCE_IMAGES:
        factor = _REFERENCE_IMAGES_FACTOR
    return round_price(video(model, fields) * factor)


def video_upscale(_model: Model, fields: Fields) -> float:
    """Return the price of an upscaled video by pixels of the result and duration.

    Without a duration it is 0, as on the service.
    """
    pixels = _pixels(fields, "video") * fields["scale"] ** 2
    return round_price(_UPSCALE_PER_PIXEL_AND_SECOND * pixels * _duration(fields, "video"))


def video_background_removal(_model: Model, fields: Fields) -> float:
    """Return the price of removing a video's background by pixels of a frame."""
    return round_price(_VIDEO_BACKGROUND_PER_PIXEL * _pixels(fields, "video"))


def video_replace(_model: Model, fields: Fields) -> float:
    """Return the price of replacing a character by pixels and duration."""
    if fields.get("width"):
        pixels = fields["width"] * fields["height"]
    elif fields.get("video"):
        pixels = _pixels(fields, "video")
    else:
        pixels = 512 * 512
    return round_price(_REPLACE_PER_PIXEL_AND_SECOND * pixels * _duration(fields, "video"))


def speech(_model: Model, fields: Fields) -> float:
    """Return the price of speech by characters and speed. Slower speech costs more."""
    text = fields.get("text")
    characters = len(text) if text is not None else fields["count_text"]
    return round_price(_SPEECH_PER_CHARACTER * characters / fields["speed"])


def music(_model: Model, fields: Fields) -> float:
    """Return the price of music by duration and steps."""
    per_second = _MUSIC_PER_SECOND + _MUSIC_PER_STEP_AND_SECOND * fields["inference_steps"]
    return round_price(per_second * fields["duration"])


def transcription(
    model: Model, seconds: float, *, tiktok: bool, detailed: bool, metadata: bool
) -> float:
    """Return the price of a transcription by duration in seconds, with separate prices for TikTok.

    Word timestamps, speakers and the metadata of the source cost more.
    """
    if tiktok:
        price = _tiktok_price(seconds)
    else:
        price = _TRANSCRIPTION_BASE + _TRANSCRIPTION_PER_SECOND * seconds
    surcharge = _METADATA_PRICE.get(model.slug, 0) if metadata else 0
    return round_price(price * (1.5 if detailed else 1) + surcharge)


def description(seconds: float, preset: str, *, tiktok: bool) -> float:
    """Return the price of a video description by duration in seconds and preset.

    For a TikTok video, the prices of transcriptions apply.
    """
    if tiktok:
        return round_price(_tiktok_price(seconds) * _TIKTOK_PRESET_FACTOR[preset])
    return round_price(_DESCRIPTION_PER_SECOND * seconds * _PRESET_FACTOR[preset])


def _tiktok_price(seconds: float) -> float:
    return next(
        (price for maximum, price in _TIKTOK_PRICES if seconds <= maximum), _TIKTOK_MAX_PRICE
    )


def embedding(_model: Model, fields: Fields) -> float:
    """Return the price of embeddings by tokens."""
    return round_price(_EMBEDDING_PER_TOKEN * sum(count_tokens(text) for text in fields["input"]))


def prompt_enhancement(text: str) -> float:
    """Return the price of a prompt enhancement by characters."""
    return round_price(_ENHANCEMENT_BASE + _ENHANCEMENT_PER_CHARACTER * len(text))


def count_tokens(text: str) -> int:
    """Return the approximate number of tokens in a text."""
    return max(1, math.ceil(len(text) / 4))


def _pixels(fields: Fields, source: str) -> int:
    """Return the number of pixels of the file, or of the size in a price request without it."""
    upload: Upload | None = fields.get(source)
    if upload is not None:
        return upload.width * upload.height
    width: int = fields["width"]
    height: int = fields["height"]
    return width * height


def _duration(fields: Fields, source: str) -> float:
    upload: Upload | None = fields.get(source)
    return upload.duration if upload else fields.get("duration") or 0.0
