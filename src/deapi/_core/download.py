"""The flow that downloads a job's result to a file, completely or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from .._exceptions import (
    DeapiError,
    InvalidResponseError,
    JobFailedError,
    NetworkError,
    ServerError,
)
from .._response import Failure, Response
from .._text import sanitize
from . import retry
from .flows import Download, RunInThread, Sleep, call

if TYPE_CHECKING:
    from ..types import JobResult
    from .flows import CallContext, Flow
    from .polling import JobState

# At most 18 digits: int() rejects very long numbers.
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_CONTENT_LENGTH = re.compile(r"[0-9]{1,18}")

# The storage responds with one of these if a signed link has expired.
_EXPIRED = (401, 403, 404, 410)


class PartialDownload:
    """A temporary file in the folder of the target, renamed to the target when it is complete.

    Its methods access the disk. Flows run them in a thread.

    Attributes:
        target: Path of the file to write.
        path: Path of the temporary file.
        size: Bytes that have been written.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".deapi-{os.urandom(8).hex()}.part")
        self.size = 0
        self._started = False
        self._total: int | None = None
        self._etag = ""
        self._file: BinaryIO | None = None
        self._discarded = False

    def open(self) -> None:
        """Create the temporary file.

        Raises:
            OSError: The directory of the target does not exist or is not writable.
        """
        self._file = self.path.open("xb")
        if self._discarded:  # cancelled while the file was being created
            self.discard()

    @property
    def complete(self) -> bool:
        """Whether the file is complete, after the end of a response."""
        return self._started and self._total in (None, self.size)

    def headers(self) -> dict[str, str]:
        """Return the headers that request the rest of the file, or none if it cannot be resumed."""
        # A weak ETag does not promise the same bytes.
        tag = "" if self._etag.startswith("W/") else self._etag
        if not self.size or not (tag or self._total is not None):
            return {}
        headers = {"range": f"bytes={self.size}-"}
        if tag:
            headers["if-range"] = tag
        return headers

    def begin(self, response: Response) -> bool:
        """Prepare to write the body of a response. Return False if it must not be written."""
        if response.status_code == 206 and self._resumes(response):
            return True
        if response.status_code in (200, 206, 416):
            self._restart()
        if response.status_code != 200:
            return False
        self._started = True
        length = response.headers.get("content-length", "")
        # A compressed body has another length when it is decompressed, and cannot be resumed.
        encoding = response.headers.get("content-encoding", "identity")
        if encoding == "identity" and _CONTENT_LENGTH.fullmatch(length):
            self._total = int(length)
            self._etag = response.headers.get("etag", "")
        return True

    def write(self, chunk: bytes) -> None:
        """Append to the file."""
        self._open_file().write(chunk)
        self.size += len(chunk)

    def finish(self) -> None:
        """Rename the file to the target, with the permissions of the file that it replaces."""
        self._open_file().close()
        if self.target.exists():
            shutil.copymode(self.target, self.path)
        self.path.replace(self.target)

    def discard(self) -> None:
        """Delete the file, unless it has been finished."""
        self._discarded = True
        if self._file is not None:
            self._file.close()
            self.path.unlink(missing_ok=True)

    def _resumes(self, response: Response) -> bool:
        content_range = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if content_range is None or int(content_range[1]) != self.size:
            return False
        return content_range[2] == "*" or self._total in (None, int(content_range[2]))

    def _restart(self) -> None:
        file = self._open_file()
        file.seek(0)
        file.truncate()
        self._started = False
        self.size, self._total, self._etag = 0, None, ""

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the temporary file has not been opened")
        return self._file


def validate_target(path: Path) -> Path:
    """Check before the wait that a file can be written.

    Returns:
        The path itself, or the target of a symbolic link.

    Raises:
        OSError: It is a directory, or its directory does not exist or is not writable.
        ValueError: It is a device, a pipe or a socket.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.exists() and not target.is_file():
        raise ValueError(f"{target} is not a regular file.")
    part = PartialDownload(target)
    part.open()
    part.discard()
    return target


def save(context: CallContext, job: JobState, result: JobResult, target: Path) -> Flow[None]:
    """Write a finished job's result to ``target``.

    An interrupted download is resumed. An expired link is replaced by polling the job.

    Raises:
        JobFailedError: The job failed, or has no result to save.
        DeapiError: The file could not be downloaded.
        OSError: The file could not be written.
    """
    url = _result_url(job, result, target)
    part = PartialDownload(target)
    try:
        yield RunInThread(part.open)
        if url is None:
            text = (result.result or "").encode(errors="replace")  # it may contain surrogates
            yield RunInThread(lambda: part.write(text))
        else:
            yield from _download(context, job, part, url)
        yield RunInThread(part.finish)
    finally:
        part.discard()


def _result_url(job: JobState, result: JobResult, target: Path) -> str | None:
    """Return the URL of the result in the format of the target's suffix; None for inline text."""
    result.raise_for_error()
    formats = result.results_alt_formats or {}
    suffix = target.suffix.lower().removeprefix(".")
    url = formats.get("jpg" if suffix == "jpeg" else suffix) or result.result_url
    if url is None and result.result is None:
        raise JobFailedError(
            f"Job {job.label} is {sanitize(result.status.value, 100)}, but has no result to save.",
            request_id=job.request_id,
            result=result,
        )
    if url is not None and not _is_http_url(url):
        raise InvalidResponseError(
            f"result_url of job {job.label} is not an http(s) URL: {sanitize(url, 100)!r}."
        )
    return url


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        return False


def _download(context: CallContext, job: JobState, part: PartialDownload, url: str) -> Flow[None]:
    failures = 0
    renewed = False
    while True:
        size_before = part.size
        step = Download(url, part.headers(), context.timeouts, part.begin, part.write)
        outcome = yield step
        if isinstance(outcome, Response) and outcome.status_code in (200, 206) and part.complete:
            return
        if isinstance(outcome, Response) and outcome.status_code in _EXPIRED and not renewed:
            renewed = True
            result = yield from call(context, job.request)
            url = _result_url(job, result, part.target) or url
            continue
        if part.size > size_before:
            failures, renewed = 0, False
        if failures >= context.config.max_retries or not _should_retry(outcome):
            raise _download_error(job, outcome)
        retry_after = retry.parse_retry_after(outcome, context.wall_clock())
        delay = retry.backoff_delay(failures, retry_after, context.random())
        yield Sleep(min(delay, context.config.max_retry_wait))
        failures += 1


def _should_retry(outcome: Response | Failure) -> bool:
    # 200: the body was incomplete. 206, 416: the range did not match, and the download restarts.
    if isinstance(outcome, Response) and outcome.status_code in (200, 206, 416):
        return True
    return retry.is_transient(outcome)


def _download_error(job: JobState, outcome: Response | Failure) -> Exception:
    if isinstance(outcome, Failure) and outcome.error is not None:
        return outcome.error
    message = (
        f"The result of job {job.label} could not be downloaded ({outcome}). The job has been "
        "paid for, and its result stays available for a while. Call save() again."
    )
    if isinstance(outcome, Failure):
        return NetworkError(message)
    error_type = ServerError if outcome.status_code >= 500 else DeapiError
    return error_type(message, status_code=outcome.status_code, response=outcome)
