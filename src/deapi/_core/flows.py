"""Calls as generators that make decisions but perform no I/O.

A flow yields steps (``steps.py``): send this request, sleep, run this function in a thread. It is
resumed with the outcome of each step, and returns its result or raises. It has no socket and no
clock, so the same flow serves the sync and the async client: ``deapi._http.sync`` and
``deapi._http.aio`` carry its steps out. A test carries them out with a list of responses.
"""

from __future__ import annotations

import inspect
import logging
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, TypeVar

from .._config import API_PREFIXES
from .._exceptions import DeapiError, InvalidResponseError, NetworkError, RateLimitError
from .._extras import strings_in
from .._rate_limits import RateLimits, rate_limit_of
from .._response import LARGE_BODY, Failure, Response, ResponseHead, find_new_keys
from .._secrets import to_secret
from .._text import add_note, sanitize
from ..events import JobSubmitted
from . import retry
from .catalogue import Catalogue
from .encoding import json_body, query_string
from .errors import SentRequest, error_from_response, excerpt, limit_to_attempt
from .files import open_file
from .multipart import Multipart
from .observing import CallEvents
from .parsing import parse
from .request import require_list, validate, validate_fields
from .response_body import MAX_ERROR_SIZE
from .retry import Acceptance
from .shared_polls import STATUS_OPERATION
from .steps import Flow, RunInThread, Send, Sleep
from .unsettled import Unsettled, UnsettledSubmission, describe_interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._config import Config, Timeouts
    from ..events import Event as ClientEvent
    from .operation import Operation, SideEffect
    from .push import PushSource
    from .request import Request
    from .shared_polls import SharedPolls

log = logging.getLogger("deapi")

T = TypeVar("T")

_METHODS_WITH_BODY = ("POST", "PATCH")

# HTTP libraries reject longer URLs.
_MAX_URL_LENGTH = 65_536


@dataclass
class CallContext:
    """Settings, functions and state that the flows of one client share.

    Attributes:
        config: Settings of the client.
        monotonic: Clock for deadlines, in seconds.
        wall_clock: Clock for dates in headers, in seconds since the epoch.
        random: Returns a random number from 0 to 1, for jitter.
        token: Returns a random string of 32 hexadecimal digits, for idempotency keys and
            boundaries.
        polls: State that the waits for jobs share.
        push: Source of updates of jobs, or None.
        unsettled: Submissions whose outcome is in doubt.
        rate_limits: The most recent rate limits.
        catalogue: The models that the client has fetched.
        on_event: Receives the events of the client, or None.
        timeouts: Timeouts by phase.
    """

    config: Config
    monotonic: Callable[[], float]
    wall_clock: Callable[[], float]
    random: Callable[[], float]
    token: Callable[[], str]
    unsettled: Unsettled
    polls: SharedPolls
    push: PushSource | None = None
    rate_limits: RateLimits = field(default_factory=RateLimits)
    catalogue: Catalogue = field(default_factory=Catalogue)
    on_event: Callable[[ClientEvent], object] | None = None
    timeouts: Timeouts = field(init=False)

    def __post_init__(self) -> None:
        self.timeouts = self.config.timeouts

    def record_rate_limit(self, send: Send, outcome: Response | Failure) -> None:
        """Record the rate limit that a response reports."""
        if isinstance(outcome, Response):
            self.rate_limits.record(send.operation.name, outcome.headers)
            if send.operation.name == STATUS_OPERATION:
                self.polls.record(outcome, self.monotonic(), self.wall_clock())

    def emit(self, event: ClientEvent) -> None:
        """Call ``on_event``. What it raises is logged."""
        if self.on_event is None:
            return
        try:
            self.on_event(event)
        except Exception:
            log.warning("on_event failed for %s", type(event).__name__, exc_info=True)

    def call_events(self, send: Send) -> CallEvents | None:
        """Begin the events of a call; None without ``on_event``."""
        if self.on_event is None:
            return None
        return CallEvents(
            self.emit,
            self.monotonic,
            operation=send.operation.name,
            method=send.method,
            url=send.url,
        )


