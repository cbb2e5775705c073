"""The main input of a task: a text, a file, a URL, or standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .._core.files import open_file
from .._text import end_sentence
from .errors import CommandError, message
from .outputs import STANDARD

if TYPE_CHECKING:
    from .tasks import Task

_MAX_SIZE = 80_000_000  # more than the service accepts

# The first bytes of files, and the suffix that selects their media type.
_SIGNATURES = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"\x1aE\xdf\xa3", "webm"),
)


def argument_of(task: Task, source: str) -> str:
    """Return the name of the argument that an input sets."""
    is_url = source.startswith(("https://", "http://"))
    return task.url_argument if task.url_argument is not None and is_url else task.main


def read_input(task: Task, source: str) -> Any:
    """Return the value of the main argument; ``-`` is read from standard input.

    Raises:
        CommandError: A file cannot be read, a text is empty, or standard input is empty or too
            large.
    """
    if source != STANDARD:
        _check_input(task, source)
        return source
    content = sys.stdin.buffer.read(_MAX_SIZE + 1)
    if not content.strip():
        raise CommandError("Standard input is empty. Nothing was submitted.")
    if len(content) > _MAX_SIZE:
        raise CommandError("Standard input is larger than 80 MB. Nothing was submitted.")
    if task.is_file:
        return f"stdin.{_suffix(content)}", content
    return content.decode("utf-8", "replace").strip()


def _check_input(task: Task, source: str) -> None:
    """Check an input before the jobs of other inputs are paid."""
    if argument_of(task, source) == task.url_argument:
        return
    if task.is_file:
        try:
            open_file(task.main, source)
        except (OSError, ValueError) as error:
            hint = " A URL begins with https://." if task.url_argument is not None else ""
            raise CommandError(
                f"{end_sentence(message(error))} Nothing was submitted.{hint}"
            ) from None
    elif not source.strip():
        raise CommandError(f"{task.main.upper()} is empty. Nothing was submitted.")


def _suffix(content: bytes) -> str:
    for signature, suffix in _SIGNATURES:
        if content.startswith(signature):
            return suffix
    if content.startswith(b"RIFF"):
        return "webp" if content[8:12] == b"WEBP" else "wav"
    if content[4:8] == b"ftyp":
        return "m4a" if content[8:11] == b"M4A" else "mp4"
    return "bin"
