"""Webhooks: is this one from deAPI, and what does it say?

    event = unwrap(payload=raw_body, headers=request.headers, secret=WEBHOOK_SECRET)
    if event.type == "job.completed":
        print(event.data.result_url)

Anyone on the internet can call a webhook receiver, so nothing is read from a body before its
signature is known to be good, and whatever a stranger sends ends in ``InvalidSignatureError``.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeGuard, cast

from ._exceptions import InvalidPayloadError, InvalidSignatureError
from ._json import is_object

if TYPE_CHECKING:
    from .types.webhooks import WebhookEvent, WebhookEventData

__all__ = [
    "InvalidPayloadError",
    "InvalidSignatureError",
    "WebhookEvent",
    "WebhookEventData",
    "construct_event",
    "sign",
    "unwrap",
    "verify_signature",
]

_SIGNATURE_HEADER = "X-DeAPI-Signature"
_TIMESTAMP_HEADER = "X-DeAPI-Timestamp"
_EVENT_HEADER = "X-DeAPI-Event"
_DELIVERY_HEADER = "X-DeAPI-Delivery-Id"

_SIGNATURE = re.compile("sha256=[0-9a-f]{64}")
# Digits only: "timestamp.body" is what is signed, so a timestamp with a dot in it could claim the
# beginning of a body. Few of them: int() refuses very long numbers with an error of its own.
_TIMESTAMP = re.compile("[0-9]{1,20}")
_HEADER_VALUE = re.compile("[!-~]{1,255}")


class _HasItems(Protocol):
    """What the header collections of all frameworks share with ``dict``."""

    def items(self) -> Iterable[tuple[str | bytes, object]]:
        """The headers as pairs of name and value."""
        ...


def verify_signature(
    *,
    payload: bytes | bytearray | str,
    signature: str,
    timestamp: str,
    secret: str | Sequence[str],
    tolerance: int = 300,
) -> None:
    """Check that a webhook comes from deAPI, unaltered and fresh.

    Args:
        payload: The body of the request as it came, before any JSON parser.
        signature: The header ``X-DeAPI-Signature``: ``sha256=`` and 64 lower-case hex digits.
        timestamp: The header ``X-DeAPI-Timestamp``: Unix time in seconds.
        secret: Your webhook secret; while you change it, the new and the old one.
        tolerance: How far the timestamp may be from now, before or after, in seconds. 0 accepts any
            age, and with it every replay.

    Raises:
        InvalidSignatureError: The webhook is not to be trusted; answer it with status 400.
        ValueError: ``secret`` is empty, or ``tolerance`` is negative.
        TypeError: ``secret`` or ``tolerance`` has the wrong type.
    """
    _verify(payload, signature, timestamp, _keys(secret), _seconds(tolerance))


def construct_event(
    *,
    payload: bytes | bytearray | str,
    signature: str,
    timestamp: str,
    secret: str | Sequence[str],
    tolerance: int = 300,
) -> WebhookEvent:
    """Check that a webhook comes from deAPI, then read it.

    Args:
        payload: The body of the request as it came, before any JSON parser.
        signature: The header ``X-DeAPI-Signature``: ``sha256=`` and 64 lower-case hex digits.
        timestamp: The header ``X-DeAPI-Timestamp``: Unix time in seconds.
        secret: Your webhook secret; while you change it, the new and the old one.
        tolerance: How far the timestamp may be from now, before or after, in seconds. 0 accepts any
            age, and with it every replay.

    Returns:
        The event. It may come more than once; see ``WebhookEvent.delivery_id``.

    Raises:
        InvalidSignatureError: The webhook is not to be trusted; answer it with status 400.
        InvalidPayloadError: The signature is good, but the body is not an event.
        ValueError: ``secret`` is empty, or ``tolerance`` is negative.
        TypeError: ``secret`` or ``tolerance`` has the wrong type.
    """
    _verify(payload, signature, timestamp, _keys(secret), _seconds(tolerance))
    return _event(payload)


def unwrap(
    *,
    payload: bytes | bytearray | str,
    headers: _HasItems | Iterable[tuple[str | bytes, object]],
    secret: str | Sequence[str],
    tolerance: int = 300,
) -> WebhookEvent:
    """Check that a webhook comes from deAPI, then read it, given all headers of the request.

    Args:
        payload: The body of the request as it came, before any JSON parser.
        headers: The request's headers as your framework has them: a mapping or pairs, in any case,
            str or bytes, or as WSGI's and Django's ``HTTP_X_DEAPI_SIGNATURE``.
        secret: Your webhook secret; while you change it, the new and the old one.
        tolerance: How far the timestamp may be from now, before or after, in seconds. 0 accepts any
            age, and with it every replay.

    Returns:
        The event. It may come more than once; see ``WebhookEvent.delivery_id``.

    Raises:
        InvalidSignatureError: The webhook is not to be trusted, or a header is missing or there
            twice; answer it with status 400.
        InvalidPayloadError: The signature is good, but the body is not an event.
        ValueError: ``secret`` is empty, or ``tolerance`` is negative.
        TypeError: ``secret`` or ``tolerance`` has the wrong type.
    """
    keys, limit = _keys(secret), _seconds(tolerance)
    signature, timestamp = _signing_headers(headers)
    _verify(payload, signature, timestamp, keys, limit)
    return _event(payload)


def sign(
    *, payload: bytes | bytearray | str, secret: str, timestamp: float | str | None = None
) -> dict[str, str]:
    """Sign a payload as the service does, to test a receiver.

        headers = sign(payload=body, secret=SECRET)
        response = test_client.post("/webhooks/deapi", content=body, headers=headers)

    Args:
        payload: The body that will be sent, byte for byte.
        secret: The receiver's webhook secret.
        timestamp: Unix time in seconds, cut to a whole number; text is taken as it is. Now by
            default.

    Returns:
        The headers ``X-DeAPI-Signature`` and ``X-DeAPI-Timestamp``, and for a payload that is an
        event ``X-DeAPI-Event`` and ``X-DeAPI-Delivery-Id``.

    Raises:
        ValueError: ``secret`` is empty, or ``timestamp`` is not a finite number.
        TypeError: An argument has the wrong type.
    """
    key = _key(secret)
    body = _bytes(payload)
    if body is None:
        raise TypeError(
            f"payload must be bytes, or text that UTF-8 can encode; got {_kind(payload)}."
        )
    text = timestamp if isinstance(timestamp, str) else _unix_seconds(timestamp)
    headers = {_SIGNATURE_HEADER: _signature(body, text, key).decode(), _TIMESTAMP_HEADER: text}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return headers
    event = content if is_object(content) else {}
    for header, field in ((_EVENT_HEADER, "event"), (_DELIVERY_HEADER, "delivery_id")):
        value = event.get(field)
        if isinstance(value, str) and _HEADER_VALUE.fullmatch(value):
            headers[header] = value
    return headers


def __getattr__(name: str) -> object:
    # The models bring pydantic, which a receiver does not need before its first good event.
    if name in ("WebhookEvent", "WebhookEventData"):
        from .types import webhooks

        return getattr(webhooks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _verify(
    payload: object, signature: object, timestamp: object, keys: list[bytes], tolerance: int
) -> None:
    """Raise InvalidSignatureError unless all is well; the cheap checks come first."""
    if not isinstance(signature, str):
        raise InvalidSignatureError(f"{_SIGNATURE_HEADER} must be text, not {_kind(signature)}.")
    if not signature:
        raise InvalidSignatureError(
            f"{_SIGNATURE_HEADER} is empty: the webhook was sent unsigned. The service does so "
            "when neither the account nor the job has a webhook secret."
        )
    if not _SIGNATURE.fullmatch(signature):
        raise InvalidSignatureError(
            f"{_SIGNATURE_HEADER} must be sha256= and 64 lower-case hex digits."
        )
    if not isinstance(timestamp, str):
        raise InvalidSignatureError(f"{_TIMESTAMP_HEADER} must be text, not {_kind(timestamp)}.")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise InvalidSignatureError(f"{_TIMESTAMP_HEADER} must be Unix time in whole seconds.")
    if tolerance and abs(int(time.time()) - int(timestamp)) > tolerance:
        raise InvalidSignatureError(
            f"{_TIMESTAMP_HEADER} is further from this machine's clock than the tolerance allows: "
            "the webhook is a replay, or a clock is wrong."
        )
    body = _bytes(payload)
    if body is None:
        raise InvalidSignatureError(
            "The payload must be the raw body, as bytes or as text that UTF-8 can encode; got "
            f"{_kind(payload)}. Read it before a JSON parser does."
        )
    given = signature.encode()
    # Every key is tried, so that the time taken does not tell which of them fits.
    matches = [hmac.compare_digest(given, _signature(body, timestamp, key)) for key in keys]
    if not any(matches):
        raise InvalidSignatureError(
            "The webhook's signature does not match: it is not from deAPI, its body was altered on "
            "the way (even re-serialised JSON differs), or the secret is another one."
        )


def _signature(body: bytes | bytearray, timestamp: str, key: bytes) -> bytes:
    digest = hmac.new(key, timestamp.encode() + b".", "sha256")
    digest.update(body)
    return b"sha256=" + digest.hexdigest().encode()


def _event(payload: bytes | bytearray | str) -> WebhookEvent:
    from pydantic import ValidationError

    from .types.webhooks import WebhookEvent

    try:
        return WebhookEvent.model_validate_json(payload)
    except ValidationError as error:
        # The error itself carries the payload, so it goes no further.
        found = error.errors(include_url=False, include_context=False, include_input=False)
    problems = [": ".join([*map(str, each["loc"]), each["msg"]]) for each in found]
    raise InvalidPayloadError(
        f"The webhook's signature is good, but its body is not an event: {'; '.join(problems)}."
    )


def _signing_headers(headers: object) -> tuple[object, object]:
    """The signature and the timestamp among all headers, each there exactly once."""
    items = getattr(headers, "items", None)
    pairs = items() if callable(items) else headers
    if not isinstance(pairs, Iterable):
        raise InvalidSignatureError(f"headers must be a mapping or pairs, not {_kind(headers)}.")
    found: dict[str, list[object]] = {_SIGNATURE_HEADER: [], _TIMESTAMP_HEADER: []}
    wanted = {name.lower(): values for name, values in found.items()}
    for pair in cast("Iterable[object]", pairs):
        if not _is_list(pair) or len(pair) != 2:
            raise InvalidSignatureError("headers must be a mapping, or pairs of name and value.")
        name, value = _text(pair[0]), pair[1]
        if not isinstance(name, str):
            continue
        # WSGI and Django's META write HTTP_X_DEAPI_SIGNATURE.
        values = wanted.get(name.lower().replace("_", "-").removeprefix("http-"))
        if values is not None:
            values.extend(value if _is_list(value) else [value])
    for name, values in found.items():
        if len(values) != 1:
            amount = "no" if not values else "more than one"
            raise InvalidSignatureError(f"The webhook has {amount} {name} header.")
    signature, timestamp = (_text(values[0]) for values in found.values())
    return signature, timestamp


def _text(value: object) -> object:
    """A header's name or value as text, if it is any; latin-1 reads every byte."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, (tuple, list))


