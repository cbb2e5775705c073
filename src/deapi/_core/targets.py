"""Where a result is written: a file, a directory, an open file, or memory.

The methods access the disk. Flows run them in a thread.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Generator

if sys.platform != "win32":
    import fcntl

# The target cannot be replaced, but can be written: it is a mount point, for example.
_NOT_REPLACEABLE = (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES)

_COPY_SIZE = 1024 * 1024  # bytes

# fsync() takes a few milliseconds for a small file, and as long as the download for a large one.
_MAX_SYNCED_SIZE = 32 * 1024 * 1024  # bytes

# Directories in which this process has deleted the temporary files of killed processes.
_cleaned: set[Path] = set()
_MAX_CLEANED = 1000

# The file system does not support fsync().
_NOT_SYNCABLE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


class PartialFile:
    """A temporary file in the directory of the target, renamed to the target when it is complete.

    It is locked while it is open. The first download of a process to a directory deletes the
    temporary files whose processes were killed: those that are not locked.

    Attributes:
        target: Path of the file to write.
        path: Path of the temporary file.
    """

    rewindable = True

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = _new_path(target.parent)
        self._file: BinaryIO | None = None
        self._discarded = False
        self._kept = False

    def open(self) -> None:
        """Create the temporary file.

        Raises:
            OSError: The directory of the target does not exist or is not writable.
        """
        with _errors_of(self.target.parent):
            self._open()
        if self._discarded:  # cancelled while the file was being created
            self.discard()

    def _open(self) -> None:
        _delete_abandoned(self.target.parent)
        for _ in range(10):
            self._file = self.path.open("xb")
            if _lock(self._file) and os.fstat(self._file.fileno()).st_nlink != 0:
                break
            # Another process deleted it before it was locked.
            self._file.close()
            self.path = _new_path(self.target.parent)

    def write(self, chunk: bytes) -> None:
        """Append to the file."""
        with _errors_of(self.target.parent):
            self._open_file().write(chunk)

    def rewind(self) -> None:
        """Empty the file."""
        file = self._open_file()
        with _errors_of(self.target.parent):
            file.seek(0)
            file.truncate()

    def finish(self) -> None:
        """Rename the file to the target, with the permissions of the file that it replaces.

        A target that cannot be replaced is overwritten.

        Raises:
            OSError: The target cannot be written. The complete file is kept, and named in the
                error.
        """
        file = self._open_file()
        with _errors_of(self.target.parent):
            file.flush()
            if file.tell() <= _MAX_SYNCED_SIZE:
                _sync(file)
        try:
            self._replace_target()
        except OSError as error:
            kept = self._keep()
            reason = error.strerror or str(error)
            raise OSError(
                error.errno, f"{reason}; the complete result is kept in {kept}", str(self.target)
            ) from None
        finally:
            self._open_file().close()  # not before, because closing it releases the lock

    def discard(self) -> None:
        """Delete the file, unless it has been finished."""
        self._discarded = True
        try:
            if self._file is not None:
                # Closing writes what is buffered, which a full disk prevents.
                with contextlib.suppress(OSError, ValueError):
                    self._file.close()
        finally:
            if not self._kept:
                with contextlib.suppress(OSError):
                    self.path.unlink(missing_ok=True)

    def _replace_target(self) -> None:
        with contextlib.suppress(OSError):  # some network file systems have no permissions
            shutil.copymode(self.target, self.path)
        if sys.platform == "win32":
            self._open_file().close()  # Windows does not rename a file that is open
        try:
            self.path.replace(self.target)
        except OSError as error:
            if error.errno not in _NOT_REPLACEABLE or not self.target.is_file():
                raise
            with self.path.open("rb") as complete, self.target.open("wb") as target:
                shutil.copyfileobj(complete, target, _COPY_SIZE)

    def _keep(self) -> Path:
        self._kept = True
        name = f"{self.target.stem}.deapi-{os.urandom(4).hex()}{self.target.suffix}"
        with contextlib.suppress(OSError):  # otherwise it keeps its name
            self.path = self.path.replace(self.path.with_name(name))
        return self.path

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the temporary file has not been opened")
        return self._file


def _new_path(directory: Path) -> Path:
    return directory / f".deapi-{os.urandom(8).hex()}.part"


def _delete_abandoned(directory: Path) -> None:
    """Delete the temporary files of killed processes, unless this process has done so before.

    A batch saves thousands of files in one directory: listing it each time would cost more than the
    downloads.
    """
    if directory in _cleaned:
        return
    if len(_cleaned) >= _MAX_CLEANED:
        _cleaned.clear()
    _cleaned.add(directory)
    with contextlib.suppress(OSError):
        for path in directory.glob(".deapi-*.part"):
            with contextlib.suppress(OSError):
                _delete_unlocked(path)


def _sync(file: BinaryIO) -> None:
    """Write a file to the disk. Otherwise, a power failure after the rename may leave it empty."""
    try:
        os.fsync(file.fileno())
    except OSError as error:
        if error.errno not in _NOT_SYNCABLE:
            raise


if sys.platform == "win32":

    def _lock(file: BinaryIO) -> bool:  # noqa: ARG001
        return True  # Windows does not delete a file that is open

    def _delete_unlocked(path: Path) -> None:
        path.unlink()

else:

    def _lock(file: BinaryIO) -> bool:
        """Lock a file until it is closed. Return False if another process has locked it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # the file system has no locks, so nothing deletes the file either
            return True
        return True

    def _delete_unlocked(path: Path) -> None:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


