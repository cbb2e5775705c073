"""The calls of this package as generators, which decide everything and do nothing.

A flow yields what it needs done (send this request, sleep so long, run this in a thread), is
resumed with the outcome, and returns its result or raises. It holds no socket and no clock of its
own, so that one flow serves the synchronous and the asynchronous client, whose drivers carry the
steps out, and a test that plays the driver with a list of answers.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar

from .._exceptions import (
    DeapiError,
    InvalidResponseError,
    JobTimeoutError,
    NetworkError,
    RateLimitError,
)
from .._files import file_part
from .._rate_limits import RateLimits, rate_limit_of
from . import readers, retry
from .multipart import Multipart
from .request import Request, as_list, clean, json_body, query
from .response import Failure, Response, error_of
from .versions import VERSIONS, route_of

if TYPE_CHECKING:
    from .._config import Config
    from ..types import JobResult
    from .readers import Reader
    from .routes import Effect
    from .timeouts import Timeouts

log = logging.getLogger("deapi")

T = TypeVar("T")

# How long the poll at the very end of a wait may take beyond it, in seconds.
_LAST_POLL = 1.0


@dataclass
class Send:
    """Send a request to the API and read its whole answer. Resumed with a Response or a Failure.

    The driver adds the API key, so that no local variable of a flow holds it.
    """

    operation: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | Multipart | None
    timeouts: Timeouts
    once: Effect | None = None
    """What must not happen twice, so that repeating it blindly is out of the question."""
    limit: float | None = None
    """Seconds that the whole exchange may take, whatever the timeouts say."""


@dataclass
class Sleep:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass
class Work:
    """Call a function that may wait for a disk. Resumed with what it returns."""

    function: Callable[[], Any]


@dataclass
class Update:
    """Tell whoever listens that a job has changed."""

    result: JobResult


@dataclass
class Download:
    """Stream a file from anywhere, without the API key. Resumed with a Response or a Failure.

    Attributes:
        url: Where it is.
        headers: What to send.
        timeouts: Its limits; ``read`` counts for each chunk here.
        begin: Called with the head of the answer; whether its body is wanted.
        write: Called with each chunk of a wanted body. An unwanted one ends up in the Response.
    """

    url: str
    headers: dict[str, str]
    timeouts: Timeouts
    begin: Callable[[Response], bool]
    write: Callable[[bytes], object]


Deed: TypeAlias = Send | Sleep | Work | Download
Step: TypeAlias = Deed | Update
Flow: TypeAlias = Generator[Step, Any, T]


@dataclass
class Core:
    """What the flows of one client know: settings, quotas seen, and the time and chance to use."""

    config: Config
    rate_limits: RateLimits = field(default_factory=RateLimits)
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    timeouts: Timeouts = field(init=False)

    def __post_init__(self) -> None:
        self.version = VERSIONS[self.config.api_version]
        self.timeouts = self.config.timeouts


def call(core: Core, request: Request, read: Reader[T]) -> Flow[T]:
    """One operation: sent, repeated where that is safe, and its answer read.

    Raises:
        DeapiError: The operation did not succeed.
        ValueError, TypeError, OSError: An argument or a file cannot be sent.
    """
    config = core.config
    send = yield from prepare(core, request)
    attempt = 0
    doubt = False
    while True:
        outcome = yield send
        log.debug("%s: %s %s, %s", send.operation, send.method, send.url, outcome)
        _note(core, send, outcome)
        if _succeeded(outcome):
            return _read(core, outcome, read, once=send.once)
        error = problem(core, outcome, send)
        doubt = doubt or retry.may_be_accepted(outcome)
        asked = retry.retry_after(outcome, core.now())
        if (
            attempt >= config.max_retries
            or not retry.may_repeat(
                outcome, once=bool(send.once), submissions=config.retry_submissions
            )
            or (asked or 0) > config.max_retry_wait
            or (isinstance(send.body, Multipart) and not send.body.repeatable)
        ):
            raise _doubted(error, send.once) if doubt and send.once else error
        pause = retry.pause(attempt, asked, core.chance())
        attempt += 1
        log.info(
            "%s: %s Retry %d of %d in %.1f s.",
            send.operation,
            error,
            attempt,
            config.max_retries,
            pause,
        )
        yield Sleep(pause)


def _succeeded(outcome: Response | Failure) -> TypeGuard[Response]:
    return isinstance(outcome, Response) and 200 <= outcome.status_code < 300


def _note(core: Core, send: Send, outcome: Response | Failure) -> None:
    if isinstance(outcome, Response):
        core.rate_limits.note(send.operation, outcome.headers)


def prepare(core: Core, request: Request) -> Flow[Send]:
    """A request as it goes over the wire: everything checked, nothing sent."""
    given = clean(request.fields)
    files = {name: file for name, file in request.files.items() if file is not None}
    route = route_of(
        core.config.api_version,
        request.operation,
        [*given, *(name.removesuffix("[]") for name in files)],
    )
    fields = {
        route.renames.get(name, name): value
        for name, value in given.items()
        if name not in route.ignores
    }
    fields.update((name, None) for name in (*route.nulls, *request.nulls) if name not in fields)
    encoding = route.encoding
    if encoding == "either":
        encoding = "multipart" if files else "json"
    url = core.version.url(core.config.base_url, request.operation, request.identifier)
    headers: dict[str, str] = {}
    body: bytes | Multipart | None = None
    if encoding == "query":
        if fields:
            url = f"{url}?{query(fields)}"
    elif encoding == "json":
        body = json_body(fields)
        headers["content-type"] = "application/json"
    else:
        body = yield from _multipart(fields, files, route.renames)
        headers["content-type"] = body.content_type
    if route.once:
        # Not known to be honoured yet; if it ever is, a repetition is recognised as one.
        headers["idempotency-key"] = os.urandom(16).hex()
    return Send(request.operation, route.method, url, headers, body, core.timeouts, once=route.once)


def _multipart(
    fields: dict[str, Any], files: dict[str, Any], names: Mapping[str, str]
) -> Flow[Multipart]:
    given = [
        (name, item)
        for name, value in files.items()
        for item in (as_list(name, value) if name.endswith("[]") else [value])
    ]
    if not given:
        return Multipart(fields, [])
    # Looking at files touches the disk.
    parts = yield Work(
        lambda: [(names.get(name, name), file_part(name, item)) for name, item in given]
    )
    return Multipart(fields, parts)


def problem(core: Core, outcome: Response | Failure, send: Send) -> Exception:
    """The exception that an outcome without success means."""
    if isinstance(outcome, Failure):
        if outcome.error is not None:
            return outcome.error
        host = send.url.split("/")[2]
        return NetworkError(f"No answer from {host}: {outcome.reason}.")
    error = error_of(outcome.without(core.config.api_key))
    if isinstance(error, RateLimitError):
        error.rate_limit = rate_limit_of(send.operation, outcome.headers)
        asked = retry.retry_after(outcome, core.now())
        if asked is not None:
            error.retry_after = asked
            _reword(error, f"{error.message} The service asks to wait {asked:g} s.")
    return error


def _reword(error: DeapiError, message: str) -> None:
    error.message = message
    error.args = (message,)


def _read(core: Core, response: Response, read: Reader[T], *, once: Effect | None) -> T:
    try:
        return read(response)
    except InvalidResponseError as error:
        invalid = _masked(error, response, core.config)
    raise _doubted(invalid, once) if once else invalid


def _masked(error: DeapiError, response: Response, config: Config) -> DeapiError:
    """An error about an answer that was read as it came, and is shown without the key."""
    error.response = response.without(config.api_key)
    if error.response is not response:
        _reword(error, error.message.replace(config.api_key, "***"))
    return error.with_traceback(None)


_DOUBTS: dict[Effect, str] = {
    "charge": "This submission may have been accepted and charged all the same, in this attempt or "
    "an earlier one: look at your balance before you send it again.",
    "key": "The key may have been made all the same, in this attempt or an earlier one, with a "
    "secret that nobody has seen: look for it with keys.list() and delete it.",
}


def _doubted(error: Exception, once: Effect) -> Exception:
    """An error after which what was asked for may have happened all the same."""
    if isinstance(error, DeapiError):
        error.possibly_accepted = True
        _reword(error, f"{error.message} {_DOUBTS[once]}")
    return error


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
        if result.status.finished:
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
        _note(core, send, outcome)
        try:
            result = job.seen(_state(core, outcome, send))
        except DeapiError as error:
            if not _succeeded(outcome) and not retry.is_transient(outcome):
                raise  # a garbled success may be better next time; a redirect, for one, is not
            trouble = error
        else:
            trouble = None
            if result != last:
                last = result
                yield Update(result)
            if result.status.finished:
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
    if _succeeded(outcome):
        return _read(core, outcome, readers.job_result, once=None)
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
