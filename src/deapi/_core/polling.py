"""Polling a job's status: once, or until the job has finished."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._config import validate_seconds
from .._exceptions import DeapiError, JobTimeoutError
from .._text import sanitize
from . import retry
from .flows import (
    Sleep,
    Update,
    call,
    is_success,
    log,
    parse_response,
    prepare,
    to_exception,
    truncate_error,
)

if TYPE_CHECKING:
    from .._response import Failure, Response
    from ..types import JobResult
    from .flows import CallContext, Flow, Send
    from .request import Request

# Seconds that the last poll of a wait may take after the deadline.
_FINAL_POLL_SECONDS = 1.0

_MAX_BACKOFF_FACTOR = 1e6


@dataclass
class JobState:
    """State of a job handle.

    Attributes:
        request_id: The job's ID.
        request: The request that polls the job's status.
        operation: The operation that submitted the job, or None if it is not known.
        final: The job's final status, or None until a poll has returned it.
        last_status: The most recent status, or None before the first poll.
    """

    request_id: str
    request: Request
    operation: str | None = None
    final: JobResult | None = None
    last_status: str | None = None

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


@dataclass
class PollSchedule:
    """When to poll.

    Attributes:
        poll_interval: Seconds between the first two polls, more than 0.
        max_wait: Seconds to wait in total; 0 polls once, infinity waits indefinitely.
        backoff_factor: Factor by which the interval grows after each poll, at least 1.
        max_interval: Maximum interval in seconds, more than 0.
    """

    poll_interval: float
    max_wait: float
    backoff_factor: float
    max_interval: float

    def __post_init__(self) -> None:
        factor = self.backoff_factor
        if isinstance(factor, bool) or not isinstance(factor, (int, float)):
            raise TypeError(f"backoff_factor must be a number, not {type(factor).__name__}.")
        if not 1 <= factor <= _MAX_BACKOFF_FACTOR:
            raise ValueError(
                f"backoff_factor must be a number from 1 to {_MAX_BACKOFF_FACTOR:g}; "
                f"got {factor!r:.40}."
            )
        validate_seconds("poll_interval", self.poll_interval)
        if self.max_wait != math.inf:
            validate_seconds("max_wait", self.max_wait, allow_zero=True)
        validate_seconds("max_interval", self.max_interval)


def read_status(context: CallContext, job: JobState) -> Flow[JobResult]:
    """Return a job's current status. No request is sent if the final status is known."""
    if job.final is not None:
        return job.final
    return job.record((yield from call(context, job.request)))


def wait(context: CallContext, job: JobState, schedule: PollSchedule) -> Flow[JobResult]:
    """Poll a job until it has finished, with an Update for each change.

    Transient errors (connection, 5xx, 429, malformed body) are retried until the deadline. Only
    the deadline or a definite error (401, 404) ends the wait earlier.
    """
    if job.final is not None:
        yield Update(job.final)
        return job.final
    max_wait = schedule.max_wait
    deadline = context.monotonic() + max_wait
    send = yield from prepare(context, job.request)
    interval = min(schedule.poll_interval, schedule.max_interval)
    last_result: JobResult | None = None
    last_error: Exception | None = None
    final_poll = max_wait == 0
    while True:
        send.limit = _poll_limit(
            deadline - context.monotonic(), final_poll=final_poll, max_wait=max_wait
        )
        outcome = truncate_error((yield send))
        log.debug("Job %s: %s", job.label, outcome)
        context.record_rate_limit(send, outcome)
        try:
            result = job.record((yield from _parse_status(context, outcome, send)))
        except DeapiError as error:
            # A malformed 2xx response is also retried.
            if not is_success(outcome) and not retry.is_transient(outcome):
                raise
            last_error = error
        else:
            last_error = None
            if result != last_result:
                last_result = result
                yield Update(result)
            if result.status.is_terminal:
                return result
        remaining = deadline - context.monotonic()
        if final_poll or remaining <= 0:
            break
        retry_after = retry.parse_retry_after(outcome, context.wall_clock())
        delay = max(interval, retry_after or 0.0)
        interval = min(interval * schedule.backoff_factor, schedule.max_interval)
        final_poll = delay >= remaining
        yield Sleep(min(delay, remaining))
    raise _timeout_error(job, max_wait, last_result, last_error)


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


def _timeout_error(
    job: JobState, max_wait: float, last_result: JobResult | None, last_error: Exception | None
) -> JobTimeoutError:
    if last_result:
        value = sanitize(last_result.status.value, 100)
        status = f"last status {value}, {last_result.progress:g} %"
        running = "The job has been paid for and is still running"
    else:
        status = "no status was received"
        running = "The job may still be running"
    failed = f"; the last poll failed: {last_error}" if last_error else ""
    return JobTimeoutError(
        f"Job {job.label} did not complete within {max_wait:g} s ({status}{failed}). "
        f"{running}: wait again, or resume it later with client.job({job.label!r}).",
        request_id=job.request_id,
        result=last_result,
    )
