"""The state of one download over all its attempts: which bytes of which response are the file.

Pieces of two responses are joined only if both have the same strong validator. Everything that a
host can claim falsely is checked: lengths, ranges, codings and rates.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

from .._text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._response import Response

# At most 18 digits: int() rejects very long numbers.
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_CONTENT_LENGTH = re.compile(r"[0-9]{1,18}")
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')

# Seconds between Last-Modified and Date. With less, the file may have changed twice in between, or
# the clocks of two servers may differ (RFC 9110, section 8.8.2.2).
_MIN_AGE = 60.0

# A download that is slower for a minute is not going to end.
_MIN_RATE = 1000  # bytes per second
_RATE_WINDOW = 60.0  # seconds

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_HTML_STARTS = (b"<!doctype html", b"<html")
_HEAD_SIZE = 64  # bytes


class Sink(Protocol):
    """Where the bytes of a download go.

    Attributes:
        rewindable: Whether bytes that have been written can be replaced.
    """

    rewindable: bool

    def write(self, chunk: bytes) -> object:
        """Append bytes."""

    def rewind(self) -> object:
        """Discard all bytes. Called only if ``rewindable`` is true."""


class Transfer:
    """The state of one download.

    The driver calls ``begin()`` with the head of each response, ``receive()`` with each chunk,
    ``write()`` with what that returns, and ``exclude_pause()`` before it waits for the next
    chunk.

    Attributes:
        attempts: Number of requests.
        size: Bytes of the file that have been received.
        best_size: Largest ``size`` so far.
        received: Bytes of the bodies of all responses, whether or not they are the file.
        total: Size of the file in bytes, or None if it is unknown.
        problem: Why the current response is not used, or an empty string.
        is_final: Whether ``problem`` would be the same in another attempt.
        deadline: Time at which the download ends, on the monotonic clock.
        on_progress: Called after each chunk, or None.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        max_size: int,
        deadline: float,
        monotonic: Callable[[], float],
        expects_text: bool,
    ) -> None:
        self.attempts = 0
        self.size = 0
        self.best_size = 0
        self.received = 0
        self.total: int | None = None
        self.problem = ""
        self.is_final = False
        self.deadline = deadline
        self.on_progress: Callable[[], object] | None = None
        self._sink = sink
        self._max_size = max_size
        self._max_received = 2 * max_size  # in all attempts
        self._monotonic = monotonic
        self._expects_text = expects_text
        self._head = b""  # first bytes of the file
        self._validator: tuple[str, str] | None = None
        self._if_range: tuple[str, str] | None = None  # validator of the requested range
        self._usable_range = True
        self._must_rewind = False
        self._skip = 0  # bytes at the start of the response that have been delivered before
        self._left: int | None = None  # bytes that the response may still have
        self._arrived = 0.0
        self._window_start = 0.0
        self._window_size = 0

    def remaining(self) -> float:
        """Return the seconds until the deadline."""
        return max(self.deadline - self._monotonic(), 0.0)

    def headers(self) -> dict[str, str]:
        """Return the headers of an attempt, which request the rest of the file or all of it."""
        self.attempts += 1
        self.problem = ""
        self._if_range = self._validator if self.size and self._usable_range else None
        if self._if_range is None:
            return {}
        return {"range": f"bytes={self.size}-", "if-range": self._if_range[1]}

    def begin(self, response: Response, *, delimited: bool) -> bool:
        """Start with the body of a response. Return False if it must not be written.

        Args:
            response: Status and headers of the response.
            delimited: Whether the protocol marks the end of a body without a Content-Length.
        """
        self._skip, self._left = 0, None
        self._arrived = self._window_start = self._monotonic()
        self._window_size = 0
        if response.status_code not in (200, 206, 416):
            return False
        self.problem = _find_problem(response.headers)
        if not self.problem and response.status_code == 206 and self._is_continuation(response):
            return True
        if not self.problem and response.status_code == 206:
            self.problem = "the host sent a range that was not requested"
        if not self.problem and response.status_code == 416:
            self.problem = "the host rejected the requested range"
        if self.problem:
            self._usable_range = False
            self._restart()
            return False
        return self._begin_whole(response, delimited=delimited)

    def receive(self, chunk: bytes) -> bytes | None:
        """Check a chunk. Return the bytes to write, or None if the attempt ends."""
        self._arrived = self._monotonic()
        self.received += len(chunk)
        self._window_size += len(chunk)
        if self._left is not None:
            self._left -= len(chunk)
        if self._left is not None and self._left < 0:
            self._reject("the host sent more bytes than it announced", is_final=True)
            return None
        skipped = min(self._skip, len(chunk))
        self._skip -= skipped
        chunk = chunk[skipped:]
        if self.size + len(chunk) > self._max_size or self.received > self._max_received:
            self._reject(f"it is larger than {self._max_size} bytes", is_final=True)
            return None
        if len(self._head) < _HEAD_SIZE:
            self._head += chunk[: _HEAD_SIZE - len(self._head)]
            if not self._expects_text and _is_html(self._head):
                self._reject("the host sent an HTML page")
                return None
        self.size += len(chunk)
        self.best_size = max(self.best_size, self.size)
        if self._arrived >= self.deadline:
            self.problem, self.is_final = "max_download_time expired", True
            return None
        if self._is_too_slow():
            self.problem = f"less than {_MIN_RATE} bytes per second arrived"
            return None
        return chunk

    def exclude_pause(self) -> None:
        """Exclude the time since the last chunk, which the caller needed, from all time limits."""
        if self.on_progress is not None:
            self.on_progress()
        held = self._monotonic() - self._arrived
        self.deadline += held
        self._window_start += held

    def write(self, chunk: bytes) -> None:
        """Write bytes that ``receive()`` returned."""
        if self._must_rewind:
            self._sink.rewind()
            self._must_rewind = False
        self._sink.write(chunk)

    def finish(self, response: Response) -> bool:
        """Return whether the file is complete, after the end of a response."""
        if self.problem or response.status_code not in (200, 206):
            return False
        if self.total not in (None, self.size) or self._skip:
            self.problem = "the response ended too early"
        elif not self.size and not self._expects_text:  # silence has an empty transcript
            self.problem = "the host sent an empty file"
        return not self.problem

    def forget_link(self) -> None:
        """Do not join the next response: another link may lead to another file."""
        self._usable_range = False
        self._restart()

    def _is_continuation(self, response: Response) -> bool:
        content_range = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if content_range is None or self._if_range is None:
            return False
        name, value = self._if_range
        start, end = int(content_range[1]), int(content_range[2])
        total = self.total if content_range[3] == "*" else int(content_range[3])
        if start != self.size or response.headers.get(name) != value:
            return False
        if total is None or self.total not in (None, total) or not start <= end < total:
            return False
        self.total, self._left = total, end - start + 1
        return True

    def _begin_whole(self, response: Response, *, delimited: bool) -> bool:
        headers = response.headers
        length = headers.get("content-length", "")
        total = int(length) if not delimited and _CONTENT_LENGTH.fullmatch(length) else None
        if total is None and not delimited:
            self._reject("the host does not announce the length, so its end cannot be recognized")
            return False
        if total is not None and total > self._max_size:
            self._reject(f"it is larger than {self._max_size} bytes", is_final=True)
            return False
        validator = _strong_validator(headers)
        if self.size and not self._sink.rewindable:
            if validator is None or validator != self._validator:
                self._reject("it was interrupted and cannot be resumed")
                return False
            self._skip = self.size
        else:
            self._restart()
            self._head = b""
        self.total, self._left, self._validator = total, total, validator
        self._usable_range = True
        return True

    def _reject(self, problem: str, *, is_final: bool = False) -> None:
        self.problem = problem
        self.is_final = is_final or (self.size > 0 and not self._sink.rewindable)
        self._usable_range = False
        self._restart()

    def _restart(self) -> None:
        if not self._sink.rewindable:
            return  # the next response must be the same file, and its first bytes are skipped
        self._must_rewind = True
        self.size, self.total, self._validator = 0, None, None

    def _is_too_slow(self) -> bool:
        elapsed = self._arrived - self._window_start
        if elapsed < _RATE_WINDOW:
            return False
        too_slow = self._window_size < _MIN_RATE * elapsed
        self._window_start, self._window_size = self._arrived, 0
        return too_slow


def _is_html(head: bytes) -> bool:
    """Whether the first bytes of a file are those of an HTML page."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_HTML_STARTS)


def _find_problem(headers: Mapping[str, str]) -> str:
    codings = headers.get("content-encoding", "").lower().split(",")
    if {coding.strip() for coding in codings} - {"", "identity"}:
        coding = sanitize(headers["content-encoding"], 50)
        return f"the host sent the coding {coding!r}, which was not requested"
    if headers.get("content-type", "").partition(";")[0].strip().lower() in _HTML_TYPES:
        return "the host sent an HTML page"
    return ""


def _strong_validator(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the header that identifies the bytes of a file, by name and value (RFC 9110, 8.8)."""
    etag = headers.get("etag")
    if etag is not None:
        return ("etag", etag) if _STRONG_ETAG.fullmatch(etag) else None
    modified = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(modified)
    except (ValueError, TypeError, OverflowError):
        return None
    return ("last-modified", modified) if age.total_seconds() >= _MIN_AGE else None