class Transport(Protocol):
    """A driver, which carries out the steps of flows. There is one for each client."""

    context: CallContext

    def run(self, flow: Flow[Any], on_update: Any = None) -> Any:
        """Run a flow and return its result; in the async client, as a coroutine."""

    def iterate(self, flow: Flow[Any]) -> Any:
        """Run a flow and yield its updates; in the async client, as an async iterator."""

    def stream(self, flow: Flow[Any], on_update: Any = None) -> Any:
        """Run a flow and yield the bytes that it streams, then those that it returns."""


def validate_on_update(on_update: object, *, may_be_async: bool) -> None:
    """Reject an ``on_update`` that cannot be called, or whose coroutines would not be awaited.

    Raises:
        TypeError: It is not callable, or a coroutine function for the sync client.
    """
    if on_update is None:
        return
    if not callable(on_update):
        raise TypeError(f"on_update must be a function, not {type(on_update).__name__}.")
    is_async = inspect.iscoroutinefunction
    if not may_be_async and (is_async(on_update) or is_async(type(on_update).__call__)):
        raise TypeError(
            "on_update must not be a coroutine function, because the sync client cannot await it. "
            "Pass a function, or use AsyncDeapiClient."
        )


def call(
    context: CallContext, request: Request, build: Callable[[Any], Any] | None = None
) -> Flow[Any]:
    """Send a request, retry it where that is safe, and return the parsed response.

    Args:
        context: Context of the client.
        request: The request.
        build: Called with the parsed response. It returns the result of the call instead.

    Raises:
        DeapiError: The call failed.
        ValueError, TypeError, OSError: An argument or a file cannot be sent.
    """
    attempts = Attempts(context.wall_clock())
    try:
        attempts.send = yield from prepare(context, request)
        attempts.events = context.call_events(attempts.send)
        response = yield from _send_until_settled(context, attempts.send, attempts)
        result = yield from parse_response(context, response, attempts.send)
        if attempts.send.side_effect is not None:
            _report_acceptance(context, attempts.send, result)
            result = result if build is None else build(result)
        if attempts.events is not None:
            attempts.events.finished()  # here, so that an interrupt in the callback leaves a trace
    except BaseException as error:
        if attempts.events is not None:
            attempts.events.finished(error)
        if request.operation.side_effect is not None:
            _report_exception(context, request.operation, attempts, error)
        raise
    else:
        return result


@dataclass
class Attempts:
    """State of one call over its attempts.

    Attributes:
        started_at: Start of the call, in seconds since the epoch.
        send: The request, or None while it is prepared.
        count: Number of attempts without success.
        acceptance: Whether one of these attempts may have been accepted.
        events: Emits the events of the call, or None.
    """

    started_at: float
    send: Send | None = None
    count: int = 0
    acceptance: Acceptance = Acceptance.NONE
    events: CallEvents | None = None


def _send_until_settled(context: CallContext, send: Send, attempts: Attempts) -> Flow[Response]:
    """Send a request, and retry it where that is safe, until it succeeds."""
    config = context.config
    events = attempts.events
    start = context.monotonic()
    while True:
        if events is not None:
            events.attempt_started()
        try:
            outcome = yield send
        except (DeapiError, OSError) as raised:  # the client was closed, for example
            outcome = _outcome_despite(raised, send)
        outcome = truncate_error(outcome)
        if events is not None:
            events.attempt_finished(outcome)
        if log.isEnabledFor(logging.DEBUG):
            url = sanitize(send.url, 300)  # it may contain an ID of any length
            log.debug("%s: %s %s, %s", send.operation.name, send.method, url, outcome)
        context.record_rate_limit(send, outcome)
        if is_success(outcome):
            return outcome
        attempts.count += 1
        earlier = attempts.acceptance
        attempts.acceptance = max(earlier, retry.acceptance_of(outcome))
        send.sending = None
        retry_after = retry.parse_retry_after(outcome, context.wall_clock())
        too_long = (retry_after or 0) > config.max_retry_wait
        retried = attempts.count <= config.max_retries and retry.should_retry(
            outcome, side_effect=send.side_effect, retry_submissions=config.retry_submissions
        )
        error = to_exception(context, outcome, send)
        if (
            not retried
            or too_long
            or (isinstance(send.body, Multipart) and not send.body.repeatable)
        ):
            if retried and too_long:
                _add_to_message(
                    error,
                    f"The delay that the service asks for, {retry_after:g} s, is longer than "
                    f"max_retry_wait ({config.max_retry_wait:g} s), so the request was not "
                    "retried.",
                )
            if attempts.count > 1:
                seconds = context.monotonic() - start
                _add_to_message(
                    error, f"It failed after {attempts.count} attempts in {seconds:.0f} s."
                )
            if send.side_effect is None:
                raise error
            raise qualify_error(error, send.side_effect, earlier, attempts.acceptance)
        delay = retry.backoff_delay(attempts.count - 1, retry_after, context.random())
        may_be_charged_twice = bool(send.side_effect) and attempts.acceptance == Acceptance.UNKNOWN
        log.log(
            logging.WARNING if may_be_charged_twice else logging.INFO,
            "%s: %s Retry %d of %d in %.1f s.%s",
            send.operation.name,
            error,
            attempts.count,
            config.max_retries,
            delay,
            " It may be charged twice." if may_be_charged_twice else "",
        )
        if events is not None:
            events.retry_scheduled(delay)
        yield Sleep(delay)


