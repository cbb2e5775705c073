"""Files in requests: how they are read, their size and name, and which are rejected."""

import array
import bz2
import errno
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import httpx
import numpy
import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from fastapi import UploadFile
from PIL import Image
from werkzeug.datastructures import FileStorage

from deapi import AsyncDeapiClient, DeapiClient, JobResult
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
    part = open_file("images[0]", b"...")
    assert (part.filename, part.media_type) == ("images.bin", "application/octet-stream")


@pytest.mark.parametrize("content", [CONTENT, io.BytesIO(CONTENT), "path"])
def test_a_tuple_sets_the_name_and_the_media_type(path, content):
    content = path if content == "path" else content
    part = open_file("audio", ("speech.MP3", content))
    assert (part.filename, part.media_type) == ("speech.MP3", "audio/mpeg")
    assert content_of(part) == CONTENT
    part = open_file("audio", ("speech", content, "audio/flac"))
    assert (part.filename, part.media_type) == ("speech", "audio/flac")
    part = open_file("audio", ("speech", content, None))
    assert (part.filename, part.media_type) == ("speech", "application/octet-stream")


def test_the_media_type_does_not_depend_on_the_operating_system(monkeypatch):
    program = """
import mimetypes
mimetypes.init(files=[])
mimetypes.types_map.clear()
from deapi._core.files import open_file
for name in "a.webp a.flac a.m4a a.ogg a.mkv a.jfif a.PNG".split():
    print(open_file("image", (name, b"x")).media_type)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout.decode().split() == [
        "image/webp",
        "audio/flac",
        "audio/mp4",
        "audio/ogg",
        "video/x-matroska",
        "image/jpeg",
        "image/png",
    ]


class Named(io.BytesIO):
    """A file object with any name."""

    def __init__(self, name):
        super().__init__(CONTENT)
        self.name = name


def tar_archive(directory):
    with tarfile.open(directory / "a.tar", "w") as archive:
        archive.add(directory / "photo.png", arcname="directory/photo.png")
    return tarfile.open(directory / "a.tar")


def zip_archive(directory):
    with zipfile.ZipFile(directory / "a.zip", "w") as archive:
        archive.write(directory / "photo.png", "directory/photo.png")
    return zipfile.ZipFile(directory / "a.zip")


def compressed(module, extension):
    def make(directory):
        with module.open(directory / f"photo.png.{extension}", "wb") as file:
            file.write(CONTENT)
        return module.open(directory / f"photo.png.{extension}", "rb")

    return make


HAS_NAMES = sys.version_info >= (3, 13)
HAS_TAR_NAMES = sys.version_info >= (3, 12)
NAMED = {
    "Flask": (lambda d: FileStorage(io.BytesIO(CONTENT), "photo.png", name="field"), "photo.png"),
    "Flask without": (lambda d: FileStorage(io.BytesIO(CONTENT), "", name="field"), "image.bin"),
    "Django": (lambda d: SimpleUploadedFile("photo.png", CONTENT), "photo.png"),
    "FastAPI": (lambda d: UploadFile(io.BytesIO(CONTENT), filename="photo.png"), "photo.png"),
    "FastAPI without": (lambda d: UploadFile(io.BytesIO(CONTENT)), "image.bin"),
    "Path": (lambda d: Named(Path("directory/photo.png")), "photo.png"),
    "bytes": (lambda d: Named(b"directory/photo.png"), "photo.png"),
    "Windows": (lambda d: Named(r"C:\\directory\\photo.png"), "photo.png"),
    "descriptor": (lambda d: Named(5), "image.bin"),
    "stdin": (lambda d: Named("<stdin>"), "image.bin"),
    "dots": (lambda d: Named(".."), "image.bin"),
    "tar": (tar_archive, "photo.png" if HAS_TAR_NAMES else "image.bin"),
    "zip": (zip_archive, "photo.png"),
    "gzip": (compressed(gzip, "gz"), "photo.png"),
    "bz2": (compressed(bz2, "bz2"), "photo.png" if HAS_NAMES else "image.bin"),
    "lzma": (compressed(lzma, "xz"), "photo.png" if HAS_NAMES else "image.bin"),
}


@pytest.mark.parametrize("name", NAMED)
def test_an_upload_or_a_member_of_an_archive_keeps_its_name(path, name):
    make, expected = NAMED[name]
    opened = make(path.parent)
    file = opened
    if isinstance(opened, tarfile.TarFile):
        file = opened.extractfile("directory/photo.png")
    elif isinstance(opened, zipfile.ZipFile):
        file = opened.open("directory/photo.png")
    part = open_file("image", file)
    assert part.filename == expected
    assert part.media_type == (
        "image/png" if expected == "photo.png" else "application/octet-stream"
    )
    assert (part.size, content_of(part), content_of(part)) == (len(CONTENT), CONTENT, CONTENT)
    if name in ("tar", "zip"):
        file.close()
    getattr(opened, "file", opened).close()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16"])
def test_an_image_of_pillow_is_encoded_as_png(mode):
    part = open_file("images[1]", Image.new(mode, (7, 5)))
    assert (part.filename, part.media_type) == ("images.png", "image/png")
    with Image.open(io.BytesIO(content_of(part))) as image:
        assert (image.format, image.size) == ("PNG", (7, 5))
    assert part.repeatable


@pytest.mark.parametrize(
    "source", ['Image.new("RGB", (64, 64))', 'io.BytesIO(b"x" * 100_000).getbuffer()']
)
def test_a_file_in_a_reference_cycle_can_be_collected(source):
    # Python crashes if it collects a BytesIO together with a view of its buffer.
    program = f"""
