"""The handles of jobs: how a job stands, waiting for it, and saving what it made."""

from __future__ import annotations

import math
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, cast

from typing_extensions import TypeVar

from ._async_form import AsyncForm
from ._config import seconds
from ._core import download as saving
from ._core import flows
from ._core import polling as waiting
from ._types import JobStatus

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Iterator

    from ._core.flows import Core, Flow
    from ._http.aio import AsyncTransport
    from ._http.sync import SyncTransport
    from .types import JobResult

ResultT = TypeVar("ResultT")
AnswerT = TypeVar("AnswerT")
PathT = TypeVar("PathT")


class _Runner(Protocol):
    core: Core

    def run(self, flow: Flow[Any], on_update: Any = None) -> Any:
        """Carry a flow out; in the asynchronous client, as a coroutine."""


class _Job(Generic[ResultT, AnswerT, PathT]):
    """A job, by its id. Making a handle asks the service nothing."""

    def __init__(self, transport: _Runner, request_id: str) -> None:
        if not isinstance(request_id, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"request_id must be a str, not {type(request_id).__name__}.")
        if request_id.strip(".") == "" or not request_id.isprintable():
            raise ValueError(f"request_id is not the id of a job: {request_id!r}.")
        self._transport = transport
        self._state = waiting.JobState(request_id)

    @property
    def request_id(self) -> str:
        """The id of the job, by which ``client.job()`` takes it up again."""
        return self._state.request_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(request_id={self.request_id!r})"

    def status(self) -> ResultT:
        """Ask once how the job stands.

        A job that this handle has seen finish is not asked about again: status reads are rationed.

        Returns:
            The job's state.

        Raises:
            NotFoundError: The service does not know the job.
            DeapiError: The service could not be asked.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        return cast("ResultT", self._run(waiting.status(self._transport.core, self._state)))

    def wait(
        self,
        *,
        poll_interval: float = 1.0,
        max_wait: float = 300.0,
        backoff_factor: float = 1.5,
        max_interval: float = 10.0,
        on_update: Callable[[JobResult], object] | None = None,
    ) -> ResultT:
        """Wait until the job has finished, well or badly.

        A failed job is returned like a finished one; ``result.raise_for_error()`` tells them apart
        by raising. A transient failure while polling does not end the wait.

        Args:
            poll_interval: Seconds between the first two polls, more than 0.
            max_wait: Seconds to wait in all; 0 polls once, infinity waits for ever.
            backoff_factor: What the interval is multiplied by after each poll, 1 or more.
            max_interval: The longest interval in seconds, more than 0.
            on_update: Called with each state that differs from the one before; in the
                asynchronous client it may be a coroutine function.

        Returns:
            The job's last state, ``done`` or ``error``.

        Raises:
            JobTimeoutError: The job did not finish in time. It goes on.
            AuthenticationError, NotFoundError: The service refused to tell.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        flow = self._watch(poll_interval, max_wait, backoff_factor, max_interval)
        return cast("ResultT", self._run(flow, on_update))

    def is_done(self) -> AnswerT:
        """Ask once whether the job has finished well.

        ``status()`` answers this and more with the same one request.

        Raises:
            DeapiError: The service could not be asked.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        return cast("AnswerT", self._run(self._stands(JobStatus.DONE)))

    def is_error(self) -> AnswerT:
        """Ask once whether the job has failed.

        ``status()`` answers this and more with the same one request.

        Raises:
            DeapiError: The service could not be asked.

        Endpoint: ``GET request-status/{request_id}`` (v1), ``GET jobs/{request_id}`` (v2).
        """
        return cast("AnswerT", self._run(self._stands(JobStatus.ERROR)))

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        poll_interval: float = 1.0,
        max_wait: float = 300.0,
        backoff_factor: float = 1.5,
        max_interval: float = 10.0,
        on_update: Callable[[JobResult], object] | None = None,
    ) -> PathT:
        """Wait for the job and save its result to a file, which appears whole or not at all.

        The download is resumed when it breaks, and an expired link is replaced by reading the job
        again. For an image, a path that ends in ``.jpg`` or ``.webp`` gets that format.

        Args:
            path: The file to write; an existing one is replaced.
            poll_interval: As for ``wait()``, as are the three below.
            max_wait: Seconds to wait for the job; the download is not counted.
            backoff_factor: What the interval is multiplied by after each poll.
            max_interval: The longest interval in seconds.
            on_update: Called with each state that differs from the one before.

        Returns:
            The path that was written.

        Raises:
            JobFailedError: The job failed, or made nothing to save.
            JobTimeoutError: The job did not finish in time. It goes on.
            DeapiError: The result could not be downloaded.
            OSError: The file cannot be written; that is tried before anything is waited for.
        """
        watch = self._watch(poll_interval, max_wait, backoff_factor, max_interval)
        # Made absolute here, because the working directory may change during the wait.
        flow = self._save(Path(path), Path(path).absolute(), watch)
        return cast("PathT", self._run(flow, on_update))

    def _run(self, flow: Flow[Any], on_update: Callable[[JobResult], object] | None = None) -> Any:
        return self._transport.run(flow, on_update)

    def _watch(
        self, poll_interval: float, max_wait: float, backoff_factor: float, max_interval: float
    ) -> Flow[JobResult]:
        if isinstance(backoff_factor, bool) or not isinstance(backoff_factor, (int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"backoff_factor must be a number, not {type(backoff_factor).__name__}."
            )
        if not 1 <= backoff_factor < math.inf:
            raise ValueError(f"backoff_factor must be a number, 1 or more; got {backoff_factor!r}.")
        return waiting.watch(
            self._transport.core,
            self._state,
            poll_interval=seconds("poll_interval", poll_interval),
            max_wait=max_wait if max_wait == math.inf else seconds("max_wait", max_wait, zero=True),
            backoff_factor=backoff_factor,
            max_interval=seconds("max_interval", max_interval),
        )

    def _stands(self, where: JobStatus) -> Flow[bool]:
        result = yield from waiting.status(self._transport.core, self._state)
        return result.status == where

    def _save(self, path: Path, absolute: Path, watch: Flow[JobResult]) -> Flow[Path]:
        target: Path = yield flows.Work(lambda: saving.checked(absolute))
        result = yield from watch
        yield from saving.save(self._transport.core, self._state, result, target)
        return path


class Job(_Job["JobResult", bool, Path]):
    """A job that was submitted, or taken up again with ``client.job(request_id)``."""

    _transport: SyncTransport

    def updates(
        self,
        *,
        poll_interval: float = 1.0,
        max_wait: float = 300.0,
        backoff_factor: float = 1.5,
        max_interval: float = 10.0,
    ) -> Iterator[JobResult]:
        """Wait like ``wait()``, yielding each state that differs from the one before.

        Args:
            poll_interval: As for ``wait()``, as are the three below.
            max_wait: Seconds to wait in all.
            backoff_factor: What the interval is multiplied by after each poll.
            max_interval: The longest interval in seconds.

        Yields:
            The job's states; the last is ``done`` or ``error``.

        Raises:
            JobTimeoutError: The job did not finish in time. It goes on.
            DeapiError: The service refused to tell.
        """
        flow = self._watch(poll_interval, max_wait, backoff_factor, max_interval)
        return self._transport.iterate(flow)


class AsyncJob(
    AsyncForm,
    _Job[
        Coroutine[Any, Any, "JobResult"],
        Coroutine[Any, Any, bool],
        Coroutine[Any, Any, Path],
    ],
):
    """A job that was submitted, or taken up again with ``client.job(request_id)``."""

    _transport: AsyncTransport

    def updates(
        self,
        *,
        poll_interval: float = 1.0,
        max_wait: float = 300.0,
        backoff_factor: float = 1.5,
        max_interval: float = 10.0,
    ) -> AsyncIterator[JobResult]:
        """Wait like ``wait()``, yielding each state that differs from the one before.

        Args:
            poll_interval: As for ``wait()``, as are the three below.
            max_wait: Seconds to wait in all.
            backoff_factor: What the interval is multiplied by after each poll.
            max_interval: The longest interval in seconds.

        Yields:
            The job's states; the last is ``done`` or ``error``.

        Raises:
            JobTimeoutError: The job did not finish in time. It goes on.
            DeapiError: The service refused to tell.
        """
        flow = self._watch(poll_interval, max_wait, backoff_factor, max_interval)
        return self._transport.iterate(flow)
