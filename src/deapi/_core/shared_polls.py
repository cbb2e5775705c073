"""What the waits of one account share: its rate limits, the order of their polls, and responses.

Each wait joins as a ``JoinedWait``, and asks before each poll how long to wait for its turn.

- A 429 holds all polls until ``Retry-After``. Then they are spread by jitter.
- Waits for the same job share each poll.
- Planned polls keep to the rate limits of the service. Half of the requests of a minute may be sent
  at once, and the others are spread over the minute. The poll that was due first is sent first. A
  poll is due when its job is expected to finish.
- If no job of a type has finished yet, polls of two jobs of the type, the scouts, show how long
  such jobs take. The first polls of the others wait for it, for a few seconds (``Plan``).
- If there are more waits than requests per minute, polls that would find a job unfinished cost the
  most. Then only the scouts are polled until one of them finishes, and if polls find jobs of a type
  unfinished, the type pauses.
"""

from __future__ import annotations

import logging
import math
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from .._rate_limits import rate_limit_of
from . import retry
from .operation import STATUS_OPERATION
from .poll_timing import Durations
from .rate_windows import DAY, MINUTE, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from contextlib import AbstractContextManager

    from .._response import Failure, Response
    from .poll_timing import JobType
    from .steps import Waker

log = logging.getLogger("deapi")

KeyT = TypeVar("KeyT", bound="Hashable")

# Maximum seconds until a wait asks again for its turn. A sleep of a laptop makes it longer, and
# limits may change.
_MAX_HOLD = 60.0

# Planned polls at once before the first response, which reports the limits.
_MAX_PROBES = 8

# Jobs of one type that are polled to learn how long such jobs take.
_MAX_SCOUTS = 2

# After this number of polls in sequence that found jobs of a type unfinished, the type pauses for a
# part of the time in which all waiting jobs could be polled. Jobs may be run one after another, so
# that the next polls would not find more.
_MAX_MISSES = 2
_PAUSE = 0.02

# The daily limit is low if less than this part of it remains. Intervals grow up to _MAX_STRETCH.
_LOW = 0.25
_MAX_STRETCH = 6.0

# Requests per minute that are assumed in order to spread polls, if the service reports no limit.
_ASSUMED_LIMIT = 300

# Polls of a job that keep its place in the queue.
_MAX_PRIORITY_POLLS = 3


@dataclass(eq=False)
class JoinedWait:
    """What the other waits of an account know of one wait for a job.

    Attributes:
        key: Identifies the job and the API version. Waits with the same key share their polls.
        waker: Ends the sleep of the wait.
        job_type: Type of the job, or None if it is unknown.
        paced: Whether the polls are planned. Otherwise only a 429 holds them.
        number: Order in which the waits joined.
        shared: The outcome of a poll by another wait for the same job, or None.
        queued: Its entry in the queue of planned polls, or None.
        first_due: When its first poll was due, or None before it was.
        polls: Number of polls that it has begun.
        held_until: End of the latest hold of all polls.
        jitter: Seconds that it waits after that end.
    """

    key: Hashable
    waker: Waker
    job_type: JobType | None
    paced: bool
    number: int
    shared: Response | Failure | None = None
    queued: tuple[float, int, JoinedWait] | None = field(default=None, repr=False)
    first_due: float | None = None
    polls: int = 0
    held_until: float = 0.0
    jitter: float = 0.0

    def take_shared(self) -> Response | Failure | None:
        """Return the outcome of a poll by another wait once."""
        shared, self.shared = self.shared, None
        return shared


