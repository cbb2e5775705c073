"""Files to upload: validated first, read in chunks, and read again when a request is retried.

Only ``open_file()`` and ``FilePart.chunks()`` access the disk. Flows run ``open_file()`` in a
thread. The drivers iterate over ``chunks()``.
"""

from __future__ import annotations

import errno
import inspect
import io
import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .._text import describe, end_sentence, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._types import FileInput


# Bytes per read. Larger chunks leave the cache of the processor before they are sent. The async
# client reads larger ones, because it reads in a thread, and switching to a thread takes longer
# than a system call. It holds up to four chunks in memory.
CHUNK_SIZE = 512 * 1024
THREAD_CHUNK_SIZE = 1792 * 1024

# The formats that the service accepts, and common ones that models may add. The mimetypes module
# is not used, because its result depends on files of the operating system.
_MEDIA_TYPES = {
    "aac": "audio/aac",
    "avi": "video/x-msvideo",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "flac": "audio/flac",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jfif": "image/jpeg",
    "jpe": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "wmv": "video/x-ms-wmv",
}

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(; *[\w-]+=[\w.+-]+)*", re.ASCII)
_URL = re.compile("[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_CONTROL_CHARACTER = re.compile(r"[\0-\x1f\x7f]")
_MAX_NAME_LENGTH = 255  # the maximum of common file systems

# Modes of Pillow's images that PNG does not have, and the mode to convert them to.
_PNG_MODES = {
    "CMYK": "RGB",
    "HSV": "RGB",
    "LAB": "RGB",
    "La": "LA",
    "PA": "RGBA",
    "RGBX": "RGB",
    "RGBa": "RGBA",
    "YCbCr": "RGB",
}


class FilePart:
    """One file of a request.

    Attributes:
        filename: File name in the form: that of the path or file object, otherwise the name of
            the argument with ``.bin``.
        media_type: Media type, by the extension of the file name.
        size: Length in bytes; None for a stream of unknown length.
        blocking: Whether reading may wait for a disk. Such a file is not read on an event loop.
    """

    blocking = True
    size: int | None = None

    def __init__(self, argument: str, filename: str | None) -> None:
        self.rename(filename or f"{argument.partition('[')[0]}.bin")

    def rename(self, filename: str) -> None:
        """Set the file name, and the media type by its extension."""
        self.filename = filename
        extension = filename.rpartition(".")[2].lower()
        self.media_type = _MEDIA_TYPES.get(extension, "application/octet-stream")

    @property
    def repeatable(self) -> bool:
        """Whether the file can be sent again from its start."""
        return True

    def chunks(self, size: int = CHUNK_SIZE) -> Iterator[bytes]:
        """Yield the content from its start, in chunks of at most ``size`` bytes.

        Raises:
            OSError: The file cannot be read, or became shorter while it was uploaded.
        """
        raise NotImplementedError


class _BytesPart(FilePart):
    blocking = False

    def __init__(
        self,
        argument: str,
        content: bytes | bytearray | memoryview,
        filename: str | None = None,
    ) -> None:
        super().__init__(argument, filename)
        view = memoryview(content)
        self._content = (view if view.contiguous else memoryview(view.tobytes())).cast("B")
        self.size = self._content.nbytes

    def chunks(self, size: int = CHUNK_SIZE) -> Iterator[bytes]:
        for start in range(0, self._content.nbytes, size):
            yield bytes(self._content[start : start + size])


class _PathPart(FilePart):
    def __init__(self, argument: str, path: Path) -> None:
        self._path = path
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                path.open("rb").close()  # reject an unreadable file before anything is sent
        except OSError as error:
            reason = f"{argument} cannot be read: {error.strerror}"
            shown = str(path)
            if error.errno == errno.ENAMETOOLONG:  # such a string is content, base64 for example
                reason += ". If the string is base64, pass base64.b64decode(...) instead"
                shown = _quote(path)
            raise OSError(error.errno, reason, shown) from None
        except ValueError as error:  # a null character, for example
            raise ValueError(
                f"{argument} is not a valid path, {_quote(path)!r}: {end_sentence(str(error))}"
            ) from None
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, f"{argument} must be a file, not a directory", str(path))
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(
                f"{argument} must be a regular file, but {_quote(path)!r} is a device, a pipe or a "
                "socket. Open it in binary mode and pass the file object."
            )
        super().__init__(argument, path.name)
        self.size = status.st_size

    def chunks(self, size: int = CHUNK_SIZE) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            yield from _read_exactly(file, self.size, self.filename, size)


