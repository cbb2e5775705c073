"""How soon jobs of one model may be submitted, under the rate limits that the service reports."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .._core.rate_windows import DAY, MINUTE, Window
from .._exceptions import RateLimitError

if TYPE_CHECKING:
    from .._exceptions import DeapiError
    from .._rate_limits import RateLimit

# A Retry-After of at least this many seconds means that the daily limit is exceeded.
_MIN_DAILY_RETRY_AFTER = 3600.0


class Pace:
    """The rate limits of one operation and model. Times are those of the clock ``elapsed``.

    Attributes:
        minute: Submissions per minute.
        day: Submissions per day.
    """

    def __init__(self) -> None:
        self.minute = Window(MINUTE)
        self.day = Window(DAY)
        self._held_until = self._quota_ends = -math.inf
        self._limits_known = False
        self._probing = False

    def hold(self, now: float) -> float:
        """Return the seconds until the next submission; infinity until a response has arrived."""
        held_until = self._held_until
        for window in (self.minute, self.day):
            if window.available(now) < 1:
                held_until = max(held_until, window.ends)
        if held_until > now:
            return held_until - now
        # Only one is sent before the first response, which reports the limits.
        return math.inf if self._probing else 0.0

    def quota_ends(self, now: float) -> float | None:
        """Return when the daily quota, which is used up, is reset; None if requests are left."""
        ends = self._quota_ends if self.day.available(now) >= 1 else self.day.ends
        return ends if ends > now else None

    def begin(self, now: float) -> None:
        """Count a submission."""
        self._probing = not self._limits_known
        self.minute.take(now)
        self.day.take(now)

    def cancel(self) -> None:
        """Subtract a submission that was counted, and not sent."""
        self._probing = False
        for window in (self.minute, self.day):
            window.remaining += 1

    def finish(self, limit: RateLimit | None, now: float, wall_clock: float) -> None:
        """Use the rate limit that the response to a submission reports, if there is one."""
        self._probing = False
        if limit is not None:
            self._limits_known = True
            self.minute.update(limit.minute, now, wall_clock)
            if limit.day is not None:
                self.day.update(limit.day, now, wall_clock)

    def pause(self, error: DeapiError, retry_after: float, now: float) -> None:
        """Send nothing for the seconds that the service asks to wait."""
        self._held_until = max(self._held_until, now + retry_after)
        daily = isinstance(error, RateLimitError) and error.limit_type == "daily"
        if daily or retry_after >= _MIN_DAILY_RETRY_AFTER:
            self._quota_ends = self._held_until
