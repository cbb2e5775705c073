"""Map unsuccessful responses to exceptions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .._datetimes import ensure_utc, parse_datetime
from .._exceptions import (
    AccountSuspendedError,
    AuthenticationError,
    DeapiError,
    EndpointGoneError,
    InsufficientBalanceError,
    InvalidResponseError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SpendLimitError,
    ValidationError,
)
from .._json import is_array, is_object
from .._text import describe, sanitize
from .edge_pages import classify_page, excerpt, is_page
from .operation import find_by_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .._response import Response
    from .catalogue import Catalogue

_NOT_FOUND = "not found, or not owned by this account."

MINIMUM_BALANCE = 0.49
"""US dollars. The service rejects every job below this balance."""

# The exception class and an explanation by HTTP status. The explanation says whether anything was
# charged, and what to do next. To map another status, add a class to _exceptions.py and a row here.
_BY_STATUS: dict[int, tuple[type[DeapiError], str]] = {
    401: (
        AuthenticationError,
        "the API key was rejected; nothing was charged. Check it at https://app.deapi.ai.",
    ),
    402: (
        SpendLimitError,
        "the spend limit of this key is reached; nothing was charged. Raise it in the dashboard, "
        "or with an ADMIN key and client.keys.update().",
    ),
    403: (
        AccountSuspendedError,
        "access was denied; nothing was charged. Contact deAPI about the account.",
    ),
    404: (NotFoundError, _NOT_FOUND),
    410: (EndpointGoneError, "the service has removed this endpoint; nothing was charged."),
    413: (
        PayloadTooLargeError,
        "the request is larger than the service accepts, 75 MB in total; nothing was charged. Send "
        "smaller files.",
    ),
    422: (ValidationError, "nothing was charged. Correct the arguments."),
    429: (RateLimitError, "a rate limit is exceeded; nothing was charged."),
}
_INSUFFICIENT_BALANCE = (
    InsufficientBalanceError,
    "the job was not started; nothing was charged. Top up the account at https://app.deapi.ai; a "
    f"job requires a balance of at least ${MINIMUM_BALANCE}.",
)
_PERMISSION_DENIED = (
    PermissionDeniedError,
    "this key does not have the permission; nothing was charged. Use a key that has it.",
)
# By HTTP status and error code of the service, where the code is more precise than the status.
_BY_CODE: dict[tuple[int, str | None], tuple[type[DeapiError], str]] = {
    (403, "insufficient_permissions"): (
        PermissionDeniedError,
        "this operation requires an ADMIN key; nothing was charged. ADMIN keys are created in the "
        "dashboard, https://app.deapi.ai.",
    ),
    (403, "ip_not_allowed"): (
        PermissionDeniedError,
        "this key is not allowed from this IP address; nothing was charged. Add the address to the "
        "key's IP allowlist, or call from an address on it.",
    ),
    (422, "insufficient_balance"): _INSUFFICIENT_BALANCE,
    (422, "active_key_limit_reached"): (
        ValidationError,
        "maximum number of active keys reached. Revoke or delete one first.",
    ),
}

_REDIRECT = (
    InvalidResponseError,
    "a redirect, which is not followed, so that the API key is not sent elsewhere. Check base_url;",
)


class SentRequest(NamedTuple):
    """What a message may say about the request.

    Attributes:
        operation: Name of the operation.
        fields: Fields without secrets, by argument name, and the ID in the path as ``id``.
        renames: Names of fields in the request by argument name, if the two differ.
        catalogue: Models that the client has fetched.
    """

    operation: str
    fields: Mapping[str, object]
    renames: Mapping[str, str]
    catalogue: Catalogue


# Laravel's message for a path without an endpoint. A missing job has another one.
_NO_ROUTE = re.compile(r"The route \S{1,500} could not be found")
_NO_ROUTE_MEANING = "the API does not have this path. Check base_url."


def error_from_response(response: Response, sent: SentRequest | None = None) -> DeapiError:
    """Convert an unsuccessful response to an exception. Never raises, whatever the body.

    Args:
        response: The response.
        sent: The request, or None if it is not known.
    """
    status = response.status_code
    try:
        content = response.json()
    except ValueError:
        content = None
    body = content if is_object(content) else {}
    code = _string(body, "code")
    field_errors = _field_errors(body) if status == 422 else {}
    message = _server_message(body, field_errors)
    error_type, meaning = _classify(status, code, field_errors, message)
    if content is None and is_page(response):
        error_type, meaning = classify_page(response, error_type, meaning)
    details: dict[str, Any] = {
        "status_code": status,
        "body": body if is_object(content) else None,
        "code": code,
        "response": response,
    }
    if issubclass(error_type, ValidationError):
        details["errors"] = field_errors
    elif error_type in _DETAILS:
        more, addition = _DETAILS[error_type](response, body)
        details.update(more)
        meaning += addition
    message = message or excerpt(response)
    message += _other_errors(field_errors, message)
    if sent is not None:
        if field_errors:
            from .rejected_fields import explain_fields  # rarely needed

            message += explain_fields(field_errors, sent.fields, sent.renames, sent.catalogue)
        if error_type is RateLimitError:
            meaning = _exceeded_limit(response, sent) or meaning
        elif meaning == _NOT_FOUND and "id" in sent.fields:
            meaning = f"{describe(sent.fields['id'])} is {_NOT_FOUND}"
    explanation = f"HTTP {status}: {meaning}" if meaning else f"HTTP {status}"
    return error_type(f"{message} ({explanation})", **details)


def limit_to_attempt(message: str) -> str:
    """Rewrite what a message claims about the whole call, if that is only known of one attempt."""
    return (
        message.replace("nothing was charged", "this attempt was not charged")
        .replace("Nothing was charged", "This attempt was not charged")
        .replace("Nothing was sent", "This attempt was not sent")
    )


def _classify(
    status: int, code: str | None, field_errors: Mapping[str, list[str]], message: str | None
) -> tuple[type[DeapiError], str]:
    if (status, code) in _BY_CODE:
        return _BY_CODE[status, code]
    if status == 403 and code is not None and "suspended" not in f"{code} {message}".lower():
        return _PERMISSION_DENIED
    if status == 422 and "balance" in field_errors:
        return _INSUFFICIENT_BALANCE
    if status in _BY_STATUS:
        no_route = status == 404 and _NO_ROUTE.match(message or "")
        return (NotFoundError, _NO_ROUTE_MEANING) if no_route else _BY_STATUS[status]
    if status < 400:
        return _REDIRECT
    return (ServerError if status >= 500 else DeapiError), ""


# -- attributes and explanations of particular exception classes -------------------------------


def _gone(_response: Response, body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    successor, documentation = _string(body, "successor"), _string(body, "documentation")
    addition = f" Its successor is {_successor_hint(successor)}." if successor else ""
    if documentation:
        addition += f" Documentation: {sanitize(documentation)}"
    return {"successor": successor, "documentation": documentation}, addition


def _successor_hint(path: str) -> str:
    """Describe an endpoint, and how to call it with this package and the same key."""
    found = find_by_path(path)
    if found is None:
        return f"{sanitize(path)}, which accepts the same API key"
    version, operation = found
    return f"{path}: client.{operation.name}() with api_version={version!r}, and the same API key"


def _redirect(response: Response, _body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    location = response.headers.get("location")
    return {}, f" it leads to {sanitize(location)}" if location else " it has no location"


def _spend_limit(_response: Response, body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    resets_at = _timestamp(_string(body, "resets_at"))
    amounts = {name: _amount(body, name) for name in ("limit", "used", "remaining")}
    addition = f" It resets at {resets_at}." if resets_at else ""
    return {**amounts, "resets_at": resets_at}, addition


def _rate_limit(response: Response, _body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    return {"limit_type": response.headers.get("x-ratelimit-type", "minute")}, ""


_KNOWN_LIMITS = {
    "minute": "the limit per minute for {}",
    "daily": "the daily limit for {}",
    "key-creation": "the limit for creating keys",
    "ip-not-allowed": "the limit for requests from an IP address that is not allowed",
}


def _exceeded_limit(response: Response, sent: SentRequest) -> str:
    limit_type = response.headers.get("x-ratelimit-type")
    if limit_type is None:
        return ""
    operation = f"{sent.operation}()"
    if "model" in sent.fields and response.headers.get("x-ratelimit-source") == "model":
        operation += f" with model {describe(sent.fields['model'])}"
    template = _KNOWN_LIMITS.get(limit_type, f"the limit {describe(limit_type)} for {{}}")
    return f"{template.replace('{}', operation)} is exceeded; nothing was charged."


_DETAILS: dict[
    type[DeapiError], Callable[[Response, Mapping[str, Any]], tuple[dict[str, Any], str]]
] = {
    EndpointGoneError: _gone,
    InvalidResponseError: _redirect,
    SpendLimitError: _spend_limit,
    RateLimitError: _rate_limit,
}


# -- reading the body of an error --------------------------------------------------------------


def _server_message(body: Mapping[str, Any], field_errors: Mapping[str, list[str]]) -> str | None:
    """Return the message of the service, sanitized, or None."""
    nested = body.get("error")
    candidates = (
        body.get("message"),
        nested.get("message") if is_object(nested) else nested,
        next((messages[0] for messages in field_errors.values() if messages), None),
    )
    for candidate in candidates:
        if isinstance(candidate, str) and candidate.strip():
            return sanitize(candidate)
    return None


def _field_errors(body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return messages by field name, from any of the formats that the service uses."""
    errors = body.get("errors")
    if errors is None and "message" not in body:
        errors = body  # some endpoints send the fields without an object around them
    if is_array(errors):
        return {"": _strings(errors)} if errors else {}
    if not is_object(errors):
        return {}
    return {name: _strings(messages) for name, messages in errors.items()}


def _strings(value: object) -> list[str]:
    items = value if is_array(value) else [value]
    return [item if isinstance(item, str) else _dump(item) for item in items]


def _dump(value: object) -> str:
    try:
        return json.dumps(value)
    except RecursionError:  # json.loads accepts slightly deeper nesting than json.dumps
        return "(nested too deeply)"


def _other_errors(field_errors: Mapping[str, list[str]], message: str) -> str:
    rest = [
        f"{name}: {text}" if name else text
        for name, texts in field_errors.items()
        for text in texts
        if text not in message
    ]
    return f" Also: {sanitize(' '.join(rest))}" if rest else ""


def _string(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def _amount(body: Mapping[str, Any], name: str) -> float | None:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)  # PHP writes some decimals as strings
    except (ValueError, OverflowError):
        return None


def _timestamp(value: str | None) -> datetime | None:
    try:
        return ensure_utc(parse_datetime(value or ""))
    except ValueError:
        return None
