"""Rate limits of an account, as the service reports them with each response."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import NamedTuple

from ._text import describe, format_call, sanitize


class RateLimitWindow(NamedTuple):
    """One window of a rate limit.

    Attributes:
        limit: Maximum number of requests in the window, or None if the service does not report it.
        remaining: Number of requests left in the window, or None if the service does not report
            it.
        resets_at: End of the window, in UTC, or None if the service does not report it.
    """

    limit: int | None
    remaining: int | None
    resets_at: datetime | None


class RateLimit(NamedTuple):
    """Rate limit of one operation, as of the response that reported it.

    The service counts each type of request separately, and jobs per model. API versions share the
    counts.

    Attributes:
        operation: Operation whose response reported the limit, for example ``images.generate``.
        minute: Limit per minute. Its fields are None if the service does not report it.
        day: Limit per day, or None if there is none.
        source: Origin of the limit: ``tier``, ``model``, ``static``, ``fallback``, or None if the
            service does not report it.
        policy: Complete policy in the notation of the service, for example
            ``"3;w=60, 100;w=86400"``, or None if the service does not report it.
    """

    operation: str
    minute: RateLimitWindow
    day: RateLimitWindow | None = None
    source: str | None = None
    policy: str | None = None

    def __repr__(self) -> str:
        fields = {"operation": describe(self.operation), "minute": _describe_window(self.minute)}
        if self.day is not None:
            fields["day"] = _describe_window(self.day)
        if self.source is not None:
            fields["source"] = describe(self.source)
        return format_call(type(self).__name__, fields)


def rate_limit_of(operation: str, headers: Mapping[str, str]) -> RateLimit | None:
    """Parse the rate limit in a response's headers.

    Args:
        operation: Operation of the request.
        headers: Headers of the response, with names in lower case.

    Returns:
        The rate limit, or None if the headers contain none.
    """
    minute = _window(headers, "x-ratelimit-")
    day = _window(headers, "x-ratelimit-daily-")
    if minute is None and day is None:
        return None
    return RateLimit(
        operation,
        minute or RateLimitWindow(None, None, None),
        day,
        _label(headers.get("x-ratelimit-source")),
        _label(headers.get("x-ratelimit-policy")),
    )


class RateLimits:
    """The most recent rate limit of each operation.

    The headers are only parsed when a limit is read. Threads share an instance without a lock,
    because a fork could leave a lock held: each access to the dict is atomic.
    """

    def __init__(self) -> None:
        self._headers: dict[str, Mapping[str, str]] = {}

    def record(self, operation: str, headers: Mapping[str, str]) -> None:
        """Keep the headers of a response if they report a rate limit."""
        # A rate limit always comes with at least one of these.
        if (
            "x-ratelimit-limit" in headers
            or "x-ratelimit-remaining" in headers
            or "x-ratelimit-daily-limit" in headers
        ):
            self._headers[operation] = headers

    def by_operation(self) -> dict[str, RateLimit]:
        """Return the most recent rate limit of each operation."""
        limits = (rate_limit_of(*entry) for entry in list(self._headers.items()))
        return {limit.operation: limit for limit in limits if limit is not None}


def _window(headers: Mapping[str, str], prefix: str) -> RateLimitWindow | None:
    limit, remaining, reset = (
        _number(headers.get(prefix + name)) for name in ("limit", "remaining", "reset")
    )
    if limit is None and remaining is None:
        return None
    return RateLimitWindow(limit, remaining, _timestamp(reset))


def _describe_window(window: RateLimitWindow) -> str:
    remaining, limit = (
        "?" if number is None else describe(number, 20)
        for number in (window.remaining, window.limit)
    )
    return f"<{remaining} of {limit} left>"


def _label(value: str | None) -> str | None:
    return None if value is None else sanitize(value, 200)


def _number(value: str | None) -> int | None:
    try:
        return int(value or "")
    except ValueError:
        return None


def _timestamp(seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):  # out of range
        return None
