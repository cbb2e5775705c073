"""Transcription operations: the general one, and the single-source ones of version 1."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deapi.emulator.catalogue.models import TRANSCRIPTION_TYPES
from deapi.emulator.media import transcripts
from deapi.emulator.operations import prices
from deapi.emulator.operations.operation import INLINE_RESULT, Operation
from deapi.emulator.operations.source_metadata import source_metadata
from deapi.emulator.validation.fields import Field, Fields, Upload
from deapi.emulator.validation.sources import (
    DURATION,
    INCLUDE_METADATA,
    PLATFORM,
    detect_platform,
    exactly_one_source,
    find_source,
    is_tiktok,
    platform_requires_duration,
    source_duration,
    source_seed,
    supported_url,
)
from deapi.emulator.validation.validator import add_error, label

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import FieldErrors
    from deapi.emulator.validation.fields import FileType
    from deapi.emulator.validation.rules import Rule

_TIKTOK_MODEL = "WhisperLargeV3Ct2"
_DEFAULT_LANGUAGE = "en"
"""Language reported if the request has none."""

_WHOLE_DURATION = replace(DURATION, type="integer", minimum=1)
"""The single-source endpoints accept only whole seconds."""

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
    *,
    url: str | None = None,
    spaces: bool | None = None,
    file: str | None = None,
    file_types: tuple[FileType, ...] = (),
    accepts_duration: bool = True,
    detail_fields: tuple[Field, ...] = (),
    types: tuple[str, ...] = TRANSCRIPTION_TYPES,
) -> Operation:
    """Define a transcription operation.

    Args:
        name: Name of the operation.
        url: Name of the URL field, if there is one.
        spaces: True requires an X Space, False refuses one, None accepts both.
        file: Name of the file field, if there is one.
        file_types: Allowed file types of the file.
        accepts_duration: Whether a price request may have `duration_seconds` instead of a source.
        detail_fields: Fields that control the transcript's level of detail.
        types: Inference types of which the model must have one.
    """
    sources = tuple(source for source in (url, file) if source)
    single = len(sources) == 1
    url_field = (Field(url, "string", required=single),) if url else ()
    file_field = (Field(file, "file", required=single, file_types=file_types),) if file else ()
    optional_sources = (
        *((Field(url, "string", required=not accepts_duration),) if url else ()),
        *((Field(file, "file", file_types=file_types),) if file else ()),
        *((_WHOLE_DURATION if single else DURATION,) if accepts_duration else ()),
    )
    checks: tuple[Rule, ...] = (
        *((supported_url(url, spaces=spaces),) if url else ()),
        *((_has_audio(file),) if file else ()),
        *(() if spaces else (_model_supports_tiktok,)),
        _resolve_detail,
        _resolve_language,
    )
    names = (*sources, "duration_seconds") if accepts_duration else sources
    return Operation(
        name=name,
        task="Transcription",
        inference_types=types,
        endpoint="audio/transcriptions",
        only_in_v1=single,
        seconds=6,
        fields=(*url_field, *file_field, _TIMESTAMPS, *detail_fields, INLINE_RESULT),
        price_fields=(
            *optional_sources,
            _TIMESTAMPS,
            *detail_fields,
            *((PLATFORM,) if detail_fields else ()),
        ),
        price=_price,
        produce=_transcribe,
        extension=_extension,
        rules=(*(() if single else (exactly_one_source(*sources),)), *checks),
        price_rules=(
            *((exactly_one_source(*names),) if accepts_duration else ()),
            platform_requires_duration,
            *checks,
        ),
        job_type=_job_type,
        details=_details,
    )


TRANSCRIPTION_OPERATIONS = (
    _transcription(
        "transcribe",
        url="source_url",
        file="source_file",
        file_types=("video", "audio"),
        detail_fields=_DETAIL_FIELDS,
    ),
    _transcription(
        "vid2txt", url="video_url", spaces=False, accepts_duration=False, types=("video2text",)
    ),
    _transcription("aud2txt", url="audio_url", spaces=True, types=("audio2text",)),
    _transcription(
        "audiofile2txt", file="audio", file_types=("audio",), types=("audio_file2text",)
    ),
    _transcription(
        "videofile2txt", file="video", file_types=("video",), types=("video_file2text",)
    ),
)
