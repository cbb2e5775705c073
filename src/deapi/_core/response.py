"""An answer, or the lack of one, and the exception that it means."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from .._text import sanitize
from .versions import successor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

# A key this short is a test's, and stands in innocent words. The service's are far longer.
_SHORTEST_SECRET = 8


@dataclass(repr=False)
class Response:
    """An answer, read to its end.

    Attributes:
        status_code: The HTTP status.
        headers: The headers, names in lower case.
        content: The body, decompressed.
    """

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    def __str__(self) -> str:
        return f"HTTP {self.status_code}, {len(self.content)} bytes"

    def __repr__(self) -> str:
        return f"<Response: {self}>"  # what it holds may be large, and may be secret

    def without(self, secrets: Iterable[str]) -> Response:
        """The same answer with the secrets that it repeats masked, so that it may be shown."""
        headers, content = self.headers, self.content
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                pattern = _spellings(secret)
                content = pattern.sub(b"***", content)
                headers = {
                    name: pattern.sub(b"***", value.encode()).decode()
                    for name, value in headers.items()
                }
        return Response(self.status_code, headers, content)

    @property
    def text(self) -> str:
        """The body as text, whatever bytes it holds."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is not JSON.
        """
        try:
            return json.loads(self.content)
        except RecursionError:
            raise ValueError("the body is nested too deeply") from None


@dataclass
class Failure:
    """A request that got no complete answer.

    Attributes:
        reason: What happened, in words.
        sent: Whether the request had been handed to the network whole, so that the service may
            have acted on it.
        error: The caller's own error, such as a file that could not be read to its end, if that
            was the cause.
    """

    reason: str
    sent: bool
    error: Exception | None = None

    def __str__(self) -> str:
        return self.reason


# What a status means beyond the service's own words: for the user's money, and what to do next.
_MEANINGS: dict[int, tuple[type[DeapiError], str]] = {
    401: (
        AuthenticationError,
        "the API key was refused, nothing was charged. Check it against https://app.deapi.ai.",
    ),
    402: (
        SpendLimitError,
        "this key's spend limit is used up, nothing was charged. Raise it in the dashboard, or "
        "with an ADMIN key and client.keys.update().",
    ),
    403: (
        AccountSuspendedError,
        "access was refused, nothing was charged. Ask deAPI about the account.",
    ),
    404: (NotFoundError, "there is no such thing, or it is not this account's."),
    410: (EndpointGoneError, "the service has removed this endpoint, nothing was charged."),
    413: (
        PayloadTooLargeError,
        "the request is larger than the service takes, 75 MB in all; nothing was charged. Send "
        "smaller files.",
    ),
    422: (ValidationError, "nothing was charged. Correct the arguments."),
    429: (RateLimitError, "a quota is used up, nothing was charged."),
}
_NO_BALANCE = (
    InsufficientBalanceError,
    "the job was not started, nothing was charged. Top the account up at https://app.deapi.ai; a "
    "job needs a balance of at least $0.49.",
)
_NOT_PERMITTED = (
    PermissionDeniedError,
    "this key may not do this, nothing was charged. Use one that may.",
)
# The same by the service's own code, where that says more.
_BY_CODE: dict[tuple[int, str | None], tuple[type[DeapiError], str]] = {
    (403, "insufficient_permissions"): (
        PermissionDeniedError,
        "this needs an ADMIN key, and this key is none; nothing was charged. ADMIN keys are made "
        "in the dashboard, https://app.deapi.ai.",
    ),
    (403, "ip_not_allowed"): (
        PermissionDeniedError,
        "this key may not be used from this IP address, nothing was charged. Add the address to "
        "the key's list, or call from one that is on it.",
    ),
    (422, "insufficient_balance"): _NO_BALANCE,
    (422, "active_key_limit_reached"): (
        ValidationError,
        "the account has as many active keys as it may have. Revoke or delete one first.",
    ),
}
_REDIRECTED = (
    InvalidResponseError,
    "a redirect, which is not followed, so that the API key goes nowhere else. Check base_url;",
)


def _spellings(secret: str) -> re.Pattern[bytes]:
    """A secret as it is and as JSON, forms, addresses and HTML have it, also escaped repeatedly."""
    runs = re.findall(r"\\+|[^\\]", secret)
    return re.compile(b"".join(_spelling(run) for run in runs))


def _spelling(run: str) -> bytes:
    """The spellings of a character, or of a run of backslashes, which others put before it.

    Repetitions are bounded, or a long answer of nothing but backslashes would take for ever.
    """
    length = len(run)
    if run[0] == "\\":
        return rb"(?:\\{%d,%d}|(?i:%%5c){%d})" % (length, 8 * length, length)
    utf8, utf16 = run.encode(), run.encode("utf-16-be")
    percent = "".join(f"%{byte:02x}" for byte in utf8).encode()
    units = (utf16[place : place + 2].hex() for place in range(0, len(utf16), 2))
    escape = "".join(rf"\\{{1,8}}u{unit}" for unit in units).encode()
    space = rb"|\+" if run == " " else b""
    return rb"(?:\\{0,8}(?:%s|&#?\w{1,8};)|(?i:%s|%s)%s)" % (
        re.escape(utf8),
        percent,
        escape,
        space,
    )


def new_secrets(response: Response) -> list[str]:
    """What may be the new key in an answer that should show one."""
    shown = response.content + b"\n" + "\n".join(response.headers.values()).encode()
    return [
        match.decode("utf-8", "replace")
        for pattern in (rb'"secret"\s*:\s*"((?:[^"\\]|\\.)*)"', rb"\d+(?:\||%7C|\\u007c)[\w-]+")
        for match in re.findall(pattern, shown, re.IGNORECASE)
    ]


def error_of(response: Response) -> DeapiError:
    """The exception that an unsuccessful answer means. No body can break this."""
    status = response.status_code
    try:
        content = response.json()
    except ValueError:
        content = None
    body = content if is_object(content) else {}
    code = _text(body, "code")
    fields = _field_errors(body) if status == 422 else {}
    said = _said(body, fields)
    kind, meaning = _meaning(status, code, fields, said)
    details: dict[str, Any] = {
        "status_code": status,
        "body": body if is_object(content) else None,
        "code": code,
        "response": response,
    }
    if issubclass(kind, ValidationError):
        details["errors"] = fields
    elif kind is EndpointGoneError:
        details["successor"] = _text(body, "successor")
        details["documentation"] = _text(body, "documentation")
        if details["successor"]:
            meaning += f" Its successor is {_way_to(details['successor'])}."
        if details["documentation"]:
            meaning += f" How to use it: {details['documentation']}"
    elif kind is InvalidResponseError:
        meaning += f" it leads to {sanitize(response.headers.get('location', 'nowhere'))}"
    elif kind is SpendLimitError:
        details.update({name: _amount(body, name) for name in ("limit", "used", "remaining")})
        details["resets_at"] = _moment(_text(body, "resets_at"))
        if details["resets_at"]:
            meaning += f" It begins anew at {details['resets_at']}."
    elif kind is RateLimitError:
        details["limit_type"] = response.headers.get("x-ratelimit-type", "minute")
    said = said or excerpt(response)
    return kind(
        f"{said}{_others(fields, said)} (HTTP {status}{meaning and ': '}{meaning})", **details
    )


def _way_to(path: str) -> str:
    """An endpoint, and how to reach it with this package and the same key."""
    found = successor(path)
    if found is None:
        return f"{path}, which takes the same API key"
    return f"{path}: client.{found[1]}() with api_version={found[0]!r}, and the same API key"


def _meaning(
    status: int, code: str | None, fields: Mapping[str, list[str]], said: str | None
) -> tuple[type[DeapiError], str]:
    if (status, code) in _BY_CODE:
        return _BY_CODE[status, code]
    if status == 403 and code is not None and "suspended" not in f"{code} {said}".lower():
        return _NOT_PERMITTED
    if status == 422 and "balance" in fields:
        return _NO_BALANCE
    if status in _MEANINGS:
        return _MEANINGS[status]
    if status < 400:
        return _REDIRECTED
    return (ServerError if status >= 500 else DeapiError), ""


def _said(body: Mapping[str, Any], fields: Mapping[str, list[str]]) -> str | None:
    """The service's own words about an error, bounded."""
    nested = body.get("error")
    candidates = (
        body.get("message"),
        nested.get("message") if is_object(nested) else nested,
        next((messages[0] for messages in fields.values() if messages), None),
    )
    for candidate in candidates:
        if isinstance(candidate, str) and candidate.strip():
            return sanitize(candidate)
    return None


