"""What may be said of an API key, checked before it is sent."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._core.request import as_list, flag
from ._arguments import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_NAME = 255
_LATEST_EXPIRY = datetime(2038, 1, 19, 3, 14, 7, tzinfo=timezone.utc)
_LONGEST_WHITELIST = 20
_HIGHEST_LIMIT = 999_999.999999


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a key.

    Raises:
        TypeError: It is not a str.
        ValueError: There is nothing in it, or too much.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"name must be a str, not {type(name).__name__}.")
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise ValueError(
            f"name must have 1 to {_LONGEST_NAME} characters, and not blanks only; this one has "
            f"{len(name)}."
        )


def _expiry(given: Any) -> str:
    expires = moment("expires_at", given)
    if expires > _LATEST_EXPIRY:
        raise ValueError(f"expires_at must not be after {_LATEST_EXPIRY}; got {expires}.")
    return expires.isoformat(timespec="seconds")


def _whitelist(given: object) -> list[str]:
    entries = as_list("ip_whitelist", given)
    if len(entries) > _LONGEST_WHITELIST:
        raise ValueError(
            f"ip_whitelist must have at most {_LONGEST_WHITELIST} entries; got {len(entries)}."
        )
    for index, entry in enumerate(entries):
        if not isinstance(entry, str):
            raise TypeError(f"ip_whitelist[{index}] must be a str, not {type(entry).__name__}.")
        if not _is_network(entry):
            raise ValueError(
                f"ip_whitelist[{index}] is neither an IP address nor a network in CIDR notation, "
                f"such as 192.0.2.0/24: {entry!r:.60}."
            )
    return entries


def _is_network(entry: str) -> bool:
    from ipaddress import ip_network

    _, slash, prefix = entry.partition("/")
    if (slash and not prefix.isdecimal()) or "%" in entry:
        return False  # Python reads a mask in place of a prefix, and the zone of an address
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _limit(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(f"limit must be a number, not {type(given).__name__}.")
    if not 0 <= given <= _HIGHEST_LIMIT:
        raise ValueError(f"limit must be from 0 to {_HIGHEST_LIMIT} US dollars; got {given!r}.")
    return given


def _interval(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(
            f"reset_interval must be a str such as 'daily', or 'none', not {type(given).__name__}."
        )
    return given


_CHECKS: Mapping[str, Callable[[Any], object]] = {
    "active": lambda given: flag("active", given),
    "expires_at": _expiry,
    "ip_whitelist": _whitelist,
    "limit": _limit,
    "reset_interval": _interval,
}


def checked(given: Mapping[str, object]) -> dict[str, object]:
    """What a key may do, each field of it checked and as it is sent.

    Raises:
        ValueError, TypeError: A value is of no use to the service.
    """
    return {name: _CHECKS[name](value) for name, value in given.items()}
