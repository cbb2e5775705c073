"""Emulated time: how long jobs, windows and links last.

Durations are emulated seconds, of which `speed` pass in one real second. Dates and waits that go
over the wire (`Retry-After`, webhook timestamps, `failed_at`) are real ones, because the client
that reads them lives in real time. The dates of the account and its keys are emulated ones:
who moves the clock to a key's expiry finds it where the key said.
"""

from __future__ import annotations

import asyncio
import time

import anyio


class Clock:
    """A clock that runs `speed` times as fast as the real one and can be moved forward.

    Args:
        speed: Emulated seconds per real second.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._epoch = time.time()
        self._started = time.monotonic()
        self._advanced = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Emulated seconds since the epoch."""
        return self._epoch + (time.monotonic() - self._started) * self.speed + self._advanced

    def real(self, seconds: float) -> float:
        """How many real seconds so many emulated ones take."""
        return seconds / self.speed

    def advance(self, seconds: float) -> None:
        """Move forward and wake every sleeper; to be called on the server's event loop."""
        self._advanced += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, moment: float) -> None:
        """Wait until the clock shows `moment`, by running or by being moved."""
        while (rest := moment - self.now()) > 0:
            with anyio.move_on_after(self.real(rest)):
                await self._moved.wait()
