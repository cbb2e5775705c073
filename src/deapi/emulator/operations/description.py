"""The operation that describes a video."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..media import transcripts
from ..validation.fields import Field, Fields
from ..validation.sources import (
    DURATION,
    INCLUDE_METADATA,
    PLATFORM,
    exactly_one_source,
    is_tiktok,
    platform_requires_duration,
    source_duration,
    source_seed,
    supported_url,
)
from ..validation.validator import add_error
from . import prices
from .operation import INLINE_RESULT, Operation
from .source_metadata import source_metadata

if TYPE_CHECKING:
    from ..catalogue.model import Model
    from ..errors import FieldErrors

_MAX_TIKTOK_SECONDS = 600

_FIELDS = (
    Field("video_url", "string"),
    Field("video_file", "file", file_types=("video",), allow_matroska=True),
    Field("preset", "string", default="fast", options="available_presets"),
    INCLUDE_METADATA,
)


def _price(_model: Model, fields: Fields) -> float:
    return prices.description(source_duration(fields), fields["preset"], tiktok=is_tiktok(fields))


def _describe(fields: Fields, _extension: str) -> bytes:
    described = transcripts.describe_video(
        source_duration(fields), fields["preset"], source_seed(fields)
    )
    return json.dumps(described).encode()


def _job_type(fields: Fields) -> str:
    return "video_file2desc" if fields["video_file"] else "video2desc"


def _details(fields: Fields) -> dict[str, Any]:
    return {"metadata": source_metadata(fields)}


def _tiktok_price_requires_duration(
    fields: Fields, _model: Model | None, errors: FieldErrors
) -> None:
    """Reject a TikTok URL in a price request: the service does not look up its duration."""
    if fields["video_url"] is not None and is_tiktok(fields):
        message = "TikTok videos are priced by duration seconds and platform."
        add_error(errors, "video_url", message)


def _tiktok_duration_within_limit(
    fields: Fields, _model: Model | None, errors: FieldErrors
) -> None:
    if errors or not is_tiktok(fields):
        return
    if source_duration(fields) > _MAX_TIKTOK_SECONDS:
        name = "video_url" if fields["video_url"] else "duration_seconds"
        add_error(
            errors, name, f"TikTok videos must not last more than {_MAX_TIKTOK_SECONDS} seconds."
        )


_SUPPORTED_URL = supported_url("video_url", spaces=False)

DESCRIPTION_OPERATIONS = (
    Operation(
        name="videos/descriptions",
        task="Video Description",
        inference_types=("video2desc", "video_file2desc"),
        endpoint="videos/descriptions",
        not_in_v1=True,
        seconds=8,
        fields=(*_FIELDS, INLINE_RESULT),
        price_fields=(*_FIELDS, DURATION, PLATFORM),
        price=_price,
        produce=_describe,
        extension="json",
        rules=(
            exactly_one_source("video_url", "video_file"),
            _SUPPORTED_URL,
            _tiktok_duration_within_limit,
        ),
        price_rules=(
            exactly_one_source("video_url", "video_file", "duration_seconds"),
            _SUPPORTED_URL,
            platform_requires_duration,
            _tiktok_price_requires_duration,
            _tiktok_duration_within_limit,
        ),
        job_type=_job_type,
        details=_details,
    ),
)
