from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deapi.emulator.api.request_body import parse_bracketed_names, trim_strings
from deapi.emulator.catalogue.model import Model
from deapi.emulator.validation.fields import Field
from deapi.emulator.validation.validator import find_model, validate

if TYPE_CHECKING:
    import httpx


def errors_of(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["message"].split(" (and ")[0] == next(iter(body["errors"].values()))[0]
    return body["errors"]


def test_the_message_is_the_first_error_and_the_number_of_the_others(api):
    body = api.generate(prompt=None, seed=None, width=None).json()
    assert body["message"] == "The prompt field is required. (and 2 more errors)"
    assert set(body["errors"]) == {"prompt", "seed", "width"}
    body = api.generate(prompt=None, seed=None).json()
    assert body["message"] == "The prompt field is required. (and 1 more error)"
    body = api.generate(prompt=None).json()
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
def test_a_wrong_field_is_named_in_laravels_words(api, changes, field, message):
    assert errors_of(api.generate(**changes)) == {field: [message]}
    assert not api.emulator.jobs


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
def test_a_secret_has_a_url_beside_it_and_is_long_enough(v2, changes, field, message):
    assert errors_of(v2.generate(**changes)) == {field: [message]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"prompt": NaN}',
        b"\xff\xfe",
        b"[" * 9999,
        b'{"prompt": "\\ud800"}',
    ],
)
def test_a_body_that_is_no_object_is_an_empty_one(api, content):
    answer = api.post("txt2img", content=content, headers={"Content-Type": "application/json"})
    assert errors_of(answer)["model"] == ["The model field is required."]


def test_a_broken_multipart_body_is_an_empty_one(api):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = api.post("txt2img", content=b"--y\r\nnothing", headers=headers)
    assert "model" in errors_of(answer)


def test_multipart_is_accepted_where_json_is_usual(api):
    files = {"ignored": ("a.txt", b"text")}
    fields = {"prompt": "a", "model": "Flux1schnell", "width": "512", "height": "512"}
    answer = api.form("txt2img", files, **fields, steps="4", seed="-1", negative_prompt="")
    assert answer.status_code == 200
    (job,) = api.emulator.jobs.values()
    assert job.fields["width"] == 512
    assert job.fields["negative_prompt"] is None


def test_json_is_accepted_where_multipart_is_usual(api):
    answer = api.post(
        "txt2music",
        {
            "caption": "calm",
            "model": "AceStep_1_5_Turbo",
            "lyrics": "[Instrumental]",
            "duration": 10,
            "inference_steps": 8,
            "guidance_scale": 1,
            "seed": -1,
            "format": "mp3",
        },
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("sent", "meant"), [("1", True), ("0", False), ("true", True), ("false", False)]
)
def test_multipart_booleans_are_digits_or_words(api, wav, sent, meant):
    answer = api.form(
        "audiofile2txt", {"audio": ("a.wav", wav(1))}, model="WhisperLargeV3", include_ts=sent
    )
    assert answer.status_code == 200
    (job,) = api.emulator.jobs.values()
    assert job.fields["include_ts"] is meant


def test_another_word_is_not_a_boolean(api):
    answer = api.post("vid2txt", {"include_ts": "yes", "model": "WhisperLargeV3"})
    assert errors_of(answer)["include_ts"] == ["The include ts field must be true or false."]


def test_loras_come_in_brackets_or_as_a_json_string():
    brackets = parse_bracketed_names(
        [("loras[0][name]", "a"), ("loras[0][weight]", "0.5"), ("prompt", "p")]
    )
    assert brackets == {"loras": [{"name": "a", "weight": "0.5"}], "prompt": "p"}
    field = Field("loras", "loras")
    expected = {"loras": [{"name": "a", "weight": 0.5}]}
    for given in (brackets["loras"], '[{"name": "a", "weight": 0.5}]'):
        assert validate([field], {"loras": given}, None) == (expected, {})


