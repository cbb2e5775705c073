"""Bodies that are hard to read: brackets, charsets, very many parts."""

from __future__ import annotations

import time

import httpx
import pytest

from deapi.emulator.api import request_body
from deapi.emulator.api.request_body import MAX_PARTS, parse_bracketed_names

EDIT = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def left_on_disk(api):
    return list(api.emulator._state.directory.iterdir())


def test_a_list_replaces_an_empty_value_of_its_name(api, png):
    answer = api.form("img2img", [("images[]", ("a.png", png()))], **EDIT, images="")
    assert answer.status_code == 200
    (job,) = api.emulator.jobs.values()
    assert [image.filename for image in job.fields["images"]] == ["a.png"]


def test_a_list_replaces_a_file_of_its_name(api, png):
    parts = [("images", ("b.png", png())), ("images[]", ("a.png", png()))]
    assert api.form("img2img", parts, **EDIT).status_code == 200
    (job,) = api.emulator.jobs.values()
    assert [image.filename for image in job.fields["images"]] == ["a.png"]


def test_an_object_replaces_an_entry_of_its_index(api):
    fields = {"loras[0]": "x", "loras[0][name]": "y"}
    answer = api.form("txt2img", {"ignored": ("a.txt", b"text")}, **fields)
    assert answer.status_code == 422
    assert answer.json()["errors"]["loras.0.weight"] == ["The loras.0.weight field is required."]
    assert left_on_disk(api) == []


def test_a_list_of_addresses_replaces_an_empty_one(api):
    content = "name=ci&ip_whitelist=&ip_whitelist[]=1.1.1.1"
    made = api.call_v2("POST", "keys", content=content, headers=FORM)
    assert made.status_code == 201
    assert made.json()["data"]["ip_whitelist"] == ["1.1.1.1"]


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
def test_brackets_mean_what_they_mean_to_php(items, values):
    assert parse_bracketed_names(items) == values


@pytest.mark.parametrize("charset", ["utf-7", "undefined", "punycode", "idna", "hex", "nonsense"])
def test_a_body_in_a_charset_that_fails_is_an_empty_one(api, charset):
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        b'data\r\n--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n'
        b"+2AA-\r\n--x--\r\n"
    )
    headers = {"Content-Type": f"multipart/form-data; charset={charset}; boundary=x"}
    answer = api.post("img-rmbg", content=parts, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"]["model"] == ["The model field is required."]
    assert left_on_disk(api) == []
    stranger = api.post("img-rmbg", content=parts, headers={**headers, "Authorization": ""})
    assert stranger.status_code == 401


def test_a_mistake_while_reading_is_a_prompt_json_500_that_leaves_no_file(
    api, png, monkeypatch, caplog
):
    monkeypatch.setattr(request_body, "parse_bracketed_names", lambda items: 1 / 0)
    started = time.monotonic()
    answer = api.form("img-rmbg", {"image": ("a.png", png())}, model="Ben2")
    assert answer.status_code == 500
    assert answer.json() == {"message": "Server Error"}
    assert "ZeroDivisionError" in caplog.text
    assert left_on_disk(api) == []
    assert api.emulator.requests[0].status == 500
    assert api.get("balance").status_code == 200
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("missing", [[0], [1]])
def test_references_are_numbered_from_0_without_gaps(v2, png, missing):
    numbers = [number for number in range(3) if number not in missing]
    parts = [(f"ref_images[{number}]", ("a.png", png())) for number in numbers]
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
    refused = v2.form("videos/animations", parts, **fields)
    assert refused.status_code == 422
    assert refused.json()["errors"] == {"ref_images": ["The ref images field must be a list."]}


def test_other_lists_are_numbered_without_gaps_too(api):
    refused = api.form("txt2embedding", {"x": b""}, **{"input[1]": "a"}, model="Bge_M3_FP16")
    assert refused.json()["errors"] == {"input": ["The input field must be a list."]}
    loras = {"loras[1][name]": "PepeFluxSchnellLora", "loras[1][weight]": "1"}
    refused = api.form("txt2img", {"x": b""}, **loras)
    assert refused.json()["errors"]["loras"] == ["The loras field must be an array."]


def multipart(names):
    part = 'Content-Disposition: form-data; name="{}"\r\n\r\nword\r\n'
    body = "".join(f"--x\r\n{part.format(name)}" for name in names) + "--x--\r\n"
    return {
        "content": body.encode(),
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    }


def test_a_form_has_room_for_every_input_of_an_embedding(api):
    answer = api.post(
        "txt2embedding/price-calculation", **multipart(["input[]"] * 2048 + ["model"])
    )
    assert answer.json()["errors"] == {"model": ["The selected model does not exist."]}
    (request,) = api.emulator.requests
    assert len(request.fields["input[]"]) == 2048


def test_more_parts_than_can_be_taken_are_a_413_that_says_so(api):
    message = f"The request has more than the {MAX_PARTS} fields or files that are allowed."
    many = ["input[]"] * (MAX_PARTS + 1)
    for sent in (
        multipart(many),
        multipart([f'{name}"; filename="a' for name in many]),
        {"content": "&".join(f"{name}=a" for name in many), "headers": FORM},
    ):
        answer = api.post("txt2embedding", **sent)
        assert answer.status_code == 413
        assert answer.json() == {"message": message}
    assert left_on_disk(api) == []
    assert httpx.get(api.emulator.url).status_code == 404
