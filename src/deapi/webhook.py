"""Webhook signature verification and event parsing.

    event = unwrap(payload=raw_body, headers=request.headers, secret=WEBHOOK_SECRET)
    if event.type == "job.completed":
        print(event.data.result_url)

Anyone on the internet can call a webhook receiver. The body is therefore not parsed before its
signature is verified, and any invalid request raises ``InvalidSignatureError``.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, cast

from . import types
from ._exceptions import InvalidPayloadError, InvalidSignatureError
from ._json import is_object
from ._secrets import Secret, hides, to_secret
from ._text import describe

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
# Digits only: the signature covers "timestamp.body", so a timestamp with a dot could contain the
# start of a body. At most 20 digits: int() raises its own error for very long numbers.
_TIMESTAMP = re.compile("[0-9]{1,20}")
_HEADER_VALUE = re.compile("[!-~]{1,255}")


class _SupportsItems(Protocol):
    """The method that the header collections of all frameworks share with ``dict``."""

    def items(self) -> Iterable[tuple[str | bytes, object]]:
        """Return the headers as pairs of name and value."""
        ...


@hides("secret")
def verify_signature(
    *,
    payload: bytes | bytearray | str,
    signature: str,
    timestamp: str,
    secret: str | Sequence[str],
    tolerance: int = 300,
) -> None:
    """Verify the signature and the timestamp of a webhook.

    Args:
        payload: Raw body of the request, before JSON parsing.
        signature: Value of the header ``X-DeAPI-Signature``: ``sha256=`` and 64 lower-case hex
            digits.
        timestamp: Value of the header ``X-DeAPI-Timestamp``: Unix time in seconds.
        secret: Webhook secret, or several secrets during rotation.
        tolerance: Maximum difference between the timestamp and the current time, in seconds. 0
            accepts any timestamp, and therefore replayed requests.

    Raises:
        InvalidSignatureError: The webhook cannot be trusted. Respond with status 400.
        ValueError: ``secret`` is empty, or ``tolerance`` is negative.
        TypeError: ``secret`` or ``tolerance`` has the wrong type.
    """
    _verify(payload, signature, timestamp, _secret_keys(secret), _validate_tolerance(tolerance))


@hides("secret")
def construct_event(
    *,
    payload: bytes | bytearray | str,
    signature: str,
    timestamp: str,
    secret: str | Sequence[str],
    tolerance: int = 300,
) -> types.WebhookEvent:
    """Verify the signature and the timestamp of a webhook, and parse its event.

    Args:
        payload: Raw body of the request, before JSON parsing.
        signature: Value of the header ``X-DeAPI-Signature``: ``sha256=`` and 64 lower-case hex
            digits.
        timestamp: Value of the header ``X-DeAPI-Timestamp``: Unix time in seconds.
        secret: Webhook secret, or several secrets during rotation.
        tolerance: Maximum difference between the timestamp and the current time, in seconds. 0
            accepts any timestamp, and therefore replayed requests.

    Returns:
        The event. It may be delivered more than once; see ``WebhookEvent.delivery_id``.

    Raises:
        InvalidSignatureError: The webhook cannot be trusted. Respond with status 400.
        InvalidPayloadError: The signature is valid, but the body is not an event.
        ValueError: ``secret`` is empty, or ``tolerance`` is negative.
        TypeError: ``secret`` or ``tolerance`` has the wrong type.
    """
    _verify(payload, signature, timestamp, _secret_keys(secret), _validate_tolerance(tolerance))
    return _parse_event(payload)


@hides("secret")
def unwrap(
    *,
    payload: bytes | bytearray | str,
    headers: _SupportsItems | Iterable[tuple[str | bytes, object]],
    secret: str | Sequence[str] | None = None,
    tolerance: int = 300,
) -> types.WebhookEvent:
    """Verify a webhook, finding signature and timestamp in its headers, and parse its event.

    Args:
        payload: Raw body of the request, before JSON parsing.
        headers: Headers of the request, as a mapping or as pairs of name and value. Names may be
            str or bytes, in any case, or in the form of WSGI and Django:
            ``HTTP_X_DEAPI_SIGNATURE``.
        secret: Webhook secret, or several secrets during rotation. By default it is read from the
            environment variable ``DEAPI_WEBHOOK_SECRET``.
        tolerance: Maximum difference between the timestamp and the current time, in seconds. 0
            accepts any timestamp, and therefore replayed requests.

    Returns:
        The event. It may be delivered more than once; see ``WebhookEvent.delivery_id``.

    Raises:
        InvalidSignatureError: The webhook cannot be trusted, or a header is missing or repeated.
            Respond with status 400.
        InvalidPayloadError: The signature is valid, but the body is not an event.
        ValueError: ``secret`` is empty, there is none, or ``tolerance`` is negative.
        TypeError: ``secret`` or ``tolerance`` has the wrong type.
    """
    keys = _secret_keys(_environment_secret() if secret is None else secret)
    limit = _validate_tolerance(tolerance)
    signature, timestamp = _signing_headers(headers)
    _verify(payload, signature, timestamp, keys, limit)
    return _parse_event(payload)


@hides("secret")
def sign(
    *, payload: bytes | bytearray | str, secret: str, timestamp: float | str | None = None
) -> dict[str, str]:
    """Sign a payload as the service does, to test a receiver.

        headers = sign(payload=body, secret=SECRET)
        response = test_client.post("/webhooks/deapi", content=body, headers=headers)

    Args:
        payload: Exact body of the request.
        secret: Webhook secret of the receiver.
        timestamp: Unix time in seconds, truncated to an integer; a string is used unchanged. The
            current time by default.

    Returns:
        The headers ``X-DeAPI-Signature`` and ``X-DeAPI-Timestamp``. If the payload is an event,
        also ``X-DeAPI-Event`` and ``X-DeAPI-Delivery-Id``.

    Raises:
        ValueError: ``secret`` is empty, or ``timestamp`` is not a finite number or
            cannot be encoded as UTF-8.
        TypeError: An argument has the wrong type.
    """
    key = _secret_key(to_secret(secret))
    body = _to_bytes(payload)
    if body is None:
        raise TypeError(
            f"payload must be bytes or a string that UTF-8 can encode; got {_type_name(payload)}."
        )
    signed_at = timestamp if isinstance(timestamp, str) else _unix_seconds(timestamp)
    if _to_bytes(signed_at) is None:
        raise ValueError("timestamp contains a character that UTF-8 cannot encode.")
    headers = {
        _SIGNATURE_HEADER: _signature(body, signed_at, key).decode(),
        _TIMESTAMP_HEADER: signed_at,
    }
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


if not TYPE_CHECKING:  # because __getattr__ makes type checkers accept any name

    def __getattr__(name: str) -> object:
        # Delayed, because the models import pydantic, which only parsing an event needs.
        if name in ("WebhookEvent", "WebhookEventData"):
            from .types import webhooks

            return getattr(webhooks, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _verify(
    payload: object, signature: object, timestamp: object, keys: list[Secret], tolerance: int
) -> None:
    """Raise InvalidSignatureError unless the webhook is valid. Cheap checks come first."""
    received = _validate_signature(signature).encode()
    signed_at = _validate_timestamp(timestamp, tolerance)
    body = _to_bytes(payload)
    if body is None:
        raise InvalidSignatureError(
            "payload must be the raw body of the request, as bytes or a string that UTF-8 can "
            f"encode; got {_type_name(payload)}. Read it before a JSON parser does."
        )
    # Every key is tried, so that the time taken does not reveal which one matches.
    matches = [hmac.compare_digest(received, _signature(body, signed_at, key)) for key in keys]
    if not any(matches):
        raise InvalidSignatureError(
            "The signature does not match: the webhook was not sent by deAPI, its body was altered "
            "(even re-serialised JSON differs), or it was signed with another secret."
        )


def _validate_signature(signature: object) -> str:
    if not isinstance(signature, str):
        raise InvalidSignatureError(
            f"{_SIGNATURE_HEADER} must be a string, not {_type_name(signature)}."
        )
    if not signature:
        raise InvalidSignatureError(
            f"{_SIGNATURE_HEADER} is empty: the webhook is unsigned. The service sends unsigned "
            "webhooks if neither the account nor the job has a webhook secret."
        )
    if not _SIGNATURE.fullmatch(signature):
        raise InvalidSignatureError(
            f"{_SIGNATURE_HEADER} must be sha256= and 64 lower-case hex digits."
        )
    return signature


def _validate_timestamp(timestamp: object, tolerance: int) -> str:
    # "Invalid timestamp" and "too old" are the vendor's terms, which programs may look for.
    if not isinstance(timestamp, str):
        raise InvalidSignatureError(
            f"Invalid timestamp: {_TIMESTAMP_HEADER} must be a string, not {_type_name(timestamp)}."
        )
    if not _TIMESTAMP.fullmatch(timestamp):
        raise InvalidSignatureError(
            f"Invalid timestamp: {_TIMESTAMP_HEADER} must be Unix time in whole seconds."
        )
    age = int(time.time()) - int(timestamp)
    if tolerance and age > tolerance:
        raise InvalidSignatureError(
            f"The webhook is too old: {_TIMESTAMP_HEADER} is more than {tolerance} seconds in the "
            "past. It is a replay or was delayed, or the clock of this machine is wrong."
        )
    if tolerance and -age > tolerance:
        raise InvalidSignatureError(
            f"{_TIMESTAMP_HEADER} is more than {tolerance} seconds in the future. The clock of "
            "this machine or of the sender is wrong."
        )
    return timestamp


def _signature(body: bytes | bytearray, timestamp: str, key: Secret) -> bytes:
    digest = hmac.new(key.value, timestamp.encode() + b".", "sha256")
    digest.update(body)
    return b"sha256=" + digest.hexdigest().encode()


def _parse_event(payload: bytes | bytearray | str) -> types.WebhookEvent:
    from pydantic import ValidationError

    from .types.webhooks import WebhookEvent

    try:
        return WebhookEvent.model_validate_json(payload)
    except ValidationError as error:
        # The error itself contains the payload, so it is not chained.
        errors = error.errors(include_url=False, include_context=False, include_input=False)
    problems = [": ".join([*map(str, each["loc"]), each["msg"]]) for each in errors]
    raise InvalidPayloadError(
        "The signature of the webhook is valid, but its body is not an event: "
        f"{'; '.join(problems)}."
    )


def _signing_headers(headers: object) -> tuple[object, object]:
    """Return the signature and the timestamp. Each header must be present exactly once."""
    items = getattr(headers, "items", None)
    pairs = items() if callable(items) else headers
    if not isinstance(pairs, Iterable):
        raise InvalidSignatureError(
            f"headers must be a mapping or pairs of name and value, not {_type_name(headers)}."
        )
    values_by_header: dict[str, list[object]] = {_SIGNATURE_HEADER: [], _TIMESTAMP_HEADER: []}
    by_lower_name = {name.lower(): values for name, values in values_by_header.items()}
    for pair in cast("Iterable[object]", pairs):
        if not _is_list(pair) or len(pair) != 2:
            raise InvalidSignatureError("headers must be a mapping or pairs of name and value.")
        name, value = _decode(pair[0]), pair[1]
        if not isinstance(name, str):
            continue
        # WSGI and Django's META use HTTP_X_DEAPI_SIGNATURE.
        values = by_lower_name.get(name.lower().replace("_", "-").removeprefix("http-"))
        if values is not None:
            values.extend(value if _is_list(value) else [value])
    for name, values in values_by_header.items():
        if len(values) != 1:
            count = "no" if not values else "more than one"
            raise InvalidSignatureError(f"The webhook has {count} {name} header.")
    signature, timestamp = (_decode(values[0]) for values in values_by_header.values())
    return signature, timestamp


def _decode(value: object) -> object:
    """Decode bytes of a header's name or value; Latin-1 accepts every byte."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, (tuple, list))


