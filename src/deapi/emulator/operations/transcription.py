"""Transcription operations: the general one, and the single-source ones of version 1."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..catalogue.models import TRANSCRIPTION_TYPES
from ..media import transcripts
from ..validation.fields import Field, Fields, Upload
from ..validation.sources import (
    DURATION,
    INCLUDE_METADATA,
    PLATFORM,
    at_least_one_source,
    detect_platform,
    exactly_one_source,
    find_source,
    is_tiktok,
    platform_requires_duration,
    source_duration,
    source_seed,
    supported_url,
)
from ..validation.validator import add_error, label
from . import prices
from .operation import INLINE_RESULT, Operation
from .source_metadata import source_metadata

if TYPE_CHECKING:
    from ..catalogue.model import Model
    from ..errors import FieldErrors
    from ..validation.rules import Rule

_TIKTOK_MODEL = "WhisperLargeV3Ct2"
_DEFAULT_LANGUAGE = "en"
"""Language reported if the request has none."""

_WHOLE_DURATION = replace(DURATION, type="integer", minimum=1)
"""The endpoints for a single file accept only whole seconds."""

_TIMESTAMPS = Field("include_ts", "boolean", default=False)
_DETAIL_FIELDS = (
    Field("ts_level", "string", choices=("segment", "word", "char"), not_in_v1=True),
    Field("diarize", "boolean", default=False, not_in_v1=True),
    Field("lang", "string", maximum=16, not_in_v1=True),
    INCLUDE_METADATA,
)


def _price(model: Model, fields: Fields) -> float:
    return prices.transcription(
        model,
        source_duration(fields),
        tiktok=is_tiktok(fields),
        detailed=fields.get("ts_level") == "word" or bool(fields.get("diarize")),
        # A file has no metadata that could be charged.
        metadata=bool(fields.get("include_metadata"))
        and not isinstance(find_source(fields), Upload),
    )


def _transcribe(fields: Fields, extension: str) -> bytes:
    seconds, seed = source_duration(fields), source_seed(fields)
    if extension == "txt":
        return transcripts.transcribe(seconds, timestamps=fields["include_ts"], seed=seed).encode()
    structured = transcripts.transcribe_structured(
        seconds,
        words=fields["ts_level"] == "word",
        speakers=bool(fields.get("diarize")),
        language=fields.get("lang") or _DEFAULT_LANGUAGE,
        seed=seed,
    )
    return json.dumps(structured, ensure_ascii=False).encode()


def _extension(fields: Fields) -> str:
    return "json" if fields.get("structured") else "txt"


def _job_type(fields: Fields) -> str:
    source = find_source(fields)
    if isinstance(source, Upload):
        return "audio_file2text" if source.file_type == "audio" else "video_file2text"
    return "audio2text" if detect_platform(str(source)) == "spaces" else "video2text"


def _details(fields: Fields) -> dict[str, Any]:
    return {
        "metadata": source_metadata(fields),
        "transcription": {
            "language": fields.get("lang") or _DEFAULT_LANGUAGE,
            "ts_level": fields.get("ts_level") or ("segment" if fields["include_ts"] else "none"),
            "diarization_available": bool(fields.get("diarize")),
            "structured": bool(fields.get("structured")),
        },
    }


def _model_supports_tiktok(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    if model and is_tiktok(fields) and model.slug != _TIKTOK_MODEL:
        add_error(errors, "model", f"TikTok sources are only supported by {_TIKTOK_MODEL}.")


def _resolve_detail(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    """Set the transcript's level of timestamps, and whether it is JSON."""
    if model is None:
        return
    if fields.get("diarize"):
        if not model.features.get("supports_diarization"):
            add_error(errors, "diarize", f"Model '{model.slug}' does not support diarization.")
        fields["include_ts"] = True
    if not fields["include_ts"]:
        fields["ts_level"] = None
        return
    level = fields["ts_level"] = fields.get("ts_level") or "segment"
    levels = model.limits["timestamp_levels"]
    if level not in levels:
        supported = ", ".join(levels)
        message = f"Model '{model.slug}' does not support ts_level '{level}'."
        add_error(errors, "ts_level", f"{message} Supported levels: {supported}.")
    fields["structured"] = model.features.get("supports_timestamps", False)


