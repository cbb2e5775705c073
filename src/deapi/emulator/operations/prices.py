"""Prices in USD.

The constants of models whose price the vendor publishes reproduce it; the others are made up in
proportion, so that a price moves with what is ordered as it does on the service.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.validation.fields import Fields, Upload

MINIMUM_BALANCE = 0.49
"""Jobs are refused below this balance, whatever they cost."""

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
_OCR_BASE, _OCR_PIXEL = 0.000458, 8.4175e-9
_IMAGE_PIXEL = {"img-upscale": 2.4e-9, "img-rmbg": 1.6e-9}
_VIDEO_PIXEL_FRAME = {
    "Ltxv_13B_0_9_8_Distilled_FP8": 0.001737 / (256 * 256 * 60),
    "Ltx2_3_22B_Dist_INT8": 1.1e-9,
    "Ltx2_5_22B_Dist_INT8": 1.3e-9,
    "MiniMaxH3_33B_Turbo_INT8": 2.2e-9,
}
_FREE_IMAGES, _WITH_IMAGES, _WITH_VIDEO = 2, 2, 3
_UPSCALE_PIXEL_SECOND = 0.01520292 / (320 * 240 * 4 * 10)
_VIDEO_CUTOUT_PIXEL = 6e-9
_REPLACE_PIXEL_SECOND = 4.5e-8
_SPEECH_CHARACTER = 0.77 / 1_000_000
_MUSIC_SECOND, _MUSIC_STEP_SECOND = 0.00004, 0.0000035
_TRANSCRIPTION_SECOND = {
    "WhisperLargeV3": 0.05 / 3600,
    "WhisperLargeV3Ct2": 0.0128125 / 600,
}
_TIKTOK_CARD = ((60, 0.015), (120, 0.0225), (180, 0.03), (300, 0.045), (600, 0.0825))
_TIKTOK_LONGER = 0.105
_METADATA = {"WhisperLargeV3Ct2": 0.005}
_DESCRIPTION_SECOND = 0.00012
_PRESET = {"fast": 1, "balanced": 3, "detail": 7}
_TIKTOK_PRESET = {"fast": 0.75, "balanced": 1, "detail": 1.5}
_EMBEDDING_TOKEN = 0.000084 / 1000
_BOOST_BASE, _BOOST_CHARACTER = 0.0001, 0.000001


def rounded(price: float) -> float:
    """A price with as many decimals as the service shows."""
    return round(price, _DECIMALS)


def text_to_image(model: Model, fields: Fields) -> float:
    """By pixels and steps; partner models by quality."""
    if model.partner:
        return rounded(_PARTNER_IMAGE.get(fields.get("quality") or "", _PARTNER_IMAGE["medium"]))
    steps = fields.get("steps") or _DEFAULT_STEPS
    return rounded(_PER_PIXEL_AND_STEP[model.slug] * fields["width"] * fields["height"] * steps)


def image_edit(model: Model, fields: Fields) -> float:
    """By steps; the size does not count."""
    if model.partner:
        return text_to_image(model, fields)
    if model.slug == "Flux_2_Klein_4B_BF16":
        return _KLEIN_EDIT
    return rounded(_EDIT_BASE + _EDIT_STEP * fields["steps"])


def image_upscale(model: Model, fields: Fields) -> float:
    """By the pixels that come out."""
    del model
    return rounded(_IMAGE_PIXEL["img-upscale"] * 16 * _pixels(fields, "image"))


def image_cutout(model: Model, fields: Fields) -> float:
    """By pixels."""
    del model
    return rounded(_IMAGE_PIXEL["img-rmbg"] * _pixels(fields, "image"))


def ocr(model: Model, fields: Fields) -> float:
    """By pixels, over a base; the length of the text does not count."""
    del model
    return rounded(_OCR_BASE + _OCR_PIXEL * _pixels(fields, "image"))


def video(model: Model, fields: Fields) -> float:
    """By pixels and frames."""
    volume = fields["width"] * fields["height"] * fields["frames"]
    return rounded(_VIDEO_PIXEL_FRAME[model.slug] * volume)


def animation(model: Model, fields: Fields, *, images: int, videos: int) -> float:
    """As any video; many reference pictures cost more, and a reference video most.

    Args:
        model: The model.
        fields: The fields.
        images: Number of reference pictures.
        videos: Number of reference videos.
    """
    factor = _WITH_VIDEO if videos else _WITH_IMAGES if images > _FREE_IMAGES else 1
    return rounded(video(model, fields) * factor)


def video_upscale(model: Model, fields: Fields) -> float:
    """By the pixels that come out and the duration; free without a duration, as on the service."""
    del model
    pixels = _pixels(fields, "video") * fields["scale"] ** 2
    return rounded(_UPSCALE_PIXEL_SECOND * pixels * _duration(fields, "video"))


def video_cutout(model: Model, fields: Fields) -> float:
    """By the pixels of a frame."""
    del model
    return rounded(_VIDEO_CUTOUT_PIXEL * _pixels(fields, "video"))


def video_replace(model: Model, fields: Fields) -> float:
    """By pixels and duration."""
    del model
    if fields.get("width"):
        pixels = fields["width"] * fields["height"]
    elif fields.get("video"):
        pixels = _pixels(fields, "video")
    else:
        pixels = 512 * 512
    return rounded(_REPLACE_PIXEL_SECOND * pixels * _duration(fields, "video"))


def speech(model: Model, fields: Fields) -> float:
    """By characters; slower speech costs more."""
    del model
    text = fields.get("text")
    characters = len(text) if text is not None else fields["count_text"]
    return rounded(_SPEECH_CHARACTER * characters / fields["speed"])


def music(model: Model, fields: Fields) -> float:
    """By duration and steps."""
    del model
    per_second = _MUSIC_SECOND + _MUSIC_STEP_SECOND * fields["inference_steps"]
    return rounded(per_second * fields["duration"])


def transcription(
    model: Model, seconds: float, *, tiktok: bool, detailed: bool, described: bool
) -> float:
    """By duration; TikTok has a card of its own.

    Args:
        model: The model.
        seconds: Duration of the source.
        tiktok: Whether the source is on TikTok.
        detailed: Whether word timestamps or speakers were asked for.
        described: Whether the source's metadata were asked for.
    """
    price = _tiktok_card(seconds) if tiktok else _TRANSCRIPTION_SECOND[model.slug] * seconds
    surcharge = _METADATA.get(model.slug, 0) if described else 0
    return rounded(price * (1.5 if detailed else 1) + surcharge)


def description(seconds: float, preset: str, *, tiktok: bool) -> float:
    """A video description, by duration and preset.

    Args:
        seconds: Duration of the video.
        preset: How much is described.
        tiktok: Whether the video is on TikTok, where the card of transcriptions applies.
    """
    if tiktok:
        return rounded(_tiktok_card(seconds) * _TIKTOK_PRESET[preset])
    return rounded(_DESCRIPTION_SECOND * seconds * _PRESET[preset])


def _tiktok_card(seconds: float) -> float:
    return next((price for most, price in _TIKTOK_CARD if seconds <= most), _TIKTOK_LONGER)


def embedding(model: Model, fields: Fields) -> float:
    """By tokens."""
    del model
    return rounded(_EMBEDDING_TOKEN * sum(tokens(text) for text in fields["input"]))


def boost(text: str) -> float:
    """A prompt boost, by characters."""
    return rounded(_BOOST_BASE + _BOOST_CHARACTER * len(text))


def tokens(text: str) -> int:
    """How many tokens a text has, near enough."""
    return max(1, math.ceil(len(text) / 4))


def _pixels(fields: Fields, source: str) -> int:
    """Pixels of the file, or of the size that stands in for it in a price request."""
    upload: Upload | None = fields.get(source)
    if upload is not None:
        return upload.width * upload.height
    width: int = fields["width"]
    height: int = fields["height"]
    return width * height


def _duration(fields: Fields, source: str) -> float:
    upload: Upload | None = fields.get(source)
    return upload.duration if upload else fields.get("duration") or 0.0
