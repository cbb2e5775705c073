"""A window of a rate limit: how many requests are left, and when the next one may be sent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._rate_limits import RateLimitWindow

MINUTE = 60.0  # seconds
DAY = 86_400.0

# Clocks of the service and of this machine may differ by this many seconds.
_CLOCK_SKEW = 5.0

# Seconds after the end of a window in which no request is sent, because reset times are rounded.
_RESET_MARGIN = 1.0


@dataclass(eq=False)
class Window:
    """A window of a rate limit, with times of the clock ``elapsed``.

    Attributes:
        seconds: Length of the window. It opens with the first request.
        limit: Maximum number of requests, or None if there is no limit.
        remaining: Number of requests left.
        ends: When the window ends.
    """

    seconds: float
    limit: int | None = None
    remaining: int = 0
    ends: float = -math.inf

    def available(self, now: float) -> float:
        """Return the number of requests that may be sent in this window."""
        if self.limit is None:
            return math.inf
        return self.remaining if now < self.ends else self.limit

    def take(self, now: float) -> None:
        """Count a request."""
        if self.limit is None:
            return
        if now >= self.ends:
            self.remaining, self.ends = self.limit, now + self.seconds
        self.remaining = max(self.remaining - 1, 0)

    def update(self, reported: RateLimitWindow | None, now: float, wall_clock: float) -> None:
        """Use what a response reports. Responses may arrive in any order."""
        if reported is None or reported.limit is None or reported.limit < 0:
            self.limit = None
            return
        self.limit = reported.limit
        ends = now + self.seconds + _RESET_MARGIN
        if reported.resets_at is not None:
            # A clock that is wrong must not hold the polls for longer than a window.
            left = reported.resets_at.timestamp() - wall_clock
            ends = now + min(max(left, 0.0), self.seconds) + _RESET_MARGIN
        same = now < self.ends and (
            reported.resets_at is None or abs(ends - self.ends) < _CLOCK_SKEW
        )
        if same:
            if reported.remaining is not None:
                self.remaining = min(self.remaining, max(reported.remaining, 0))
            return
        self.ends = ends
        remaining = self.limit - 1 if reported.remaining is None else reported.remaining
        self.remaining = max(remaining, 0)

    def slot(self, rank: int, now: float) -> float:
        """Return when to send a request, if ``rank`` others are sent before it."""
        if self.limit is None:
            return now
        limit = max(self.limit, 1)
        opens, remaining, ends = now, self.remaining, self.ends
        if now >= ends:
            remaining, ends = limit, now + self.seconds
        if rank >= remaining:
            windows, rank = divmod(rank - remaining, limit)
            opens = ends + windows * self.seconds
            remaining, ends = limit, opens + self.seconds
        left = min((remaining - rank) * 2 / limit, 1.0)
        # A window that has just been reported ends one margin later than its length from now.
        return max(opens, ends - left * (self.seconds + _RESET_MARGIN))