class _FileObjectPart(FilePart):
    def __init__(self, argument: str, file: Any) -> None:
        if getattr(file, "closed", False):
            raise ValueError(f"{argument} is a closed file. Open it again, in binary mode.")
        readable = getattr(file, "readable", None)
        if callable(readable) and not readable():
            raise ValueError(f"{argument} is a file opened for writing. Open it with mode 'rb'.")
        super().__init__(argument, _name_of(file))
        self._file = file
        self._started = False
        self._seekable = _is_seekable(file)
        if self._seekable:
            file.seek(0, os.SEEK_END)
            self.size = file.tell()

    @property
    def repeatable(self) -> bool:
        return self._seekable or not self._started

    def chunks(self, size: int = CHUNK_SIZE) -> Iterator[bytes]:
        self._started = True
        if self._seekable:
            self._file.seek(0)
        yield from _read_exactly(self._file, self.size, self.filename, size)


def open_file(argument: str, value: FileInput) -> FilePart:
    """Return a ``FileInput`` as a part of a form.

    Args:
        argument: Name of the argument, for messages, for example ``image`` or ``images[1]``.
        value: Value of the argument.

    Raises:
        TypeError: It cannot be sent as a file, or is a file opened in text mode.
        ValueError: It is empty, a URL, a closed file or not a regular file, or a name or a media
            type is invalid.
        OSError: The path does not exist, is a directory, or cannot be read.
    """
    content, name, media_type = _unpack(argument, value)
    part = _open_content(argument, content)
    if part.size == 0:
        raise ValueError(
            f"{argument} is empty: {part.filename!r:.100} has 0 bytes. If a program still writes "
            "to it, flush or close it first."
        )
    if name is not None:
        part.rename(name)
    if media_type is not None:
        part.media_type = media_type
    return part


def _unpack(argument: str, value: FileInput) -> tuple[Any, str | None, str | None]:
    """Return the file, and its name and media type if ``value`` is a tuple."""
    if not isinstance(value, tuple):
        return value, None, None
    items = cast("tuple[Any, ...]", value)
    if len(items) not in (2, 3):
        raise TypeError(
            f"{argument} must be (name, file) or (name, file, media_type), not a tuple of "
            f"{len(items)} items."
        )
    name, content, media_type = (*items, None)[:3]
    if not isinstance(name, str):
        raise TypeError(
            f"{argument} must be (name, file), and the name must be a str, "
            f"not {type(name).__name__}."
        )
    if not 0 < len(name) <= _MAX_NAME_LENGTH or _CONTROL_CHARACTER.search(name):
        raise ValueError(
            f"The name of {argument} must have 1 to {_MAX_NAME_LENGTH} characters without control "
            f"characters; got {name!r:.100}."
        )
    if media_type is not None and not isinstance(media_type, str):
        raise TypeError(
            f"The media type of {argument} must be a str, not {type(media_type).__name__}."
        )
    if media_type is not None and not _MEDIA_TYPE.fullmatch(media_type):
        raise ValueError(
            f"The media type of {argument} must be like 'image/png'; got {media_type!r:.100}."
        )
    return content, name, media_type


def _open_content(argument: str, value: Any) -> FilePart:
    if isinstance(value, memoryview) and type(value.obj).__name__ == "_BytesIOBuffer":
        # Python crashes if it collects a BytesIO and a view of its buffer in one cycle.
        value = value.tobytes()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _BytesPart(argument, cast("bytes", value))
    if isinstance(value, (str, os.PathLike)):
        return _PathPart(argument, _to_path(argument, cast("str", value)))
    image_class = getattr(sys.modules.get("PIL.Image"), "Image", None)
    if image_class is not None and isinstance(value, image_class):
        return _encode_image(argument, value)
    _reject_array(argument, value)
    if hasattr(value, "status_code") and hasattr(value.__class__, "content"):
        raise TypeError(f"{argument} is an HTTP response. Pass its content: response.content.")
    if hasattr(value, "request_id"):  # a job or its result
        raise TypeError(
            f"{argument} must be a file, not {type(value).__name__}. Pass the content of the "
            "result, job.read(), or save it to a file and pass the path."
        )
    read = getattr(value, "read", None)
    if not callable(read):
        try:
            return _BytesPart(argument, memoryview(value))  # array.array, for example
        except TypeError:
            raise TypeError(
                f"{argument} must be a path, bytes, or a file opened in binary mode, "
                f"not {type(value).__name__}."
            ) from None
    if inspect.iscoroutinefunction(read):
        return _open_upload(argument, value)
    return _open_file_object(argument, value)


def _to_path(argument: str, value: str | os.PathLike[Any]) -> Path:
    path = os.fsdecode(value)
    if not path:
        raise ValueError(f"{argument} is an empty string. Pass the path of a file.")
    if path[:5].lower() == "data:" and "," in path:
        raise ValueError(
            f"{argument} is a data URI: {path[:40]!r}... Decode it and pass the bytes: "
            "base64.b64decode(uri.partition(',')[2])."
        )
    if _URL.match(path):
        raise ValueError(
            f"{argument} is a URL: {describe(path, 100)}. Download it first, and pass the path or "
            "the bytes."
        )
    return Path(path)


