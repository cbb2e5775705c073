"""The flow that brings a job's result to disk, whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .._exceptions import (
    DeapiError,
    InvalidResponseError,
    JobFailedError,
    NetworkError,
    ServerError,
)
from . import readers, retry
from .flows import Download, Sleep, Work, call
from .response import Failure, Response

if TYPE_CHECKING:
    from ..types import JobResult
    from .flows import Core, Flow
    from .polling import JobState

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)", re.ASCII)

# What a store answers for a signed link that has expired.
_EXPIRED = (401, 403, 404, 410)


class Part:
    """The temporary file beside the target, which takes the target's name once it is whole."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".deapi-{os.urandom(8).hex()}.part")
        self.size = 0
        self._begun = False
        self._total: int | None = None
        self._etag = ""
        self._file: BinaryIO | None = None
        self._discarded = False

    def open(self) -> None:
        """Make the file.

        Raises:
            OSError: The target's directory is missing or not writable.
        """
        self._file = self.path.open("xb")
        if self._discarded:  # by a cancellation while a slow disk made the file
            self.discard()

    @property
    def whole(self) -> bool:
        """Whether all that was announced has been written, now that the answer has ended."""
        return self._begun and self._total in (None, self.size)

    def headers(self) -> dict[str, str]:
        """What asks for the rest of the file, if it can be told that it is the same file's."""
        # A weak tag does not promise the same bytes.
        tag = "" if self._etag.startswith("W/") else self._etag
        if not self.size or not (tag or self._total is not None):
            return {}
        headers = {"range": f"bytes={self.size}-"}
        if tag:
            headers["if-range"] = tag
        return headers

    def begin(self, answer: Response) -> bool:
        """Look at the head of an answer: whether its body goes into the file, and from where."""
        if answer.status_code == 206 and self._continues(answer):
            return True
        if answer.status_code in (200, 206, 416):
            self._restart()
        if answer.status_code != 200:
            return False
        self._begun = True
        length = answer.headers.get("content-length", "")
        # What is compressed on the way is longer in the end, and cannot be gone on with.
        if answer.headers.get("content-encoding", "identity") == "identity" and length.isdigit():
            self._total = int(length)
            self._etag = answer.headers.get("etag", "")
        return True

    def write(self, chunk: bytes) -> None:
        """Add to the file."""
        self._opened().write(chunk)
        self.size += len(chunk)

    def finish(self) -> None:
        """Give the file the target's name, and the rights of the file that it replaces."""
        self._opened().close()
        if self.target.exists():
            shutil.copymode(self.target, self.path)
        self.path.replace(self.target)

    def discard(self) -> None:
        """Remove the file, unless it has been finished."""
        self._discarded = True
        if self._file is not None:
            self._file.close()
            self.path.unlink(missing_ok=True)

    def _continues(self, answer: Response) -> bool:
        given = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        if given is None or int(given[1]) != self.size:
            return False
        return given[2] == "*" or self._total in (None, int(given[2]))

    def _restart(self) -> None:
        file = self._opened()
        file.seek(0)
        file.truncate()
        self._begun = False
        self.size, self._total, self._etag = 0, None, ""

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the temporary file has not been opened")
        return self._file


def checked(path: Path) -> Path:
    """Where a file is to be written, refused if that cannot be before anything is waited for.

    Returns:
        The path itself, or what it leads to as a link.

    Raises:
        OSError: It is a directory, or its directory is missing or not writable.
        ValueError: It is neither a file nor free, but a device or the like.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.exists() and not target.is_file():
        raise ValueError(f"{target} is neither a file nor free: a device, a pipe or a socket.")
    part = Part(target)
    part.open()
    part.discard()
    return target


def save(core: Core, job: JobState, result: JobResult, target: Path) -> Flow[None]:
    """Stream a finished job's result to ``target``.

    A broken download is resumed where it broke; an expired link is replaced by reading the job.

    Raises:
        JobFailedError: The job failed, or has nothing to save.
        DeapiError: The file could not be had.
        OSError: The file could not be written.
    """
    link = _link(job, result, target)
    part = Part(target)
    try:
        yield Work(part.open)
        if link is None:
            text = (result.result or "").encode()
            yield Work(lambda: part.write(text))
        else:
            yield from _fetch(core, job, part, link)
        yield Work(part.finish)
    finally:
        part.discard()


def _link(job: JobState, result: JobResult, target: Path) -> str | None:
    """Where the file is, in the format of the target's suffix if there is one; None for text."""
    result.raise_for_error()
    formats = result.results_alt_formats or {}
    suffix = target.suffix.lower().removeprefix(".")
    link = formats.get("jpg" if suffix == "jpeg" else suffix) or result.result_url
    if link is None and result.result is None:
        raise JobFailedError(
            f"Job {job.request_id} is {result.status.value}, but has no result to save.",
            request_id=job.request_id,
            result=result,
        )
    if link is not None and not link.lower().startswith(("https://", "http://")):
        raise InvalidResponseError(
            f"The result of job {job.request_id} is not at a web address: {link[:100]!r}."
        )
    return link


def _fetch(core: Core, job: JobState, part: Part, link: str) -> Flow[None]:
    failures = 0
    renewed = False
    while True:
        before = part.size
        step = Download(link, part.headers(), core.timeouts, part.begin, part.write)
        outcome = yield step
        if isinstance(outcome, Response) and outcome.status_code in (200, 206) and part.whole:
            return
        if isinstance(outcome, Response) and outcome.status_code in _EXPIRED and not renewed:
            renewed = True
            result = yield from call(core, job.request, readers.job_result)
            link = _link(job, result, part.target) or link
            continue
        if part.size > before:
            failures, renewed = 0, False
        if failures >= core.config.max_retries or not _worth_retrying(outcome):
            raise _unsaved(job, outcome)
        asked = retry.retry_after(outcome, core.now())
        yield Sleep(min(retry.pause(failures, asked, core.chance()), core.config.max_retry_wait))
        failures += 1


def _worth_retrying(outcome: Response | Failure) -> bool:
    # 206 and 416 stand for a range that did not fit, after which the file begins anew.
    if isinstance(outcome, Response) and outcome.status_code in (200, 206, 416):
        return True
    return retry.is_transient(outcome)


def _unsaved(job: JobState, outcome: Response | Failure) -> Exception:
    if isinstance(outcome, Failure) and outcome.error is not None:
        return outcome.error
    text = (
        f"The result of job {job.request_id} could not be downloaded ({outcome}). It is paid for "
        "and stays with the service for a while: call save() again."
    )
    if isinstance(outcome, Failure):
        return NetworkError(text)
    kind = ServerError if outcome.status_code >= 500 else DeapiError
    return kind(text, status_code=outcome.status_code, response=outcome)
