"""Parsing of JSON and form bodies: brackets, charsets and limits."""

from __future__ import annotations

import httpx
import pytest

from deapi.emulator.api.request_body import MAX_PARTS, parse_bracketed_names, trim_strings
from support.emulator_api import errors_of, files_on_disk

EDIT = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}


FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


def multipart(names):
    part = 'Content-Disposition: form-data; name="{}"\r\n\r\nword\r\n'
    body = "".join(f"--x\r\n{part.format(name)}" for name in names) + "--x--\r\n"
    return {
        "content": body.encode(),
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    }


def test_a_list_replaces_an_empty_value_of_the_same_name(v1, make_png):
    response = v1.post_form("img2img", [("images[]", ("a.png", make_png()))], **EDIT, images="")
    assert response.status_code == 200
    (job,) = v1.emulator.jobs.values()
    assert [image.filename for image in job.fields["images"]] == ["a.png"]


def test_a_list_replaces_a_file_of_the_same_name(v1, make_png):
    parts = [("images", ("b.png", make_png())), ("images[]", ("a.png", make_png()))]
    assert v1.post_form("img2img", parts, **EDIT).status_code == 200
    (job,) = v1.emulator.jobs.values()
    assert [image.filename for image in job.fields["images"]] == ["a.png"]


def test_an_object_replaces_an_item_of_the_same_index(v1):
    fields = {"loras[0]": "x", "loras[0][name]": "y"}
    response = v1.post_form("txt2img", {"ignored": ("a.txt", b"text")}, **fields)
    assert response.status_code == 422
    assert response.json()["errors"]["loras.0.weight"] == ["The loras.0.weight field is required."]
    assert files_on_disk(v1) == []


def test_a_list_of_ip_addresses_replaces_an_empty_value(v1):
    content = "name=ci&ip_whitelist=&ip_whitelist[]=1.1.1.1"
    created = v1.request_v2("POST", "keys", content=content, headers=FORM_HEADERS)
    assert created.status_code == 201
    assert created.json()["data"]["ip_whitelist"] == ["1.1.1.1"]


@pytest.mark.parametrize(
    ("items", "values"),
    [
        ([("a", 1), ("a[]", 2)], {"a": [2]}),
        ([("a[]", 2), ("a", 1)], {"a": 1}),
        ([("a[0]", 1), ("a[0][b]", 2)], {"a": [{"b": 2}]}),
        ([("a[0][b]", 2), ("a[0]", 1)], {"a": [1]}),
        ([("a[0]", 1), ("a[]", 2)], {"a": [1, 2]}),
        ([("a[1]", 1), ("a[]", 2)], {"a": {"1": 1, "2": 2}}),
        ([("a[][b]", 1), ("a[][b]", 2)], {"a": [{"b": 1}, {"b": 2}]}),
        ([("a[00]", 1)], {"a": {"00": 1}}),
        ([("a[0][1]", 1), ("a[0][0]", 2)], {"a": [[2, 1]]}),
        ([("a[b", 1), ("]", 2), ("[]", 3)], {"a[b": 1, "]": 2, "[]": 3}),
        ([(f"a[{'9' * 5000}]", 1)], {"a": {"9" * 5000: 1}}),
        ([("a" + "[b]" * 5000, 1)], {"a" + "[b]" * 5000: 1}),
    ],
)
def test_bracketed_names_are_parsed_as_in_php(items, values):
    assert parse_bracketed_names(items) == values


def test_repeated_bracketed_fields_are_lists_and_the_last_plain_field_wins():
    items = [
        ("images[]", 1),
        ("images[]", 2),
        ("refs[1]", "b"),
        ("refs[0]", "a"),
        ("x", 1),
        ("x", 2),
    ]
    assert parse_bracketed_names(items) == {"images": [1, 2], "refs": ["a", "b"], "x": 2}


