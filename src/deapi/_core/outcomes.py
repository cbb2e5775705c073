"""What the outcome of a request means: a parsed value, or an exception without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from .._exceptions import DeapiError, InvalidResponseError, NetworkError, RateLimitError
from .._rate_limits import rate_limit_of
from .._response import LARGE_BODY, Failure, Response, ResponseHead, find_new_keys
from .._text import end_sentence
from . import retry
from .edge_pages import excerpt
from .errors import SentRequest, error_from_response, limit_to_attempt
from .parsing import parse
from .response_body import MAX_ERROR_SIZE
from .retry import Acceptance
from .steps import RunInThread

if TYPE_CHECKING:
    from .context import CallContext
    from .operation import SideEffect
    from .steps import Flow, Send

# Characters of the end of an API key, which is enough to find one.
_KEY_SUFFIX = 8

_HINTS: dict[SideEffect, str] = {
    "billable": "This request may have been accepted and charged{}. Check your balance before you "
    "send it again.",
    "creates_key": "The key may have been created{}, and its secret cannot be recovered. Look for "
    "it with keys.list() and delete it.",
}


def possibly_accepted_hint(side_effect: SideEffect, earlier: Acceptance = Acceptance.NONE) -> str:
    """Return what it means that a submission may have been accepted, and what to do.

    Args:
        side_effect: What the submission may have done.
        earlier: Whether an attempt before the last one may have been accepted.
    """
    attempts = ", in this attempt or an earlier one" if earlier == Acceptance.UNKNOWN else ""
    return _HINTS[side_effect].format(attempts)


def truncate_error(outcome: Response | Failure) -> Response | Failure:
    """Return an outcome in which the body of an error is not longer than ``MAX_ERROR_SIZE``."""
    if isinstance(outcome, Failure) or is_success(outcome):
        return outcome
    return outcome.truncated(MAX_ERROR_SIZE)


def is_success(outcome: Response | Failure) -> TypeGuard[Response]:
    """Whether a request succeeded."""
    return isinstance(outcome, Response) and 200 <= outcome.status_code < 300


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
            add_to_message(error, f"Retry after {retry_after:g} s.")
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
        value = parse_or_error(response, result_type)
    else:
        value = yield RunInThread(lambda: parse_or_error(response, result_type))
    if not isinstance(value, InvalidResponseError):
        if value is not None:
            # Not an assignment, which pydantic would treat as that of a field.
            object.__setattr__(value, "_response", _head(context, response, send))
        return value
    invalid = value.with_traceback(None)
    if send.side_effect == "creates_key":
        invalid.response = Response(response.status_code, {}, b"")
        add_to_message(invalid, "The body is not shown, because it may contain the new key.")
    else:
        invalid.response = _redact(context, response, send)
        add_to_message(invalid, f"The body is {excerpt(invalid.response)}")
    if send.side_effect:
        raise _mark_possibly_accepted(invalid, send.side_effect)
    raise invalid


def parse_or_error(response: Response, result_type: str | None) -> Any:
    """Return the parsed value, or the error, for reports that must not raise."""
    try:
        return parse(response, result_type)
    except InvalidResponseError as error:
        return error


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
        failed = NetworkError(f"The request could not be sent again: {end_sentence(str(error))}")
        failed.__cause__ = error
        error = failed
    if isinstance(error, DeapiError):
        if earlier > Acceptance.NONE or total == Acceptance.UNKNOWN:
            _set_message(error, limit_to_attempt(error.message))
        if total == Acceptance.UNKNOWN:
            return _mark_possibly_accepted(error, side_effect, earlier)
        if earlier == Acceptance.FAILED:
            add_to_message(error, "The service reported that an earlier attempt failed.")
    return error


def _mark_possibly_accepted(
    error: DeapiError, side_effect: SideEffect, earlier: Acceptance = Acceptance.NONE
) -> DeapiError:
    """Mark an error whose request may nevertheless have taken effect."""
    error.possibly_accepted = True
    add_to_message(error, possibly_accepted_hint(side_effect, earlier))
    return error


def add_to_message(error: Exception, sentence: str) -> None:
    """Add a sentence to the message of an exception, if it is one of this package."""
    if isinstance(error, DeapiError):
        _set_message(error, f"{end_sentence(error.message)} {sentence}")


def _set_message(error: DeapiError, message: str) -> None:
    error.message = message
    error.args = (message,)