def _field_errors(body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field to messages, from whatever shape the service chose."""
    given = body.get("errors")
    if given is None and "message" not in body:
        given = body  # the bare form of some endpoints
    if is_array(given):
        return {"": _texts(given)} if given else {}
    if not is_object(given):
        return {}
    return {name: _texts(messages) for name, messages in given.items()}


def _texts(given: object) -> list[str]:
    items = given if is_array(given) else [given]
    return [item if isinstance(item, str) else json.dumps(item) for item in items]


def _others(fields: Mapping[str, list[str]], said: str) -> str:
    rest = [
        f"{name}: {message}" if name else message
        for name, messages in fields.items()
        for message in messages
        if message not in said
    ]
    return f" Also: {sanitize(' '.join(rest))}" if rest else ""


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def _amount(body: Mapping[str, Any], name: str) -> float | None:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)  # PHP writes some decimals as text
    except (ValueError, OverflowError):
        return None


def _moment(text: str | None) -> datetime | None:
    try:
        return ensure_utc(parse_datetime(text or ""))
    except ValueError:
        return None


def excerpt(response: Response) -> str:
    """What an answer without a message looks like, in a few words."""
    start = response.content[:4096].decode("utf-8", "replace")
    title = re.search(r"<title[^>]*>(.*?)</title", start, re.IGNORECASE | re.DOTALL)
    if title:
        return f"an HTML page, {sanitize(title[1].strip())!r}."
    return f"{sanitize(start)!r}." if start.strip() else "an empty answer."
