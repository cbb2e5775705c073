"""Describing what is seen in a video."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deapi.emulator.media import text
from deapi.emulator.operations import prices
from deapi.emulator.operations.operation import INLINE, Operation, always
from deapi.emulator.operations.source_metadata import metadata_of
from deapi.emulator.validation.fields import Field, Fields
from deapi.emulator.validation.sources import (
    DURATION,
    METADATA,
    PLATFORM,
    on_tiktok,
    one_source,
    platform_fits,
    seconds_of,
    seed_of,
    supported_url,
)
from deapi.emulator.validation.validator import add

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors

_DEFAULT_PRESET = "fast"
_MAX_TIKTOK_SECONDS = 600

_ASKED = (
    Field("video_url", "string"),
    Field("video_file", "file", media=("video",), matroska=True),
    Field("preset", "string", default=_DEFAULT_PRESET, options="available_presets"),
    METADATA,
)


def _price(model: Model, fields: Fields) -> float:
    del model
    return prices.description(seconds_of(fields), fields["preset"], tiktok=on_tiktok(fields))


def _describe(fields: Fields, extension: str) -> bytes:
    del extension
    described = text.described(seconds_of(fields), fields["preset"], seed_of(fields))
    return json.dumps(described).encode()


def _job_type(fields: Fields) -> str:
    return "video_file2desc" if fields["video_file"] else "video2desc"


def _details(fields: Fields) -> dict[str, Any]:
    return {"metadata": metadata_of(fields)}


def _tiktok_by_duration(fields: Fields, model: Model | None, errors: Errors) -> None:
    """A video on TikTok is not looked up for a price."""
    del model
    if fields["video_url"] is not None and on_tiktok(fields):
        message = "TikTok videos are priced by duration seconds and platform."
        add(errors, "video_url", message)


def _tiktok_is_short(fields: Fields, model: Model | None, errors: Errors) -> None:
    del model
    if errors or not on_tiktok(fields):
        return
    if seconds_of(fields) > _MAX_TIKTOK_SECONDS:
        name = "video_url" if fields["video_url"] else "duration_seconds"
        add(errors, name, f"TikTok videos must not last more than {_MAX_TIKTOK_SECONDS} seconds.")


_SUPPORTED = supported_url("video_url", spaces=False)

DESCRIPTION_OPERATIONS = (
    Operation(
        name="videos/descriptions",
        task="Video Description",
        inference_types=("video2desc", "video_file2desc"),
        quota="videos/descriptions",
        seconds=8,
        fields=(*_ASKED, INLINE),
        price_fields=(*_ASKED, DURATION, PLATFORM),
        price=_price,
        produce=_describe,
        extension=always("json"),
        rules=(one_source("video_url", "video_file"), _SUPPORTED, _tiktok_is_short),
        price_rules=(
            one_source("video_url", "video_file", "duration_seconds"),
            _SUPPORTED,
            platform_fits,
            _tiktok_by_duration,
            _tiktok_is_short,
        ),
        job_type=_job_type,
        details=_details,
    ),
)
