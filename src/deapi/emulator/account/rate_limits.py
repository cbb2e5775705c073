"""Rate limits: counting requests in windows, and the rate-limit headers."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .rate_limit_table import ACCOUNT_RATE_LIMIT, RATE_LIMITS, Rate, RateLimit

if TYPE_CHECKING:
    from ..clock import Clock

Plan = Literal["basic", "premium", "unlimited"]

MINUTE = 60
DAY = 86400
_STRICTEST: Rate = (1, 15)
_UNLIMITED: Rate = (1_000_000, None)


@dataclass
class Window:
    """A request count that starts with the first request and resets after `length` seconds."""

    length: int
    limit: int
    started_at: float = -math.inf
    used: int = 0

    def reset_if_expired(self, now: float) -> None:
        """Reset the count if the window has ended."""
        if self.used and now >= self.started_at + self.length:
            self.used = 0

    def count_request(self, now: float) -> None:
        """Count a request."""
        if not self.used:
            self.started_at = now
        self.used += 1

    def seconds_left(self, now: float) -> float:
        """Return the seconds until the window ends, or its length if it has not started."""
        return self.started_at + self.length - now if self.used else float(self.length)

    @property
    def remaining(self) -> int:
        """Number of requests left in the window."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed, and the rate-limit headers of its response."""

    allowed: bool
    headers: dict[str, str]


@dataclass
class Bucket:
    """The windows of one endpoint and model.

    Attributes:
        source: Value of `X-RateLimit-Source`.
        windows: Windows by name, "minute" first.
        enforced: Whether requests beyond a limit are rejected.
    """

    source: str
    windows: dict[str, Window]
    enforced: bool = True

    def count_request(self, clock: Clock) -> Decision:
        """Count a request, unless a window is full."""
        now = clock.now()
        for window in self.windows.values():
            window.reset_if_expired(now)
        full = [name for name, window in self.windows.items() if not window.remaining]
        if full and self.enforced:
            name = full[-1]  # the longest window, which still rejects after the shorter one resets
            delay = clock.to_real_seconds(self.windows[name].seconds_left(now))
            headers = {
                **self._headers(clock, now),
                "X-RateLimit-Type": name,
                "Retry-After": str(max(1, math.ceil(delay))),
            }
            return Decision(allowed=False, headers=headers)
        for window in self.windows.values():
            window.count_request(now)
        return Decision(allowed=True, headers=self._headers(clock, now))

    def _headers(self, clock: Clock, now: float) -> dict[str, str]:
        policy = ", ".join(f"{window.limit};w={window.length}" for window in self.windows.values())
        headers = {"X-RateLimit-Source": self.source, "X-RateLimit-Policy": policy}
        for name, window in self.windows.items():
            prefix = "X-RateLimit" if name == "minute" else f"X-RateLimit-{name.capitalize()}"
            resets_at = time.time() + clock.to_real_seconds(window.seconds_left(now))
            headers[f"{prefix}-Limit"] = str(window.limit)
            headers[f"{prefix}-Remaining"] = str(window.remaining)
            headers[f"{prefix}-Reset"] = str(math.ceil(resets_at))
        return headers


@dataclass
class RateLimits:
    """All rate limits of the account. Both API versions share them.

    Attributes:
        plan: Plan whose limits apply. "unlimited" counts requests but never rejects one.
        clock: Emulated time.
    """

    plan: Plan
    clock: Clock
    _buckets: dict[tuple[str, str | None], Bucket] = field(
        default_factory=dict[tuple[str, str | None], Bucket]
    )
    _attempts: dict[tuple[str, int], Window] = field(default_factory=dict[tuple[str, int], Window])

    def count_request(self, endpoint: str, model: str | None = None) -> Decision:
        """Count a request to an endpoint of the rate limit table."""
        known_model = model if (endpoint, model) in RATE_LIMITS else None
        key = (endpoint, known_model)
        if key not in self._buckets:
            self._buckets[key] = _new_bucket(rate_limit_for(endpoint, known_model), self.plan)
        return self._buckets[key].count_request(self.clock)

    def count_attempt(self, limit_type: str, per_minute: int, *, scope: int = 0) -> int | None:
        """Count an attempt against a limit that no header announces, only its 429.

        `scope` is the ID of the object that has its own limit, such as a key.

        Returns:
            Real seconds to wait, or None if the attempt is allowed.
        """
        now = self.clock.now()
        window = self._attempts.setdefault((limit_type, scope), Window(MINUTE, per_minute))
        window.reset_if_expired(now)
        if not window.remaining and self.plan != "unlimited":
            return max(1, math.ceil(self.clock.to_real_seconds(window.seconds_left(now))))
        window.count_request(now)
        return None


def rate_limit_for(endpoint: str, model: str | None) -> RateLimit:
    """Return the rate limit of an endpoint and model.

    Without a known model, the strictest limit of the endpoint applies.
    """
    if (endpoint, model) in RATE_LIMITS:
        return RATE_LIMITS[endpoint, model]
    limits = [limit for (name, _), limit in RATE_LIMITS.items() if name == endpoint]
    if not limits:
        return ACCOUNT_RATE_LIMIT
    basic = min((limit.basic for limit in limits if limit.basic), default=_STRICTEST)
    return RateLimit("tier", basic=basic, premium=min(limit.premium for limit in limits))


def _new_bucket(rate_limit: RateLimit, plan: Plan) -> Bucket:
    rates = {
        "basic": rate_limit.basic or _STRICTEST,
        "premium": rate_limit.premium,
        "unlimited": _UNLIMITED,
    }
    per_minute, per_day = rates[plan]
    windows = {"minute": Window(MINUTE, per_minute)}
    if per_day is not None:
        windows["daily"] = Window(DAY, per_day)
    return Bucket(rate_limit.source, windows, enforced=plan != "unlimited")