class SharedPolls:
    """State that the waits of one account share, in all threads and event loops.

    Attributes:
        durations: How long earlier jobs took.
        minute: Limit of status requests per minute.
        day: Limit of status requests per day.
    """

    def __init__(
        self, new_lock: Callable[[], AbstractContextManager[Any]], process_id: Callable[[], int]
    ) -> None:
        """Create the state of one account.

        Args:
            new_lock: Creates a reentrant lock.
            process_id: Returns the ID of the process, to recognize a fork.
        """
        self.durations = Durations()
        self.minute = Window(MINUTE)
        self.day = Window(DAY)
        self._new_lock = new_lock
        self._process_id = process_id
        self._held_until = -math.inf
        self._warned_until = -math.inf
        self._limits_known = False
        self._number = 0
        self._reset()

    def _reset(self) -> None:
        """Forget waits that continue in another process, and a lock that they may hold."""
        self._process = self._process_id()
        self._lock = self._new_lock()
        self._by_job: dict[Hashable, dict[int, JoinedWait]] = {}
        self._by_type: dict[JobType, dict[int, JoinedWait]] = {}
        self._polling: dict[Hashable, JoinedWait] = {}
        self._queue: list[tuple[float, int, JoinedWait]] = []
        self._count = 0
        self._misses: dict[JobType, tuple[int, float]] = {}

    def _locked(self) -> AbstractContextManager[Any]:
        if self._process != self._process_id():
            self._reset()
        return self._lock

    def join(
        self, key: Hashable, waker: Waker, job_type: JobType | None, *, paced: bool
    ) -> JoinedWait:
        """Add a wait. Call ``leave()`` when it ends."""
        with self._locked():
            self._number += 1
            wait = JoinedWait(key, waker, job_type, paced, self._number)
            self._by_job.setdefault(key, {})[wait.number] = wait
            if paced and job_type is not None:
                self._by_type.setdefault(job_type, {})[wait.number] = wait
            self._count += paced
            return wait

    def leave(self, wait: JoinedWait) -> None:
        """Remove a wait. If it was polling, another wait for the job does so."""
        with self._locked():
            self._unqueue(wait)
            if self._polling.get(wait.key) is wait:
                self._polling.pop(wait.key)
                self._wake(self._same_job(wait))
            if _discard(self._by_job, wait.key, wait):
                self._count -= wait.paced
            job_type = wait.job_type
            if job_type is None or not _discard(self._by_type, job_type, wait):
                return
            if job_type not in self._by_type:
                self._misses.pop(job_type, None)
            if not self.durations.of(job_type):
                self._wake(self._scouts(job_type))

    def awaits_scouts(self, wait: JoinedWait) -> bool:
        """Return whether polls of other jobs will show how long jobs of the type take."""
        job_type = wait.job_type
        with self._locked():
            return (
                job_type is not None
                and not self.durations.of(job_type)
                and wait not in self._scouts(job_type)
            )

    def begin_poll(self, wait: JoinedWait, due: float, now: float, jitter: float) -> float:
        """Begin a poll if it is the turn of a wait. Call ``finish()`` or ``leave()`` after it.

        Args:
            wait: The wait.
            due: When the poll is due.
            now: The current time, on the clock ``elapsed``.
            jitter: A random number from 0 to 1.

        Returns:
            0 if the poll has begun, otherwise the seconds until the wait must call this again.
        """
        with self._locked():
            hold = max(self._common_hold(wait, now, jitter), due - now)
            if hold <= 0 and (wait.shared is not None or wait.key in self._polling):
                hold = _MAX_HOLD  # another wait polls the job, and wakes this one
            if hold <= 0 and wait.paced:
                hold = self._paced_hold(wait, due, now)
            if hold > 0:
                return min(hold, _MAX_HOLD)
            self._start(wait, now)
            return 0.0

    def begin_final_poll(self, wait: JoinedWait, now: float) -> bool:
        """Begin a poll at the deadline of a wait, unless a rate limit prevents it.

        Returns:
            Whether the poll has begun.
        """
        with self._locked():
            if self._common_hold(wait, now, 0.0) > 0:
                return False
            if wait.paced and self.minute.available(now) < 1:
                return False
            self._start(wait, now)
            return True

    def _start(self, wait: JoinedWait, now: float) -> None:
        self._polling[wait.key] = wait
        wait.polls += 1
        self._unqueue(wait)
        self.minute.take(now)
        self.day.take(now)

    def finish(self, wait: JoinedWait, outcome: Response | Failure) -> None:
        """End a poll and share its outcome with the other waits for the job."""
        with self._locked():
            if self._polling.get(wait.key) is wait:
                self._polling.pop(wait.key)
            others = [other for other in self._same_job(wait) if other is not wait]
            for other in others:
                other.shared = outcome
            self._wake(others)

    def record_duration(self, job_type: JobType, unfinished: float, finished: float) -> None:
        """Record how long a job took, and let the waits that need to know continue."""
        with self._locked():
            self._misses.pop(job_type, None)
            first = not self.durations.of(job_type)
            self.durations.record(job_type, unfinished, finished)
            if first:
                self._wake(list(self._by_type.get(job_type, {}).values()))

    def record_miss(self, job_type: JobType, now: float) -> None:
        """Record that a poll found a job unfinished."""
        with self._locked():
            misses, _ = self._misses.get(job_type, (0, now))
            pause = 0.0
            if misses + 1 >= _MAX_MISSES and self.minute.limit:
                pause = min(_PAUSE * self._count * MINUTE / self.minute.limit, MINUTE)
            self._misses[job_type] = misses + 1, now + pause

    def record(self, response: Response, now: float, wall_clock: float) -> None:
        """Use the rate limits that the response to a status request reports."""
        limits = rate_limit_of(STATUS_OPERATION, response.headers)
        with self._locked():
            if limits is not None:
                self.minute.update(limits.minute, now, wall_clock)
                self.day.update(limits.day, now, wall_clock)
                self._warn(now, wall_clock)
            if response.status_code == 429:
                self._hold_all(response, now, wall_clock)
            if not self._limits_known:
                self._limits_known = True
                self._wake([wait for _, _, wait in self._queue])

    def stretch(self, now: float) -> float:
        """Return the factor for planned intervals. It is more than 1 if few requests remain."""
        limit = self.day.limit
        if not limit:
            return 1.0
        scarcity = 1 - self.day.available(now) / (limit * _LOW)
        return 1 + (_MAX_STRETCH - 1) * max(scarcity, 0.0)

    def held_seconds(self, now: float) -> float:
        """Return the seconds for which a 429 still holds all polls; 0 if it does not."""
        return max(self._held_until - now, 0.0)

    def _hold_all(self, response: Response, now: float, wall_clock: float) -> None:
        seconds = retry.parse_retry_after(response, wall_clock)
        if seconds is None:
            daily = response.headers.get("x-ratelimit-type") == "daily"
            window = self.day if daily else self.minute
            if window.limit is None or now >= window.ends:
                return
            seconds = window.ends - now
        self._held_until = max(self._held_until, now + seconds)

    def _common_hold(self, wait: JoinedWait, now: float, jitter: float) -> float:
        held_until = self._held_until
        if wait.paced and not self.day.available(now):
            held_until = max(held_until, self.day.ends)
        if held_until > now and held_until != wait.held_until:
            wait.held_until = held_until
            spread = MINUTE * len(self._by_job) / (self.minute.limit or _ASSUMED_LIMIT)
            wait.jitter = jitter * min(max(spread, 0.25), MINUTE)
        return held_until + wait.jitter - now

    def _paced_hold(self, wait: JoinedWait, due: float, now: float) -> float:
        held = self._type_hold(wait, now)
        if held > 0:
            self._unqueue(wait)
            return held
        if wait.first_due is None:
            wait.first_due = due
        # A job that is late keeps its place before jobs that were submitted later, for a while.
        key = wait.first_due if wait.polls <= _MAX_PRIORITY_POLLS else due
        entry = (key, wait.number, wait)
        if wait.queued is None or wait.queued[0] != key:
            self._unqueue(wait)
            wait.queued = entry
            insort(self._queue, entry)
        if not self._limits_known:
            return 0.0 if len(self._polling) < _MAX_PROBES else _MAX_HOLD
        return self.minute.slot(bisect_left(self._queue, entry), now) - now

    def _type_hold(self, wait: JoinedWait, now: float) -> float:
        job_type, limit = wait.job_type, self.minute.limit
        if job_type is None or limit is None or self._count <= limit:
            return 0.0
        if not self.durations.of(job_type):
            return _MAX_HOLD if self.awaits_scouts(wait) else 0.0
        return self._misses.get(job_type, (0, now))[1] - now

    def _scouts(self, job_type: JobType) -> list[JoinedWait]:
        return list(islice(self._by_type.get(job_type, {}).values(), _MAX_SCOUTS))

    def _same_job(self, wait: JoinedWait) -> list[JoinedWait]:
        return list(self._by_job.get(wait.key, {}).values())

    def _unqueue(self, wait: JoinedWait) -> None:
        entry, wait.queued = wait.queued, None
        if entry is not None and entry in self._queue:
            self._queue.remove(entry)
            if self._queue:
                self._queue[0][2].waker.wake()  # its turn may be earlier now

    def _wake(self, waits: Iterable[JoinedWait]) -> None:
        for wait in waits:
            wait.waker.wake()

    def _warn(self, now: float, wall_clock: float) -> None:
        limit, remaining = self.day.limit, self.day.available(now)
        if not limit or remaining >= limit * _LOW or now < self._warned_until:
            return
        self._warned_until = self.day.ends
        ends = datetime.fromtimestamp(wall_clock + self.day.ends - now, timezone.utc)
        log.warning(
            "%d of %d status requests per day remain until %s UTC. Jobs are polled less often, and "
            "not at all when none remain. Webhooks need no status requests.",
            remaining,
            limit,
            ends.strftime("%Y-%m-%d %H:%M"),
        )


def _discard(groups: dict[KeyT, dict[int, JoinedWait]], key: KeyT, wait: JoinedWait) -> bool:
    """Remove a wait from its group. Return whether it was in it."""
    members = groups.get(key, {})
    found = members.pop(wait.number, None) is not None
    if not members:
        groups.pop(key, None)
    return found