def test_strings_are_trimmed_and_empty_strings_become_null():
    assert trim_strings({"a": " x ", "b": "", "c": ["", " y"], "d": 1}) == {
        "a": "x",
        "b": None,
        "c": [None, "y"],
        "d": 1,
    }


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
def test_a_body_that_is_not_a_json_object_counts_as_empty(v1, content):
    response = v1.post("txt2img", content=content, headers={"Content-Type": "application/json"})
    assert errors_of(response)["model"] == ["The model field is required."]


def test_an_invalid_multipart_body_counts_as_empty(v1):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = v1.post("txt2img", content=b"--y\r\nnothing", headers=headers)
    assert "model" in errors_of(response)


def test_a_json_operation_accepts_multipart(v1):
    files = {"ignored": ("a.txt", b"text")}
    fields = {"prompt": "a", "model": "Flux1schnell", "width": "512", "height": "512"}
    response = v1.post_form("txt2img", files, **fields, steps="4", seed="-1", negative_prompt="")
    assert response.status_code == 200
    (job,) = v1.emulator.jobs.values()
    assert job.fields["width"] == 512
    assert job.fields["negative_prompt"] is None


def test_a_multipart_operation_accepts_json(v1):
    response = v1.post(
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
    assert response.status_code == 200


@pytest.mark.parametrize("charset", ["utf-7", "undefined", "punycode", "idna", "hex", "nonsense"])
def test_a_body_with_an_invalid_charset_counts_as_empty(v1, charset):
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        b'data\r\n--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n'
        b"+2AA-\r\n--x--\r\n"
    )
    headers = {"Content-Type": f"multipart/form-data; charset={charset}; boundary=x"}
    response = v1.post("img-rmbg", content=parts, headers=headers)
    assert response.status_code == 422
    assert response.json()["errors"]["model"] == ["The model field is required."]
    assert files_on_disk(v1) == []
    unauthenticated = v1.post("img-rmbg", content=parts, headers={**headers, "Authorization": ""})
    assert unauthenticated.status_code == 401


@pytest.mark.parametrize("missing", [[0], [1]])
def test_indices_of_references_must_start_at_0_without_gaps(v2, make_png, missing):
    numbers = [number for number in range(3) if number not in missing]
    parts = [(f"ref_images[{number}]", ("a.png", make_png())) for number in numbers]
    fields = {
        "prompt": "a",
        "model": "MiniMaxH3_33B_Turbo_INT8",
        "width": "1344",
        "height": "768",
        "frames": "56",
        "fps": "24",
        "seed": "1",
        "steps": "8",
    }
    rejected = v2.post_form("videos/animations", parts, **fields)
    assert rejected.status_code == 422
    assert rejected.json()["errors"] == {"ref_images": ["The ref images field must be a list."]}


def test_indices_of_other_lists_must_have_no_gaps(v1):
    rejected = v1.post_form("txt2embedding", {"x": b""}, **{"input[1]": "a"}, model="Bge_M3_FP16")
    assert rejected.json()["errors"] == {"input": ["The input field must be a list."]}
    loras = {"loras[1][name]": "PepeFluxSchnellLora", "loras[1][weight]": "1"}
    rejected = v1.post_form("txt2img", {"x": b""}, **loras)
    assert rejected.json()["errors"]["loras"] == ["The loras field must be an array."]


def test_a_form_accepts_all_inputs_of_an_embedding(v1):
    response = v1.post(
        "txt2embedding/price-calculation", **multipart(["input[]"] * 2048 + ["model"])
    )
    assert response.json()["errors"] == {"model": ["The selected model does not exist."]}
    (request,) = v1.emulator.requests
    assert len(request.fields["input[]"]) == 2048


def test_too_many_parts_are_a_413(v1):
    message = f"The request has more than the {MAX_PARTS} fields or files that are allowed."
    many = ["input[]"] * (MAX_PARTS + 1)
    for sent in (
        multipart(many),
        multipart([f'{name}"; filename="a' for name in many]),
        {"content": "&".join(f"{name}=a" for name in many), "headers": FORM_HEADERS},
    ):
        response = v1.post("txt2embedding", **sent)
        assert response.status_code == 413
        assert response.json() == {"message": message}
    assert files_on_disk(v1) == []
    assert httpx.get(v1.emulator.url).status_code == 404
