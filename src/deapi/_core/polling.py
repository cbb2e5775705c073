"""Polling a job's status: once, or until the job has finished."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .._exceptions import DeapiError, JobFailedError, JobTimeoutError, NotFoundError
from .._text import add_note, end_sentence, sanitize
from ..events import JobFinished
from . import retry
from .calls import call, prepare, send_once
from .outcomes import is_success, parse_response, to_exception
from .poll_plans import FixedPlan, Plan
from .steps import Update, WaitFor, Waker

if TYPE_CHECKING:
    from .._response import Failure, Response
    from ..types import JobResult
    from .context import CallContext
    from .poll_plans import PollSchedule
    from .poll_timing import JobType
    from .push import PushSubscription
    from .request import Request
    from .shared_polls import JoinedWait
    from .steps import Flow, Send

log = logging.getLogger("deapi")

T = TypeVar("T")

# Seconds that the last poll of a wait may take after the deadline.
_FINAL_POLL_SECONDS = 1.0


@dataclass(eq=False)
class JobState:
    """State of a job handle.

    Attributes:
        request_id: The job's ID.
        request: The request that polls the job's status.
        operation: The operation that submitted the job, or None if it is not known.
        model: The model of that operation, or None.
        submitted_at: When this process submitted the job, on the clock ``elapsed``, or None.
        final: The job's final status, or None until a poll has returned it.
        last_status: The most recent status, or None before the first poll.
    """

    request_id: str
    request: Request
    operation: str | None = None
    model: str | None = None
    submitted_at: float | None = None
    final: JobResult | None = None
    last_status: str | None = None

    @property
    def job_type(self) -> JobType | None:
        """The operation and the model, or None if this process did not submit the job."""
        if self.operation is None or self.submitted_at is None:
            return None
        return self.operation, self.model or ""

    @property
    def label(self) -> str:
        """The ID for messages, shortened and without control characters."""
        return sanitize(self.request_id, 100)

    def record(self, result: JobResult) -> JobResult:
        """Record a status. A finished job is never polled again."""
        result.request_id = self.request_id
        self.last_status = sanitize(result.status.value, 100)
        if result.status.is_terminal:
            self.final = result
        return result


def with_resume_note(job: JobState, flow: Flow[T]) -> Flow[T]:
    """Run a flow of a job. An exception that ends it early gets a note with the job's ID."""
    try:
        return (yield from flow)
    except (GeneratorExit, JobTimeoutError, JobFailedError, NotFoundError):
        raise  # nothing to resume, or the message says it
    except BaseException as error:
        state = "continues" if job.final is None else "has finished"
        add_note(error, f"job {job.label} {state}; resume with client.job({job.label!r})")
        raise
    finally:
        # An interrupt may be raised in this frame. Then the flow, with its temporary file, would
        # live as long as the traceback.
        flow.close()


def read_status(context: CallContext, job: JobState) -> Flow[JobResult]:
    """Return a job's current status. No request is sent if the final status is known."""
    if job.final is not None:
        return job.final
    return _record(context, job, (yield from call(context, job.request)))


def _record(context: CallContext, job: JobState, result: JobResult) -> JobResult:
    """Record a status, and report it if it is the final one."""
    was_final = job.final is not None
    job.record(result)
    if context.on_event is not None and job.final is not None and not was_final:
        started = job.submitted_at
        seconds = None if started is None else context.elapsed() - started
        status = sanitize(result.status.value, 100)
        context.emit(JobFinished(job.request_id, job.operation, status, seconds))
    return result


def wait(context: CallContext, job: JobState, schedule: PollSchedule) -> Flow[JobResult]:
    """Poll a job until it has finished, with an Update for each change.

    Transient errors (connection, 5xx, 429, malformed body) are retried until the deadline. Only
    the deadline or a definite error (401, 404) ends the wait earlier.
    """
    if job.final is not None:
        yield Update(job.final)
        return job.final
    send = yield from prepare(context, job.request)
    planned = schedule.is_planned and schedule.max_wait > 0
    waker = Waker()
    key = (context.config.api_version, job.request_id)
    joined = context.polls.join(key, waker, job.job_type, paced=planned)
    subscription: PushSubscription | None = None
    try:
        if planned and context.push is not None:
            subscription = context.push.subscribe(job.request_id, waker, context.on_event)
        plan = (
            Plan(context, joined, job.submitted_at, subscription)
            if planned
            else FixedPlan(context, schedule)
        )
        loop = _PollLoop(context, job, schedule.max_wait, joined, plan)
        return (yield from loop.poll_until_finished(send))
    finally:
        context.polls.leave(joined)
        if subscription is not None:
            subscription.close()


