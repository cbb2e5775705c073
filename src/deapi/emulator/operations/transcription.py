"""Operations that write down what is said: one for everything, and the older ones of version 1."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deapi.emulator.media import text
from deapi.emulator.operations import prices
from deapi.emulator.operations.operation import INLINE, Operation
from deapi.emulator.operations.source_metadata import metadata_of
from deapi.emulator.validation.fields import NOT_IN_V1, Field, Fields, Upload
from deapi.emulator.validation.sources import (
    DURATION,
    METADATA,
    PLATFORM,
    on_tiktok,
    one_source,
    platform_fits,
    platform_of,
    seconds_of,
    seed_of,
    source_of,
    supported_url,
)
from deapi.emulator.validation.validator import add, label

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors
    from deapi.emulator.operations.operation import Rule
    from deapi.emulator.validation.fields import MediaKind

_TIKTOK_MODEL = "WhisperLargeV3Ct2"
_SPOKEN = "en"
"""The language that is reported where none was asked for."""

_WHOLE_DURATION = replace(DURATION, kind="integer", minimum=1)
"""The single-purpose endpoints count in whole seconds."""

_TIMESTAMPS = Field("include_ts", "boolean", default=False)
_DETAIL = (
    Field("ts_level", "string", choices=("segment", "word", "char"), unknown_to=NOT_IN_V1),
    Field("diarize", "boolean", default=False, unknown_to=NOT_IN_V1),
    Field("lang", "string", maximum=16, unknown_to=NOT_IN_V1),
    METADATA,
)


def _price(model: Model, fields: Fields) -> float:
    return prices.transcription(
        model,
        seconds_of(fields),
        tiktok=on_tiktok(fields),
        detailed=fields.get("ts_level") == "word" or bool(fields.get("diarize")),
        # A file has no metadata to pay for.
        described=bool(fields.get("include_metadata"))
        and not isinstance(source_of(fields), Upload),
    )


def _transcribe(fields: Fields, extension: str) -> bytes:
    seconds, seed = seconds_of(fields), seed_of(fields)
    if extension == "txt":
        return text.transcript(seconds, timestamps=fields["include_ts"], seed=seed).encode()
    structured = text.structured_transcript(
        seconds,
        words=fields["ts_level"] == "word",
        speakers=bool(fields.get("diarize")),
        language=fields.get("lang") or _SPOKEN,
        seed=seed,
    )
    return json.dumps(structured, ensure_ascii=False).encode()


def _extension(fields: Fields) -> str:
    return "json" if fields.get("structured") else "txt"


def _job_type(fields: Fields) -> str:
    source = source_of(fields)
    if isinstance(source, Upload):
        return "audio_file2text" if source.media == "audio" else "video_file2text"
    return "audio2text" if platform_of(str(source)) == "spaces" else "video2text"


def _details(fields: Fields) -> dict[str, Any]:
    return {
        "metadata": metadata_of(fields),
        "transcription": {
            "language": fields.get("lang") or _SPOKEN,
            "ts_level": fields.get("ts_level") or ("segment" if fields["include_ts"] else "none"),
            "diarization_available": bool(fields.get("diarize")),
            "structured": bool(fields.get("structured")),
        },
    }


def _tiktok_is_served(fields: Fields, model: Model | None, errors: Errors) -> None:
    if model and on_tiktok(fields) and model.slug != _TIKTOK_MODEL:
        add(errors, "model", f"TikTok sources are only supported by {_TIKTOK_MODEL}.")


def _settle_detail(fields: Fields, model: Model | None, errors: Errors) -> None:
    """Decide how finely the transcript is timed, and whether it is JSON."""
    if model is None:
        return
    if fields.get("diarize"):
        if not model.features.get("supports_diarization"):
            add(errors, "diarize", f"Model '{model.slug}' does not support diarization.")
        fields["include_ts"] = True
    if not fields["include_ts"]:
        fields["ts_level"] = None
        return
    level = fields["ts_level"] = fields.get("ts_level") or "segment"
    levels = model.limits["timestamp_levels"]
    if level not in levels:
        supported = ", ".join(levels)
        message = f"Model '{model.slug}' does not support ts_level '{level}'."
        add(errors, "ts_level", f"{message} Supported levels: {supported}.")
    fields["structured"] = model.features.get("supports_timestamps", False)


def _settle_language(fields: Fields, model: Model | None, errors: Errors) -> None:
    """Drop the region of a language, and check it where the model lists its languages."""
    hint: str | None = fields.get("lang")
    language = hint.lower().replace("_", "-").partition("-")[0] if hint else None
    fields["lang"] = None if language == "auto" else language
    known = model.limits.get("languages") if model else None
    if known and fields["lang"] and fields["lang"] not in known:
        add(errors, "lang", "The selected lang is invalid.")


def _audible(name: str) -> Rule:
    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        del model
        upload: Upload | None = fields.get(name)
        if upload and upload.media and not upload.has_audio and name not in errors:
            add(errors, name, f"The {label(name)} field must have an audio stream.")

    return check


def _transcription(
    name: str,
    *,
    url: str | None = None,
    spaces: bool | None = None,
    file: str | None = None,
    media: tuple[MediaKind, ...] = (),
    counted: bool = True,
    detail: tuple[Field, ...] = (),
    types: tuple[str, ...] = ("video2text", "audio2text", "video_file2text", "audio_file2text"),
) -> Operation:
    """One of the transcription endpoints.

    Args:
        name: Name of the operation.
        url: Field that takes a URL.
        spaces: Whether the URL has to be, or must not be, an X Space.
        file: Field that takes a file.
        media: What the file may be.
        counted: Whether `duration_seconds` may stand for the source in a price request.
        detail: Fields that say how detailed the transcript is to be.
        types: Inference types of which the model must have one.
    """
    sources = tuple(source for source in (url, file) if source)
    single = len(sources) == 1
    url_field = (Field(url, "string", required=single),) if url else ()
    file_field = (Field(file, "file", required=single, media=media),) if file else ()
    optional_sources = (
        *((Field(url, "string", required=not counted),) if url else ()),
        *((Field(file, "file", media=media),) if file else ()),
        *((_WHOLE_DURATION if single else DURATION,) if counted else ()),
    )
    checks: tuple[Rule, ...] = (
        *((supported_url(url, spaces=spaces),) if url else ()),
        *((_audible(file),) if file else ()),
        *(() if spaces else (_tiktok_is_served,)),
        _settle_detail,
        _settle_language,
    )
    names = (*sources, "duration_seconds") if counted else sources
    return Operation(
        name=name,
        task="Transcription",
        inference_types=types,
        quota="audio/transcriptions",
        seconds=6,
        fields=(*url_field, *file_field, _TIMESTAMPS, *detail, INLINE),
        price_fields=(*optional_sources, _TIMESTAMPS, *detail, *((PLATFORM,) if detail else ())),
        price=_price,
        produce=_transcribe,
        extension=_extension,
        rules=(*(() if single else (one_source(*sources),)), *checks),
        price_rules=(*((one_source(*names),) if counted else ()), platform_fits, *checks),
        job_type=_job_type,
        details=_details,
    )


TRANSCRIPTION_OPERATIONS = (
    _transcription(
        "transcribe",
        url="source_url",
        file="source_file",
        media=("video", "audio"),
        detail=_DETAIL,
    ),
    _transcription("vid2txt", url="video_url", spaces=False, counted=False, types=("video2text",)),
    _transcription("aud2txt", url="audio_url", spaces=True, types=("audio2text",)),
    _transcription("audiofile2txt", file="audio", media=("audio",), types=("audio_file2text",)),
    _transcription("videofile2txt", file="video", media=("video",), types=("video_file2text",)),
)
