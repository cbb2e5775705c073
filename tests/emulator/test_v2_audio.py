"""Music and speech of version 2, and what version 1 has of it."""

from __future__ import annotations

import pytest

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
QUOTED = {"model": "AceStep_1_5_Turbo", "duration": 10, "inference_steps": 8}


def errors_of(answer):
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


@pytest.mark.parametrize(("version", "path"), [("v1", "txt2music"), ("v2", "audio/music")])
def test_music_may_follow_a_recording_of_the_right_length(serve, wav, version, path):
    api = serve(version)

    def compose(seconds):
        return api.form(path, {"reference_audio": ("a.wav", wav(seconds))}, **MUSIC)

    download = api.result(compose(6))
    assert download.headers["content-type"] == "audio/mpeg"
    (job,) = api.emulator.jobs.values()
    assert job.fields["reference_audio"].duration == pytest.approx(6, abs=0.01)
    assert list(errors_of(compose(2))) == ["reference_audio"]


def test_version_2_checks_the_whole_piece_before_it_names_a_price(v2, api):
    plain = v2.post("audio/music/price", QUOTED)
    assert plain.status_code == 200
    assert v2.post("audio/music/price", {**QUOTED, **MUSIC}).json() == plain.json()
    assert list(errors_of(v2.post("audio/music/price", {**QUOTED, "bpm": 300}))) == ["bpm"]
    assert api.post("txt2music/price-calculation", {**QUOTED, "bpm": 300}).status_code == 200


def test_speech_is_ordered_as_a_form_or_as_json(v2):
    fields = {
        "text": "Good morning to all of you.",
        "model": "Kokoro",
        "voice": "af_sky",
        "lang": "en-us",
        "speed": 1,
        "format": "mp3",
        "sample_rate": 24000,
    }
    orders = [v2.post("audio/speech", fields), v2.form("audio/speech", None, **fields)]
    assert v2.result(orders[0]).content == v2.result(orders[1]).content