def _outcome_despite(error: DeapiError | OSError, send: Send) -> Response | Failure:
    """Return the outcome of an attempt whose driver raised an exception."""
    sending = send.sending
    if sending is None:
        return Failure(str(error), sent=False, error=error)
    return sending.response or Failure(str(error), sent=sending.possibly_sent, error=error)


def qualify_error(
    error: Exception, side_effect: SideEffect, earlier: Acceptance, total: Acceptance
) -> Exception:
    """Return the error of a submission, with what it means for the call as a whole.

    Args:
        error: The error of the last attempt.
        side_effect: What the submission may have done.
        earlier: Whether an attempt before the last one may have been accepted.
        total: Whether any attempt may have been accepted.
    """
    if total == Acceptance.UNKNOWN and not isinstance(error, DeapiError):
        failed = NetworkError(f"The request could not be sent again: {str(error).rstrip('.')}.")
        failed.__cause__ = error
        error = failed
    if isinstance(error, DeapiError):
        if earlier > Acceptance.NONE or total == Acceptance.UNKNOWN:
            _set_message(error, limit_to_attempt(error.message))
        if total == Acceptance.UNKNOWN:
            return mark_possibly_accepted(error, side_effect)
        if earlier == Acceptance.FAILED:
            _add_to_message(error, "The service reported that an earlier attempt failed.")
    return error


def _report_acceptance(context: CallContext, send: Send, result: Any) -> None:
    job = getattr(result, "request_id", None)
    if job is not None:
        log.info("%s: job %s accepted", send.operation.name, sanitize(job, 100))
        if context.on_event is not None:
            model = send.fields.get("model")
            name = model if isinstance(model, str) else None
            context.emit(JobSubmitted(job, send.operation.name, name))
    context.unsettled.settle(send.operation.name, send.headers.get("idempotency-key"))


def _report_exception(
    context: CallContext, operation: Operation, attempts: Attempts, error: BaseException
) -> None:
    """Record a submission that may have been accepted. Log an interruption, and add a note."""
    send = attempts.send
    sending = None if send is None else send.sending
    response = None if sending is None else sending.response
    accepted = response is not None and is_success(response)
    acceptance = attempts.acceptance
    if response is not None and not accepted:
        acceptance = max(acceptance, retry.acceptance_of(response))
    elif sending is not None and sending.possibly_sent:
        acceptance = Acceptance.UNKNOWN
    if send is None or not (accepted or acceptance == Acceptance.UNKNOWN):
        if not isinstance(error, (DeapiError, ValueError, TypeError, OSError, GeneratorExit)):
            nothing = (
                "No attempt was accepted."
                if attempts.count or response is not None
                else "Nothing was sent."
            )
            add_note(error, f"{operation.name} was interrupted. {nothing}")
        return
    request_id = None
    if accepted and response is not None:
        result = _parse_or_error(response, operation.result_type(context.config.api_version))
        request_id = getattr(result, "request_id", None)
    entry = UnsettledSubmission(
        operation.name,
        send.headers.get("idempotency-key"),
        datetime.fromtimestamp(attempts.started_at, timezone.utc),
        request_id,
        accepted,
    )
    context.unsettled.add(entry)
    if isinstance(error, DeapiError):
        return  # it has possibly_accepted=True and says so
    job = None if request_id is None else sanitize(request_id, 100)
    note = describe_interruption(
        entry, error, job, _POSSIBLY_ACCEPTED_HINTS[send.side_effect or "billable"]
    )
    add_note(error, note)
    log.warning("%s", note)