import gc, io
from PIL import Image
from deapi._core.files import open_file
for _ in range(5):
    part = open_file("image", {source})
    part.cycle = part
    del part
    gc.collect()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_damaged_image_of_pillow_is_rejected(tmp_path):
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(buffer, "PNG")
    with (
        Image.open(io.BytesIO(buffer.getvalue()[:500])) as image,
        pytest.raises(ValueError, match="image cannot be encoded as PNG"),
    ):
        open_file("image", image)


def test_an_array_of_encoded_bytes_is_sent():
    assert content_of(open_file("image", numpy.frombuffer(b"abc", "uint8"))) == b"abc"


NOT_FILES = {
    "missing": (lambda d: d / "missing.png", FileNotFoundError, "missing.png"),
    "missing str": (lambda d: str(d / "missing.png"), FileNotFoundError, "missing.png"),
    "directory": (lambda d: d, IsADirectoryError, "must be a file, not a directory"),
    "device": (lambda d: Path(os.devnull), ValueError, "regular file"),
    "null": (lambda d: "a\0b", ValueError, "null"),
    "empty str": (lambda d: "", ValueError, "empty string"),
    "http URL": (lambda d: "https://h.example/a.png", ValueError, "Download it first"),
    "S3 URL": (lambda d: "S3://bucket/a.png", ValueError, "Download it first"),
    "GS URL": (lambda d: "gs://bucket/" + "a" * 500, ValueError, "Download it first"),
    "data URI": (lambda d: "data:image/png;base64," + "A" * 300_000, ValueError, "b64decode"),
    "base64": (lambda d: "iVBORw0KGgo" * 1000, OSError, r"too long\. If .* base64\.b64decode\("),
    "a job": (lambda d: DeapiClient(api_key="k").job("x"), TypeError, r"not Job\. .* job\.read"),
    "a job of the async client": (
        lambda d: AsyncDeapiClient(api_key="k").job("x"),
        TypeError,
        r"not AsyncJob\. .* job\.read\(\)",
    ),
    "a result": (lambda d: JobResult(status="done"), TypeError, r"not JobResult\. .* job\.read"),
    "text": (lambda d: io.StringIO("text"), TypeError, "text mode"),
    "class": (lambda d: None.__class__, TypeError, "path, bytes, or a file"),
    "int": (lambda d: 7, TypeError, "path, bytes, or a file"),
    "list": (lambda d: ["a.png"], TypeError, "path, bytes, or a file"),
    "httpx": (lambda d: httpx.Response(200, text="x"), TypeError, r"response\.content"),
    "requests": (lambda d: requests.Response(), TypeError, r"response\.content"),
    "pixels": (lambda d: numpy.zeros((4, 5, 3), "uint8"), TypeError, r"shape \(4, 5, 3\)"),
    "samples": (lambda d: numpy.zeros(16000, "float32"), TypeError, r"shape \(16000,\)"),
    "number": (lambda d: numpy.float64(1), TypeError, "an array"),
    "no bytes": (lambda d: b"", ValueError, "empty"),
    "no content": (lambda d: io.BytesIO(), ValueError, "empty"),
    "float image": (lambda d: Image.new("F", (2, 2)), ValueError, "encoded as PNG"),
    "tuple of 1": (lambda d: ("a.png",), TypeError, "name, file"),
    "tuple of 4": (lambda d: ("a.png", b"x", "image/png", {}), TypeError, "name, file"),
    "name": (lambda d: (None, b"x"), TypeError, "name must be a str, not NoneType"),
    "empty name": (lambda d: ("", b"x"), ValueError, "1 to 255 characters"),
    "long name": (lambda d: ("a" * 256, b"x"), ValueError, "1 to 255 characters"),
    "line break": (lambda d: ("a\r\nb: c", b"x"), ValueError, "control characters"),
    "null name": (lambda d: ("a\0.png", b"x"), ValueError, "control characters"),
    "media type": (lambda d: ("a.png", b"x", "image"), ValueError, "like 'image/png'"),
    "header": (lambda d: ("a.png", b"x", "a/b\r\nx: y"), ValueError, "like 'image/png'"),
    "media type type": (lambda d: ("a.png", b"x", 5), TypeError, "media type of"),
    "nested": (lambda d: ("a.png", ("b.png", b"x")), TypeError, "not tuple"),
    "URL in tuple": (lambda d: ("a.png", "https://h.example/a"), ValueError, "Download it first"),
}


