"""Numbers that are too large to mean anything."""

from __future__ import annotations

import pytest

HUGE = ["1e400", "-1e400", "9" * 400, "1e300", str(2**63)]
WHISPER = {"model": "WhisperLargeV3Ct2", "include_ts": False}
WAN = {"model": "Wan2_2_Animate_14B_INT8"}
UPSCALE = {"model": "FlashVSR_Tiny", "width": 320, "height": 240, "scale": 2}
MUSIC = {"model": "AceStep_1_5_Turbo", "inference_steps": 8}
JSON = {"Content-Type": "application/json"}


def errors_of(answer):
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"]


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize(
    ("path", "fields", "name"),
    [
        ("transcribe/price-calculation", WHISPER, "duration_seconds"),
        ("audiofile2txt/price-calculation", WHISPER, "duration_seconds"),
        ("videos/replace/price", WAN, "duration"),
        ("vid-upscale/price-calculation", UPSCALE, "duration"),
        ("txt2music/price-calculation", MUSIC, "duration"),
    ],
)
def test_a_huge_number_is_none_in_json_and_in_forms(api, path, fields, name, number):
    kind = "an integer" if path.startswith("audiofile") else "a number"
    expected = {name: [f"The {name.replace('_', ' ')} field must be {kind}."]}
    whole = "".join(f'"{key}": {_written(value)}, ' for key, value in fields.items())
    as_json = api.post(path, content=f'{{{whole}"{name}": {number}}}', headers=JSON)
    assert errors_of(as_json) == expected
    in_form = {key: _written(value).strip('"') for key, value in fields.items()}
    assert errors_of(api.form(path, {"x": b""}, **in_form, **{name: number})) == expected


def _written(value):
    return str(value).lower() if isinstance(value, (bool, int)) else f'"{value}"'


@pytest.mark.parametrize("number", [*HUGE, "NaN", "Infinity"])
def test_a_huge_weight_of_a_lora_is_none_in_its_json_string(api, number):
    loras = f'[{{"name": "PepeFluxSchnellLora", "weight": {number}}}]'
    assert errors_of(api.generate(loras=loras)) == {
        "loras.0.weight": ["The loras.0.weight field must be a number."]
    }
    assert not api.emulator.jobs


def test_a_json_string_that_is_nested_without_end_is_no_list_of_loras(api):
    assert errors_of(api.generate(loras="[" * 9999)) == {
        "loras": ["The loras field must be an array."]
    }


@pytest.mark.parametrize("number", ["9" * 25, "1e30"])
def test_a_huge_seed_is_none(api, number):
    content = f'{{"prompt": "a", "model": "Flux1schnell", "seed": {number}}}'
    errors = errors_of(api.post("txt2img", content=content, headers=JSON))
    assert errors["seed"] == ["The seed field must be an integer."]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("audio/transcriptions/price", "WhisperLargeV3Ct2"),
        ("videos/descriptions/price", "Marlin_2B"),
    ],
)
def test_a_recording_lasts_600_minutes_at_most(v2, path, model):
    asked = {"model": model, "include_ts": False}
    assert v2.post(path, {**asked, "duration_seconds": 36_000}).status_code == 200
    refused = v2.post(path, {**asked, "duration_seconds": 36_000.5})
    assert errors_of(refused) == {
        "duration_seconds": ["The duration seconds field must not be greater than 36000."]
    }


def test_a_single_purpose_transcription_has_600_minutes_too(api):
    path = "aud2txt/price-calculation"
    assert api.post(path, {**WHISPER, "duration_seconds": 36_000}).status_code == 200
    assert list(errors_of(api.post(path, {**WHISPER, "duration_seconds": 36_001}))) == [
        "duration_seconds"
    ]


def test_a_replacement_is_priced_for_as_long_as_its_model_takes_videos(api):
    assert api.post("videos/replace/price", {**WAN, "duration": 8}).status_code == 200
    assert errors_of(api.post("videos/replace/price", {**WAN, "duration": 8.1})) == {
        "duration": ["The duration field must not be greater than 8."]
    }