def truncate_error(outcome: Response | Failure) -> Response | Failure:
    """Return an outcome in which the body of an error is not longer than ``MAX_ERROR_SIZE``."""
    if isinstance(outcome, Failure) or is_success(outcome):
        return outcome
    return outcome.truncated(MAX_ERROR_SIZE)


def is_success(outcome: Response | Failure) -> TypeGuard[Response]:
    """Whether a request succeeded."""
    return isinstance(outcome, Response) and 200 <= outcome.status_code < 300


def prepare(context: CallContext, request: Request) -> Flow[Send]:
    """Validate a request and build its ``Send`` step. Nothing is sent yet."""
    operation = request.operation
    config = context.config
    version = config.api_version
    values, files, route = validate(request, version)
    fields = {
        route.renames.get(name, name): value
        for name, value in values.items()
        if name not in route.drops
    }
    for name in (*route.sends_null, *request.nulls):
        fields.setdefault(name, None)
    if config.extra_body and operation.name != STATUS_OPERATION:  # a job of the client is polled
        if route.method not in _METHODS_WITH_BODY:
            raise ValueError(
                f"extra_body cannot be sent by {operation.name}(), because its request is a "
                f"{route.method} without a body. Call it on a client without extra_body. Nothing "
                "was sent."
            )
        fields.update(validate_fields(config.extra_body))
    path = route.format_path(request.identifier)
    url = f"{config.base_url}{API_PREFIXES[version]}{path}"
    headers = dict(config.extra_headers)
    body: bytes | Multipart | None = None
    if route.method not in _METHODS_WITH_BODY:
        if fields:
            url = f"{url}?{query_string(fields)}"
        if len(url) > _MAX_URL_LENGTH:
            raise ValueError(
                f"{operation.name}() is too long to be sent: its URL would have {len(url)} "
                f"characters, and the maximum is {_MAX_URL_LENGTH}."
            )
    elif route.multipart or files:
        parts = yield from _open_files(files, route.renames)
        body = Multipart(fields, parts, boundary=context.token())
        headers["content-type"] = body.content_type
    else:
        body = json_body(fields)
        headers["content-type"] = "application/json"
    if operation.side_effect == "billable":
        warning = context.catalogue.new_size_warning(values)
        if warning is not None:
            log.warning("%s: %s", operation.name, warning)
    if operation.side_effect:
        # The service is not known to use this header. If it ever does, it can recognize a retry.
        headers["idempotency-key"] = config.idempotency_key or context.token()
    return Send(
        operation,
        route.method,
        url,
        headers,
        body,
        context.timeouts,
        secrets=[
            *(to_secret(values[name]).value for name in operation.secrets if name in values),
            *config.extra_headers.values(),
            *strings_in(config.extra_body),
        ],
        fields={name: each for name, each in values.items() if name not in operation.secrets},
    )


def _open_files(
    files: Mapping[str, Any], renames: Mapping[str, str]
) -> Flow[list[tuple[str, Any]]]:
    several: list[tuple[str, str, Any]] = []
    for name, value in files.items():
        if name.endswith("[]"):
            argument = name.removesuffix("[]")
            items = enumerate(require_list(argument, value))
            several += [(name, f"{argument}[{index}]", item) for index, item in items]
        else:
            several.append((name, name, value))
    if not several:
        return []
    # Opening files accesses the disk.
    parts: list[tuple[str, Any]] = yield RunInThread(
        lambda: [
            (renames.get(name, name), open_file(argument, item)) for name, argument, item in several
        ]
    )
    return parts


