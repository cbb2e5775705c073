"""Validation of fields, with Laravel's messages."""

from __future__ import annotations

import pytest

from deapi.emulator.api.request_body import parse_bracketed_names
from deapi.emulator.catalogue.model import Model
from deapi.emulator.validation.fields import Field
from deapi.emulator.validation.validator import find_model, validate
from support.emulator_api import errors_of

HUGE_NUMBERS = ["1e400", "-1e400", "9" * 400, "1e300", str(2**63)]


WHISPER = {"model": "WhisperLargeV3Ct2", "include_ts": False}


WAN = {"model": "Wan2_2_Animate_14B_INT8"}


UPSCALE = {"model": "FlashVSR_Tiny", "width": 320, "height": 240, "scale": 2}


MUSIC = {"model": "AceStep_1_5_Turbo", "inference_steps": 8}


JSON_HEADERS = {"Content-Type": "application/json"}


def to_json(value):
    return str(value).lower() if isinstance(value, (bool, int)) else f'"{value}"'


def test_the_message_is_the_first_error_and_the_number_of_others(v1):
    body = v1.generate(prompt=None, seed=None, width=None).json()
    assert body["message"] == "The prompt field is required. (and 2 more errors)"
    assert set(body["errors"]) == {"prompt", "seed", "width"}
    body = v1.generate(prompt=None, seed=None).json()
    assert body["message"] == "The prompt field is required. (and 1 more error)"
    body = v1.generate(prompt=None).json()
    assert body["message"] == "The prompt field is required."


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"model": "sdxl"}, "model", "The selected model does not exist."),
        ({"model": "Ben2"}, "model", "The selected model does not support Text To Image."),
        ({"model": 5}, "model", "The model field must be a string."),
        ({"prompt": ""}, "prompt", "The prompt field is required."),
        ({"prompt": "  "}, "prompt", "The prompt field is required."),
        ({"prompt": 7}, "prompt", "The prompt field must be a string."),
        ({"prompt": []}, "prompt", "The prompt field is required."),
        (
            {"negative_prompt": []},
            "negative_prompt",
            "The negative prompt field must be a string.",
        ),
        ({"width": 100}, "width", "The width field must be at least 256."),
        ({"width": 4096}, "width", "The width field must not be greater than 2048."),
        ({"width": "wide"}, "width", "The width field must be an integer."),
        ({"width": 512.5}, "width", "The width field must be an integer."),
        ({"width": True}, "width", "The width field must be an integer."),
        ({"steps": 11}, "steps", "The steps field must not be greater than 10."),
        ({"steps": 0}, "steps", "The steps field must be at least 1."),
        ({"loras": "x"}, "loras", "The loras field must be an array."),
        (
            {"loras": [{"name": "a"}]},
            "loras.0.weight",
            "The loras.0.weight field is required.",
        ),
        (
            {"loras": [{"name": "PepeFluxSchnellLora", "weight": -1}]},
            "loras.0.weight",
            "The loras.0.weight field must be at least 0.",
        ),
        (
            {"loras": [{"name": "no", "weight": 1}]},
            "loras.0.name",
            "The selected loras.0.name is invalid.",
        ),
        (
            {"webhook_url": "http://example.com/hook"},
            "webhook_url",
            "The webhook url field must start with one of the following: https://.",
        ),
        ({"webhook_url": "nonsense"}, "webhook_url", "The webhook url field must be a valid URL."),
        (
            {"webhook_url": "https://example.com/" + "x" * 2048},
            "webhook_url",
            "The webhook url field must not be greater than 2048 characters.",
        ),
    ],
)
def test_an_invalid_field_has_laravels_message(v1, changes, field, message):
    assert errors_of(v1.generate(**changes)) == {field: [message]}
    assert not v1.emulator.jobs


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        (
            {"webhook_secret": "s" * 32},
            "webhook_url",
            "The webhook url field is required when webhook secret is present.",
        ),
        (
            {"webhook_url": "https://example.com", "webhook_secret": "short"},
            "webhook_secret",
            "The webhook secret field must be at least 32 characters.",
        ),
    ],
)
def test_a_webhook_secret_requires_a_url_and_a_minimum_length(v2, changes, field, message):
    assert errors_of(v2.generate(**changes)) == {field: [message]}


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("0", False), ("true", True), ("false", False)]
)
def test_form_booleans_are_digits_or_true_and_false(v1, make_wav, value, expected):
    response = v1.post_form(
        "audiofile2txt", {"audio": ("a.wav", make_wav(1))}, model="WhisperLargeV3", include_ts=value
    )
    assert response.status_code == 200
    (job,) = v1.emulator.jobs.values()
    assert job.fields["include_ts"] is expected


