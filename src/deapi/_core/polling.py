"""Asking how a job stands: once, or until it has finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._exceptions import DeapiError, JobTimeoutError
from . import readers, retry
from .flows import Sleep, Update, call, log, prepare, problem, succeeded, value
from .request import Request

if TYPE_CHECKING:
    from ..types import JobResult
    from .flows import Core, Flow, Send
    from .response import Failure, Response

# How long the poll at the very end of a wait may take beyond it, in seconds.
_LAST_POLL = 1.0


@dataclass
class JobState:
    """What a job handle knows: the job's id and, once it has finished, how."""

    request_id: str
    final: JobResult | None = None

    @property
    def request(self) -> Request:
        """The question how it stands."""
        return Request("jobs.status", identifier=self.request_id)

    def seen(self, result: JobResult) -> JobResult:
        """Take note of a state, because a finished job is never asked about again."""
        result.request_id = self.request_id
        if result.status.is_terminal:
            self.final = result
        return result


def status(core: Core, job: JobState) -> Flow[JobResult]:
    """The state of a job now; without asking, if it is known to have finished."""
    if job.final is not None:
        return job.final
    return job.seen((yield from call(core, job.request, readers.job_result)))


def watch(
    core: Core,
    job: JobState,
    *,
    poll_interval: float,
    max_wait: float,
    backoff_factor: float,
    max_interval: float,
) -> Flow[JobResult]:
    """Poll a job until it has finished, with an Update for each change that is seen.

    What may pass (no connection, 5xx, 429, a garbled answer) is waited out; only ``max_wait`` or a
    definite answer (401, 404) ends the wait early.
    """
    if job.final is not None:
        yield Update(job.final)
        return job.final
    deadline = core.clock() + max_wait
    send = yield from prepare(core, job.request)
    interval = min(poll_interval, max_interval)
    last: JobResult | None = None
    trouble: Exception | None = None
    at_deadline = max_wait == 0
    while True:
        send.limit = _limit(deadline - core.clock(), at_deadline=at_deadline, max_wait=max_wait)
        outcome = yield send
        log.debug("Job %s: %s", job.request_id, outcome)
        core.note(send, outcome)
        try:
            result = job.seen(_state(core, outcome, send))
        except DeapiError as error:
            if not succeeded(outcome) and not retry.is_transient(outcome):
                raise  # a garbled success may be better next time; a redirect, for one, is not
            trouble = error
        else:
            trouble = None
            if result != last:
                last = result
                yield Update(result)
            if result.status.is_terminal:
                return result
        left = deadline - core.clock()
        if at_deadline or left <= 0:
            break
        pause = max(interval, retry.retry_after(outcome, core.now()) or 0.0)
        interval = min(interval * backoff_factor, max_interval)
        at_deadline = pause >= left
        yield Sleep(min(pause, left))
    raise _timed_out(job, max_wait, last, trouble)


def _limit(left: float, *, at_deadline: bool, max_wait: float) -> float | None:
    """How long one poll may take. The last one gets a moment, a wait of nothing its timeout."""
    if not at_deadline:
        return left
    return _LAST_POLL if max_wait else None


def _state(core: Core, outcome: Response | Failure, send: Send) -> JobResult:
    if succeeded(outcome):
        return value(core, outcome, readers.job_result, send)
    raise problem(core, outcome, send)


def _timed_out(
    job: JobState, max_wait: float, last: JobResult | None, trouble: Exception | None
) -> JobTimeoutError:
    seen = f"last seen {last.status.value}, {last.progress:g} %" if last else "no state was seen"
    goes_on = "It has been paid for and goes on" if last else "It may well go on"
    return JobTimeoutError(
        f"Job {job.request_id} did not complete within {max_wait:g} s ({seen}"
        + (f"; the last poll failed: {trouble}" if trouble else "")
        + f"). {goes_on}: wait again, or take it up later with client.job({job.request_id!r}).",
        request_id=job.request_id,
        result=last,
    )
