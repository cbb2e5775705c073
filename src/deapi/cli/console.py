"""Output of the command: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

from .streams import discard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BAR_WIDTH = 20

# Control characters that may command a terminal, apart from colors and line breaks.
_CONTROL = re.compile(r"(?!\x1b\[[0-9;]*m|\r\n)[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Console:
    """Writes results and messages.

    Args:
        quiet: Whether to write only results and errors.
        as_json: Whether to write each result as a JSON object on one line.

    Attributes:
        shows_bar: Whether there is a progress bar.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self._quiet = quiet
        self.as_json = as_json
        self.shows_bar = not quiet and _is_terminal(sys.stderr)
        self._bar_length = 0

    def note(self, text: str) -> None:
        """Write a message to standard error, unless the output is quiet."""
        if not self._quiet:
            self._write_error(text)

    def error(self, text: str) -> None:
        """Write an error to standard error."""
        self._write_error(f"{color('deapi:', '1;31', sys.stderr)} {text}")

    def progress(self, label: str, status: str, percent: float, *, changed: bool = True) -> None:
        """Update the progress bar. Write a line instead if standard error is not a terminal.

        Args:
            label: The input of the job.
            status: Status of the job.
            percent: Progress in percent.
            changed: Whether the status is new. Otherwise no line is written.
        """
        if self.shows_bar:
            filled = min(_BAR_WIDTH, max(0, round(percent / 100 * _BAR_WIDTH)))
            bar = "#" * filled + "-" * (_BAR_WIDTH - filled)
            self._draw(_printable(f"{label} [{bar}] {percent:3.0f} % {status}"))
        elif changed:
            self.note(f"{label}: {status}")

    def result(self, text: str, fields: Mapping[str, Any]) -> None:
        """Write a result to standard output: a line of text, or a JSON object."""
        self._draw("")
        if self.as_json:
            text = json.dumps(fields, ensure_ascii=False)
        if _is_terminal(sys.stdout):
            text = _printable(text)
        sys.stdout.write(f"{text}\n" if not text.endswith("\n") else text)
        sys.stdout.flush()

    def file(self, path: Path, details: str, fields: Mapping[str, Any]) -> None:
        """Write the path of a result; on a terminal with details."""
        shown = f"{path}  {color(f'({details})', '2', sys.stdout)}"
        self.result(shown if _is_terminal(sys.stdout) and not self._quiet else str(path), fields)

    def write_bytes(self, content: bytes) -> None:
        """Write a result to standard output."""
        self._draw("")
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def _write_error(self, text: str) -> None:
        self._draw("")
        _write(f"{_printable(text)}\n")

    def _draw(self, text: str) -> None:
        """Replace the progress bar; an empty string removes it."""
        if self._bar_length or text:
            _write(f"\r{text.ljust(self._bar_length)}" + ("" if text else "\r"))
        self._bar_length = len(text)


def _write(text: str) -> None:
    """Write to standard error. If that is not possible, the command continues.

    Jobs may have been paid for, whose results are not saved yet.
    """
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def color(text: str, code: str, stream: TextIO) -> str:
    """Return text with an ANSI color, if the stream is a terminal that shows colors."""
    if not _is_terminal(stream) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def _printable(text: str) -> str:
    """Return text for a terminal. The service, or who made a file, may have written it."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty()
