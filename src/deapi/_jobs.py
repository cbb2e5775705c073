"""Job handles: status, waiting, and downloading the result."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from typing_extensions import Self

from . import _pillow, types
from ._concrete import AsyncMethods, ConcreteMethods, Coro
from ._core import polling
from ._core.context import Driver
from ._core.operation import MAX_INLINE_RESULT_SIZE, STATUS_OPERATION, Operation, Route
from ._core.poll_plans import BACKOFF_FACTOR, MAX_INTERVAL, POLL_INTERVAL, PollSchedule
from ._core.request import Request
from ._core.steps import RunInThread
from ._exceptions import DeapiError
from ._json import is_object
from ._response import ResponseHead
from ._suggestions import SuggestsAttributes
from ._text import describe, format_call, sanitize
from ._types import ApiVersion, BinaryWriter, JobStatus

if TYPE_CHECKING:
    from ._core.download import ResultDownload
    from ._core.steps import Flow
    from .types import JobResult

ResultT = TypeVar("ResultT")
BoolT = TypeVar("BoolT")
PathT = TypeVar("PathT")
NoneT = TypeVar("NoneT")
BytesT = TypeVar("BytesT")
TextT = TypeVar("TextT")
TranscriptT = TypeVar("TranscriptT")
EmbeddingsT = TypeVar("EmbeddingsT")
DescriptionT = TypeVar("DescriptionT")
ImageT = TypeVar("ImageT")
ValueT = TypeVar("ValueT")

_STATUS = Operation(
    STATUS_OPERATION,
    v1=Route("request-status/{}", "GET"),
    v2=Route("jobs/{}", "GET"),
    returns="JobResult",
    max_response_size=MAX_INLINE_RESULT_SIZE,
)

# Names that other libraries use for attributes of a job.
_OTHER_NAMES = (
    ("download", "save"),
    ("get", "result"),
    ("id", "request_id"),
    ("job_id", "request_id"),
    ("poll", "status"),
)

# Attributes of a result that are often looked for on the job.
_RESULT_FIELDS = (
    "error_code",
    "preview",
    "progress",
    "result_url",
    "results_alt_formats",
)


def identify(job: object) -> tuple[str, ApiVersion | None]:
    """Return the ID of the job that a caller passes, and the API version if it is a handle.

    Raises:
        TypeError: It is neither a str nor a handle to a job.
        ValueError: The ID is malformed.
    """
    if isinstance(job, (Job, AsyncJob)):
        return job.request_id, job._api_version  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    if not isinstance(job, str):
        raise TypeError(f"request_id must be a str or a job, not {type(job).__name__}.")
    if job.strip(".") == "" or not job.isprintable():
        raise ValueError(f"request_id is not the ID of a job: {sanitize(job, 100)!r}.")
    return job, None


def job_state(
    request_id: str,
    operation: str | None = None,
    model: str | None = None,
    submitted_at: float | None = None,
) -> polling.JobState:
    """Return the state of a job handle before the first poll. See ``JobState``."""
    status = Request(_STATUS, identifier=request_id)
    return polling.JobState(request_id, status, operation, model, submitted_at)


class _Job(
    SuggestsAttributes,
    Generic[
        ResultT,
        BoolT,
        PathT,
        NoneT,
        BytesT,
        TextT,
        TranscriptT,
        EmbeddingsT,
        DescriptionT,
        ImageT,
    ],
):
    def __init__(
        self,
        driver: Driver,
        request_id: str,
        operation: str | None = None,
        model: str | None = None,
        response: ResponseHead | None = None,
    ) -> None:
        # An ID that the service returned is not validated: the job has been paid for.
        self._attached: Driver | None = driver
        self._api_version: ApiVersion = driver.context.config.api_version
        self._response = response
        # Only a submission names the operation.
        submitted_at = None if operation is None else driver.context.elapsed()
        self._state = job_state(request_id, operation, model, submitted_at)

    @property
    def request_id(self) -> str:
        """The job's ID. ``client.job(request_id)`` returns a new handle to the job."""
        return self._state.request_id

    @property
    def response(self) -> ResponseHead | None:
        """Status and headers of the response to the submission; None for ``client.job()``."""
        return self._response

    @property
    def _driver(self) -> Driver:
        if self._attached is None:
            raise DeapiError(
                f"Job {self._state.label} was unpickled and has no client, because a pickle does "
                "not contain the API key. Nothing was sent. Resume it with client.job(job)."
            )
        return self._attached

    def __getstate__(self) -> dict[str, str]:
        return {"request_id": self.request_id, "api_version": self._api_version}

    def __setstate__(self, state: Any) -> None:
        values = state if is_object(state) else {}
        request_id, api_version = values.get("request_id"), values.get("api_version")
        if not isinstance(request_id, str) or not isinstance(api_version, str):
            raise DeapiError(
                "A job cannot be unpickled: its state must have a request_id and an api_version, "
                f"and is {describe(state, 200)}. Resume the job with client.job(request_id)."
            )
        self._attached = None
        self._api_version = api_version
        self._response = None
        self._state = job_state(request_id)

    def __copy__(self) -> Self:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def __deepcopy__(self, _: object) -> Self:
        return self.__copy__()  # with the same client

    def __repr__(self) -> str:
        state = self._state
        known = {
            "request_id": self.request_id,
            "operation": state.operation,
            "status": state.last_status,
        }
        shown = {name: describe(value, 80) for name, value in known.items() if value is not None}
        return format_call(type(self).__name__, shown)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the result in a notebook once this handle has received it. No request is sent."""
        final = self._state.final
        shown = {} if final is None else final._repr_mimebundle_()  # pyright: ignore[reportPrivateUsage]
        return {**shown, "text/plain": repr(self)}

    def wait(
        self,
        *,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> ResultT:
        """Wait until the job succeeds or fails.

        A failed job is returned like a successful one. Call ``result.raise_for_error()`` to raise
        if the job failed. Transient errors while polling do not end the wait.

        Args:
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            The job's last status, ``done`` or ``error``.

        Raises:
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            AuthenticationError, NotFoundError: The service rejected the status request.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        flow = self._tracked(waiting, progress)
        return cast("ResultT", self._driver.run(flow, on_update))

    def result(
        self,
        *,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> ResultT:
        """Wait until the job succeeds, and raise if it fails.

        Transient errors while polling do not end the wait.

        Args:
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            The job's last status, ``done``.

        Raises:
            JobFailedError: The job failed.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            AuthenticationError, NotFoundError: The service rejected the status request.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait_for_success(poll_interval, max_wait, backoff_factor, max_interval)
        flow = self._tracked(waiting, progress)
        return cast("ResultT", self._driver.run(flow, on_update))

    @overload
    def save(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> PathT: ...

    @overload
    def save(
        self,
        path: BinaryWriter,
        *,
        format: str | None = None,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> NoneT: ...

    def save(
        self,
        path: str | os.PathLike[str] | BinaryWriter,
        *,
        format: str | None = None,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> PathT | NoneT:
        """Wait for the job and save its result to a file, completely or not at all.

        An interrupted download is resumed, and an expired link is renewed. A path that ends in the
        suffix of an image, audio, video or subtitle format selects that format. For a
        transcription, ``.txt`` and ``.json`` also select a format, and subtitles need timestamps. A
        path with another suffix, or without one, is written in the format in which the service made
        the result.

        Args:
            path: Path of the file to write; an existing file is replaced. Or an existing directory,
                in which the file is named after the job's ID. Or a file object opened in binary
                mode, which stays open; if the download fails, it may contain a part of the result.
            format: Suffix of the format to download, for example ``webp``; a transcription has
                ``txt``, ``srt``, ``vtt`` and ``json``. None for the format in which the service
                made the result.
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            The path of the file that was written; None for a file object.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, or is not available in the format of the
                path. Nothing is downloaded then, and the path can be changed.
            OSError: The file cannot be written. This is checked before the wait. If a complete
                download cannot be moved to the path, the error names the file that has it.
            ValueError, TypeError: An argument is out of range, or ``path`` is a device or a pipe.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        download = self._download(waiting, format, max_download_time)
        saving: Flow[Path | None] = (
            download.save_to_path(os.fspath(path))
            if isinstance(path, (str, os.PathLike))
            else download.save_to_file(path)
        )
        flow = self._tracked(saving, progress, path)
        return cast("PathT | NoneT", self._driver.run(flow, on_update))

    def read(
        self,
        *,
        format: str | None = None,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> BytesT:
        """Wait for the job and return its result as bytes.

        An interrupted download is resumed, and an expired link is renewed. Results of more than 256
        MiB are rejected; save them to a file.

        Args:
            format: Suffix of the format to download, for example ``webp``; a transcription has
                ``txt``, ``srt``, ``vtt`` and ``json``. None for the format in which the service
                made the result.
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            Content of the file. An inline text is encoded as UTF-8.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, or is not available in this format.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        reading = self._download(waiting, format, max_download_time).read()
        flow = self._tracked(reading, progress)
        return cast("BytesT", self._driver.run(flow, on_update))

    def text(
        self,
        *,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> TextT:
        """Wait for the job and return its result as a string.

        An inline result is used, otherwise the file is downloaded.

        Args:
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            The text of the result, for example of OCR, as the service sent it.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, or is not text.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        reading = self._parse_result(waiting, max_download_time, _text_of)
        flow = self._tracked(reading, progress)
        return cast("TextT", self._driver.run(flow, on_update))

    def transcript(
        self,
        *,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> TranscriptT:
        """Wait for a transcription job and parse its result.

        An inline result is used, otherwise the file is downloaded.

        Args:
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            The transcript, with segments and words if timestamps were requested.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, or is not a transcript.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        parsing = self._parse_result(waiting, max_download_time, types.JobResult.transcript)
        flow = self._tracked(parsing, progress)
        return cast("TranscriptT", self._driver.run(flow, on_update))

    def embeddings(
        self,
        *,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> EmbeddingsT:
        """Wait for an embeddings job and parse its result.

        An inline result is used, otherwise the file is downloaded.

        Args:
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            One vector per input string, in the order of the input.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, or is not a list of vectors.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        parsing = self._parse_result(waiting, max_download_time, types.JobResult.embeddings)
        flow = self._tracked(parsing, progress)
        return cast("EmbeddingsT", self._driver.run(flow, on_update))

    def description(
        self,
        *,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> DescriptionT:
        """Wait for a video description job and parse its result.

        An inline result is used, otherwise the file is downloaded.

        Args:
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            The description, with the events and scenes of the video.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, or is not a description.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        parsing = self._parse_result(waiting, max_download_time, types.JobResult.description)
        flow = self._tracked(parsing, progress)
        return cast("DescriptionT", self._driver.run(flow, on_update))

    def open_image(
        self,
        *,
        format: str | None = None,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> ImageT:
        """Wait for the job and open its result with Pillow.

        Pillow is not a dependency of this package. Install it with ``pip install pillow``.

        Args:
            format: Suffix of the format to download, for example ``webp``. None for the format in
                which the service made the result.
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Returns:
            The image, a ``PIL.Image.Image``.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, is not an image, or is not available in
                this format.
            ValueError, TypeError: An argument is out of range.
            ImportError: Pillow is not installed. This is checked before the wait.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        opening = self._open_image(waiting, format, max_download_time)
        flow = self._tracked(opening, progress)
        return cast("ImageT", self._driver.run(flow, on_update))

    def status(self) -> ResultT:
        """Fetch the job's current status with one request.

        Once this handle has received a final status, it sends no further requests, because status
        requests are rate-limited.

        Returns:
            The job's status.

        Raises:
            NotFoundError: The job does not exist.
            DeapiError: The call failed.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        flow = polling.read_status(self._driver.context, self._state)
        return cast("ResultT", self._driver.run(flow))

    def is_done(self) -> BoolT:
        """Check whether the job has succeeded, with one request.

        ``status()`` returns this and more with the same request.

        Returns:
            True if the job's status is ``done``.

        Raises:
            DeapiError: The call failed.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        return cast("BoolT", self._driver.run(self._has_status(JobStatus.DONE)))

    def is_error(self) -> BoolT:
        """Check whether the job has failed, with one request.

        ``status()`` returns this and more with the same request.

        Returns:
            True if the job's status is ``error``.

        Raises:
            DeapiError: The call failed.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        return cast("BoolT", self._driver.run(self._has_status(JobStatus.ERROR)))

    def _wait(
        self, poll_interval: float, max_wait: float, backoff_factor: float, max_interval: float
    ) -> Flow[JobResult]:
        schedule = PollSchedule(poll_interval, max_wait, backoff_factor, max_interval)
        return polling.wait(self._driver.context, self._state, schedule)

    def _tracked(
        self, flow: Flow[ValueT], progress: bool = False, target: object = None
    ) -> Flow[ValueT]:
        """Add the job's ID to exceptions, and draw a progress bar on request."""
        if not isinstance(progress, bool):
            raise TypeError(
                f"progress must be True or False, not {type(progress).__name__}. Pass a function "
                "as on_update."
            )
        state = self._state
        if progress:
            from ._progress import with_bar  # late: many programs draw nothing

            is_path = isinstance(target, (str, os.PathLike))
            name = Path(cast("str | os.PathLike[str]", target)).name if is_path else None
            label = name or state.operation or f"job {state.request_id[:8]}"
            flow = with_bar(flow, label=label, request_id=state.label)
        return polling.with_resume_note(state, flow)

    def _has_status(self, status: JobStatus) -> Flow[bool]:
        result = yield from polling.read_status(self._driver.context, self._state)
        return result.status == status

    def _wait_for_success(
        self, poll_interval: float, max_wait: float, backoff_factor: float, max_interval: float
    ) -> Flow[JobResult]:
        result = yield from self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        return result.raise_for_error()

    def _download(
        self, waiting: Flow[JobResult], format_: str | None, max_time: float
    ) -> ResultDownload:
        from ._core.download import ResultDownload  # late: many programs download nothing

        context = self._driver.context
        return ResultDownload(context, self._state, waiting, format_, max_time)

    def _parse_result(
        self,
        waiting: Flow[JobResult],
        max_time: float,
        parse: Callable[[types.JobResult], ValueT],
    ) -> Flow[ValueT]:
        result = yield from self._download(waiting, None, max_time).read_text()
        value: ValueT = yield RunInThread(lambda: parse(result))  # it may be large
        return value

    def _open_image(
        self, waiting: Flow[JobResult], format_: str | None, max_time: float
    ) -> Flow[_pillow.Image]:
        yield RunInThread(_pillow.load_pillow)
        content = yield from self._download(waiting, format_, max_time).read()
        image: _pillow.Image = yield RunInThread(lambda: _pillow.decode_image(content))
        return image


def _text_of(result: types.JobResult) -> str:
    return result.result or ""


class Job(
    ConcreteMethods,
    _Job[
        "types.JobResult",
        bool,
        Path,
        None,
        bytes,
        str,
        "types.Transcript",
        "list[list[float]]",
        "types.VideoDescription",
        "_pillow.Image",
    ],
):
    """A submitted job. ``client.job(request_id)`` returns a handle to an existing one.

    A pickle contains the ID and the API version, not the client. After unpickling,
    ``client.job(job)`` resumes the job.
    """

    _suggestions = (
        *_OTHER_NAMES,
        ("url", "result().result_url"),
        *((name, f"result().{name}") for name in _RESULT_FIELDS),
    )

    def updates(
        self,
        *,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
    ) -> Iterator[types.JobResult]:
        """Poll like ``wait()``, and yield each status that differs from the previous one.

        Args:
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.

        Yields:
            The job's statuses. The last one is ``done`` or ``error``.

        Raises:
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            AuthenticationError, NotFoundError: The service rejected the status request.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        flow = self._tracked(waiting)
        updates: Iterator[JobResult] = self._driver.iterate(flow)
        return updates

    def iter_bytes(
        self,
        *,
        format: str | None = None,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> Iterator[bytes]:
        """Wait for the job and yield its result in chunks, as they arrive.

        An interrupted download is resumed if the host allows it. No more than one chunk is in
        memory.

        Args:
            format: Suffix of the format to download, for example ``webp``; a transcription has
                ``txt``, ``srt``, ``vtt`` and ``json``. None for the format in which the service
                made the result.
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Yields:
            Pieces of the file, in order.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, or is not available in this format.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        streaming = self._download(waiting, format, max_download_time).stream()
        flow = self._tracked(streaming, progress)
        chunks: Iterator[bytes] = self._driver.stream(flow, on_update)
        return chunks


class AsyncJob(
    AsyncMethods,
    _Job[
        Coro["types.JobResult"],
        Coro[bool],
        Coro[Path],
        Coro[None],
        Coro[bytes],
        Coro[str],
        Coro["types.Transcript"],
        Coro["list[list[float]]"],
        Coro["types.VideoDescription"],
        Coro["_pillow.Image"],
    ],
):
    """A submitted job. ``client.job(request_id)`` returns a handle to an existing one.

    A pickle contains the ID and the API version, not the client. After unpickling,
    ``client.job(job)`` resumes the job.
    """

    _suggestions = (
        *_OTHER_NAMES,
        ("url", "(await job.result()).result_url"),
        *((name, f"(await job.result()).{name}") for name in _RESULT_FIELDS),
    )

    def updates(
        self,
        *,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
    ) -> AsyncIterator[types.JobResult]:
        """Poll like ``wait()``, and yield each status that differs from the previous one.

        Args:
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.

        Yields:
            The job's statuses. The last one is ``done`` or ``error``.

        Raises:
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            AuthenticationError, NotFoundError: The service rejected the status request.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        flow = self._tracked(waiting)
        updates: AsyncIterator[JobResult] = self._driver.iterate(flow)
        return updates

    def iter_bytes(
        self,
        *,
        format: str | None = None,
        max_download_time: float = 3600.0,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
        progress: bool = False,
    ) -> AsyncIterator[bytes]:
        """Wait for the job and yield its result in chunks, as they arrive.

        An interrupted download is resumed if the host allows it. No more than one chunk is in
        memory.

        Args:
            format: Suffix of the format to download, for example ``webp``; a transcription has
                ``txt``, ``srt``, ``vtt`` and ``json``. None for the format in which the service
                made the result.
            max_download_time: Maximum seconds for the download, with its retries, more than 0;
                ``math.inf`` for no limit.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait; 0 polls once, ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.
            progress: Whether to draw a progress bar on standard error in a terminal, or in a
                notebook. Elsewhere, nothing is drawn. Requires the extra ``progress``.

        Yields:
            Pieces of the file, in order.

        Raises:
            JobFailedError: The job failed, or has no result.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded, or is not available in this format.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        streaming = self._download(waiting, format, max_download_time).stream()
        flow = self._tracked(streaming, progress)
        chunks: AsyncIterator[bytes] = self._driver.stream(flow, on_update)
        return chunks
