"""Validation of the fields of `POST keys` and `PATCH keys/{id}`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from .. import errors
from ..clock import format_datetime, parse_datetime
from ..validation.fields import Field
from ..validation.json_types import is_list
from ..validation.validator import add_error, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors import FieldErrors
    from ..validation.fields import Fields

MAX_IP_ADDRESSES = 20
MAX_EXPIRY = 2**31 - 1
"""2038-01-19T03:14:07Z"""

_RESTRICTIONS = (
    Field("expires_at", "string"),
    Field("ip_whitelist", "strings"),
    Field("limit", "number", minimum=0, maximum=999_999.999999),
    Field(
        "reset_interval", "string", default="none", choices=("none", "daily", "weekly", "monthly")
    ),
)
_CREATION = (
    Field("name", "string", required=True, maximum=255),
    Field("role", "string", choices=("api",)),
    *_RESTRICTIONS,
)
_CHANGE = (Field("active", "boolean"), *_RESTRICTIONS)


def validate_creation(values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Validate a request to create a key, and return its name and its other attributes.

    Raises:
        ApiError: 403 if the request asks for the ADMIN role, 422 with all validation errors.
    """
    if values.get("role") == "admin":
        raise errors.insufficient_permissions("ADMIN keys cannot be created through the API.")
    validated, field_errors = validate(_CREATION, values, None)
    restrictions = _restrictions(values, validated, field_errors)
    if field_errors:
        raise errors.validation_failed(field_errors)
    return validated["name"], restrictions


def validate_change(values: Mapping[str, Any]) -> dict[str, Any]:
    """Validate a request to change a key, and return its changed attributes.

    A null removes a restriction.

    Raises:
        ApiError: 422 with all validation errors.
    """
    validated, field_errors = validate(_CHANGE, values, None)
    changes = _restrictions(values, validated, field_errors)
    if "active" in values:
        changes["active"] = validated["active"]
        if values["active"] is None:
            add_error(field_errors, "active", "The active field must be true or false.")
    if field_errors:
        raise errors.validation_failed(field_errors)
    return changes


def _restrictions(
    values: Mapping[str, Any], validated: Fields, field_errors: FieldErrors
) -> dict[str, Any]:
    """Return the restrictions in a request, as attributes of `Key`."""
    ip_whitelist = values.get("ip_whitelist")
    if ip_whitelist is not None:
        _check_ip_whitelist(ip_whitelist, field_errors)
    restrictions = {
        "expires_at": _parse_expiry(validated["expires_at"], field_errors),
        "ip_whitelist": tuple(validated["ip_whitelist"] or ()),
        "limit": validated["limit"],
        "reset_interval": validated["reset_interval"],
    }
    return {name: value for name, value in restrictions.items() if name in values}


def _parse_expiry(value: str | None, field_errors: FieldErrors) -> float | None:
    if value is None:
        return None
    timestamp = parse_datetime(value)
    if timestamp is None:
        add_error(field_errors, "expires_at", "The expires at field must be a valid date.")
    elif timestamp > MAX_EXPIRY:
        latest = format_datetime(MAX_EXPIRY)
        message = f"The expires at field must be a date before or equal to {latest}."
        add_error(field_errors, "expires_at", message)
    return timestamp


def _check_ip_whitelist(entries: Any, field_errors: FieldErrors) -> None:
    if not is_list(entries):
        field_errors["ip_whitelist"] = ["The ip whitelist field must be an array."]
        return
    if len(entries) > MAX_IP_ADDRESSES:
        message = f"The ip whitelist field must not have more than {MAX_IP_ADDRESSES} items."
        add_error(field_errors, "ip_whitelist", message)
    for index, entry in enumerate(entries):
        if isinstance(entry, str) and not _is_network(entry):
            name = f"ip_whitelist.{index}"
            message = f"The {name} field must be a valid IP address or CIDR range."
            add_error(field_errors, name, message)


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True
