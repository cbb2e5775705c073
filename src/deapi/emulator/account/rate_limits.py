"""Quotas: buckets with rolling windows, and the headers that tell of them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from deapi.emulator.account.rate_limit_table import QUOTAS, STATIC, Quota, Rate

if TYPE_CHECKING:
    from deapi.emulator.clock import Clock

Plan = Literal["basic", "premium", "unlimited"]

MINUTE = 60
DAY = 86400
STRICTEST: Rate = (1, 15)
ENDLESS: Rate = (1_000_000, None)


@dataclass
class Window:
    """A count that starts with the first request and is forgotten after `length` seconds."""

    length: int
    limit: int
    opened: float = -math.inf
    used: int = 0

    def roll(self, now: float) -> None:
        """Forget the count if its time is over."""
        if self.used and now >= self.opened + self.length:
            self.used = 0

    def take(self, now: float) -> None:
        """Count a request."""
        if not self.used:
            self.opened = now
        self.used += 1

    def rest(self, now: float) -> float:
        """Seconds until the window ends; its whole length if it is not open."""
        return self.opened + self.length - now if self.used else float(self.length)

    @property
    def remaining(self) -> int:
        """Requests that are left."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, and the headers to answer with."""

    allowed: bool
    headers: dict[str, str]


@dataclass
class Bucket:
    """The windows of one endpoint and model."""

    source: str
    windows: dict[str, Window]
    refuses: bool = True

    def take(self, clock: Clock) -> Verdict:
        """Count a request, unless a window is full."""
        now = clock.now()
        for window in self.windows.values():
            window.roll(now)
        full = [name for name, window in self.windows.items() if not window.remaining]
        if full and self.refuses:
            kind = full[-1]  # the longest wait: after a minute the day would still be used up
            wait = clock.real(self.windows[kind].rest(now))
            headers = {
                **self._headers(clock, now),
                "X-RateLimit-Type": kind,
                "Retry-After": str(max(1, math.ceil(wait))),
            }
            return Verdict(allowed=False, headers=headers)
        for window in self.windows.values():
            window.take(now)
        return Verdict(allowed=True, headers=self._headers(clock, now))

    def _headers(self, clock: Clock, now: float) -> dict[str, str]:
        policy = ", ".join(f"{window.limit};w={window.length}" for window in self.windows.values())
        headers = {"X-RateLimit-Source": self.source, "X-RateLimit-Policy": policy}
        for name, window in self.windows.items():
            prefix = "X-RateLimit" if name == "minute" else f"X-RateLimit-{name.capitalize()}"
            resets = time.time() + clock.real(window.rest(now))
            headers[f"{prefix}-Limit"] = str(window.limit)
            headers[f"{prefix}-Remaining"] = str(window.remaining)
            headers[f"{prefix}-Reset"] = str(math.ceil(resets))
        return headers


@dataclass
class Quotas:
    """All buckets of the account, shared by the API versions.

    Attributes:
        plan: Whose limits apply; `unlimited` counts but never refuses.
        clock: Emulated time.
    """

    plan: Plan
    clock: Clock
    _buckets: dict[tuple[str, str | None], Bucket] = field(
        default_factory=dict[tuple[str, str | None], Bucket]
    )
    _held_back: dict[tuple[str, int], Window] = field(default_factory=dict[tuple[str, int], Window])

    def take(self, endpoint: str, model: str | None = None) -> Verdict:
        """Count a request to an endpoint (a key of the quota table).

        Args:
            endpoint: The endpoint, by its name in the quota table.
            model: Slug of the model that the request names.
        """
        known = model if (endpoint, model) in QUOTAS else None
        key = (endpoint, known)
        if key not in self._buckets:
            self._buckets[key] = _bucket(quota_of(endpoint, known), self.plan)
        return self._buckets[key].take(self.clock)

    def hold_back(self, kind: str, per_minute: int, *, of: int = 0) -> int | None:
        """Count what has a limit beside the buckets, of which only its 429 tells.

        Args:
            kind: What it is.
            per_minute: How often it may be done.
            of: Whose limit it is, if each has one.

        Returns:
            Real seconds to wait, or None if it may be done.
        """
        now = self.clock.now()
        window = self._held_back.setdefault((kind, of), Window(MINUTE, per_minute))
        window.roll(now)
        if not window.remaining and self.plan != "unlimited":
            return max(1, math.ceil(self.clock.real(window.rest(now))))
        window.take(now)
        return None


def quota_of(endpoint: str, model: str | None) -> Quota:
    """The limits of an endpoint and model; without a known model the endpoint's strictest."""
    if (endpoint, model) in QUOTAS:
        return QUOTAS[endpoint, model]
    of_endpoint = [quota for (name, _), quota in QUOTAS.items() if name == endpoint]
    if not of_endpoint:
        return STATIC
    basic = min((quota.basic for quota in of_endpoint if quota.basic), default=STRICTEST)
    return Quota("tier", basic=basic, premium=min(quota.premium for quota in of_endpoint))


def _bucket(quota: Quota, plan: Plan) -> Bucket:
    rates = {"basic": quota.basic or STRICTEST, "premium": quota.premium, "unlimited": ENDLESS}
    per_minute, per_day = rates[plan]
    windows = {"minute": Window(MINUTE, per_minute)}
    if per_day is not None:
        windows["daily"] = Window(DAY, per_day)
    return Bucket(quota.source, windows, refuses=plan != "unlimited")