def _encode_image(argument: str, image: Any) -> FilePart:
    """Encode an image of Pillow as PNG."""
    content = io.BytesIO()
    try:
        if image.mode in _PNG_MODES:
            image = image.convert(_PNG_MODES[image.mode])
        image.save(content, "PNG")
    except Exception as error:
        # Pillow raises various classes for modes without a PNG form and for damaged files.
        raise ValueError(
            f"{argument} cannot be encoded as PNG: {end_sentence(sanitize(str(error), 200))} "
            "Save the image to a file, and pass its path."
        ) from error
    return _BytesPart(argument, content.getvalue(), f"{argument.partition('[')[0]}.png")


def _reject_array(argument: str, value: Any) -> None:
    """Reject arrays and tensors, except arrays of bytes, such as an encoded image of OpenCV."""
    if not hasattr(value, "__array__") and not hasattr(value, "__dlpack__"):
        return
    shape = tuple(getattr(value, "shape", ()))
    if len(shape) == 1 and str(getattr(value, "dtype", "")) == "uint8":
        return
    raise TypeError(
        f"{argument} is an array of shape {shape!s:.60}. Encode it first, for example as PNG or "
        "WAV, and pass the bytes. For pixels, pass PIL.Image.fromarray(array)."
    )


def _open_upload(argument: str, upload: Any) -> FilePart:
    """Open an object with async methods that wraps a file object: FastAPI's ``UploadFile``."""
    file = getattr(upload, "file", None)
    if not callable(getattr(file, "read", None)):
        raise TypeError(
            f"{argument} is an async file. Pass the path, the bytes, or a sync file object."
        )
    part = _open_file_object(argument, file)
    name = _name_of(upload)
    if name is not None:
        part.rename(name)
    return part


def _open_file_object(argument: str, file: Any) -> FilePart:
    # Text files, by their class or, for wrappers, by their attributes.
    if issubclass(type(file), io.TextIOBase) or isinstance(getattr(file, "encoding", None), str):
        raise TypeError(f"{argument} is a file opened in text mode. Open it with mode 'rb'.")
    try:
        return _FileObjectPart(argument, file)
    except (OSError, TypeError, ValueError):
        raise
    except Exception as error:
        raise _unreadable(argument, error) from error


def _name_of(file: Any) -> str | None:
    """Return the base name of a file object, or None if it is unknown."""
    # The uploads of Flask and FastAPI have the file's name in "filename". Flask's "name" is the
    # name of the form field. The name of an unnamed file is its descriptor, or "<stdin>".
    # Files of the standard library have no "filename", except GzipFile, which warns.
    uploaded = None if isinstance(file, io.IOBase) else getattr(file, "filename", None)
    name = uploaded if isinstance(uploaded, str) else getattr(file, "name", None)
    # Before Python 3.12, a member of a tar archive has the name of the archive.
    archive = getattr(getattr(file, "raw", None), "fileobj", None)
    if archive is not None and getattr(archive, "name", None) == name:
        return None
    if not isinstance(name, (str, bytes, os.PathLike)):
        return None
    base: str = re.split(r"[\\/]", os.fsdecode(cast("str", name)))[-1]
    if _decompresses(file):
        base = re.sub(r"\.(gz|bz2|xz|lzma)$", "", base, flags=re.IGNORECASE)
    return None if base in ("", ".", "..") or base.startswith("<") else base


def _decompresses(file: Any) -> bool:
    return any(cls.__module__ in ("gzip", "bz2", "lzma") for cls in type(file).__mro__)


def _is_seekable(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    if callable(seekable):
        return bool(seekable())
    return hasattr(file, "seek")


def _read_exactly(file: Any, size: int | None, name: str, chunk_size: int) -> Iterator[bytes]:
    """Yield exactly ``size`` bytes of ``file``, even if it has grown since its size was sent."""
    remaining = size
    while remaining is None or remaining > 0:
        try:
            chunk = file.read(chunk_size if remaining is None else min(chunk_size, remaining))
        except OSError:
            raise
        except Exception as error:
            # A file object may raise anything, for example if it reads a damaged archive.
            raise _unreadable(name, error) from error
        if not isinstance(chunk, bytes):
            raise TypeError(f"{name} returned {type(chunk).__name__} instead of bytes.")
        if not chunk:
            break
        yield chunk
        remaining = None if remaining is None else remaining - len(chunk)
    if remaining:
        raise OSError(
            f"{name} was truncated while uploading ({remaining} bytes are missing). The request "
            "was aborted; nothing was charged."
        )


def _unreadable(name: str, error: Exception) -> OSError:
    return OSError(f"{name} could not be read: {type(error).__name__}: {error}")


def _quote(path: Path) -> str:
    return sanitize(str(path), 100)
