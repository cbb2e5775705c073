"""How long a request may take, phase by phase and as a whole."""

from __future__ import annotations

import math
import time
from typing import NamedTuple


class Timeouts(NamedTuple):
    """Seconds for each phase of a request; None sets no limit."""

    connect: float | None
    read: float | None
    """For the whole answer, counted from the moment the request has been sent."""
    write: float | None
    pool: float | None


class Deadline(float):
    """A timeout in seconds that runs from its first use, over everything it is used for.

    It goes to httpcore as the timeout of a request's reads, where it would count for each read by
    itself; the streams below ask it what is left, so that an answer that trickles in ends in time.
    """

    _until: float
    _ends: float | None = None

    def __new__(cls, seconds: float, until: float = math.inf) -> Deadline:
        """Make one that is over ``seconds`` after its first use, and at ``until`` in any case."""
        self = super().__new__(cls, seconds)
        self._until = until
        return self

    def left(self) -> float:
        """The seconds that remain, zero when it is over."""
        now = time.monotonic()
        if self._ends is None:
            self._ends = min(now + self, self._until)
        return max(self._ends - now, 0.0)


def deadlines(timeouts: Timeouts, limit: float | None) -> dict[str, float | None]:
    """The timeouts of one request in the form of httpx, none longer than ``limit`` allows."""
    if limit is None or limit == math.inf:
        read = None if timeouts.read is None else Deadline(timeouts.read)
        return {**timeouts._asdict(), "read": read}
    until = time.monotonic() + limit
    return {
        phase: Deadline(limit if timeout is None else min(timeout, limit), until)
        for phase, timeout in timeouts._asdict().items()
    }