def test_another_string_is_not_a_boolean(v1):
    response = v1.post("vid2txt", {"include_ts": "yes", "model": "WhisperLargeV3"})
    assert errors_of(response)["include_ts"] == ["The include ts field must be true or false."]


def test_loras_can_be_bracketed_fields_or_a_json_string():
    brackets = parse_bracketed_names(
        [("loras[0][name]", "a"), ("loras[0][weight]", "0.5"), ("prompt", "p")]
    )
    assert brackets == {"loras": [{"name": "a", "weight": "0.5"}], "prompt": "p"}
    field = Field("loras", "loras")
    expected = {"loras": [{"name": "a", "weight": 0.5}]}
    for value in (brackets["loras"], '[{"name": "a", "weight": 0.5}]'):
        assert validate([field], {"loras": value}, None) == (expected, {})


def test_sizes_are_rounded_down_before_their_limits_apply(v1):
    v1.generate(width=700, height=383)
    (job,) = v1.emulator.jobs.values()
    assert (job.fields["width"], job.fields["height"]) == (640, 256)
    assert errors_of(v1.generate(width=255)) == {"width": ["The width field must be at least 256."]}


def test_fields_that_the_model_does_not_support_are_ignored(v1):
    response = v1.generate(
        model="Flux_2_Klein_4B_BF16", negative_prompt="blur", guidance="no number"
    )
    assert response.status_code == 200
    (job,) = v1.emulator.jobs.values()
    assert job.fields["negative_prompt"] is None
    assert job.fields["guidance"] is None


def test_guidance_is_required_only_if_the_model_supports_it():
    field = Field(
        "guidance", "number", required=True, limit="guidance", feature="supports_guidance"
    )
    limits = {"min_guidance": 1, "max_guidance": 20}
    guided = Model("a", "A", ("txt2img",), limits, {"supports_guidance": True})
    plain = Model("b", "B", ("txt2img",), limits, {"supports_guidance": False})
    assert validate([field], {}, guided)[1] == {"guidance": ["The guidance field is required."]}
    assert validate([field], {"guidance": 30}, guided)[1] == {
        "guidance": ["The guidance field must not be greater than 20."]
    }
    assert validate([field], {"guidance": 30}, plain) == ({"guidance": None}, {})


def test_a_random_seed_is_chosen_when_the_job_is_accepted(v1):
    v1.generate(seed=-1)
    (job,) = v1.emulator.jobs.values()
    assert job.fields["seed"] >= 0


def test_partner_models_require_the_premium_plan(start_emulator):
    message = "This model is not available on your plan. Please upgrade to access it."
    assert errors_of(start_emulator(plan="basic").generate(model="gpt-image-2")) == {
        "model": [message]
    }
    assert start_emulator(plan="premium").generate(model="gpt-image-2").status_code == 200


def test_a_model_needs_only_one_of_the_inference_types():
    model = Model("a", "A", ("audio2text",))
    found = find_model(
        "a", ("video2text", "audio2text"), "Transcription", {"a": model}, allow_partners=False
    )
    assert found == (model, None)


def test_an_integer_with_thousands_of_digits_is_rejected(v1):
    assert "seed" in errors_of(v1.generate(seed="9" * 5000))


@pytest.mark.parametrize("number", HUGE_NUMBERS)
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
def test_a_huge_number_is_rejected_in_json_and_in_forms(v1, path, fields, name, number):
    type_name = "an integer" if path.startswith("audiofile") else "a number"
    expected = {name: [f"The {name.replace('_', ' ')} field must be {type_name}."]}
    other_fields = "".join(f'"{key}": {to_json(value)}, ' for key, value in fields.items())
    as_json = v1.post(path, content=f'{{{other_fields}"{name}": {number}}}', headers=JSON_HEADERS)
    assert errors_of(as_json) == expected
    form_fields = {key: to_json(value).strip('"') for key, value in fields.items()}
    assert errors_of(v1.post_form(path, {"x": b""}, **form_fields, **{name: number})) == expected


