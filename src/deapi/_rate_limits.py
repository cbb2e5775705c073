"""The quotas of an account, as the service reports them with each answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class RateLimitWindow:
    """How many requests are allowed in one window of time.

    Attributes:
        limit: Requests that the window allows; None where the service did not say.
        remaining: Requests that are left in it, likewise.
        resets_at: When it ends, in UTC, likewise.
    """

    limit: int | None
    remaining: int | None
    resets_at: datetime | None


@dataclass(frozen=True)
class RateLimit:
    """What was left of a quota when an answer was sent.

    The service counts each kind of request by itself, jobs by their model; v1 and v2 share the
    counts.

    Attributes:
        operation: The call that it was reported to: ``"images.generate"``, say.
        minute: The quota of the minute; its numbers are None where the service did not say.
        day: The quota of the day, or None where there is none.
        source: Where the quota comes from: ``"tier"``, ``"model"``, ``"static"`` or ``"fallback"``.
        policy: The whole policy in the service's notation, such as ``"3;w=60, 100;w=86400"``.
    """

    operation: str
    minute: RateLimitWindow
    day: RateLimitWindow | None = None
    source: str | None = None
    policy: str | None = None


def rate_limit_of(operation: str, headers: Mapping[str, str]) -> RateLimit | None:
    """The quota that an answer's headers report, None if they report none.

    Args:
        operation: The call that was answered.
        headers: The answer's headers, names in lower case.
    """
    minute = _quota(headers, "x-ratelimit-")
    day = _quota(headers, "x-ratelimit-daily-")
    if minute is None and day is None:
        return None
    return RateLimit(
        operation,
        minute or RateLimitWindow(None, None, None),
        day,
        headers.get("x-ratelimit-source"),
        headers.get("x-ratelimit-policy"),
    )


class RateLimits:
    """The quotas that were last seen; the headers are read when somebody asks.

    Threads share it without a lock, which a fork might leave locked: each step is a single one.
    """

    def __init__(self) -> None:
        self._headers: dict[str, Mapping[str, str]] = {}

    def note(self, operation: str, headers: Mapping[str, str]) -> None:
        """Take note of an answer, whatever it said."""
        # One of these is there whenever a quota is reported.
        if (
            "x-ratelimit-limit" in headers
            or "x-ratelimit-remaining" in headers
            or "x-ratelimit-daily-limit" in headers
        ):
            self._headers[operation] = headers

    def seen(self) -> dict[str, RateLimit]:
        """The last seen quota of each operation."""
        read = (rate_limit_of(*entry) for entry in list(self._headers.items()))
        return {found.operation: found for found in read if found is not None}


def _quota(headers: Mapping[str, str], prefix: str) -> RateLimitWindow | None:
    limit, remaining, reset = (
        _number(headers.get(prefix + name)) for name in ("limit", "remaining", "reset")
    )
    if limit is None and remaining is None:
        return None
    return RateLimitWindow(limit, remaining, _moment(reset))


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None


def _moment(seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):  # a number that is no time
        return None
