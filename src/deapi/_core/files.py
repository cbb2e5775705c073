"""Files to upload: validated first, read in chunks, and read again when a request is retried.

Only ``open_file()`` and ``FilePart.chunks()`` access the disk. Flows run ``open_file()`` in a
thread. The drivers iterate over ``chunks()``.
"""

from __future__ import annotations

import inspect
import io
import mimetypes
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._types import FileInput


# Bytes per read. The async client reads larger chunks, because it reads in a thread, and switching
# to a thread takes longer than a system call.
CHUNK_SIZE = 512 * 1024
THREAD_CHUNK_SIZE = 1024 * 1024


class FilePart:
    """One file of a request.

    Attributes:
        filename: File name in the form: that of the path or file object, otherwise the name of
            the field with ``.bin``.
        media_type: Media type, guessed from the file name.
        size: Length in bytes; None for a stream of unknown length.
        blocking: Whether reading may wait for a disk. Such a file is not read on an event loop.
    """

    blocking = True
    size: int | None = None

    def __init__(self, field: str, filename: str | None) -> None:
        self.filename = filename or f"{field.removesuffix('[]')}.bin"
        guess, _ = mimetypes.guess_type(self.filename)
        self.media_type = guess or "application/octet-stream"

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

    def __init__(self, field: str, content: bytes | bytearray | memoryview) -> None:
        super().__init__(field, None)
        view = memoryview(content)
        self._content = (view if view.contiguous else memoryview(view.tobytes())).cast("B")
        self.size = self._content.nbytes

    def chunks(self, size: int = CHUNK_SIZE) -> Iterator[bytes]:
        for start in range(0, self._content.nbytes, size):
            yield bytes(self._content[start : start + size])


class _PathPart(FilePart):
    def __init__(self, field: str, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        status = self._path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(f"{field} must be a file, but {self._path} is a directory.")
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(
                f"{field} must be a regular file, but {self._path} is a device, a pipe or a "
                "socket. Open it in binary mode and pass the file object."
            )
        self._path.open("rb").close()  # reject a file that cannot be read before anything is sent
        super().__init__(field, self._path.name)
        self.size = status.st_size

    def chunks(self, size: int = CHUNK_SIZE) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            yield from _read_exactly(file, self.size, self.filename, size)


class _FileObjectPart(FilePart):
    def __init__(self, field: str, file: Any) -> None:
        if getattr(file, "closed", False):
            raise ValueError(f"{field} is a closed file. Open it again, in binary mode.")
        readable = getattr(file, "readable", None)
        if callable(readable) and not readable():
            raise ValueError(f"{field} is a file opened for writing. Open it with mode 'rb'.")
        name = getattr(file, "name", None)
        super().__init__(field, Path(name).name if isinstance(name, str) else None)
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


def open_file(field: str, value: FileInput) -> FilePart:
    """Return a ``FileInput`` as a part of a form.

    Raises:
        TypeError: It cannot be sent as a file, or is a file opened in text mode.
        ValueError: It is a closed file, or not a regular file.
        OSError: The path does not exist, is a directory, or cannot be read.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _BytesPart(field, value)
    if isinstance(value, (str, os.PathLike)):
        return _PathPart(field, value)
    read = getattr(value, "read", None)
    if not callable(read):
        try:
            return _BytesPart(field, memoryview(cast("Any", value)))  # an array, for example
        except TypeError:
            raise TypeError(
                f"{field} must be a path, bytes, or a file opened in binary mode, "
                f"not {type(value).__name__}."
            ) from None
    if inspect.iscoroutinefunction(read):
        raise TypeError(
            f"{field} is an async file; pass the underlying sync file object (an UploadFile has it "
            "as .file), or the bytes."
        )
    # Text files, by their class or, for wrappers, by their attributes.
    if issubclass(type(value), io.TextIOBase) or isinstance(getattr(value, "encoding", None), str):
        raise TypeError(f"{field} is a file opened in text mode. Open it with mode 'rb'.")
    return _FileObjectPart(field, value)


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
            raise OSError(f"{name} could not be read: {type(error).__name__}: {error}") from error
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
