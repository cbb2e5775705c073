"""The flows that download a job's result: to a file, to an open file, or to memory."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .._config import validate_seconds
from .._exceptions import DeapiError, InvalidResponseError, NetworkError, ServerError
from .._response import Failure, Response
from ..events import DownloadFinished
from . import retry
from .calls import call
from .result_files import TEXT_SUFFIXES, file_name, find_file, path_format, validate_format
from .steps import Download, RunInThread, Sleep
from .targets import FileObject, Memory, PartialFile, Stream, absolute_path, validate_path
from .transfer import Transfer

if TYPE_CHECKING:
    from ..types import JobResult
    from .context import CallContext
    from .polling import JobState
    from .result_files import ResultFile
    from .steps import Flow
    from .transfer import Sink

# Maximum bytes of a result. Those of the service have at most 100 MB.
_MAX_FILE_SIZE = 4 * 1024**3
_MAX_MEMORY_SIZE = 256 * 1024**2

# The storage responds with one of these if a signed link has expired.
_EXPIRED = (401, 403, 404, 410)

# Each renewal of a link is a status request, which is rate-limited.
_MAX_RENEWALS = 5

# The number of retries starts again when this part of the file has arrived, or this many bytes if
# its size is unknown. So a host that sends one byte per attempt does not keep a download alive.
_PROGRESS = 0.01
_PROGRESS_BYTES = 1024 * 1024


@dataclass(frozen=True)
class ResultDownload:
    """How a caller wants the result of a job. Each method is a flow, which first waits for the job.

    Attributes:
        context: Settings of the client.
        job: The job.
        waiting: The flow that waits for the job.
        format: Suffix of the format, or None for the job's own format.
        max_time: Maximum seconds for the download, or infinity.
    """

    context: CallContext
    job: JobState
    waiting: Flow[JobResult]
    format: str | None
    max_time: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "format", validate_format(self.format))
        if self.max_time != math.inf:
            validate_seconds("max_download_time", self.max_time)

    def save_to_path(self, path: str, base: str = "") -> Flow[Path]:
        """Write the result to a file, or to a file in a directory, and return its path.

        Args:
            path: Path of the file or directory.
            base: Directory that a relative path starts from; by default the working directory.
        """
        # Absolute, because the working directory may change during the wait.
        return self._save_to_path(path, absolute_path(Path(base, path)))

    def _save_to_path(self, path: str, absolute: Path) -> Flow[Path]:
        separators = tuple(filter(None, (os.sep, os.altsep)))
        has_separator, probe = path.endswith(separators), self.job.final is None
        target, is_directory = yield RunInThread(
            lambda: validate_path(absolute, is_directory=has_separator, probe=probe)
        )
        requested = self.format if is_directory else path_format(self.job, path, self.format)
        file = find_file(self.job, (yield from self.waiting), requested)
        written = Path(path)
        if is_directory:
            name = file_name(self.job, file)
            target, written = target / name, written / name
        part = PartialFile(target)
        # Twice, because an interrupt may end the first call before it has deleted the file.
        try:
            try:
                yield RunInThread(part.open)
                yield from self._fetch(file, requested, part, _MAX_FILE_SIZE)
                yield RunInThread(part.finish)
            finally:
                part.discard()
        finally:
            part.discard()
        return written

    def save_to_file(self, file_object: object) -> Flow[None]:
        """Write the result to an open file."""
        output = FileObject(file_object)
        yield RunInThread(output.open)
        file = find_file(self.job, (yield from self.waiting), self.format)
        yield from self._fetch(file, self.format, output, _MAX_FILE_SIZE)
        yield RunInThread(output.finish)

    def read(self) -> Flow[bytes]:
        """Return the content of the result."""
        file = find_file(self.job, (yield from self.waiting), self.format)
        return (yield from self._read(file))

    def read_text(self) -> Flow[JobResult]:
        """Return the final status, with the result as inline text.

        Raises:
            InvalidResponseError: The result is not text.
        """
        result = yield from self.waiting
        result.raise_for_error()
        if result.result is not None:
            return result
        content = yield from self._read(find_file(self.job, result, self.format))
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = None
        if text is None:
            raise InvalidResponseError(
                f"The result of job {self.job.label} is not text. Call save() or read()."
            )
        return result.model_copy(update={"result": text})

    def stream(self) -> Flow[bytes]:
        """Download the result, which the driver yields. Return what is inline or converted."""
        file = find_file(self.job, (yield from self.waiting), self.format)
        if file.url is None or file.convert is not None:
            return (yield from self._read(file))
        yield from self._fetch(file, self.format, Stream(), _MAX_FILE_SIZE)
        return b""

    def _read(self, file: ResultFile) -> Flow[bytes]:
        memory = Memory()
        yield from self._fetch(file, self.format, memory, _MAX_MEMORY_SIZE)
        return memory.content()

    def _fetch(
        self, file: ResultFile, requested: str | None, sink: Sink, max_size: int
    ) -> Flow[None]:
        convert = file.convert
        if convert is None:
            yield from self._fetch_unconverted(file, requested, sink, max_size)
            return
        memory = Memory()
        yield from self._fetch_unconverted(file, requested, memory, _MAX_MEMORY_SIZE)
        content: bytes = yield RunInThread(lambda: convert(memory.content()))
        yield RunInThread(lambda: sink.write(content))

    def _fetch_unconverted(
        self, file: ResultFile, requested: str | None, sink: Sink, max_size: int
    ) -> Flow[None]:
        if file.url is None:
            yield RunInThread(lambda: sink.write(file.content()))
            return
        context = self.context
        transfer = Transfer(
            sink,
            max_size=max_size,
            deadline=context.monotonic() + self.max_time,
            monotonic=context.monotonic,
            expects_text=file.suffix in TEXT_SUFFIXES,
        )
        start = context.monotonic()
        error_type: str | None = None
        try:
            yield from self._download(file, requested, sink, transfer)
        except BaseException as error:
            error_type = type(error).__name__
            raise
        finally:
            if context.on_event is not None:
                context.emit(
                    DownloadFinished(
                        self.job.request_id,
                        context.monotonic() - start,
                        transfer.best_size,
                        error_type,
                        transfer.attempts,
                    )
                )

    def _download(
        self, file: ResultFile, requested: str | None, sink: Sink, transfer: Transfer
    ) -> Flow[None]:
        """Download a file, with resumes and renewals of its link, until it is complete."""
        context, job = self.context, self.job
        failures = renewals = milestone = 0
        may_renew = True
        while True:
            step = Download(
                file.url or "",
                transfer.headers(),
                context.timeouts,
                transfer,
                streamed=isinstance(sink, Stream),
            )
            outcome = yield step
            if isinstance(outcome, Response) and transfer.finish(outcome):
                return
            if transfer.best_size - milestone >= _significant_progress(transfer):
                milestone, failures, may_renew = transfer.best_size, 0, True
            in_time = transfer.remaining() > 0 and not transfer.is_final
            if in_time and may_renew and renewals < _MAX_RENEWALS and _is_expired(outcome):
                renewals, may_renew = renewals + 1, False
                renewed = find_file(job, (yield from call(context, job.request)), requested)
                if renewed.path != file.path:
                    transfer.forget_link()
                file = renewed if renewed.url is not None else file
                continue
            if not in_time or failures >= context.config.max_retries or not _should_retry(outcome):
                raise _download_error(job, outcome, transfer)
            retry_after = retry.parse_retry_after(outcome, context.wall_clock())
            delay = retry.backoff_delay(failures, retry_after, context.random())
            yield Sleep(min(delay, context.config.max_retry_wait, transfer.remaining()))
            failures += 1


def _significant_progress(transfer: Transfer) -> float:
    if transfer.total is None:
        return _PROGRESS_BYTES
    return max(transfer.total * _PROGRESS, 1)


def _is_expired(outcome: Response | Failure) -> bool:
    return isinstance(outcome, Response) and outcome.status_code in _EXPIRED


def _should_retry(outcome: Response | Failure) -> bool:
    # The response was incomplete, or not the file: see Transfer.problem.
    if isinstance(outcome, Response) and outcome.status_code in (200, 206, 416):
        return True
    return retry.is_transient(outcome)


def _download_error(job: JobState, outcome: Response | Failure, transfer: Transfer) -> DeapiError:
    reason = transfer.problem or str(outcome)
    if not transfer.remaining():
        reason = f"max_download_time expired after {transfer.size} bytes"
    message = (
        f"The result of job {job.label} could not be downloaded: {reason}. The job has been paid "
        f"for, and its result stays available for a while. Call save() again, or later "
        f"client.job({job.label!r}).save(path)."
    )
    if isinstance(outcome, Failure) or not transfer.remaining():
        return NetworkError(message)
    error_type = DeapiError
    if outcome.status_code >= 500:
        error_type = ServerError
    elif transfer.problem:
        error_type = InvalidResponseError
    return error_type(message, status_code=outcome.status_code, response=outcome)
