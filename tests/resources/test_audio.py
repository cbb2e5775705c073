"""``client.audio``: speech synthesis and music."""

import io
import math

import pytest

from deapi import JobStatus
from support.call_table import FORM, JSON, form_value

SPEECH = {
    "text": "Good morning",
    "model": "Kokoro",
    "lang": "en-us",
    "format": "mp3",
    "speed": 1,
    "sample_rate": 24000,
}
SPEECH_PRICE = {name: value for name, value in SPEECH.items() if name != "text"}
MUSIC = {
    "caption": "calm lo-fi beat",
    "model": "AceStep_1_5_Turbo",
    "duration": 10,
    "inference_steps": 8,
    "guidance_scale": 1,
    "seed": 1,
    "format": "mp3",
}
SONG = {**MUSIC, "lyrics": "la"}

INVALID_ARGUMENTS = [
    # exactly one source for the price
    (
        "audio.synthesize_price",
        SPEECH_PRICE,
        ValueError,
        "Either 'text' or 'count_text' is required",
    ),
    (
        "audio.synthesize_price",
        {**SPEECH, "count_text": 9},
        ValueError,
        "not both text and count_text",
    ),
    # modes that require another argument
    ("audio.synthesize", {**SPEECH, "mode": "custom_voice"}, ValueError, "voice is required"),
    ("audio.synthesize", {**SPEECH, "mode": "voice_clone"}, ValueError, "ref_audio is required"),
    ("audio.synthesize", {**SPEECH, "mode": "voice_design"}, ValueError, "instruct is required"),
    # values that cannot be encoded
    ("audio.synthesize", {**SPEECH, "speed": math.nan}, ValueError, "speed must be a finite"),
    ("audio.compose", {**MUSIC, "duration": math.inf}, ValueError, "duration must be a finite"),
    ("audio.synthesize", {**SPEECH, "text": "a\ud800"}, ValueError, "text cannot be sent"),
    ("audio.compose", {**MUSIC, "lyrics": "a\udfff"}, ValueError, "lyrics cannot be sent"),
    (
        "audio.synthesize",
        {**SPEECH, "ref_audio": io.StringIO("text")},
        TypeError,
        "ref_audio is a file opened in text mode",
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    for version in ("v1", "v2"):
        api.assert_rejected(version, operation, arguments, error, message)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("audio.synthesize", {**SPEECH, "mode": "a new mode", "speed": 0.1}),
        ("audio.synthesize_price", {**SPEECH_PRICE, "count_text": 0, "mode": "custom_voice"}),
        ("audio.compose", {**MUSIC, "duration": 1e9, "timesignature": 5, "bpm": 0}),
    ],
)
def test_values_that_only_the_service_can_validate_are_sent(api, operation, arguments):
    for version in ("v1", "v2"):
        api.request(version, operation, arguments)


def form_fields(arguments):
    """Return arguments as a form sends them."""
    return {name: form_value(value) for name, value in arguments.items()}


@pytest.mark.parametrize(
    ("operation", "path", "arguments", "price_arguments"),
    [
        ("audio.synthesize", "speech", SPEECH, SPEECH),
        (
            "audio.compose",
            "music",
            SONG,
            {"duration": 10, "inference_steps": 8, "model": "m"},
        ),
    ],
)
def test_speech_and_music_are_sent_as_forms_in_v2(api, operation, path, arguments, price_arguments):
    request = api.request("v2", operation, arguments)
    assert (request.path, request.content_type) == (f"/api/v2/audio/{path}", FORM)
    assert request.fields == form_fields(arguments)
    request = api.request("v2", f"{operation}_price", price_arguments)
    assert (request.path, request.content_type) == (f"/api/v2/audio/{path}/price", JSON)
    assert request.fields == price_arguments


@pytest.mark.parametrize(
    ("version", "path"), [("v1", "/api/v1/client/txt2music"), ("v2", "/api/v2/audio/music")]
)
def test_music_with_reference_audio_is_sent_as_a_form(api, version, path):
    arguments = {**SONG, "reference_audio": b"hum"}
    parts = {name: value if value == b"hum" else str(value) for name, value in arguments.items()}
    request = api.request(version, "audio.compose", arguments)
    assert (request.path, request.content_type, request.fields) == (path, FORM, parts)
    request = api.request(version, "audio.compose", SONG)
    without_file = (JSON, SONG) if version == "v1" else (FORM, form_fields(SONG))
    assert (request.path, request.content_type, request.fields) == (path, *without_file)


def test_the_emulator_accepts_speech_and_its_price(emulator_client, tmp_path):
    voice = {"mode": "custom_voice", "voice": "af_sky"}
    assert emulator_client.audio.synthesize_price(**SPEECH, **voice).price > 0
    saved = emulator_client.audio.synthesize(**SPEECH, **voice).save(tmp_path / "speech.mp3")
    assert saved.stat().st_size > 1000


def test_lyrics_that_are_a_number_are_validated_like_other_fields(make_client):
    client = make_client("http://127.0.0.1:9")
    with pytest.raises(ValueError, match="lyrics must be a finite number"):
        client.audio.compose(**{**SONG, "lyrics": math.inf})


def test_the_emulator_accepts_music_without_lyrics(emulator_client):
    assert emulator_client.audio.compose(**MUSIC).wait().status is JobStatus.DONE
