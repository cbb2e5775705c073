"""Job handles: status, waiting, and downloading the result."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from . import types
from ._concrete import AsyncMethods, ConcreteMethods, Coro
from ._core import download, polling
from ._core.flows import RunInThread, Transport
from ._core.operation import MAX_INLINE_RESULT_SIZE, Operation, Route
from ._core.request import Request
from ._core.schedules import BACKOFF_FACTOR, MAX_INTERVAL, POLL_INTERVAL, PollSchedule
from ._missing import SuggestsAttributes
from ._text import describe, format_call, sanitize
from ._types import JobStatus

if TYPE_CHECKING:
    from ._core.flows import Flow
    from .types import JobResult

ResultT = TypeVar("ResultT")
BoolT = TypeVar("BoolT")
PathT = TypeVar("PathT")

_STATUS = Operation(
    "jobs.status",
    v1=Route("request-status/{}", "GET"),
    v2=Route("jobs/{}", "GET"),
    returns="JobResult",
    max_response_size=MAX_INLINE_RESULT_SIZE,
)


# Attributes of a result that are often looked for on the job.
_RESULT_FIELDS = (
    "error_code",
    "preview",
    "progress",
    "result",
    "result_url",
    "results_alt_formats",
    "transcript",
)


def validate_request_id(request_id: object) -> str:
    """Return the ID of a job that a caller passes.

    Raises:
        TypeError: It is not a str.
        ValueError: It is malformed.
    """
    if not isinstance(request_id, str):
        raise TypeError(f"request_id must be a str, not {type(request_id).__name__}.")
    if request_id.strip(".") == "" or not request_id.isprintable():
        raise ValueError(f"request_id is not the ID of a job: {sanitize(request_id, 100)!r}.")
    return request_id


class _Job(SuggestsAttributes, Generic[ResultT, BoolT, PathT]):
    def __init__(
        self,
        transport: Transport,
        request_id: str,
        operation: str | None = None,
        model: str | None = None,
    ) -> None:
        # An ID that the service returned is not validated: the job has been paid for.
        self._transport = transport
        self._state = polling.JobState(
            request_id,
            Request(_STATUS, identifier=request_id),
            operation,
            model,
            # Only a submission names the operation.
            submitted_at=None if operation is None else transport.context.monotonic(),
        )

    @property
    def request_id(self) -> str:
        """The job's ID. ``client.job(request_id)`` returns a new handle to the job."""
        return self._state.request_id

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

        Returns:
            The job's last status, ``done`` or ``error``.

        Raises:
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            AuthenticationError, NotFoundError: The service rejected the status request.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        flow = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        return cast("ResultT", self._transport.run(flow, on_update))

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        poll_interval: float = POLL_INTERVAL,
        max_wait: float = 300.0,
        backoff_factor: float = BACKOFF_FACTOR,
        max_interval: float = MAX_INTERVAL,
        on_update: Callable[[types.JobResult], object] | None = None,
    ) -> PathT:
        """Wait for the job and save its result to a file, completely or not at all.

        An interrupted download is resumed, and an expired link is renewed. For an image, a path
        that ends in ``.jpg`` or ``.webp`` selects that format.

        Args:
            path: Path of the file to write. An existing file is replaced.
            poll_interval: Seconds between the first two polls, more than 0. By default polls are
                planned from the progress and earlier jobs. If you pass a value, they are not.
            max_wait: Maximum seconds to wait for the job, without the download; 0 polls once,
                ``math.inf`` waits indefinitely.
            backoff_factor: Factor by which the interval grows after each poll, at least 1. If you
                pass a value, polls are not planned.
            max_interval: Maximum seconds between two polls, more than 0. If you pass a value, polls
                are not planned.
            on_update: Called with each status that differs from the previous one. In the async
                client it may be a coroutine function.

        Returns:
            The path that was written.

        Raises:
            JobFailedError: The job failed, or has no result to save.
            JobTimeoutError: The job is still running when ``max_wait`` expires.
            DeapiError: The result could not be downloaded.
            OSError: The file cannot be written. This is checked before the wait.
            ValueError, TypeError: An argument is out of range, or ``path`` is not a regular file.
        """
        waiting = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        # Absolute, because the working directory may change during the wait.
        saving = self._save(Path(path), Path(path).absolute(), waiting)
        flow = polling.with_resume_note(self._state, saving)
        return cast("PathT", self._transport.run(flow, on_update))

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
        flow = polling.read_status(self._transport.context, self._state)
        return cast("ResultT", self._transport.run(flow))

    def is_done(self) -> BoolT:
        """Check whether the job has succeeded, with one request.

        ``status()`` returns this and more with the same request.

        Returns:
            True if the job's status is ``done``.

        Raises:
            DeapiError: The call failed.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        return cast("BoolT", self._transport.run(self._has_status(JobStatus.DONE)))

    def is_error(self) -> BoolT:
        """Check whether the job has failed, with one request.

        ``status()`` returns this and more with the same request.

        Returns:
            True if the job's status is ``error``.

        Raises:
            DeapiError: The call failed.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        return cast("BoolT", self._transport.run(self._has_status(JobStatus.ERROR)))

    def _wait(
        self, poll_interval: float, max_wait: float, backoff_factor: float, max_interval: float
    ) -> Flow[JobResult]:
        schedule = PollSchedule(poll_interval, max_wait, backoff_factor, max_interval)
        flow = polling.wait(self._transport.context, self._state, schedule)
        return polling.with_resume_note(self._state, flow)

    def _has_status(self, status: JobStatus) -> Flow[bool]:
        result = yield from polling.read_status(self._transport.context, self._state)
        return result.status == status

    def _save(self, path: Path, absolute: Path, waiting: Flow[JobResult]) -> Flow[Path]:
        target: Path = yield RunInThread(lambda: download.validate_target(absolute))
        result = yield from waiting
        yield from download.save(self._transport.context, self._state, result, target)
        return path


class Job(ConcreteMethods, _Job["types.JobResult", bool, Path]):
    """A submitted job. ``client.job(request_id)`` returns a handle to an existing one."""

    _suggestions = tuple((name, f"wait().{name}") for name in _RESULT_FIELDS)

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
        flow = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        updates: Iterator[JobResult] = self._transport.iterate(flow)
        return updates


class AsyncJob(AsyncMethods, _Job[Coro["types.JobResult"], Coro[bool], Coro[Path]]):
    """A submitted job. ``client.job(request_id)`` returns a handle to an existing one."""

    _suggestions = tuple((name, f"(await job.wait()).{name}") for name in _RESULT_FIELDS)

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
        flow = self._wait(poll_interval, max_wait, backoff_factor, max_interval)
        updates: AsyncIterator[JobResult] = self._transport.iterate(flow)
        return updates