def _bytes(payload: object) -> bytes | bytearray | None:
    if isinstance(payload, str):
        try:
            return payload.encode()
        except UnicodeEncodeError:
            return None
    return payload if isinstance(payload, (bytes, bytearray)) else None


def _keys(secret: object) -> list[bytes]:
    if isinstance(secret, str):
        return [_key(secret)]
    if isinstance(secret, (bytes, bytearray)) or not isinstance(secret, Sequence):
        raise TypeError(f"secret must be a str or a sequence of them, not {_kind(secret)}.")
    if not secret:
        raise ValueError("secret must not be empty: give at least one webhook secret.")
    return [_key(each) for each in cast("Sequence[object]", secret)]


def _key(secret: object) -> bytes:
    if not isinstance(secret, str):
        raise TypeError(f"secret must be a str, not {_kind(secret)}.")
    if not secret.strip():
        raise ValueError("secret must not be empty: anyone could sign with an empty secret.")
    key = _bytes(secret)
    if key is None:
        raise ValueError("secret contains a character that UTF-8 cannot encode.")
    return bytes(key)


def _seconds(tolerance: object) -> int:
    if isinstance(tolerance, bool) or not isinstance(tolerance, int):
        raise TypeError(f"tolerance must be a whole number of seconds, not {_kind(tolerance)}.")
    if tolerance < 0:
        raise ValueError(f"tolerance must be zero or more seconds; got {tolerance}.")
    return tolerance


def _unix_seconds(timestamp: object) -> str:
    if timestamp is None:
        timestamp = time.time()
    if isinstance(timestamp, bool) or not isinstance(timestamp, (int, float)):
        raise TypeError(f"timestamp must be a number of seconds, not {_kind(timestamp)}.")
    try:
        return str(int(timestamp))
    except (OverflowError, ValueError):
        raise ValueError("timestamp must be a finite number of seconds.") from None


def _kind(value: object) -> str:
    return type(value).__name__
