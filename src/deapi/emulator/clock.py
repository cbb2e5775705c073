"""Emulated time, and how its datetimes are formatted and parsed.

Durations are emulated seconds; `speed` of them pass in one real second. Dates and delays sent over
the wire (`Retry-After`, webhook timestamps, `failed_at`) are real ones, because the client that
reads them runs in real time. The dates of the account and its keys are emulated ones, so that a
test can advance the clock to the date at which a key expires.
"""

from __future__ import annotations

import asyncio
import datetime
import time

import anyio

UTC = datetime.timezone.utc

MAX_TIMESTAMP = 253_402_300_799.0
"""The last second of the year 9999, the last that a datetime supports."""


class Clock:
    """A clock that runs `speed` times as fast as the real one and can be advanced.

    Args:
        speed: Emulated seconds per real second.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._epoch = time.time()
        self._started = time.monotonic()
        self._advanced = 0.0
        self._advance_event = asyncio.Event()

    def now(self) -> float:
        """Return the current emulated time, in seconds since the Unix epoch."""
        return self._epoch + (time.monotonic() - self._started) * self.speed + self._advanced

    def to_real_seconds(self, seconds: float) -> float:
        """Convert a number of emulated seconds to real seconds."""
        return seconds / self.speed

    def advance(self, seconds: float) -> None:
        """Advance the clock and wake every sleeper. Call it on the server's event loop."""
        self._advanced += seconds
        self._advance_event.set()
        self._advance_event = asyncio.Event()

    async def sleep_until(self, timestamp: float) -> None:
        """Sleep until the clock reaches `timestamp`, by running or by being advanced."""
        while (remaining := timestamp - self.now()) > 0:
            with anyio.move_on_after(self.to_real_seconds(remaining)):
                await self._advance_event.wait()


def utc_datetime(timestamp: float) -> datetime.datetime:
    """Convert seconds since the Unix epoch to a datetime in UTC, in the year 9999 at the latest."""
    return datetime.datetime.fromtimestamp(min(timestamp, MAX_TIMESTAMP), UTC)


def format_datetime(timestamp: float | None) -> str | None:
    """Format seconds since the Unix epoch as ISO 8601 in UTC, without fractions of a second."""
    return None if timestamp is None else utc_datetime(int(timestamp)).isoformat()


def parse_datetime(value: str) -> float | None:
    """Parse an ISO 8601 date or datetime to seconds since the Unix epoch.

    Without an offset it is in UTC. A date alone means midnight.

    Returns:
        None if the string is invalid or out of range.
    """
    if value.endswith(("Z", "z")):  # Python 3.10 does not parse it
        value = f"{value[:-1]}+00:00"
    try:
        parsed = datetime.datetime.fromisoformat(value)
    except ValueError:
        return None
    timestamp = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return timestamp if 0 <= timestamp <= MAX_TIMESTAMP else None
