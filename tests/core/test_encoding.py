"""Encoding of request bodies: multipart forms, form fields and JSON."""

import email
import io
import json
import os
import tracemalloc
from enum import Enum, IntEnum

import pytest

from deapi._core import multipart
from deapi._core.encoding import form_fields, json_body
from deapi._core.files import CHUNK_SIZE, open_file
from deapi._core.multipart import Multipart

BOUNDARY = "0" * 32
CONTENT = os.urandom(CHUNK_SIZE + 12340)


def test_a_form_can_be_parsed_with_the_standard_library(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(CONTENT)
    fields = {"prompt": "grüße\r\n", "steps": 4, "guidance": 1e-7, "flag": True, "off": False}
    fields["loras"] = [{"name": "a", "weight": 0.5}, {"name": "b", "weight": 1}]
    form = Multipart(
        fields,
        [("images[]", open_file("images[]", path)), ("images[]", open_file("images[]", b"two"))],
        boundary=BOUNDARY,
    )
    body = b"".join(form.chunks())
    assert form.size == len(body)
    parsed = email.message_from_bytes(
        b"Content-Type: " + form.content_type.encode() + b"\r\n\r\n" + body
    )
    parts = [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
        for part in parsed.get_payload()
    ]
    assert parts == [
        ("prompt", "grüße\r\n".encode()),
        ("steps", b"4"),
        ("guidance", b"0.0000001"),
        ("flag", b"1"),
        ("off", b"0"),
        ("loras[0][name]", b"a"),
        ("loras[0][weight]", b"0.5"),
        ("loras[1][name]", b"b"),
        ("loras[1][weight]", b"1"),
        ("images[]", CONTENT),
        ("images[]", b"two"),
    ]


def test_subclasses_of_numbers_and_strings_are_sent_as_their_values():
    class Number(float):
        def __repr__(self):
            return f"np.float64({float.__repr__(self)})"

    class Model(str, Enum):
        KLEIN = "Flux_2_Klein"

    class Steps(IntEnum):
        FEW = 4

    fields = {"guidance": Number(1.5), "model": Model.KLEIN, "steps": Steps.FEW}
    assert dict(form_fields(fields)) == {"guidance": "1.5", "model": "Flux_2_Klein", "steps": "4"}
    sent = {"guidance": 1.5, "model": "Flux_2_Klein", "steps": 4}
    assert json.loads(json_body(fields)) == sent


def test_a_json_body_is_compact_and_not_escaped():
    assert json_body({"prompt": "grüße", "steps": [1, None]}) == (
        '{"prompt":"grüße","steps":[1,null]}'.encode()
    )


def test_the_values_of_a_form_are_what_laravel_reads():
    class Steps(int):
        def __str__(self):
            return "few"

    fields = {"rate": 24000.0, "tiny": 1e-7, "large": 1e20, "steps": Steps(4), "limit": None}
    assert dict(form_fields(fields)) == {
        "rate": "24000",
        "tiny": "0.0000001",
        "large": "100000000000000000000",
        "steps": "4",
        "limit": "",
    }


@pytest.mark.parametrize("name", ['a".png', "a\r\nX-Evil: 1.png", "a\nb.png", "ä\udcff.png"])
def test_a_filename_cannot_inject_headers(name):
    handle = io.BytesIO(b"x")
    handle.name = name
    (_, *lines), _ = (
        (
            b"".join(
                Multipart({}, [("image", open_file("image", handle))], boundary=BOUNDARY).chunks()
            )
        )
        .split(b"\r\n\r\n", 1)[0]
        .split(b"\r\n"),
        None,
    )
    assert len(lines) == 2, "one Content-Disposition and one Content-Type"
    assert lines[0].count(b'"') == 4


def test_a_field_name_cannot_inject_headers():
    fields = {"loras": [{'a"\r\nX-Evil: 1\r\n\r\n': 1}]}
    head, _, _ = b"".join(Multipart(fields, [], boundary=BOUNDARY).chunks()).partition(
        b"\r\n\r\n1\r\n"
    )
    assert head.count(b"\r\n") == 1, "the boundary and one Content-Disposition"


def test_a_form_without_fields_has_no_empty_chunk():
    form = Multipart({}, [("image", open_file("image", b"x"))], boundary=BOUNDARY)
    chunks = list(form.chunks())
    assert all(chunks), "an empty chunk would end the body"
    assert form.size == sum(map(len, chunks))


def test_one_file_that_cannot_be_read_again_makes_a_form_unrepeatable():
    read_end, write_end = os.pipe()
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        files = [("a", open_file("a", b"x")), ("b", open_file("b", pipe))]
        form = Multipart({}, files, boundary=BOUNDARY)
        assert form.repeatable
        assert form.size is None
        list(form.chunks())
        assert not form.repeatable


def test_a_form_is_blocking_if_one_of_its_files_is_on_a_disk(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"x")
    in_memory, on_disk = ("a", open_file("a", b"x")), ("b", open_file("b", path))
    blocking = [
        Multipart({}, files, boundary=BOUNDARY).blocking
        for files in ([], [in_memory], [in_memory, on_disk])
    ]
    assert blocking == [False, False, True]


def test_a_large_file_is_streamed(tmp_path):
    path = tmp_path / "large.bin"
    with path.open("wb") as handle:
        handle.truncate(64 * 1024 * 1024)
    form = Multipart({}, [("video", open_file("video", path))], boundary=BOUNDARY)
    tracemalloc.start()
    sent = sum(len(chunk) for chunk in form.chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent == form.size > 64 * 1024 * 1024
    assert peak < 4 * 1024 * 1024


def test_a_form_may_have_the_maximum_size_and_not_more(monkeypatch):
    files = [(name, open_file(name, b"x" * 500)) for name in ("image", "audio")]
    size = Multipart({}, files, boundary=BOUNDARY).size
    monkeypatch.setattr(multipart, "MAX_SIZE", size)
    assert Multipart({}, files, boundary=BOUNDARY).size == size
    monkeypatch.setattr(multipart, "MAX_SIZE", size - 1)
    with pytest.raises(ValueError, match=r"image \(image\.bin, 500 bytes\), audio \(audio\.bin"):
        Multipart({}, files, boundary=BOUNDARY)
