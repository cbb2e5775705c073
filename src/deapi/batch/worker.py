"""What one worker of a run does, as a flow: it prices, submits, waits, downloads and records.

Each change is in the journal before the step that follows it.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .._core import download, polling, retry
from .._core.calls import call
from .._core.poll_plans import BACKOFF_FACTOR, MAX_INTERVAL, POLL_INTERVAL, PollSchedule
from .._core.prices import price_error
from .._core.steps import RunInThread, WaitFor, Waker
from .._core.unsettled import UnsettledSubmission
from .._exceptions import (
    AuthenticationError,
    DeapiError,
    JobFailedError,
    NetworkError,
    ServerError,
)
from .._jobs import job_state
from .._rate_limits import RateLimits
from .._text import add_note, describe, sanitize
from .errors import is_fatal, is_full_disk, is_outage
from .items import Entry
from .journal import begin_submission, change_item, end_submission
from .planning import now, price_key_of
from .run import StoppedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._core.context import CallContext
    from .._core.request import Request
    from .._core.steps import Flow
    from .._rate_limits import RateLimit
    from ..types import JobResult
    from .journal import Change
    from .run import Run

log = logging.getLogger("deapi")

_MAX_ERROR = 1000

# Seconds of a download, as by default.
_MAX_DOWNLOAD = 3600.0

# Seconds until a worker looks again for a price that another one requests, or for a change that
# another one writes.
_MAX_WAIT = 60.0


def work(run: Run) -> Flow[None]:
    """Work on items until none is left, or the run stops."""
    waker = Waker()
    while True:
        waker.reset()
        with run.idle(waker):
            taken = run.take(run.context.elapsed())
            if taken is not None and not isinstance(taken, Entry):
                yield WaitFor(waker, taken)
                continue
        if taken is None:
            run.wake_idle()  # the other workers end too
            return
        yield from _process(run, taken)


def _process(run: Run, entry: Entry) -> Flow[None]:
    """Do what is left to do for an item, and deliver it to the caller when it is finished."""
    again = finished = False
    is_new = entry.item.state == "planned"
    try:
        if is_new:
            again = yield from _submit(run, entry)
        if entry.item.state in ("submitted", "done"):
            again = yield from _finish(run, entry, is_new=is_new)
        finished = not again and (entry.item.state != "planned" or entry.item.error is not None)
        again = again or not finished
    except StoppedError:
        pass
    finally:
        run.release(entry, again=again)
    if finished:
        run.deliver(entry.item)


def _submit(run: Run, entry: Entry) -> Flow[bool]:
    """Submit an item. Return whether it must be sent again later."""
    entry.item.error = None  # of an earlier attempt
    pace = run.group_of(entry).pace
    sent = False
    try:
        may_send, price = yield from _price(run, entry)
        if not may_send:
            return False
        if run.max_price is not None and price is not None and price > run.max_price:
            assert entry.request is not None  # noqa: S101 - only such items are sent
            entry.item.error = price_error(entry.request, price, run.max_price)
            return False
        if not run.reserve(price):
            return False
        with run.submitting():
            sent = True
            return (yield from _send(run, entry, price))
    finally:
        if not sent:
            pace.cancel()
            run.wake_idle()


def _price(run: Run, entry: Entry) -> Flow[tuple[bool, float | None]]:
    """Return whether the item may be sent, and its price. Items of one type share it."""
    if entry.request is None or entry.price_request is None:
        return False, None
    request = entry.price_request(entry.request)
    if not run.has_limit and any(file is not None for file in request.files.values()):
        return True, None  # a file is not uploaded twice without need
    price_key: str
    if request.files:
        price_key = yield RunInThread(lambda: price_key_of(request))
    else:
        price_key = price_key_of(request)
    waker = Waker()
    with run.idle(waker):
        while True:
            waker.reset()
            known, price = run.known_price(price_key)
            if known or run.stopping:
                return known, price
            if run.begin_pricing(price_key):
                break
            yield WaitFor(waker, _MAX_WAIT)
    try:
        return (yield from _request_price(run, entry, request, price_key))
    finally:
        run.end_pricing(price_key)


def _request_price(
    run: Run, entry: Entry, request: Request, price_key: str
) -> Flow[tuple[bool, float | None]]:
    price = None
    try:
        result = yield from run.until_stopped(call(run.context, request))
        price = result.price
    except (DeapiError, OSError, ValueError, TypeError) as error:
        if is_fatal(error):
            run.fail(error)
            return False, None
        if run.has_limit:
            entry.item.error = error
            run.record_outage(error if is_outage(error) else None)
            return False, None
    run.record_price(price_key, price)
    return True, price


def _send(run: Run, entry: Entry, price: float | None) -> Flow[bool]:
    """Send a submission, and record its outcome. Return whether it must be sent again later."""
    item, request = entry.item, entry.request
    assert request is not None  # noqa: S101 - only such items are sent
    key = run.context.token()
    limits = _Limits(run.context.rate_limits)
    context = _submission_context(run.context, key, limits)
    entry.attempt += 1
    columns = {"attempt": entry.attempt, "idempotency_key": key, "estimate": price}
    accepted: str | None = None
    try:
        yield from _write(run, begin_submission(entry.number, **columns, sent_at=now()))
        item.estimate, item.idempotency_key = price, key
        item.sent_at = datetime.now(timezone.utc)
        pace = run.group_of(entry).pace
        try:
            submission = yield from run.until_stopped(call(context, request))
        except DeapiError as error:
            seconds = _retry_after(context, error)
            if seconds is not None:
                pace.pause(error, seconds, context.elapsed())
            raise
        finally:
            limit = limits.of(request.operation.name)
            pace.finish(limit, context.elapsed(), context.wall_clock())
            run.wake_idle()
        item.request_id = accepted = submission.request_id
        yield from _write(run, _acceptance(entry, submission.request_id))
    except (DeapiError, OSError, ValueError, TypeError) as error:
        raised = error
        again: bool = yield RunInThread(lambda: _record_call_error(run, entry, raised, accepted))
        return again
    except BaseException as error:
        _record_call_error(run, entry, error, accepted)  # not in a thread: the flow is being closed
        raise
    run.record_outage(None)
    return False


def _end_submission(
    entry: Entry, outcome: Mapping[str, object], state: str, **columns: object
) -> Change:
    """Set the state of an item, and return the change that records it."""
    entry.item.state = state
    return end_submission(entry.number, entry.attempt, outcome, state=state, **columns)


def _acceptance(entry: Entry, request_id: str) -> Change:
    """Return the change that records that a job was accepted."""
    outcome = {"outcome": "submitted", "request_id": request_id}
    columns = {"request_id": request_id, "submitted_at": now(), "error": None}
    return _end_submission(entry, outcome, "submitted", **columns)


def _record_call_error(run: Run, entry: Entry, error: BaseException, accepted: str | None) -> bool:
    """Record the outcome of a submission whose call raised. Return whether to send it again."""
    item = entry.item
    trace = _trace_of(run.context, item.operation, item.idempotency_key)
    job = accepted or (None if trace is None else trace.request_id)
    try:
        if job is not None:
            item.request_id = job
            run.journal.write(_acceptance(entry, job))
        elif trace is not None or getattr(error, "possibly_accepted", False):
            item.error = error if isinstance(error, Exception) else None
            outcome = {"outcome": "unknown", "ended_at": now()}
            run.journal.write(_end_submission(entry, outcome, "unknown", error=_describe(error)))
        else:
            return _record_refusal(run, entry, error)
    except DeapiError as failed:  # of the journal
        run.fail(failed)
        if job is not None:
            _keep_trace(run.context, entry, job)
            label, name = sanitize(job, 100), entry.key or entry.target or entry.number
            note = (
                f"Job {label} of item {describe(name, 200)} was accepted and charged, and could "
                f"not be recorded. Get its result with client.job({label!r}). The next run lists "
                "the item as unknown, and does not submit it again."
            )
            add_note(run.error or failed, note)
            log.error("%s", note)  # noqa: TRY400 - the exception is raised by run()
    return False


def _record_refusal(run: Run, entry: Entry, error: BaseException) -> bool:
    """Record that a submission was not accepted. Return whether to send it again in this run."""
    item = entry.item
    run.settle(item.estimate, None)
    again = _retry_after(run.context, error) is not None
    is_own = not is_fatal(error) and not is_outage(error)
    outcome = {"outcome": "refused", "ended_at": now()}
    if is_own and not again:
        item.error = error if isinstance(error, Exception) else None
        columns = {"error": _describe(error), "finished_at": now()}
        run.journal.write(_end_submission(entry, outcome, "failed", **columns))
        run.record_outage(None)
        return False
    run.journal.write(_end_submission(entry, outcome, "planned", error=None))
    if isinstance(error, StoppedError) or not isinstance(error, Exception):
        return False
    if is_fatal(error):
        run.fail(error)
    elif not again:
        item.error = error
        run.record_outage(error)
    return again


def _retry_after(context: CallContext, error: BaseException) -> float | None:
    """Return the seconds that the service asks to wait, or None."""
    if not isinstance(error, DeapiError) or error.response is None:
        return None
    return retry.parse_retry_after(error.response, context.wall_clock())


def _finish(run: Run, entry: Entry, *, is_new: bool) -> Flow[bool]:
    """Wait for a job and save its result. Return whether it must be sent again."""
    item, context = entry.item, run.context
    submitted_at = context.elapsed() if is_new else None
    state = job_state(item.request_id or "", item.operation, entry.model, submitted_at)
    try:
        schedule = PollSchedule(POLL_INTERVAL, math.inf, BACKOFF_FACTOR, MAX_INTERVAL)
        result = yield from run.until_stopped(polling.wait(context, state, schedule))
    except (DeapiError, OSError) as error:
        return (yield from _record_poll_error(run, entry, error))
    # A copy has no response, whose headers need more memory than the result.
    item.result = result.model_copy()
    if result.status != "done":
        return (yield from _record_job_failure(run, entry, result))
    price = None if result.price is None else result.price.amount
    if price is not None:
        run.settle(item.estimate if item.price is None else item.price, price)
        item.price = price
    if item.state == "submitted":
        outcome = {"outcome": "done", "price": price, "ended_at": now()}
        changes = {"state": "done", "price": price, "finished_at": now(), "error": None}
        yield from _record_outcome(run, entry, outcome, changes)
        item.state = "done"
    item.error = None
    if entry.target is not None:
        yield from _save(run, entry, state, result)
    return False


def _record_poll_error(run: Run, entry: Entry, error: DeapiError | OSError) -> Flow[bool]:
    """Record that a job cannot be polled: it does not exist, for example."""
    item = entry.item
    item.error = error
    if is_fatal(error) or isinstance(error, (AuthenticationError, NetworkError, ServerError)):
        run.fail(error)
        return False
    if getattr(error, "status_code", None) == 404:
        changes = {"state": "failed", "error": _describe(error), "finished_at": now()}
        yield from _record_outcome(run, entry, {"outcome": "failed", "ended_at": now()}, changes)
        item.state = "failed"
    return False


def _record_job_failure(run: Run, entry: Entry, result: JobResult) -> Flow[bool]:
    """Record that a job failed. Return whether it must be sent again."""
    item = entry.item
    try:
        result.raise_for_error()
    except JobFailedError as error:
        item.error = error
    price = None if result.price is None else result.price.amount
    cost = 0.0 if result.refunded else (item.estimate if price is None else price)
    run.settle(item.estimate, cost)
    item.price = price
    may_retry = bool(result.retryable and result.refunded and entry.request is not None)
    failures: int = yield RunInThread(lambda: run.journal.failures(entry.number))
    again = may_retry and failures < run.retries
    outcome = {
        "outcome": "failed",
        "refunded": None if result.refunded is None else int(result.refunded),
        "price": price,
        "ended_at": now(),
    }
    changes = {
        "state": "planned" if again else "failed",
        "price": price,
        "error": _describe(item.error),
        "finished_at": None if again else now(),
    }
    yield from _record_outcome(run, entry, outcome, changes)
    item.state = str(changes["state"])
    if again:
        log.info("Job %s failed and was refunded. It is submitted again.", item.request_id)
    return again


def _finished(result: JobResult) -> Flow[JobResult]:
    """Return a result as the flow that waits for it does."""
    yield from ()
    return result


def _save(run: Run, entry: Entry, state: polling.JobState, result: JobResult) -> Flow[None]:
    """Save the result of a job, which stays ``done`` if this fails."""
    item = entry.item

    try:
        saving = download.ResultDownload(run.context, state, _finished(result), None, _MAX_DOWNLOAD)
        path = yield from run.until_stopped(saving.save_to_path(entry.target or "", run.directory))
    except (DeapiError, OSError, ValueError) as error:
        item.error = error
        if isinstance(error, OSError) and is_full_disk(error):
            error.filename = error.filename or entry.target
            add_note(
                error,
                "Nothing more is submitted, because results cannot be saved. When the disk can be "
                "written, run the program again: it saves the missing results, at no charge.",
            )
            run.stop_submitting(error)
        elif is_fatal(error):
            run.fail(error)
        text = _describe(error)
        yield from _write(run, change_item(entry.number, error=text))
        return
    columns = {"state": "saved", "path": str(path), "error": None}
    yield from _write(run, change_item(entry.number, **columns))
    item.state, item.path = "saved", path


def _record_outcome(
    run: Run, entry: Entry, outcome: Mapping[str, object], columns: Mapping[str, object]
) -> Flow[None]:
    """Record the outcome of a job."""
    yield from _write(run, end_submission(entry.number, entry.attempt, outcome, **columns))


def _write(run: Run, change: Change) -> Flow[None]:
    """Write a change to the journal, and return when it is on disk.

    One flow writes the changes of all that wait, so that they share a commit, and a thread in the
    async client.
    """
    journal = run.journal
    try:
        journal.enqueue(change)
        while True:
            change.waker.reset()
            if change.written:
                break
            if journal.claim():
                yield RunInThread(journal.write_waiting)
            else:
                yield WaitFor(change.waker, _MAX_WAIT)
    finally:
        if not change.written:  # interrupted; the others may wait for this flow
            journal.write_waiting()
    change.raise_error()


def _describe(error: BaseException | None) -> str | None:
    return None if error is None else sanitize(str(error) or type(error).__name__, _MAX_ERROR)


def _submission_context(context: CallContext, key: str, limits: RateLimits) -> CallContext:
    """Return the context of one submission: it does not sleep for Retry-After, the run does."""
    config = dataclasses.replace(context.config, idempotency_key=key, max_retry_wait=0.0)
    return dataclasses.replace(context, config=config, rate_limits=limits)


def _trace_of(context: CallContext, operation: str, key: str | None) -> UnsettledSubmission | None:
    """Return the trace of a submission that may have been accepted, or None."""
    for entry in context.unsettled.entries():
        if entry.operation == operation and entry.idempotency_key == key:
            return entry
    return None


def _keep_trace(context: CallContext, entry: Entry, job: str) -> None:
    item = entry.item
    started_at = item.sent_at or datetime.now(timezone.utc)
    key = item.idempotency_key
    context.unsettled.add(UnsettledSubmission(item.operation, key, started_at, job, accepted=True))


class _Limits(RateLimits):
    """The rate limits that the responses to one submission report. The client gets them too."""

    def __init__(self, shared: RateLimits) -> None:
        super().__init__()
        self._shared = shared

    def record(self, operation: str, headers: Mapping[str, str]) -> None:
        """Keep the headers of a response."""
        super().record(operation, headers)
        self._shared.record(operation, headers)

    def of(self, operation: str) -> RateLimit | None:
        """Return the rate limit of an operation."""
        return self.by_operation().get(operation)
