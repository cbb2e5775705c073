"""What requests may say of a key: the fields of `POST keys` and `PATCH keys/{id}`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from deapi.emulator import dates, errors
from deapi.emulator.validation.fields import Field
from deapi.emulator.validation.json_types import is_list
from deapi.emulator.validation.validator import add, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deapi.emulator.errors import Errors
    from deapi.emulator.validation.fields import Fields

MAX_ADDRESSES = 20
LATEST_EXPIRY = 2**31 - 1
"""2038-01-19T03:14:07Z"""

_RESTRICTIONS = (
    Field("expires_at", "string"),
    Field("ip_whitelist", "strings"),
    Field("limit", "number", minimum=0, maximum=999_999.999999),
    Field(
        "reset_interval",
        "string",
        default="none",
        choices=("none", "daily", "weekly", "monthly"),
    ),
)
_CREATION = (
    Field("name", "string", required=True, maximum=255),
    Field("role", "string", choices=("api",)),
    *_RESTRICTIONS,
)
_CHANGE = (Field("active", "boolean"), *_RESTRICTIONS)


def creation(given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name of a key to make, and its restrictions as attributes of `Key`.

    Raises:
        ApiError: 403 if it should be an ADMIN key, 422 with everything that is wrong.
    """
    if given.get("role") == "admin":
        raise errors.insufficient_permissions("ADMIN keys are not made through the API.")
    values, found = validate(_CREATION, given, None)
    restrictions = _restrictions(given, values, found)
    if found:
        raise errors.unprocessable(found)
    return values["name"], restrictions


def changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of `Key` that a request changes; a null lifts a restriction.

    Raises:
        ApiError: 422 with everything that is wrong.
    """
    values, found = validate(_CHANGE, given, None)
    changed = _restrictions(given, values, found)
    if "active" in given:
        changed["active"] = values["active"]
        if given["active"] is None:
            add(found, "active", "The active field must be true or false.")
    if found:
        raise errors.unprocessable(found)
    return changed


def _restrictions(given: Mapping[str, Any], values: Fields, found: Errors) -> dict[str, Any]:
    """The restrictions that are given, under the names that they have on `Key`."""
    addresses = given.get("ip_whitelist")
    if addresses is not None:
        _check_addresses(addresses, found)
    restrictions = {
        "expires": _expiry(values["expires_at"], found),
        "ip_whitelist": tuple(values["ip_whitelist"] or ()),
        "limit": values["limit"],
        "reset_interval": values["reset_interval"],
    }
    sent = {"expires" if name == "expires_at" else name for name in given}
    return {name: value for name, value in restrictions.items() if name in sent}


def _expiry(text: str | None, found: Errors) -> float | None:
    if text is None:
        return None
    moment = dates.read(text)
    if moment is None:
        add(found, "expires_at", "The expires at field must be a valid date.")
    elif moment > LATEST_EXPIRY:
        latest = dates.written(LATEST_EXPIRY)
        message = f"The expires at field must be a date before or equal to {latest}."
        add(found, "expires_at", message)
    return moment


def _check_addresses(addresses: Any, found: Errors) -> None:
    if not is_list(addresses):
        found["ip_whitelist"] = ["The ip whitelist field must be an array."]
        return
    if len(addresses) > MAX_ADDRESSES:
        message = f"The ip whitelist field must not have more than {MAX_ADDRESSES} items."
        add(found, "ip_whitelist", message)
    for index, address in enumerate(addresses):
        if isinstance(address, str) and not _is_network(address):
            name = f"ip_whitelist.{index}"
            add(found, name, f"The {name} field must be a valid IP address or CIDR range.")


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
