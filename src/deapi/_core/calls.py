"""The flow of a call: a generator that makes decisions and performs no I/O.

A flow yields steps (``steps.py``): send this request, sleep, run this function in a thread. It is
resumed with the outcome of each step, and returns its result or raises. It has no socket and no
clock, so the same flow serves the sync and the async client: ``deapi._http.sync`` and
``deapi._http.aio`` carry its steps out. A test carries them out with a list of responses.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._config import API_PREFIXES
from .._exceptions import DeapiError
from .._request_options import strings_in
from .._response import Failure, Response
from .._secrets import to_secret
from .._text import add_note, end_sentence, sanitize
from ..events import JobSubmitted
from . import retry
from .encoding import json_body, query_string
from .files import open_file
from .multipart import Multipart
from .operation import STATUS_OPERATION
from .outcomes import (
    add_to_message,
    is_success,
    parse_or_error,
    parse_response,
    possibly_accepted_hint,
    qualify_error,
    to_exception,
    truncate_error,
)
from .request import each_file, validate, validate_fields
from .retry import Acceptance
from .steps import Flow, RunInThread, Send, Sleep
from .unsettled import UnsettledSubmission, describe_interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._config import Config
    from .context import CallContext
    from .observing import CallEvents
    from .operation import Operation, Route
    from .request import Request

log = logging.getLogger("deapi")

_METHODS_WITH_BODY = ("POST", "PATCH")

# HTTP libraries reject longer URLs.
_MAX_URL_LENGTH = 65_536


def call(
    context: CallContext, request: Request, new_handle: Callable[[Any], Any] | None = None
) -> Flow[Any]:
    """Send a request, retry it where that is safe, and return the parsed response.

    Args:
        context: Context of the client.
        request: The request.
        new_handle: Returns the handle of a new job for the parsed response of its submission; None
            to return that response.

    Raises:
        DeapiError: The call failed.
        ValueError, TypeError, OSError: An argument or a file cannot be sent.
    """
    state = CallState(context.wall_clock())
    try:
        state.send = yield from prepare(context, request)
        state.events = context.call_events(state.send)
        response = yield from _send_with_retries(context, state.send, state)
        result = yield from parse_response(context, response, state.send)
        if state.send.side_effect is not None:
            _report_acceptance(context, state.send, result)
            result = result if new_handle is None else new_handle(result)
        if state.events is not None:
            state.events.finished()  # here, so that an interrupt in the callback leaves a trace
    except BaseException as error:
        if state.events is not None:
            state.events.finished(error)
        if request.operation.side_effect is not None:
            _report_exception(context, request.operation, state, error)
        raise
    else:
        return result


@dataclass(eq=False)
class CallState:
    """What a call has done so far.

    Attributes:
        started_at: Start of the call, in seconds since the epoch.
        send: The request, or None while it is prepared.
        failures: Number of attempts without success.
        acceptance: Whether one of these attempts may have been accepted.
        events: Emits the events of the call, or None.
    """

    started_at: float
    send: Send | None = None
    failures: int = 0
    acceptance: Acceptance = Acceptance.NONE
    events: CallEvents | None = None


def _send_with_retries(context: CallContext, send: Send, state: CallState) -> Flow[Response]:
    """Send a request, and retry it where that is safe, until it succeeds."""
    config = context.config
    events = state.events
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
        state.failures += 1
        earlier = state.acceptance
        state.acceptance = max(earlier, retry.acceptance_of(outcome))
        send.sending = None
        retry_after = retry.parse_retry_after(outcome, context.wall_clock())
        too_long = (retry_after or 0) > config.max_retry_wait
        may_retry = state.failures <= config.max_retries and retry.should_retry(
            outcome, side_effect=send.side_effect, retry_submissions=config.retry_submissions
        )
        repeatable = not isinstance(send.body, Multipart) or send.body.repeatable
        error = to_exception(context, outcome, send)
        if may_retry and too_long:
            add_to_message(
                error,
                f"The delay that the service asks for, {retry_after:g} s, is longer than "
                f"max_retry_wait ({config.max_retry_wait:g} s), so the request was not retried.",
            )
        if not may_retry or too_long or not repeatable:
            if state.failures > 1:
                seconds = context.monotonic() - start
                add_to_message(
                    error, f"It failed after {state.failures} attempts in {seconds:.0f} s."
                )
            try:
                if send.side_effect is None:
                    raise error
                raise qualify_error(error, send.side_effect, earlier, state.acceptance)
            finally:
                # Otherwise the exception and this frame, which has the body, reference each other.
                del error, outcome
        delay = retry.backoff_delay(state.failures - 1, retry_after, context.random())
        _log_retry(context, send, state, error, delay)
        if events is not None:
            events.retry_scheduled(delay)
        yield Sleep(delay)


def _log_retry(
    context: CallContext, send: Send, state: CallState, error: Exception, delay: float
) -> None:
    may_be_charged_twice = bool(send.side_effect) and state.acceptance == Acceptance.UNKNOWN
    log.log(
        logging.WARNING if may_be_charged_twice else logging.INFO,
        "%s: %s Retry %d of %d in %.1f s.%s",
        send.operation.name,
        end_sentence(str(error)),
        state.failures,
        context.config.max_retries,
        delay,
        " It may be charged twice." if may_be_charged_twice else "",
    )


def send_once(
    context: CallContext, send: Send, events: CallEvents | None
) -> Flow[Response | Failure]:
    """Send a request that is not retried, and return its outcome.

    Args:
        context: Context of the client.
        send: The request.
        events: Emits the events of the call, or None.
    """
    try:
        outcome = truncate_error((yield send))
    except BaseException as error:
        if events is not None:
            events.finished(error)
        raise
    if events is not None:
        events.attempt_finished(outcome)
        events.finished(None if is_success(outcome) else to_exception(context, outcome, send))
    return outcome


def _outcome_despite(error: DeapiError | OSError, send: Send) -> Response | Failure:
    """Return the outcome of an attempt whose driver raised an exception."""
    sending = send.sending
    if sending is None:
        return Failure(str(error), sent=False, error=error)
    return sending.response or Failure(str(error), sent=sending.possibly_sent, error=error)


def _report_acceptance(context: CallContext, send: Send, result: Any) -> None:
    request_id = getattr(result, "request_id", None)
    if request_id is not None:
        log.info("%s: job %s accepted", send.operation.name, sanitize(request_id, 100))
        if context.on_event is not None:
            model = send.fields.get("model")
            name = model if isinstance(model, str) else None
            context.emit(JobSubmitted(request_id, send.operation.name, name))
    context.unsettled.settle(send.operation.name, send.headers.get("idempotency-key"))


def _report_exception(
    context: CallContext, operation: Operation, state: CallState, error: BaseException
) -> None:
    """Record a submission that may have been accepted. Log an interruption, and add a note."""
    send = state.send
    sending = None if send is None else send.sending
    response = None if sending is None else sending.response
    accepted = response is not None and is_success(response)
    acceptance = state.acceptance
    if response is not None and not accepted:
        acceptance = max(acceptance, retry.acceptance_of(response))
    elif sending is not None and sending.possibly_sent:
        acceptance = Acceptance.UNKNOWN
    if send is None or not (accepted or acceptance == Acceptance.UNKNOWN):
        if not isinstance(error, (DeapiError, ValueError, TypeError, OSError, GeneratorExit)):
            nothing = (
                "No attempt was accepted."
                if state.failures or response is not None
                else "Nothing was sent."
            )
            add_note(error, f"{operation.name} was interrupted. {nothing}")
        return
    request_id = None
    if accepted and response is not None:
        result = parse_or_error(response, operation.result_type(context.config.api_version))
        request_id = getattr(result, "request_id", None)
    entry = UnsettledSubmission(
        operation.name,
        send.headers.get("idempotency-key"),
        datetime.fromtimestamp(state.started_at, timezone.utc),
        request_id,
        accepted,
    )
    context.unsettled.add(entry)
    if isinstance(error, DeapiError):
        return  # it has possibly_accepted=True and says so
    note = describe_interruption(
        entry, error, possibly_accepted_hint(send.side_effect or "billable")
    )
    add_note(error, note)
    log.warning("%s", note)


def prepare(context: CallContext, request: Request) -> Flow[Send]:
    """Validate a request and build its ``Send`` step. Nothing is sent yet."""
    operation = request.operation
    config = context.config
    version = config.api_version
    values, files, route = validate(request, version)
    fields = _fields_to_send(config, request, route, values)
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
        fields={
            **({} if request.identifier is None else {"id": request.identifier}),
            **{name: each for name, each in values.items() if name not in operation.secrets},
        },
    )


def _fields_to_send(
    config: Config, request: Request, route: Route, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields by their names in the request, with those of ``extra_body``."""
    operation = request.operation
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
    return fields


def _open_files(
    files: Mapping[str, Any], renames: Mapping[str, str]
) -> Flow[list[tuple[str, Any]]]:
    several = list(each_file(files))
    if not several:
        return []
    # Opening files accesses the disk.
    parts: list[tuple[str, Any]] = yield RunInThread(
        lambda: [
            (renames.get(name, name), open_file(argument, item)) for name, argument, item in several
        ]
    )
    return parts
