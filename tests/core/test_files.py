"""Files in requests: how they are read, their size and name, and which are rejected."""

import array
import io
import os
import tempfile
from pathlib import Path

import pytest

from deapi._core.files import CHUNK_SIZE, open_file

CONTENT = os.urandom(CHUNK_SIZE + 12340)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(CONTENT)
    return path


class Unseekable(io.RawIOBase):
    """A stream that cannot seek, such as a pipe."""

    def __init__(self, content):
        self._content = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._content.readinto(buffer)


def content_of(part):
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


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_has_a_known_size_and_can_be_sent_repeatedly(path, name):
    value = INPUTS[name](path)
    if name == "TemporaryFile":
        value.write(CONTENT)
    part = open_file("image", value)
    assert part.size == len(CONTENT)
    assert content_of(part) == CONTENT
    assert part.repeatable
    assert content_of(part) == CONTENT
    if hasattr(value, "close"):
        value.close()


def test_a_file_object_is_sent_from_its_start(path):
    with path.open("rb") as handle:
        handle.seek(100)
        assert content_of(open_file("image", handle)) == CONTENT


def test_a_stream_that_cannot_seek_is_sent_once():
    part = open_file("image", Unseekable(CONTENT))
    assert part.size is None
    assert part.repeatable, "nothing has been read yet"
    assert content_of(part) == CONTENT
    assert not part.repeatable


def test_the_filename_and_media_type_come_from_the_path_or_the_field(path):
    with path.open("rb") as handle:
        for value in (path, handle):
            part = open_file("image", value)
            assert (part.filename, part.media_type) == ("photo.png", "image/png")
    part = open_file("images[]", b"...")
    assert (part.filename, part.media_type) == ("images.bin", "application/octet-stream")


@pytest.mark.parametrize(
    ("make", "error", "message"),
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
def test_what_is_not_a_readable_file_is_rejected(tmp_path, make, error, message):
    with pytest.raises(error, match=message):
        open_file("image", make(tmp_path))


def test_a_text_mode_or_closed_file_is_rejected(path):
    with path.open(encoding="latin-1") as handle, pytest.raises(TypeError, match="'rb'"):
        open_file("image", handle)
    with path.open("rb") as handle:
        pass
    with pytest.raises(ValueError, match="a closed file"):
        open_file("image", handle)


def test_an_async_file_is_rejected_with_advice():
    class UploadFile:
        async def read(self): ...

    with pytest.raises(TypeError, match=r"\.file"):
        open_file("image", UploadFile())


def test_a_file_that_grows_is_sent_with_its_declared_size(path):
    part = open_file("image", path)
    with path.open("ab") as handle:
        handle.write(b"more")
    assert content_of(part) == CONTENT


def test_a_file_that_shrinks_aborts_the_request(path):
    part = open_file("image", path)
    path.write_bytes(CONTENT[:1000])
    with pytest.raises(OSError, match="was truncated"):
        content_of(part)


def test_any_exception_of_a_file_object_becomes_an_oserror():
    class Damaged(io.BytesIO):
        def read(self, size=-1):
            raise EOFError("the archive ends here")

    with pytest.raises(OSError, match="the archive ends here"):
        content_of(open_file("image", Damaged(b"12345")))


def test_a_file_opened_for_writing_is_rejected(tmp_path):
    with (tmp_path / "new").open("ab") as handle, pytest.raises(ValueError, match="'rb'"):
        open_file("image", handle)


def test_other_bytes_like_objects_are_sent_as_bytes():
    assert (
        content_of(open_file("image", array.array("H", [1, 2])))
        == array.array("H", [1, 2]).tobytes()
    )
    assert content_of(open_file("image", memoryview(b"abcdef")[::2])) == b"ace"


def test_a_file_that_must_not_be_read_is_rejected_first(path, monkeypatch):
    def deny(path, mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(PermissionError):
        open_file("image", path)


def test_a_text_file_in_a_wrapper_is_rejected():
    with (
        tempfile.NamedTemporaryFile("w+", encoding="utf-8") as file,
        pytest.raises(TypeError, match="opened in text mode"),
    ):
        open_file("image", file)


class Minimal:
    """A file object with only some of the methods of one."""

    def __init__(self, content):
        self._content = io.BytesIO(content)
        self.read = self._content.read


class MinimalWithSeek(Minimal):
    """The same, which can seek but does not say so."""

    def __init__(self, content):
        super().__init__(content)
        self.seek, self.tell = self._content.seek, self._content.tell


def test_a_file_object_without_seekable_is_seekable_if_it_has_seek():
    part = open_file("image", MinimalWithSeek(CONTENT))
    assert (part.size, content_of(part), content_of(part)) == (len(CONTENT), CONTENT, CONTENT)
    part = open_file("image", Minimal(CONTENT))
    assert (part.size, part.repeatable, content_of(part)) == (None, True, CONTENT)
    assert not part.repeatable


@pytest.mark.parametrize("content", ["text", bytearray(b"x"), None])
def test_a_file_object_that_does_not_return_bytes_is_rejected(content):
    class Wrong:
        def read(self, size):
            return content

    part = open_file("image", Wrong())
    with pytest.raises(TypeError, match=f"returned {type(content).__name__} instead of bytes"):
        content_of(part)


@pytest.mark.parametrize("make", [bytes, io.BytesIO, lambda content: memoryview(content).cast("I")])
@pytest.mark.parametrize("size", [0, 8, 16])
def test_no_chunk_is_empty(make, size):
    part = open_file("image", make(b"x" * size))
    assert [len(chunk) for chunk in part.chunks(8)] == [8] * (size // 8)