def _to_bytes(payload: object) -> bytes | bytearray | None:
    if isinstance(payload, str):
        try:
            return payload.encode()
        except UnicodeEncodeError:
            return None
    return payload if isinstance(payload, (bytes, bytearray)) else None


def _environment_secret() -> Secret:
    from ._config import variable  # late, because verification needs no settings

    secret = Secret(variable("WEBHOOK_SECRET"))
    if not secret.value:
        raise ValueError(
            "A webhook secret is required: pass secret=... or set the environment variable "
            "DEAPI_WEBHOOK_SECRET. The secret is at https://app.deapi.ai/settings/webhooks."
        )
    return secret


def _secret_keys(secret: object) -> list[Secret]:
    """Return the keys of one or several webhook secrets."""
    secrets = to_secret(secret)
    if isinstance(secrets.value, str):
        return [_secret_key(secrets)]
    if isinstance(secrets.value, (bytes, bytearray)) or not isinstance(secrets.value, Sequence):
        type_name = _type_name(secrets.value)
        raise TypeError(f"secret must be a str or a sequence of str, not {type_name}.")
    several = [Secret(each) for each in cast("Any", secrets).value]
    if not several:
        raise ValueError("secret must not be empty: pass at least one webhook secret.")
    return [_secret_key(each) for each in several]


