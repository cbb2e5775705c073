"""Files on their way into a form: streamed, repeatable, and refused when they cannot be sent."""

import array
import email
import io
import json
import os
import tempfile
import tracemalloc
from enum import Enum, IntEnum
from pathlib import Path

import pytest

from deapi._files import CHUNK, file_part
from deapi._transport.multipart import Multipart
from deapi._transport.request import form_fields, json_body

CONTENT = os.urandom(CHUNK + 12340)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(CONTENT)
    return path


class Unseekable(io.RawIOBase):
    """A pipe, as far as anyone can tell."""

    def __init__(self, content):
        self._content = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._content.readinto(buffer)


def whole(part):
    return b"".join(part.chunks())


INPUTS = {
    "str": str,
    "Path": Path,
    "bytes": Path.read_bytes,
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "memoryview": lambda path: memoryview(path.read_bytes()),
    "wide memoryview": lambda path: memoryview(path.read_bytes()).cast("I"),
    "BytesIO": lambda path: io.BytesIO(path.read_bytes()),
    "handle": lambda path: path.open("rb"),
    "TemporaryFile": lambda path: tempfile.TemporaryFile(),  # noqa: SIM115
}


@pytest.mark.parametrize("kind", INPUTS)
def test_every_input_is_sent_whole_with_its_size_known_as_often_as_needed(path, kind):
    given = INPUTS[kind](path)
    if kind == "TemporaryFile":
        given.write(CONTENT)
    part = file_part("image", given)
    assert part.size == len(CONTENT)
    assert whole(part) == CONTENT
    assert part.repeatable
    assert whole(part) == CONTENT
    if hasattr(given, "close"):
        given.close()


def test_a_file_object_is_sent_from_its_start(path):
    with path.open("rb") as handle:
        handle.seek(100)
        assert whole(file_part("image", handle)) == CONTENT


def test_a_stream_that_cannot_be_rewound_is_sent_once():
    part = file_part("image", Unseekable(CONTENT))
    assert part.size is None
    assert part.repeatable, "nothing has been taken from it yet"
    assert whole(part) == CONTENT
    assert not part.repeatable


def test_names_and_types_come_from_the_path_the_handle_or_the_field(path):
    with path.open("rb") as handle:
        for given in (path, handle):
            part = file_part("image", given)
            assert (part.filename, part.media_type) == ("photo.png", "image/png")
    part = file_part("images[]", b"...")
    assert (part.filename, part.media_type) == ("images.bin", "application/octet-stream")


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda d: d / "missing.png", FileNotFoundError, "missing.png"),
        (lambda d: str(d / "missing.png"), FileNotFoundError, "missing.png"),
        (lambda d: d, IsADirectoryError, "directory"),
        (lambda d: Path(os.devnull), ValueError, "regular file"),
        (lambda d: io.StringIO("text"), TypeError, "text mode"),
        (lambda d: None.__class__, TypeError, "path, bytes, or a file"),
        (lambda d: 7, TypeError, "path, bytes, or a file"),
        (lambda d: ["a.png"], TypeError, "path, bytes, or a file"),
    ],
)
def test_what_cannot_be_sent_is_refused(tmp_path, make, kind, words):
    with pytest.raises(kind, match=words):
        file_part("image", make(tmp_path))


def test_a_handle_in_text_mode_or_closed_is_refused(path):
    with path.open(encoding="latin-1") as handle, pytest.raises(TypeError, match="'rb'"):
        file_part("image", handle)
    with path.open("rb") as handle:
        pass
    with pytest.raises(ValueError, match="closed"):
        file_part("image", handle)


def test_a_file_that_is_read_with_await_is_refused_with_advice():
    class UploadFile:
        async def read(self): ...

    with pytest.raises(TypeError, match=r"\.file"):
        file_part("image", UploadFile())


def test_a_file_that_grows_is_sent_as_it_was_announced(path):
    part = file_part("image", path)
    with path.open("ab") as handle:
        handle.write(b"more")
    assert whole(part) == CONTENT


def test_a_file_that_shrinks_breaks_the_request_off(path):
    part = file_part("image", path)
    path.write_bytes(CONTENT[:1000])
    with pytest.raises(OSError, match="became shorter"):
        whole(part)


def test_a_form_is_what_a_parser_of_forms_expects(path):
    fields = {"prompt": "grüße\r\n", "steps": 4, "guidance": 1e-7, "flag": True, "off": False}
    fields["loras"] = [{"name": "a", "weight": 0.5}, {"name": "b", "weight": 1}]
    form = Multipart(
        fields,
        [("images[]", file_part("images[]", path)), ("images[]", file_part("images[]", b"two"))],
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


def test_numbers_and_words_of_other_classes_are_sent_as_what_they_are():
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


def test_a_file_object_that_fails_in_its_own_way_is_the_callers_oserror():
    class Damaged(io.BytesIO):
        def read(self, size=-1):
            raise EOFError("the archive ends here")

    with pytest.raises(OSError, match="the archive ends here"):
        whole(file_part("image", Damaged(b"12345")))


def test_a_handle_for_writing_is_refused(tmp_path):
    with (tmp_path / "new").open("ab") as handle, pytest.raises(ValueError, match="'rb'"):
        file_part("image", handle)


def test_other_bytes_like_things_are_bytes():
    assert whole(file_part("image", array.array("H", [1, 2]))) == array.array("H", [1, 2]).tobytes()
    assert whole(file_part("image", memoryview(b"abcdef")[::2])) == b"ace"


@pytest.mark.parametrize("name", ['a".png', "a\r\nX-Evil: 1.png", "a\nb.png", "ä\udcff.png"])
def test_a_file_name_cannot_add_to_the_headers(name):
    handle = io.BytesIO(b"x")
    handle.name = name
    (_, *lines), _ = (
        (b"".join(Multipart({}, [("image", file_part("image", handle))]).chunks()))
        .split(b"\r\n\r\n", 1)[0]
        .split(b"\r\n"),
        None,
    )
    assert len(lines) == 2, "one Content-Disposition and one Content-Type"
    assert lines[0].count(b'"') == 4


def test_a_large_file_is_never_in_memory(tmp_path):
    path = tmp_path / "large.bin"
    with path.open("wb") as handle:
        handle.truncate(64 * 1024 * 1024)
    form = Multipart({}, [("video", file_part("video", path))])
    tracemalloc.start()
    sent = sum(len(chunk) for chunk in form.chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent == form.size > 64 * 1024 * 1024
    assert peak < 4 * 1024 * 1024
