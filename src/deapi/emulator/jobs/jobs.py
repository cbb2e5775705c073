"""Jobs: what was ordered, and how it moves from pending to done or error."""

from __future__ import annotations

import asyncio
import datetime
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deapi.emulator.clock import Clock
    from deapi.emulator.operations.operation import Operation
    from deapi.emulator.validation.fields import Fields

Status = Literal["pending", "processing", "done", "error"]

QUEUE_SECONDS = 0.5
"""Emulated seconds that a job waits before it is worked on."""

SETTLING_SECONDS = 20.0
"""Emulated seconds after which the final charge of a partner model is known."""

_PROCESSING_READS = 2
"""Steps of a job between pending and its end, where reads move it."""

_FAILING_SHARE = 0.5
"""How far a job gets that ends in error."""


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


@dataclass(frozen=True)
class Failure:
    """How a job fails, in the words of the status answer."""

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
        job_type: Inference type, as webhooks name it.
        model: Slug of the model.
        fields: What was ordered, validated; uploads are `Upload` objects.
        price: What was charged, USD.
        request_id: The id that the client was given.
        status: Where it stands.
        progress: Percentage.
        failure: How it fails, if it does.
        created_at: When it was accepted.
        started_at: When the work began.
        finished_at: When it ended.
        reads: How often its status was read.
        final_reads: How often of these it had ended.
        boost: The prompts before and after they were boosted, if they are.
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
    reads: int = 0
    final_reads: int = 0
    boost: Mapping[str, str | None] | None = None

    @property
    def finished(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self.status in ("done", "error")


@dataclass(eq=False)
class _Course:
    """When a job moves, in emulated time."""

    accepted: float
    seconds: float


def progress_at(elapsed: float, seconds: float) -> float | None:
    """Share of the work that is done so many emulated seconds after a job was accepted.

    Args:
        elapsed: Seconds since the job was accepted.
        seconds: Seconds that the work takes.

    Returns:
        0 to 1, or None while the job is still waiting.
    """
    worked = elapsed - QUEUE_SECONDS
    if worked < 0:
        return None
    return min(1.0, worked / seconds) if seconds else 1.0


def progress_after(reads: int, polls_per_state: int) -> float | None:
    """Share of the work that is done once a job has been read so many times before.

    Args:
        reads: Earlier reads.
        polls_per_state: Reads of each step; 0 finishes the job at once.

    Returns:
        0 to 1, or None while the job is still waiting.
    """
    last = _PROCESSING_READS + 1
    step = min(last, reads // polls_per_state) if polls_per_state else last
    return step / last if step else None


class Jobs:
    """The account's jobs.

    Args:
        clock: Emulated time.
        polls_per_state: Let status reads move the jobs instead of the clock.
        on_change: Called with a job and its previous status whenever the status changes.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        polls_per_state: int | None,
        on_change: Callable[[Job, Status], None],
    ) -> None:
        self.by_id: dict[str, Job] = {}
        self._clock = clock
        self._reads_per_step = polls_per_state
        self._on_change = on_change
        self._courses: dict[str, _Course] = {}
        self._timers: set[asyncio.Task[None]] = set()

    def start(self, job: Job, operation: Operation) -> None:
        """Accept a job and set it going."""
        self.by_id[job.request_id] = job
        course = _Course(self._clock.now(), operation.seconds)
        self._courses[job.request_id] = course
        self.settle(job)
        if self._reads_per_step is None:
            timer = asyncio.get_running_loop().create_task(self._watch(job, course))
            self._timers.add(timer)
            timer.add_done_callback(self._timers.discard)

    def read(self, job: Job) -> None:
        """Bring a job up to date because its status is read."""
        self.settle(job)
        job.reads += 1
        job.final_reads += job.finished

    def billed(self, job: Job) -> bool:
        """Whether the final charge is known of a job whose model settles it afterwards."""
        if self._reads_per_step is not None:
            return job.final_reads > 1
        course = self._courses[job.request_id]
        elapsed = self._clock.now() - course.accepted
        return elapsed >= QUEUE_SECONDS + course.seconds + SETTLING_SECONDS

    def settle_all(self) -> None:
        """Bring every job up to date, after the clock was moved."""
        for job in list(self.by_id.values()):
            self.settle(job)

    def settle(self, job: Job) -> None:
        """Bring a job to where it should be by now, through every status on the way."""
        share = self._share(job)
        if share is None or job.finished:
            return
        if job.status == "pending":
            job.started_at = _now()
            self._move(job, "processing")
        if share < 1:
            reached = share * _FAILING_SHARE if job.failure else share
            job.progress = min(99.99, round(100 * reached, 2))
            return
        job.finished_at = _now()
        if job.failure:
            job.progress = 100 * _FAILING_SHARE
            self._move(job, "error")
        else:
            job.progress = 100.0
            self._move(job, "done")

    def _share(self, job: Job) -> float | None:
        if self._reads_per_step is not None:
            return progress_after(job.reads, self._reads_per_step)
        course = self._courses[job.request_id]
        return progress_at(self._clock.now() - course.accepted, course.seconds)

    def _move(self, job: Job, status: Status) -> None:
        previous, job.status = job.status, status
        self._on_change(job, previous)

    async def _watch(self, job: Job, course: _Course) -> None:
        """Settle a job when its times come, whether or not anybody reads it."""
        for moment in (QUEUE_SECONDS, QUEUE_SECONDS + course.seconds):
            await self._clock.sleep_until(course.accepted + moment)
            self.settle(job)