def _resolve_language(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    """Remove the region from the language, and check it if the model lists its languages."""
    lang: str | None = fields.get("lang")
    language = lang.lower().replace("_", "-").partition("-")[0] if lang else None
    fields["lang"] = None if language == "auto" else language
    known = model.limits.get("languages") if model else None
    if known and fields["lang"] and fields["lang"] not in known:
        add_error(errors, "lang", "The selected lang is invalid.")


def _has_audio(name: str) -> Rule:
    """Require an audio stream in an uploaded file."""

    def check(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
        upload: Upload | None = fields.get(name)
        if upload and upload.file_type and not upload.has_audio and name not in errors:
            add_error(errors, name, f"The {label(name)} field must have an audio stream.")

    return check


def _transcription(
    name: str,
    *sources: Field,
    types: tuple[str, ...],
    source_rules: tuple[Rule, ...],
    price_by_duration: bool = True,
    price_by_both: bool = False,
) -> Operation:
    """Define a transcription operation.

    Args:
        name: Name of the operation.
        sources: Fields of which a submission has exactly one.
        types: Inference types of which the model must have one.
        source_rules: Rules of the sources.
        price_by_duration: Whether a price request may have `duration_seconds` instead of a source.
        price_by_both: Whether a price request may have `duration_seconds` beside a source.
    """
    is_single = len(sources) == 1
    is_single_file = is_single and sources[0].type == "file"
    detail_fields = () if is_single else _DETAIL_FIELDS
    duration = ((_WHOLE_DURATION if is_single_file else DURATION),) if price_by_duration else ()
    rules = (*source_rules, _model_supports_tiktok, _resolve_detail, _resolve_language)
    names = [source.name for source in sources]
    price_source = at_least_one_source if price_by_both else exactly_one_source
    return Operation(
        name=name,
        task="Transcription",
        inference_types=types,
        endpoint="audio/transcriptions",
        only_in_v1=is_single,
        seconds=6,
        fields=(
            *(replace(source, required=is_single) for source in sources),
            _TIMESTAMPS,
            *detail_fields,
            INLINE_RESULT,
        ),
        price_fields=(
            *(replace(source, required=not price_by_duration) for source in sources),
            *duration,
            _TIMESTAMPS,
            *detail_fields,
            *(() if is_single else (PLATFORM,)),
        ),
        price=_price,
        produce=_transcribe,
        extension=_extension,
        rules=(exactly_one_source(*names), *rules),
        price_rules=(
            price_source(*names, *(field.name for field in duration)),
            platform_requires_duration,
            *rules,
        ),
        job_type=_job_type,
        details=_details,
    )


TRANSCRIPTION_OPERATIONS = (
    _transcription(
        "transcribe",
        Field("source_url", "string"),
        Field("source_file", "file", file_types=("video", "audio")),
        types=TRANSCRIPTION_TYPES,
        source_rules=(supported_url("source_url", spaces=None), _has_audio("source_file")),
    ),
    _transcription(
        "vid2txt",
        Field("video_url", "string"),
        types=("video2text",),
        source_rules=(supported_url("video_url", spaces=False),),
        price_by_duration=False,
    ),
    _transcription(
        "aud2txt",
        Field("audio_url", "string"),
        types=("audio2text",),
        source_rules=(supported_url("audio_url", spaces=True),),
        price_by_both=True,
    ),
    _transcription(
        "audiofile2txt",
        Field("audio", "file", file_types=("audio",)),
        types=("audio_file2text",),
        source_rules=(_has_audio("audio"),),
    ),
    _transcription(
        "videofile2txt",
        Field("video", "file", file_types=("video",)),
        types=("video_file2text",),
        source_rules=(_has_audio("video"),),
    ),
)
