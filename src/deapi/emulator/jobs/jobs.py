"""Jobs, and how they advance from pending to done or error."""

from __future__ import annotations

import asyncio
import datetime
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .. import errors
from ..operations.registry import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..clock import Clock
    from ..validation.fields import Fields

Status = Literal["pending", "processing", "done", "error"]

QUEUE_SECONDS = 0.5
"""Emulated seconds for which a job is pending."""

FINAL_PRICE_SECONDS = 20.0
"""Emulated seconds after a job's end until the final price of a partner model is known."""

_PROCESSING_STEPS = 2
"""Number of steps of processing, if status requests advance the job."""

_ANNOUNCEMENTS = 4
"""Number of steps of a job that advances with the clock. Each but the last is announced."""

_FAILURE_PROGRESS = 0.5
"""Share of the work after which a job fails."""


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


@dataclass(frozen=True)
class Failure:
    """The failure of a job, with the fields of the status response."""

    error_code: str = "PROCESSING_ERROR"
    error_message: str = "worker-error"
    error_reason: str = "PROCESSING_FAILED"
    retryable: bool = True
    refunded: bool = True


@dataclass(eq=False)
class Job:
    """A job of the account.

    Attributes:
        operation: Name of the operation, such as "txt2img".
        job_type: Inference type, as in webhooks.
        model: Slug of the model.
        fields: Validated fields of the submission. Files are `Upload` objects.
        price: Amount charged, in USD.
        failure: How the job fails, or None if it succeeds.
        request_id: ID of the job.
        status: "pending", "processing", "done" or "error".
        progress: Progress in percent.
        created_at: Real time of the submission.
        started_at: Real time at which processing started, or None.
        finished_at: Real time at which the job succeeded or failed, or None.
        polls: Number of status requests.
        terminal_polls: Number of status requests since the job succeeded or failed.
        prompt_boost: Prompts before and after enhancement, as in the status response. None
            without enhancement.
    """

    operation: str
    job_type: str
    model: str
    fields: Fields
    price: float
    failure: Failure | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: Status = "pending"
    progress: float = 0.0
    created_at: datetime.datetime = field(default_factory=_now)
    started_at: datetime.datetime | None = None
    finished_at: datetime.datetime | None = None
    polls: int = 0
    terminal_polls: int = 0
    prompt_boost: Mapping[str, str | None] | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether the job succeeded or failed."""
        return self.status in ("done", "error")


def progress_after_time(elapsed: float, duration: float) -> float | None:
    """Return the progress of a job that advances with the clock, 0 to 1; None while it is pending.

    Both durations are emulated seconds: those since the job was accepted, and those of processing.
    """
    processed = elapsed - QUEUE_SECONDS
    if processed < 0:
        return None
    return min(1.0, processed / duration) if duration else 1.0


def progress_after_polls(polls: int, polls_per_state: int) -> float | None:
    """Return the progress of a job after earlier status requests, 0 to 1; None while it is pending.

    With `polls_per_state` 0, a job is finished at once.
    """
    last = _PROCESSING_STEPS + 1
    step = min(last, polls // polls_per_state) if polls_per_state else last
    return step / last if step else None


class Jobs:
    """The jobs of the account.

    Args:
        clock: Emulated time.
        polls_per_state: Status requests in each state of a job, or None to advance jobs with the
            clock.
        on_change: Called with a job and its previous status after each change of status.
        on_progress: Called with a running job when its progress is to be announced.
        is_ready: Whether the result of a job exists. A job that advances with the clock is not
            done before.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        polls_per_state: int | None,
        on_change: Callable[[Job, Status], None],
        on_progress: Callable[[Job], None],
        is_ready: Callable[[Job], bool],
    ) -> None:
        self.by_id: dict[str, Job] = {}
        self._clock = clock
        self._polls_per_state = polls_per_state
        self._on_change = on_change
        self._on_progress = on_progress
        self._is_ready = is_ready
        self._accepted_at: dict[str, float] = {}
        self._timers: set[asyncio.Task[None]] = set()

    def start(self, job: Job) -> None:
        """Accept a job and start to advance it."""
        self.by_id[job.request_id] = job
        self._accepted_at[job.request_id] = self._clock.now()
        self.update(job)
        if self._polls_per_state is None:
            timer = asyncio.get_running_loop().create_task(self._run_timer(job))
            self._timers.add(timer)
            timer.add_done_callback(self._timers.discard)

    def find(self, request_id: str) -> Job:
        """Find a job by its ID.

        Raises:
            ApiError: 404 if the job does not exist.
        """
        job = self.by_id.get(request_id)
        if job is None:
            raise errors.not_found()
        return job

    def poll(self, job: Job) -> None:
        """Update a job and count a status request."""
        progress = job.progress
        self.update(job)
        if self._polls_per_state is not None and job.progress != progress:
            self._announce(job)
        job.polls += 1
        job.terminal_polls += job.is_terminal

    def price_is_final(self, job: Job) -> bool:
        """Whether the final price of a finished job with a partner model is known."""
        if self._polls_per_state is not None:
            return job.terminal_polls > 1
        return self._elapsed(job) >= QUEUE_SECONDS + _duration(job) + FINAL_PRICE_SECONDS

    def update_all(self) -> None:
        """Update all jobs after the clock was advanced."""
        for job in list(self.by_id.values()):
            self.update(job)

    def update(self, job: Job) -> None:
        """Advance a job to its current status, through every status in between."""
        progress = self._progress(job)
        if progress is None or job.is_terminal:
            return
        if job.status == "pending":
            job.started_at = _now()
            self._set_status(job, "processing")
        if progress < 1 or self._waits_for_result(job):
            shown = progress * _FAILURE_PROGRESS if job.failure else progress
            job.progress = min(99.99, round(100 * shown, 2))
            return
        job.finished_at = _now()
        if job.failure:
            job.progress = 100 * _FAILURE_PROGRESS
            self._set_status(job, "error")
        else:
            job.progress = 100.0
            self._set_status(job, "done")

    def due(self) -> list[Job]:
        """Return the jobs whose time has passed, but whose result does not exist yet."""
        return [
            job
            for job in self.by_id.values()
            if not job.is_terminal and self._progress(job) == 1 and self._waits_for_result(job)
        ]

    def _waits_for_result(self, job: Job) -> bool:
        by_clock = self._polls_per_state is None
        return by_clock and job.failure is None and not self._is_ready(job)

    def _progress(self, job: Job) -> float | None:
        if self._polls_per_state is not None:
            return progress_after_polls(job.polls, self._polls_per_state)
        return progress_after_time(self._elapsed(job), _duration(job))

    def _elapsed(self, job: Job) -> float:
        """Return the emulated seconds since a job was accepted."""
        return self._clock.now() - self._accepted_at[job.request_id]

    def _set_status(self, job: Job, status: Status) -> None:
        previous, job.status = job.status, status
        self._on_change(job, previous)

    async def _run_timer(self, job: Job) -> None:
        """Update a job from its start to its end, even without status requests."""
        started_at = self._accepted_at[job.request_id] + QUEUE_SECONDS
        for step in range(_ANNOUNCEMENTS + 1):
            await self._clock.sleep_until(started_at + _duration(job) * step / _ANNOUNCEMENTS)
            self.update(job)
            if step:
                self._announce(job)

    def _announce(self, job: Job) -> None:
        if job.status == "processing" and job.progress:
            self._on_progress(job)


def _duration(job: Job) -> float:
    """Return the emulated seconds of processing."""
    return OPERATIONS[job.operation].seconds