def test_repeated_parts_are_lists_and_of_a_plain_name_the_last_counts():
    items = [
        ("images[]", 1),
        ("images[]", 2),
        ("refs[1]", "b"),
        ("refs[0]", "a"),
        ("x", 1),
        ("x", 2),
    ]
    assert parse_bracketed_names(items) == {"images": [1, 2], "refs": ["a", "b"], "x": 2}


def test_strings_are_trimmed_and_empty_ones_are_null():
    assert trim_strings({"a": " x ", "b": "", "c": ["", " y"], "d": 1}) == {
        "a": "x",
        "b": None,
        "c": [None, "y"],
        "d": 1,
    }


def test_sizes_are_snapped_down_before_their_limits_apply(api):
    api.generate(width=700, height=383)
    (job,) = api.emulator.jobs.values()
    assert (job.fields["width"], job.fields["height"]) == (640, 256)
    assert errors_of(api.generate(width=255)) == {
        "width": ["The width field must be at least 256."]
    }


def test_what_the_model_does_not_support_is_dropped_and_not_required(api):
    answer = api.generate(
        model="Flux_2_Klein_4B_BF16", negative_prompt="blur", guidance="no number"
    )
    assert answer.status_code == 200
    (job,) = api.emulator.jobs.values()
    assert job.fields["negative_prompt"] is None
    assert job.fields["guidance"] is None


def test_steps_and_guidance_are_required_only_where_the_model_has_them():
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


def test_a_random_seed_is_settled_when_the_job_is_accepted(api):
    api.generate(seed=-1)
    (job,) = api.emulator.jobs.values()
    assert job.fields["seed"] >= 0


def test_partner_models_need_the_premium_plan(serve):
    message = "This model is not available on your plan. Please upgrade to access it."
    assert errors_of(serve(plan="basic").generate(model="gpt-image-2")) == {"model": [message]}
    assert serve(plan="premium").generate(model="gpt-image-2").status_code == 200


def test_a_model_is_chosen_by_any_of_the_tasks():
    model = Model("a", "A", ("audio2text",))
    chosen = find_model(
        "a", ("video2text", "audio2text"), "Transcription", {"a": model}, allow_partners=False
    )
    assert chosen == (model, None)


def test_an_absolute_huge_integer_is_refused_not_choked_on(api):
    assert "seed" in errors_of(api.generate(seed="9" * 5000))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The image field must be an image."),
        (b"GIF89a", "The image field must be an image."),
        (
            b"x" * (10 * 1024 * 1024 + 1),
            "The image field must not be greater than 10240 kilobytes.",
        ),
    ],
)
def test_a_file_has_to_be_an_image_of_the_allowed_size(api, content, message):
    answer = api.form("img-rmbg", {"image": ("a.png", content)}, model="Ben2")
    assert errors_of(answer) == {"image": [message]}


@pytest.mark.parametrize("size", [(63, 200), (200, 5001)])
def test_an_image_has_between_64_and_5000_pixels_a_side(api, png, size):
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    answer = api.form("img2img", {"image": ("a.png", png(*size))}, **fields)
    assert errors_of(answer) == {"image": ["The image field has invalid image dimensions."]}


def test_text_is_not_a_file(api):
    answer = api.post("img-rmbg", {"image": "aGVsbG8=", "model": "Ben2"})
    assert errors_of(answer) == {"image": ["The image field must be a file."]}


def test_the_model_limits_the_size_of_the_picture(api, png):
    answer = api.form("img-rmbg", {"image": ("a.png", png(100, 300))}, model="Ben2")
    assert errors_of(answer) == {"image": ["The image field has invalid image dimensions."]}


def test_an_edit_takes_one_image_or_several_but_not_both(api, png):
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    picture = ("a.png", png())
    assert errors_of(api.post("img2img", fields)) == {"image": ["At least one image is required"]}
    both = api.form("img2img", [("image", picture), ("images[]", picture)], **fields)
    assert list(errors_of(both)) == ["image"]
    four = api.form("img2img", [("images[]", picture)] * 4, **fields)
    assert errors_of(four) == {"images": ["The images field must not have more than 3 items."]}
    assert api.form("img2img", [("images[]", picture)] * 3, **fields).status_code == 200
