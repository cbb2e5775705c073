"""Timeouts of one request, by phase and in total."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from .._config import Timeouts

# Seconds between two chunks of a download without a read timeout.
MAX_IDLE = 60.0


class Deadline(float):
    """A timeout in seconds that starts at its first use and limits all uses together.

    httpcore applies the read timeout to each read. ``streams.Stream`` uses ``remaining()`` of a
    ``Deadline`` instead, so that a slow response also ends in time.
    """

    _latest_end: float
    _end: float | None = None

    def __new__(cls, seconds: float, latest_end: float = math.inf) -> Self:
        """Create a deadline ``seconds`` after its first use, and not after ``latest_end``."""
        self = super().__new__(cls, seconds)
        self._latest_end = latest_end
        return self

    def remaining(self) -> float:
        """Return the remaining seconds, at least 0."""
        now = time.monotonic()
        if self._end is None:
            self._end = min(now + self, self._latest_end)
        return max(self._end - now, 0.0)


def remaining(timeout: float | None) -> float | None:
    """Return the remaining seconds of a deadline, or any other timeout unchanged."""
    return timeout.remaining() if isinstance(timeout, Deadline) else timeout


class IdleDeadline(Deadline):
    """A timeout in seconds without progress, until no time remains in total.

    Only the bytes of a body are progress. Interim responses and the lines between the chunks of a
    body may otherwise arrive indefinitely.
    """

    total: Callable[[], float]
    progress: Callable[[], object]
    _last_progress: object = None

    def remaining(self) -> float:
        """Return the seconds for the next use."""
        progress = self.progress()
        if progress != self._last_progress:
            self._last_progress, self._end = progress, None
        return min(super().remaining(), self.total())


def request_timeouts(timeouts: Timeouts, limit: float | None) -> dict[str, float | None]:
    """Return the timeouts of one request as httpx has them, none longer than ``limit``."""
    if limit is None or limit == math.inf:
        read = None if timeouts.read is None else Deadline(timeouts.read)
        return {**timeouts._asdict(), "read": read}
    latest_end = time.monotonic() + limit
    return {
        phase: Deadline(limit if timeout is None else min(timeout, limit), latest_end)
        for phase, timeout in timeouts._asdict().items()
    }


def download_timeouts(
    timeouts: Timeouts, total: Callable[[], float], progress: Callable[[], object]
) -> dict[str, float | None]:
    """Return the timeouts of a download as httpx has them.

    Args:
        timeouts: Settings of the client. Each chunk may take ``read`` seconds.
        total: Returns the remaining seconds of the whole download.
        progress: Returns a value that changes with each chunk of the body.
    """
    read = MAX_IDLE if timeouts.read is None else timeouts.read
    idle = IdleDeadline(read)
    idle.total, idle.progress = total, progress
    return {**timeouts._asdict(), "read": idle}
