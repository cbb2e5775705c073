"""Validation of the options that change requests: headers, fields and an idempotency key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from ._json import is_array, is_object

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_MAX_IDEMPOTENCY_KEY = 255

# These describe the connection or the body, select the account, or are settings of their own.
_RESERVED_HEADERS = {
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


def validate_headers(value: object) -> dict[str, str]:
    """Return additional headers, with their names in lower case.

    Raises:
        TypeError: It is not a mapping of str to str.
        ValueError: A name or a value is not allowed. The message does not show the value, which may
            be a secret.
    """
    headers: dict[str, str] = {}
    for name, item in _mapping("extra_headers", value).items():
        if not isinstance(item, str):
            raise TypeError(f"extra_headers must have str values, not {type(item).__name__}.")
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"extra_headers contains an invalid name: {name!r:.40}.")
        if name.lower() in _RESERVED_HEADERS:
            raise ValueError(f"extra_headers must not contain {name}, which the SDK sets.")
        if item and not _HEADER_VALUE.fullmatch(item):
            raise ValueError(
                f"extra_headers[{name!r}] is invalid: a value has printable ASCII characters "
                "only, and no spaces around it."
            )
        headers[name.lower()] = item
    return headers


def validate_body(value: object) -> dict[str, Any]:
    """Return additional fields. Their values are validated like those of arguments, when sent.

    Raises:
        TypeError: It is not a mapping with str keys.
    """
    return dict(_mapping("extra_body", value))


def validate_idempotency_key(value: object) -> str:
    """Return an idempotency key.

    Raises:
        TypeError: It is not a str.
        ValueError: It is empty, too long, or not allowed in a header.
    """
    if not isinstance(value, str):
        raise TypeError(f"idempotency_key must be a str, not {type(value).__name__}.")
    if len(value) > _MAX_IDEMPOTENCY_KEY or not _HEADER_VALUE.fullmatch(value):
        raise ValueError(
            f"idempotency_key must have 1 to {_MAX_IDEMPOTENCY_KEY} printable ASCII characters, "
            f"and no spaces around them; got {value!r:.60}."
        )
    return value


def strings_in(value: object) -> list[str]:
    """Return the strings in nested values, so that errors can redact them."""
    if isinstance(value, str):
        return [value]
    if is_object(value):
        return [text for item in value.values() for text in strings_in(item)]
    if is_array(value):
        return [text for item in value for text in strings_in(item)]
    return []


def _mapping(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dict, not {type(value).__name__}.")
    for key in cast("Mapping[object, Any]", value):
        if not isinstance(key, str):
            raise TypeError(f"{name} must have str keys, not {type(key).__name__}.")
    return cast("Mapping[str, Any]", value)