@pytest.mark.parametrize("argument", ["image", "images[2]"])
@pytest.mark.parametrize("name", NOT_FILES)
def test_what_is_not_a_file_is_rejected_in_a_short_sentence_that_names_the_argument(
    tmp_path, name, argument
):
    make, error, message = NOT_FILES[name]
    value = make(tmp_path)
    with pytest.raises(error, match=message) as caught:
        open_file(argument, value)
    assert argument in str(caught.value)
    assert len(str(caught.value)) < 320 + len(str(tmp_path))
    if isinstance(value, httpx.Response):
        value.close()


def test_the_signature_of_a_url_is_not_shown():
    with pytest.raises(ValueError, match=r"https://h\.example/a\.png") as caught:
        open_file("image", "https://h.example/a.png?X-Amz-Signature=s3cr3t")
    assert "s3cr3t" not in str(caught.value)


def test_the_error_of_a_missing_file_has_its_path_and_errno(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        open_file("image", tmp_path / "missing.png")
    assert caught.value.filename == str(tmp_path / "missing.png")
    assert caught.value.errno == errno.ENOENT
    assert str(caught.value).startswith("[Errno 2] image cannot be read: No such file or directory")


def test_a_text_mode_or_closed_file_is_rejected(path):
    with path.open(encoding="latin-1") as handle, pytest.raises(TypeError, match="'rb'"):
        open_file("image", handle)
    with path.open("rb") as handle:
        pass
    with pytest.raises(ValueError, match="a closed file"):
        open_file("image", handle)


@pytest.mark.parametrize("file", [None, io.StringIO("text"), object()])
def test_an_async_file_without_a_sync_one_is_rejected(file):
    class AsyncFile:
        async def read(self): ...

    AsyncFile.file = file
    with pytest.raises(TypeError, match=r"image is (an async file|a file opened in text mode)"):
        open_file("image", AsyncFile())


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
@pytest.mark.parametrize("size", [8, 16])
def test_no_chunk_is_empty(make, size):
    part = open_file("image", make(b"x" * size))
    assert [len(chunk) for chunk in part.chunks(8)] == [8] * (size // 8)
