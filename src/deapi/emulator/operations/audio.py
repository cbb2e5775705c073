"""Operations that make sound: speech and music."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from deapi.emulator.media import audio
from deapi.emulator.operations import prices
from deapi.emulator.operations.operation import Operation, lasts
from deapi.emulator.validation.fields import NOT_IN_V1, Field, Fields
from deapi.emulator.validation.files import MIB
from deapi.emulator.validation.validator import add

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors
    from deapi.emulator.media.audio import AudioFormat

_MODES = ("custom_voice", "voice_clone", "voice_design")
_REFERENCE_BYTES = 15 * MIB

_VOICE = (
    Field("mode", "string", choices=_MODES),
    Field("voice", "string"),
    Field("lang", "string", required=True),
    Field("speed", "number", required=True, limit="speed"),
    Field("format", "string", required=True, options="output_formats"),
    Field("sample_rate", "number", required=True, options="available_ratios"),
    Field("instruct", "string"),
)
_STEPS = Field("inference_steps", "integer", required=True, limit="steps")
_DURATION = Field("duration", "number", required=True, limit="duration")
_PIECE = (
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


def _speaks_as(fields: Fields) -> str:
    return fields["mode"] or "custom_voice"


def _mode_fits(fields: Fields, model: Model | None, errors: Errors) -> None:
    supported = f"supports_{_speaks_as(fields)}"
    if model and "mode" not in errors and not model.features.get(supported):
        add(errors, "mode", "The selected mode is invalid.")


def _language_and_voice(fields: Fields, model: Model | None, errors: Errors) -> None:
    if model is None or {"lang", "mode"} & errors.keys():
        return
    lang = next((known for known in model.languages if known.slug == fields["lang"]), None)
    if lang is None:
        add(errors, "lang", "The selected lang is invalid.")
    elif _speaks_as(fields) == "custom_voice" and fields["voice"] not in (
        None,
        *(slug for slug, _, _ in lang.voices),
    ):
        add(errors, "voice", "The selected voice is invalid.")


def _what_mode_needs(fields: Fields, model: Model | None, errors: Errors) -> None:
    del model
    needed = {
        "custom_voice": "voice",
        "voice_clone": "ref_audio",
        "voice_design": "instruct",
    }.get(fields["mode"] or "")
    if needed and fields.get(needed) is None and needed not in errors:
        name = needed.replace("_", " ")
        add(errors, needed, f"The {name} field is required when mode is {fields['mode']}.")


def _text_or_count(fields: Fields, model: Model | None, errors: Errors) -> None:
    del model
    if (
        fields["text"] is None
        and fields["count_text"] is None
        and not ({"text", "count_text"} & errors.keys())
    ):
        add(errors, "text", "The text field is required when count text is not present.")


def _speak(fields: Fields, extension: str) -> bytes:
    return audio.speech(
        fields["text"],
        voice=fields["voice"] or fields["instruct"] or "default",
        speed=fields["speed"],
        format=cast("AudioFormat", extension),
        sample_rate=int(fields["sample_rate"]),
    )


def _compose(fields: Fields, extension: str) -> bytes:
    return audio.music(
        fields["caption"],
        lyrics=fields["lyrics"],
        duration=fields["duration"],
        bpm=fields["bpm"],
        format=cast("AudioFormat", extension),
        seed=fields["seed"],
    )


def _format(fields: Fields) -> str:
    chosen: str = fields["format"]
    return chosen


AUDIO_OPERATIONS = (
    Operation(
        name="txt2audio",
        task="Text To Audio",
        inference_types=("txt2audio",),
        quota="audio/speech",
        boosts=True,
        seconds=4,
        fields=(
            Field("text", "string", required=True, limit="text"),
            *_VOICE,
            Field("ref_audio", "file", media=("audio",), max_bytes=_REFERENCE_BYTES),
            Field("ref_text", "string"),
        ),
        price_fields=(
            Field("text", "string", limit="text"),
            Field("count_text", "integer", minimum=1, limit="text"),
            *_VOICE,
        ),
        price=prices.speech,
        produce=_speak,
        extension=_format,
        rules=(
            _mode_fits,
            _language_and_voice,
            _what_mode_needs,
            lasts("ref_audio", "ref_audio_duration"),
        ),
        price_rules=(_mode_fits, _language_and_voice, _text_or_count),
    ),
    Operation(
        name="txt2music",
        task="Text To Music",
        inference_types=("txt2music",),
        quota="audio/music",
        boosts=True,
        seconds=12,
        fields=(
            *_PIECE,
            _DURATION,
            _STEPS,
            Field("reference_audio", "file", media=("audio",), max_bytes=_REFERENCE_BYTES),
        ),
        price_fields=(
            _DURATION,
            _STEPS,
            *(replace(field, required=False, unknown_to=NOT_IN_V1) for field in _PIECE),
        ),
        price=prices.music,
        produce=_compose,
        extension=_format,
        rules=(lasts("reference_audio", "ref_audio_duration"),),
    ),
)