class _PollLoop:
    """The polls of one wait: due when its plan says so, and sent when ``SharedPolls`` allows it."""

    def __init__(
        self,
        context: CallContext,
        job: JobState,
        max_wait: float,
        joined: JoinedWait,
        plan: FixedPlan | Plan,
    ) -> None:
        self._context = context
        self._job = job
        self._max_wait = max_wait
        self._deadline = context.monotonic() + max_wait
        self._joined = joined
        self._plan = plan
        self._result: JobResult | None = None
        self._last_error: Exception | None = None
        self._polled_finally = False

    def poll_until_finished(self, send: Send) -> Flow[JobResult]:
        """Return the final status."""
        while True:
            outcome = yield from self._next_outcome(send)
            if outcome is None:
                break
            try:
                status = yield from _parse_status(self._context, outcome, send)
                result = _record(self._context, self._job, status)
            except DeapiError as error:
                # A malformed 2xx response is also retried.
                if not is_success(outcome) and not retry.is_transient(outcome):
                    raise
                self._last_error = error
                retry_after = retry.parse_retry_after(outcome, self._context.wall_clock())
                self._plan.add(None, retry_after or 0.0)
            else:
                self._last_error = None
                self._plan.add(result)
                yield from self._update(result)
                if result.status.is_terminal:
                    return result
            if self._polled_finally or self._context.monotonic() >= self._deadline:
                break
        raise self._timeout_error()

    def _next_outcome(self, send: Send) -> Flow[Response | Failure | None]:
        """Wait until it is time to poll, and poll. Return None if the time is over.

        If another wait for the job has polled it, return that outcome.
        """
        context, joined, polls = self._context, self._joined, self._context.polls
        while True:
            joined.waker.reset()
            pushed = self._plan.take_pushed()
            if pushed is not None:
                yield from self._update(self._job.record(pushed))
            shared = joined.take_shared()
            if shared is not None:
                return shared
            now = context.elapsed()
            remaining = self._deadline - context.monotonic()
            if remaining <= 0:
                if not polls.begin_final_poll(joined, now):
                    return None
                self._polled_finally = True
                break
            hold = polls.begin_poll(joined, self._plan.due, now, context.random())
            if hold <= 0:
                break
            yield WaitFor(joined.waker, min(hold, remaining))
        send.limit = _poll_limit(
            remaining, final_poll=self._polled_finally, max_wait=self._max_wait
        )
        outcome = yield from send_once(context, send, context.call_events(send))
        log.debug("Job %s: %s", self._job.label, outcome)
        context.record_rate_limit(send, outcome)
        polls.finish(joined, outcome)
        return outcome

    def _update(self, result: JobResult) -> Flow[None]:
        if result != self._result:
            self._result = result
            yield Update(result)

    def _timeout_error(self) -> JobTimeoutError:
        job, result = self._job, self._result
        if result is not None:
            value = sanitize(result.status.value, 100)
            status = f"last status {value}, {result.progress:g} %"
            running = "The job has been paid for and is still running"
        else:
            status = "no status was received"
            running = "The job may still be running"
        reasons = ""
        if self._last_error is not None:
            reasons += f"The last poll failed: {end_sentence(str(self._last_error))} "
        held = self._context.polls.held_seconds(self._context.elapsed())
        if held:
            reasons += f"The rate limit allows no status request for another {held:.0f} s. "
        return JobTimeoutError(
            f"Job {job.label} did not complete within {self._max_wait:g} s ({status}). {reasons}"
            f"{running}: wait again, or resume it later with client.job({job.label!r}).",
            request_id=job.request_id,
            result=result,
        )


def _poll_limit(remaining: float, *, final_poll: bool, max_wait: float) -> float | None:
    """Return the maximum seconds for a poll; None for a single poll, to which timeouts apply."""
    if not final_poll:
        return remaining
    return _FINAL_POLL_SECONDS if max_wait else None


def _parse_status(context: CallContext, outcome: Response | Failure, send: Send) -> Flow[JobResult]:
    if is_success(outcome):
        result: JobResult = yield from parse_response(context, outcome, send)
        return result
    raise to_exception(context, outcome, send)
