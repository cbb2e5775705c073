"""Operations that yield text: recognition, transcription, embeddings."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deapi.emulator import prices
from deapi.emulator.fields import Field, Fields, Upload
from deapi.emulator.media import text
from deapi.emulator.operation import Operation, always, file_or_size, source_fits
from deapi.emulator.validation import add

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deapi.emulator.errors import Errors
    from deapi.emulator.fields import MediaKind
    from deapi.emulator.models import Model
    from deapi.emulator.operation import Rule

_INLINE = Field("return_result_in_response", "boolean", default=False)
_TIMESTAMPS = Field("include_ts", "boolean", default=False)
_MAX_INPUTS = 2048

_PLATFORMS = {
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "x.com": "twitter",
    "twitter.com": "twitter",
    "twitch.tv": "twitch",
    "kick.com": "kick",
    "tiktok.com": "tiktok",
}
_SPACES = "/i/spaces/"
_TIKTOK_MODEL = "WhisperLargeV3Ct2"

_OCR_HINTS = (
    Field("language", "string"),
    Field("format", "string", choices=("text", "json")),
)


def platform_of(url: str) -> str | None:
    """The platform that a source URL belongs to: "spaces", "tiktok", "youtube" ...; or None."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    for domain, name in _PLATFORMS.items():
        if host == domain or host.endswith(f".{domain}"):
            return "spaces" if name == "twitter" and _SPACES in parts.path else name
    return None


def _source(fields: Fields) -> str | Upload | None:
    """What is to be transcribed, under whichever name it came."""
    names = ("source_url", "source_file", "video_url", "audio_url", "audio", "video")
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _seconds(fields: Fields) -> float:
    """Duration of the source; the emulator fetches no URL, so its duration is made up of it."""
    source = _source(fields)
    if source is None:
        return float(fields["duration_seconds"])
    if isinstance(source, Upload):
        return source.duration
    return 30.0 + hashlib.sha256(source.encode()).digest()[0] * 2


def _transcription_price(model: Model, fields: Fields) -> float:
    source = _source(fields)
    tiktok = isinstance(source, str) and platform_of(source) == "tiktok"
    detailed = fields.get("ts_level") == "word" or bool(fields.get("diarize"))
    return prices.transcription(model, _seconds(fields), tiktok=tiktok, detailed=detailed)


def _transcribe(fields: Fields, extension: str) -> bytes:
    del extension
    source = _source(fields)
    seed = source.sha256 if isinstance(source, Upload) else str(source)
    transcript = text.transcript(_seconds(fields), timestamps=fields["include_ts"], seed=seed)
    return transcript.encode()


def _job_type(fields: Fields) -> str:
    source = _source(fields)
    if isinstance(source, Upload):
        return "audio_file2text" if source.media == "audio" else "video_file2text"
    return "audio2text" if platform_of(str(source)) == "spaces" else "video2text"


def _one_source(*names: str) -> Rule:
    """Exactly one of the fields is given."""

    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        del model
        given = [name for name in names if fields.get(name) is not None]
        if set(names) & errors.keys():
            return
        first, others = names[0].replace("_", " "), " / ".join(names[1:]).replace("_", " ")
        if not given:
            add(errors, names[0], f"The {first} field is required when {others} is not present.")
        elif len(given) > 1:
            word, other = (name.replace("_", " ") for name in given[:2])
            add(errors, given[0], f"The {word} field prohibits {other} from being present.")

    return check


def _supported_url(name: str, *, spaces: bool | None) -> Rule:
    """A URL leads to a platform that can be read; `spaces` says whether it is an X Space."""

    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        url = fields.get(name)
        if url is None or name in errors:
            return
        platform = platform_of(url)
        if platform is None or spaces not in (None, platform == "spaces"):
            add(errors, name, f"The {name.replace('_', ' ')} field must be a supported URL.")
        elif platform == "tiktok" and model and model.slug != _TIKTOK_MODEL:
            add(errors, "model", f"TikTok sources are only supported by {_TIKTOK_MODEL}.")

    return check


def _audible(name: str) -> Rule:
    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        del model
        upload: Upload | None = fields.get(name)
        if upload and upload.media and not upload.has_audio and name not in errors:
            add(errors, name, f"The {name.replace('_', ' ')} field must have an audio stream.")

    return check


def _duration(*, whole: bool) -> Field:
    """The length of a source that is not there; the single-purpose endpoints count in seconds."""
    return Field("duration_seconds", "integer" if whole else "number", minimum=1 if whole else 0.1)