def _secret_key(secret: Secret) -> Secret:
    if not isinstance(secret.value, str):
        raise TypeError(f"secret must be a str, not {_type_name(secret.value)}.")
    if not secret.value.strip():
        raise ValueError("secret must not be empty: anyone could sign with an empty secret.")
    key = Secret(_to_bytes(secret.value))
    if key.value is None:
        raise ValueError("secret contains a character that UTF-8 cannot encode.")
    return key


def _validate_tolerance(tolerance: object) -> int:
    if isinstance(tolerance, bool) or not isinstance(tolerance, int):
        raise TypeError(f"tolerance must be an int (seconds), not {_type_name(tolerance)}.")
    if tolerance < 0:
        raise ValueError(f"tolerance must be 0 or more seconds, not {describe(tolerance)}.")
    return tolerance


def _unix_seconds(timestamp: object) -> str:
    if timestamp is None:
        timestamp = time.time()
    if isinstance(timestamp, bool) or not isinstance(timestamp, (int, float)):
        raise TypeError(f"timestamp must be a number or a string, not {_type_name(timestamp)}.")
    try:
        return str(int(timestamp))
    except (OverflowError, ValueError):
        raise ValueError("timestamp must be a finite number of seconds.") from None


def _type_name(value: object) -> str:
    return type(value).__name__