@pytest.mark.parametrize("number", [*HUGE_NUMBERS, "NaN", "Infinity"])
def test_a_huge_lora_weight_in_a_json_string_is_rejected(v1, number):
    loras = f'[{{"name": "PepeFluxSchnellLora", "weight": {number}}}]'
    assert errors_of(v1.generate(loras=loras)) == {
        "loras.0.weight": ["The loras.0.weight field must be a number."]
    }
    assert not v1.emulator.jobs


def test_a_deeply_nested_json_string_is_not_a_list_of_loras(v1):
    assert errors_of(v1.generate(loras="[" * 9999)) == {
        "loras": ["The loras field must be an array."]
    }


@pytest.mark.parametrize("number", ["9" * 25, "1e30"])
def test_a_huge_seed_is_rejected(v1, number):
    content = f'{{"prompt": "a", "model": "Flux1schnell", "seed": {number}}}'
    errors = errors_of(v1.post("txt2img", content=content, headers=JSON_HEADERS))
    assert errors["seed"] == ["The seed field must be an integer."]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("audio/transcriptions/price", "WhisperLargeV3Ct2"),
        ("videos/descriptions/price", "Marlin_2B"),
    ],
)
def test_a_recording_lasts_at_most_600_minutes(v2, path, model):
    fields = {"model": model, "include_ts": False}
    assert v2.post(path, {**fields, "duration_seconds": 36_000}).status_code == 200
    rejected = v2.post(path, {**fields, "duration_seconds": 36_000.5})
    assert errors_of(rejected) == {
        "duration_seconds": ["The duration seconds field must not be greater than 36000."]
    }


def test_a_recording_of_a_single_source_endpoint_lasts_at_most_600_minutes(v1):
    path = "aud2txt/price-calculation"
    assert v1.post(path, {**WHISPER, "duration_seconds": 36_000}).status_code == 200
    assert list(errors_of(v1.post(path, {**WHISPER, "duration_seconds": 36_001}))) == [
        "duration_seconds"
    ]


def test_a_replacement_price_is_limited_to_the_models_maximum_duration(v1):
    assert v1.post("videos/replace/price", {**WAN, "duration": 8}).status_code == 200
    assert errors_of(v1.post("videos/replace/price", {**WAN, "duration": 8.1})) == {
        "duration": ["The duration field must not be greater than 8."]
    }


@pytest.mark.parametrize(
    "url",
    [
        "https://exa mple.com/hook",
        "https://example.com\t/hook",
        "https://example.com:abc/hook",
        "https://example.com:99999/hook",
        "https://example.com:/hook",
        "https://-example.com/hook",
        "https://[::1/hook",
        "https://ex<ample.com/hook",
    ],
)
def test_an_invalid_url_is_rejected_wherever_a_url_is_sent(v1, url):
    assert errors_of(v1.generate(webhook_url=url)) == {
        "webhook_url": ["The webhook url field must be a valid URL."]
    }
    source = url.replace("example.com", "youtube.com")
    response = v1.post("vid2txt", {**WHISPER, "video_url": source, "include_ts": False})
    assert "video_url" in errors_of(response)


@pytest.mark.parametrize(
    "host", ["example.com:8443", "[::1]", "10.0.0.1:1", "bücher.example", "a_b"]
)
def test_a_valid_url_is_accepted(v1, host):
    assert v1.generate(webhook_url=f"https://{host}/hook?a=1").status_code == 200


@pytest.mark.parametrize("value", ["٤", "04", "-04", "4.0", "1e1", "0x4"])
def test_a_string_is_an_integer_only_in_phps_notation(v1, value):
    assert errors_of(v1.generate(steps=value)) == {"steps": ["The steps field must be an integer."]}


def test_signs_are_part_of_an_integer(v1):
    assert v1.generate(steps="+4", seed="-1").status_code == 200
    assert v1.generate(steps="0").json()["message"] == "The steps field must be at least 1."


def test_a_qwen_image_edit_accepts_guidance_0(v1, make_png):
    fields = {"prompt": "warmer", "model": "QwenImageEdit_Plus_NF4", "steps": 20, "seed": 1}
    response = v1.post_form("img2img", {"image": ("a.png", make_png())}, **fields, guidance=0)
    assert response.status_code == 200