def _transcription(
    name: str,
    *,
    url: str | None = None,
    spaces: bool | None = None,
    file: str | None = None,
    media: tuple[MediaKind, ...] = (),
    counted: bool = True,
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
        types: Inference types of which the model must have one.
    """
    sources = tuple(source for source in (url, file) if source)
    single = len(sources) == 1
    url_field = (Field(url, "string", required=single),) if url else ()
    file_field = (Field(file, "file", required=single, media=media),) if file else ()
    optional_sources = (
        *((Field(url, "string", required=not counted),) if url else ()),
        *((Field(file, "file", media=media),) if file else ()),
        *((_duration(whole=single),) if counted else ()),
    )
    checks: tuple[Rule, ...] = (
        *((_supported_url(url, spaces=spaces),) if url else ()),
        *((_audible(file),) if file else ()),
    )
    names = (*sources, "duration_seconds") if counted else sources
    return Operation(
        name=name,
        task="Transcription",
        inference_types=types,
        quota="audio/transcriptions",
        seconds=6,
        fields=(*url_field, *file_field, _TIMESTAMPS, _INLINE),
        price_fields=(*optional_sources, _TIMESTAMPS),
        price=_transcription_price,
        produce=_transcribe,
        extension=always("txt"),
        rules=(*(() if single else (_one_source(*sources),)), *checks),
        price_rules=(*((_one_source(*names),) if counted else ()), *checks),
        job_type=_job_type,
    )


def _few_enough(fields: Fields, model: Model | None, errors: Errors) -> None:
    texts: Sequence[str] | None = fields["input"]
    if not texts or "input" in errors:
        return
    if len(texts) > _MAX_INPUTS:
        add(errors, "input", f"The input field must not have more than {_MAX_INPUTS} items.")
    if model is None:
        return
    counts = [prices.tokens(item) for item in texts]
    each, together = model.limits["max_input_tokens"], model.limits["max_total_tokens"]
    for index, count in enumerate(counts):
        if count > each:
            message = f"The input.{index} field must not be greater than {each} tokens."
            add(errors, f"input.{index}", message)
    if sum(counts) > together:
        add(errors, "input", f"The input field must not be greater than {together} tokens in all.")


def _embed(fields: Fields, extension: str) -> bytes:
    del extension
    return json.dumps([text.embedding(item) for item in fields["input"]]).encode()


def _recognise(fields: Fields, extension: str) -> bytes:
    del extension
    recognised = text.recognized(
        fields["image"].read(), format=fields["format"] or "text", language=fields["language"]
    )
    return recognised.encode()


def _recognised_as(fields: Fields) -> str:
    return "json" if fields["format"] == "json" else "txt"


_INPUT = Field("input", "strings", required=True)

TEXT_OPERATIONS = (
    Operation(
        name="img2txt",
        task="Image To Text",
        inference_types=("img2txt",),
        quota="images/ocr",
        seconds=3,
        fields=(
            Field("image", "file", required=True, media=("image",)),
            *_OCR_HINTS,
            _INLINE,
        ),
        price_fields=(
            Field("image", "file", media=("image",)),
            Field("width", "integer", minimum=1, limit="width"),
            Field("height", "integer", minimum=1, limit="height"),
            *_OCR_HINTS,
        ),
        price=prices.ocr,
        produce=_recognise,
        extension=_recognised_as,
        rules=(source_fits("image"),),
        price_rules=(file_or_size("image"), source_fits("image")),
    ),
    _transcription("transcribe", url="source_url", file="source_file", media=("video", "audio")),
    _transcription("vid2txt", url="video_url", spaces=False, counted=False, types=("video2text",)),
    _transcription("aud2txt", url="audio_url", spaces=True, types=("audio2text",)),
    _transcription("audiofile2txt", file="audio", media=("audio",), types=("audio_file2text",)),
    _transcription("videofile2txt", file="video", media=("video",), types=("video_file2text",)),
    Operation(
        name="txt2embedding",
        task="Text To Embedding",
        inference_types=("txt2embedding",),
        quota="embeddings",
        seconds=1.5,
        fields=(_INPUT, _INLINE),
        price_fields=(_INPUT,),
        price=prices.embedding,
        produce=_embed,
        extension=always("json"),
        rules=(_few_enough,),
        price_rules=(_few_enough,),
    ),
)
