"""Files to send: checked beforehand, read in chunks, and read again when a request is repeated."""

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


# What is read at once. A thread of the asynchronous client takes more, to be worth its while.
CHUNK = 512 * 1024
THREAD_CHUNK = 1024 * 1024


class FilePart:
    """One file of a request, with all that is known of it before it is read.

    Attributes:
        filename: The name it is given to the service: the path's last part, or the file object's.
        media_type: Its MIME type, by its name.
        size: Its length in bytes, or None for a stream that cannot tell.
        blocking: Whether reading it may wait for a disk, so that it must not be read on an
            event loop.
    """

    blocking = True
    size: int | None = None

    def __init__(self, field: str, filename: str | None) -> None:
        self.filename = filename or f"{field.removesuffix('[]')}.bin"
        guess, _ = mimetypes.guess_type(self.filename)
        self.media_type = guess or "application/octet-stream"

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent, or sent again, from its start."""
        return True

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The content from its start, in pieces of at most ``size`` bytes.

        Raises:
            OSError: The file could not be read, or became shorter while it was sent.
        """
        raise NotImplementedError


class _Bytes(FilePart):
    blocking = False

    def __init__(self, field: str, content: bytes | bytearray | memoryview) -> None:
        super().__init__(field, None)
        view = memoryview(content)
        self._content = (view if view.contiguous else memoryview(view.tobytes())).cast("B")
        self.size = self._content.nbytes

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        for start in range(0, self._content.nbytes, size):
            yield bytes(self._content[start : start + size])


class _Path(FilePart):
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
        self._path.open("rb").close()  # so that a file that cannot be read is refused here
        super().__init__(field, self._path.name)
        self.size = status.st_size

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            yield from _exactly(file, self.size, self.filename, size)


class _Object(FilePart):
    def __init__(self, field: str, file: Any) -> None:
        if getattr(file, "closed", False):
            raise ValueError(f"{field} is a closed file. Open it again, in binary mode.")
        readable = getattr(file, "readable", None)
        if callable(readable) and not readable():
            raise ValueError(f"{field} is a file opened for writing. Open it with mode 'rb'.")
        name = getattr(file, "name", None)
        super().__init__(field, Path(name).name if isinstance(name, str) else None)
        self._file = file
        self._begun = False
        self._seekable = _seekable(file)
        if self._seekable:
            file.seek(0, os.SEEK_END)
            self.size = file.tell()

    @property
    def repeatable(self) -> bool:
        return self._seekable or not self._begun

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        self._begun = True
        if self._seekable:
            self._file.seek(0)
        yield from _exactly(self._file, self.size, self.filename, size)


def file_part(field: str, given: FileInput) -> FilePart:
    """A ``FileInput`` as a part of a form, refused when it is known that it cannot be sent.

    Raises:
        TypeError: It is nothing that can be sent as a file, or a file opened in text mode.
        ValueError: It is a closed file, or not a regular one.
        OSError: The path is missing, a directory, or may not be read.
    """
    if isinstance(given, (bytes, bytearray, memoryview)):
        return _Bytes(field, given)
    if isinstance(given, (str, os.PathLike)):
        return _Path(field, given)
    read = getattr(given, "read", None)
    if not callable(read):
        try:
            return _Bytes(field, memoryview(cast("Any", given)))  # an array, for one
        except TypeError:
            raise TypeError(
                f"{field} must be a path, bytes, or a file opened in binary mode, "
                f"not {type(given).__name__}."
            ) from None
    if inspect.iscoroutinefunction(read):
        raise TypeError(
            f"{field} is read with await; pass the plain file under it (an UploadFile has it as "
            ".file), or the bytes."
        )
    # Everything that is text by its class or, as a wrapper, by its behaviour.
    if issubclass(type(given), io.TextIOBase) or isinstance(getattr(given, "encoding", None), str):
        raise TypeError(f"{field} is a file opened in text mode. Open it with mode 'rb'.")
    return _Object(field, given)


def _seekable(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    if callable(seekable):
        return bool(seekable())
    return hasattr(file, "seek")


def _exactly(file: Any, size: int | None, name: str, most: int) -> Iterator[bytes]:
    """``size`` bytes of ``file``: what was announced, whatever has been appended since."""
    left = size
    while left is None or left > 0:
        try:
            chunk = file.read(most if left is None else min(most, left))
        except OSError:
            raise
        except Exception as error:
            # A damaged archive, say: whatever file objects raise, it is about the caller's file.
            raise OSError(f"{name} could not be read: {type(error).__name__}: {error}") from error
        if not isinstance(chunk, bytes):
            raise TypeError(f"{name} gave {type(chunk).__name__} where bytes belong.")
        if not chunk:
            break
        yield chunk
        left = None if left is None else left - len(chunk)
    if left:
        raise OSError(
            f"{name} became shorter while it was being sent ({left} bytes are missing). The "
            "request was broken off; nothing was charged."
        )