class Memory:
    """Collects a result in memory."""

    rewindable = True

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        self._chunks.append(chunk)

    def rewind(self) -> None:
        """Discard all bytes."""
        self._chunks.clear()

    def content(self) -> bytes:
        """Return all bytes."""
        return b"".join(self._chunks)


class Stream:
    """Stands for a consumer that receives each chunk at once, from the driver."""

    rewindable = False

    def write(self, chunk: bytes) -> None:
        """Do nothing: the driver yields the chunks."""

    def rewind(self) -> None:
        """Do nothing: this is not called."""


class FileObject:
    """A binary file object of the caller, which stays open.

    Raises:
        TypeError: It cannot be written, or is a text file.
        ValueError: It is closed, or opened for reading.
    """

    def __init__(self, file: Any) -> None:
        if not callable(getattr(file, "write", None)):
            raise TypeError(
                f"path must be a path or a binary file object, not {type(file).__name__}."
            )
        if isinstance(file, io.TextIOBase) or hasattr(file, "encoding"):
            raise TypeError("path is a file opened in text mode. Open it with mode 'wb'.")
        if getattr(file, "closed", False) is True:
            raise ValueError("path is a closed file.")
        writable = getattr(file, "writable", None)
        if callable(writable) and not writable():
            raise ValueError("path is a file opened for reading. Open it with mode 'wb'.")
        self._file = file
        self._start = 0
        self.rewindable = False

    def open(self) -> None:
        """Find out whether the file can be rewound."""
        seekable = getattr(self._file, "seekable", None)
        if callable(seekable) and seekable() and callable(getattr(self._file, "truncate", None)):
            self._start = self._file.tell()
            self.rewindable = self._can_be_truncated()

    def _can_be_truncated(self) -> bool:
        """Truncate the file to its size. Devices and gzip files are seekable, but reject it."""
        try:
            self._file.seek(0, os.SEEK_END)
            self._file.truncate(self._file.tell())
        except (OSError, ValueError):
            return False
        finally:
            self._file.seek(self._start)
        return True

    def write(self, chunk: bytes) -> None:
        """Append bytes. An unbuffered file may write fewer than it receives."""
        remaining = memoryview(chunk)
        while remaining:
            written: object = self._file.write(remaining)
            if written is None and isinstance(self._file, io.RawIOBase):
                raise BlockingIOError(errno.EAGAIN, "the file object is non-blocking")
            # True is not a number of bytes.
            if written is True or not isinstance(written, int) or written >= len(remaining):
                return
            if written <= 0:
                raise OSError(errno.EIO, f"the file object wrote {written} bytes")
            remaining = remaining[written:]

    def rewind(self) -> None:
        """Discard all bytes."""
        self._file.seek(self._start)
        self._file.truncate()

    def finish(self) -> None:
        """Write what is buffered."""
        flush = getattr(self._file, "flush", None)
        if callable(flush):
            flush()


def absolute_path(path: Path) -> Path:
    """Return a path that does not depend on the working directory.

    Raises:
        FileNotFoundError: The path is relative, and the working directory was deleted.
    """
    with _errors_of(path):
        return path.absolute()


def validate_path(path: Path, *, is_directory: bool, probe: bool = True) -> tuple[Path, bool]:
    """Check before the wait that a file can be written.

    Args:
        path: Absolute path that the caller passed.
        is_directory: Whether it ended in a separator.
        probe: Whether to create a temporary file. If the job has finished, it comes next anyway.

    Returns:
        The path itself, or the target of a symbolic link; and whether it is a directory.

    Raises:
        OSError: The directory does not exist or is not writable.
        ValueError: The path is a device, a pipe or a socket.
    """
    mode = file_mode(path)
    if mode is not None and is_directory and not stat.S_ISDIR(mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    target = Path(os.path.realpath(path))
    is_directory = is_directory or (mode is not None and stat.S_ISDIR(mode))
    directory = target if is_directory else target.parent
    if not directory.is_dir():
        number = errno.ENOTDIR if directory.exists() else errno.ENOENT
        raise OSError(number, os.strerror(number), str(directory))
    if probe:
        part = PartialFile(directory / "deapi" if is_directory else target)
        # Twice, because an interrupt may end the first call before it has deleted the file.
        try:
            try:
                part.open()
            finally:
                part.discard()
        finally:
            part.discard()
    return target, is_directory


def file_mode(path: Path) -> int | None:
    """Return the mode of a file or a directory, or None if there is neither.

    Raises:
        OSError: No file can have this path, because its name is too long, for example.
        ValueError: The path is a device, a pipe or a socket.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return mode
    raise ValueError(
        f"{path} is not a regular file, but a device, a pipe or a socket. Open it and pass the "
        "file object."
    )


@contextlib.contextmanager
def _errors_of(path: Path) -> Generator[None]:
    """Name a path of the caller in errors, instead of a temporary file or nothing."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