def to_exception(context: CallContext, outcome: Response | Failure, send: Send) -> Exception:
    """Convert an unsuccessful outcome to an exception."""
    if isinstance(outcome, Failure):
        if outcome.error is not None:
            return outcome.error
        host = send.url.split("/")[2]
        return NetworkError(f"No response from {host}: {outcome.reason}.")
    error = error_from_response(_redact(context, outcome, send), _sent_request(context, send))
    if isinstance(error, RateLimitError):
        error.rate_limit = rate_limit_of(send.operation.name, outcome.headers)
        retry_after = retry.parse_retry_after(outcome, context.wall_clock())
        if retry_after is not None:
            error.retry_after = retry_after
            _set_message(error, f"{error.message} Retry after {retry_after:g} s.")
    return error


def _sent_request(context: CallContext, send: Send) -> SentRequest:
    route = send.operation.routes[context.config.api_version]
    # A key in the wrong argument must not be quoted either.
    secrets = [context.config.api_key, *send.secrets]
    fields = {
        name: value
        for name, value in send.fields.items()
        if not any(secret in str(value) for secret in secrets if isinstance(secret, str))
    }
    return SentRequest(send.operation.name, fields, route.renames, context.catalogue)


def parse_response(context: CallContext, response: Response, send: Send) -> Flow[Any]:
    """Return the value in a successful response. A large one is parsed in a thread.

    Raises:
        InvalidResponseError: The body does not match the result type of the operation.
    """
    result_type = send.operation.result_type(context.config.api_version)
    if len(response.content) <= LARGE_BODY:
        value = _parse_or_error(response, result_type)
    else:
        value = yield RunInThread(lambda: _parse_or_error(response, result_type))
    if not isinstance(value, InvalidResponseError):
        if value is not None:
            # Past the frozen attributes and fields of pydantic.
            object.__setattr__(value, "_response", _head(context, response, send))
        return value
    invalid = value.with_traceback(None)
    if send.side_effect == "creates_key":
        invalid.response = Response(response.status_code, {}, b"")
        _set_message(
            invalid, f"{invalid.message} The body is not shown, because it may contain the new key."
        )
    else:
        invalid.response = _redact(context, response, send)
        _set_message(invalid, f"{invalid.message} The body is {excerpt(invalid.response)}")
    if send.side_effect:
        raise mark_possibly_accepted(invalid, send.side_effect)
    raise invalid


def _parse_or_error(response: Response, result_type: str | None) -> Any:
    """Return the parsed value, or the error, for reports that must not raise."""
    try:
        return parse(response, result_type)
    except InvalidResponseError as error:
        return error


# Characters of the end of an API key, which is enough to find one.
_KEY_SUFFIX = 8


def _head(context: CallContext, response: Response, send: Send) -> ResponseHead:
    """Return the status and headers of a response, without secrets."""
    values = "\n".join(response.headers.values())
    # Redaction takes longer than all else, and headers rarely contain the key, plain or encoded.
    if (
        send.secrets
        or send.side_effect == "creates_key"
        or context.config.api_key[-_KEY_SUFFIX:] in values
        or any(escape in values for escape in ("%", "\\", "&"))
    ):
        response = _redact(context, response, send)
    return ResponseHead(response.status_code, response.headers)


def _redact(context: CallContext, response: Response, send: Send) -> Response:
    """Truncate a response and redact its secrets, so that an error can hold and quote it."""
    response = response.truncated(MAX_ERROR_SIZE)
    secrets = [context.config.api_key, *send.secrets]
    if send.side_effect == "creates_key":
        secrets += find_new_keys(response)
    return response.redacted(secrets)


_POSSIBLY_ACCEPTED_HINTS: dict[SideEffect, str] = {
    "billable": "This request may have been accepted and charged, in this attempt or an earlier "
    "one. Check your balance before you send it again.",
    "creates_key": "The key may have been created, in this attempt or an earlier one, and its "
    "secret cannot be recovered. Look for it with keys.list() and delete it.",
}


def mark_possibly_accepted(error: Exception, side_effect: SideEffect) -> Exception:
    """Mark an error whose request may nevertheless have taken effect."""
    if isinstance(error, DeapiError):
        error.possibly_accepted = True
        _set_message(error, f"{error.message} {_POSSIBLY_ACCEPTED_HINTS[side_effect]}")
    return error


def _add_to_message(error: Exception, sentence: str) -> None:
    if isinstance(error, DeapiError):
        _set_message(error, f"{error.message} {sentence}")


def _set_message(error: DeapiError, message: str) -> None:
    error.message = message
    error.args = (message,)
