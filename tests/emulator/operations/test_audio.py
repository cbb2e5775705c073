"""Audio operations of both versions: speech and music."""

from __future__ import annotations

import pytest

from support.emulator_api import errors_of, stream_properties

SPEECH = {
    "text": "Good morning to all of you.",
    "model": "Kokoro",
    "voice": "af_sky",
    "lang": "en-us",
    "speed": 1,
    "format": "mp3",
    "sample_rate": 24000,
}


MUSIC = {
    "caption": "calm lo-fi beat",
    "model": "AceStep_1_5_Turbo",
    "lyrics": "[Instrumental]",
    "duration": 10,
    "inference_steps": 8,
    "guidance_scale": 1,
    "seed": 1,
    "format": "mp3",
}


PRICED_MUSIC = {"model": "AceStep_1_5_Turbo", "duration": 10, "inference_steps": 8}


def test_speech_is_an_mp3_file_of_the_requested_sample_rate(v1):
    download = v1.download_result(v1.post("txt2audio", SPEECH))
    assert download.headers["content-type"] == "audio/mpeg"
    assert stream_properties(download, "audio")["rate"] == 24000


@pytest.mark.parametrize("file_format", ["wav", "flac"])
def test_speech_has_no_other_format_than_mp3(v1, file_format):
    rejected = v1.post("txt2audio", {**SPEECH, "format": file_format})
    assert errors_of(rejected) == {"format": ["The selected format is invalid."]}


def test_speech_can_be_submitted_as_a_form_or_as_json(v2):
    fields = {
        "text": "Good morning to all of you.",
        "model": "Kokoro",
        "voice": "af_sky",
        "lang": "en-us",
        "speed": 1,
        "format": "mp3",
        "sample_rate": 24000,
    }
    submissions = [v2.post("audio/speech", fields), v2.post_form("audio/speech", None, **fields)]
    assert v2.download_result(submissions[0]).content == v2.download_result(submissions[1]).content


def test_slow_speech_lasts_longer(v1):
    def seconds(speed):
        submission = v1.post("txt2audio", {**SPEECH, "speed": speed})
        return stream_properties(v1.download_result(submission), "audio")["seconds"]

    assert seconds(0.5) > 1.5 * seconds(1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "a"}, "text"),
        ({"speed": 3}, "speed"),
        ({"lang": "tlh"}, "lang"),
        ({"voice": "bf_alice"}, "voice"),
        ({"format": "ogg"}, "format"),
        ({"sample_rate": 44100}, "sample_rate"),
        ({"mode": "shout"}, "mode"),
        ({"mode": "voice_clone"}, "mode"),
        ({"mode": "custom_voice", "voice": None}, "voice"),
        ({"model": "Chatterbox", "lang": "en", "voice": "default", "format": "wav"}, "format"),
    ],
)
def test_speech_fields_are_limited_by_the_model(v1, changes, field):
    assert field in errors_of(v1.post("txt2audio", {**SPEECH, **changes}))


def test_voice_cloning_requires_a_recording_within_the_duration_limits(v1, make_wav):
    fields = {
        **SPEECH,
        "model": "Qwen3_TTS_12Hz_1_7B_Base",
        "lang": "English",
        "voice": "default",
        "mode": "voice_clone",
    }
    assert errors_of(v1.post("txt2audio", fields)) == {
        "ref_audio": ["The ref audio field is required when mode is voice_clone."]
    }
    short = v1.post_form("txt2audio", {"ref_audio": ("a.wav", make_wav(2))}, **fields)
    assert list(errors_of(short)) == ["ref_audio"]
    assert (
        v1.post_form("txt2audio", {"ref_audio": ("a.wav", make_wav(6))}, **fields).status_code
        == 200
    )


def test_voice_design_requires_instructions(v1):
    fields = {
        **SPEECH,
        "model": "Qwen3_TTS_12Hz_1_7B_VoiceDesign",
        "lang": "English",
        "mode": "voice_design",
    }
    assert list(errors_of(v1.post("txt2audio", fields))) == ["instruct"]
    assert v1.post("txt2audio", {**fields, "instruct": "an old sailor"}).status_code == 200


def test_music_has_the_requested_duration(v1):
    download = v1.download_result(v1.post("txt2music", {**MUSIC, "format": "flac"}))
    assert stream_properties(download, "audio")["seconds"] == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lyrics": ""}, "The lyrics field is required."),
        ({"timesignature": "4/4"}, "The timesignature field must be an integer."),
        ({"timesignature": 5}, "The selected timesignature is invalid."),
        ({"format": "ogg"}, "The selected format is invalid."),
        ({"duration": 5}, "The duration field must be at least 10."),
        ({"bpm": 300}, "The bpm field must not be greater than 200."),
        ({"inference_steps": 9}, "The inference steps field must not be greater than 8."),
        ({"guidance_scale": 7}, "The guidance scale field must not be greater than 1."),
        ({"caption": "ab"}, "The caption field must be at least 3 characters."),
    ],
)
def test_music_fields_are_limited_by_the_model(v1, changes, message):
    assert v1.post("txt2music", {**MUSIC, **changes}).json()["message"] == message


@pytest.mark.parametrize(("version", "path"), [("v1", "txt2music"), ("v2", "audio/music")])
def test_music_accepts_reference_audio_within_the_duration_limits(
    start_emulator, make_wav, version, path
):
    api = start_emulator(version)

    def compose(seconds):
        return api.post_form(path, {"reference_audio": ("a.wav", make_wav(seconds))}, **MUSIC)

    download = api.download_result(compose(6))
    assert download.headers["content-type"] == "audio/mpeg"
    (job,) = api.emulator.jobs.values()
    assert job.fields["reference_audio"].duration == pytest.approx(6, abs=0.01)
    assert list(errors_of(compose(2))) == ["reference_audio"]


def test_music_prices_of_version_2_validate_all_fields(v2, v1):
    plain = v2.post("audio/music/price", PRICED_MUSIC)
    assert plain.status_code == 200
    assert v2.post("audio/music/price", {**PRICED_MUSIC, **MUSIC}).json() == plain.json()
    assert list(errors_of(v2.post("audio/music/price", {**PRICED_MUSIC, "bpm": 300}))) == ["bpm"]
    assert v1.post("txt2music/price-calculation", {**PRICED_MUSIC, "bpm": 300}).status_code == 200
