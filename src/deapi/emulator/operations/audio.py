"""Operations that generate audio: speech and music."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from ..media import audio
from ..validation.fields import Field, Fields
from ..validation.files import MIB
from ..validation.rules import duration_within_limits
from ..validation.validator import add_error, label
from . import prices
from .operation import Operation

if TYPE_CHECKING:
    from ..catalogue.model import Model
    from ..errors import FieldErrors

_REQUIRED_FIELDS = {"custom_voice": "voice", "voice_clone": "ref_audio", "voice_design": "instruct"}
"""The field that each mode of speech requires, if the request names the mode."""

_REFERENCE_BYTES = 15 * MIB

_SPEECH_FIELDS = (
    Field("mode", "string", choices=tuple(_REQUIRED_FIELDS)),
    Field("voice", "string"),
    Field("lang", "string", required=True),
    Field("speed", "number", required=True, limit="speed"),
    Field("format", "string", required=True, options="output_formats"),
    Field("sample_rate", "number", required=True, options="available_ratios"),
    Field("instruct", "string"),
)
_STEPS = Field("inference_steps", "integer", required=True, limit="steps")
_DURATION = Field("duration", "number", required=True, limit="duration")
_MUSIC_FIELDS = (
    Field("caption", "string", required=True, limit="caption"),
    Field("lyrics", "string", required=True, minimum=1),
    Field("guidance_scale", "number", required=True, limit="guidance"),
    Field("seed", "integer", required=True),
    Field("format", "string", required=True, options="output_formats"),
    Field("bpm", "integer", limit="bpm"),
    Field("keyscale", "string"),
    Field("timesignature", "integer", choices=(2, 3, 4, 6)),
    Field("vocal_language", "string"),
)


def _mode(fields: Fields) -> str:
    return fields["mode"] or "custom_voice"


def _model_supports_mode(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    feature = f"supports_{_mode(fields)}"
    if model and "mode" not in errors and not model.features.get(feature):
        add_error(errors, "mode", "The selected mode is invalid.")


def _model_supports_voice(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    if model is None or {"lang", "mode"} & errors.keys():
        return
    language = next((each for each in model.languages if each.slug == fields["lang"]), None)
    if language is None:
        add_error(errors, "lang", "The selected lang is invalid.")
        return
    voices = (slug for slug, _, _ in language.voices)
    if _mode(fields) == "custom_voice" and fields["voice"] not in (None, *voices):
        add_error(errors, "voice", "The selected voice is invalid.")


def _fields_required_by_mode(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
    required = _REQUIRED_FIELDS.get(fields["mode"] or "")
    if required and fields.get(required) is None and required not in errors:
        message = f"The {label(required)} field is required when mode is {fields['mode']}."
        add_error(errors, required, message)


def _text_or_count_required(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
    names = {"text", "count_text"}
    if not names & errors.keys() and all(fields[name] is None for name in names):
        add_error(errors, "text", "The text field is required when count text is not present.")


def _synthesize(fields: Fields, extension: str) -> bytes:
    return audio.synthesize_speech(
        fields["text"],
        voice=fields["voice"] or fields["instruct"] or "default",
        speed=fields["speed"],
        format=extension,
        sample_rate=int(fields["sample_rate"]),
    )


def _compose(fields: Fields, extension: str) -> bytes:
    return audio.compose_music(
        fields["caption"],
        lyrics=fields["lyrics"],
        duration=fields["duration"],
        bpm=fields["bpm"],
        format=extension,
        seed=fields["seed"],
    )


AUDIO_OPERATIONS = (
    Operation(
        name="txt2audio",
        task="Text To Audio",
        inference_types=("txt2audio",),
        endpoint="audio/speech",
        supports_enhancement=True,
        seconds=4,
        fields=(
            Field("text", "string", required=True, limit="text"),
            *_SPEECH_FIELDS,
            Field("ref_audio", "file", file_types=("audio",), max_bytes=_REFERENCE_BYTES),
            Field("ref_text", "string"),
        ),
        price_fields=(
            Field("text", "string", limit="text"),
            Field("count_text", "integer", minimum=1, limit="text"),
            *_SPEECH_FIELDS,
        ),
        price=prices.speech,
        produce=_synthesize,
        slow=True,
        extension=itemgetter("format"),
        rules=(
            _model_supports_mode,
            _model_supports_voice,
            _fields_required_by_mode,
            duration_within_limits("ref_audio", "ref_audio_duration"),
        ),
        price_rules=(_model_supports_mode, _model_supports_voice, _text_or_count_required),
    ),
    Operation(
        name="txt2music",
        task="Text To Music",
        inference_types=("txt2music",),
        endpoint="audio/music",
        supports_enhancement=True,
        seconds=12,
        fields=(
            *_MUSIC_FIELDS,
            _DURATION,
            _STEPS,
            Field("reference_audio", "file", file_types=("audio",), max_bytes=_REFERENCE_BYTES),
        ),
        price_fields=(
            _DURATION,
            _STEPS,
            *(replace(field, required=False, not_in_v1=True) for field in _MUSIC_FIELDS),
        ),
        price=prices.music,
        produce=_compose,
        slow=True,
        extension=itemgetter("format"),
        rules=(duration_within_limits("reference_audio", "ref_audio_duration"),),
    ),
)
