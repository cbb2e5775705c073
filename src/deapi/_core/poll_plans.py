"""The arguments of a wait, and the two plans that follow from them: fixed intervals, or planned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._config import validate_seconds
from .._text import describe
from .poll_timing import MAX_LATENESS, Sample, next_delay, reference_interval

if TYPE_CHECKING:
    from ..types import JobResult
    from .context import CallContext
    from .push import PushSubscription
    from .shared_polls import JoinedWait

_MAX_BACKOFF_FACTOR = 1e6

# Samples of the progress that are kept.
_MAX_SAMPLES = 16

# With a healthy push source: seconds without an update until a poll, which may find a failure; the
# factor by which they grow, and their maximum.
_PUSH_INTERVAL = 60.0
_PUSH_FACTOR = 1.5
_MAX_PUSH_INTERVAL = 300.0

# A poll that is delayed by more seconds does not show how long a job took.
_MAX_DELAY = 5.0

# A wait that begins more seconds after the submission may have missed the update at the end.
_MAX_SUBSCRIPTION_AGE = 5.0


class DefaultNumber(float):
    """A default value of an argument. It differs from the same number passed by a caller."""

    __slots__ = ()


POLL_INTERVAL = DefaultNumber(1.0)
BACKOFF_FACTOR = DefaultNumber(1.5)
MAX_INTERVAL = DefaultNumber(10.0)


@dataclass(eq=False)
class PollSchedule:
    """When to poll.

    If a caller passes an interval or the factor, even with the value of its default, all of them
    are obeyed. Otherwise the polls are planned.

    Attributes:
        poll_interval: Seconds between the first two polls, more than 0.
        max_wait: Seconds to wait in total; 0 polls once, infinity waits indefinitely.
        backoff_factor: Factor by which the interval grows after each poll, at least 1.
        max_interval: Maximum interval in seconds, more than 0.
    """

    poll_interval: float
    max_wait: float
    backoff_factor: float
    max_interval: float

    def __post_init__(self) -> None:
        factor = self.backoff_factor
        if isinstance(factor, bool) or not isinstance(factor, (int, float)):
            raise TypeError(f"backoff_factor must be a number, not {type(factor).__name__}.")
        if not 1 <= factor <= _MAX_BACKOFF_FACTOR:
            raise ValueError(
                f"backoff_factor must be a number from 1 to {_MAX_BACKOFF_FACTOR:g}; "
                f"got {describe(factor)}."
            )
        validate_seconds("poll_interval", self.poll_interval)
        if not (isinstance(self.max_wait, float) and self.max_wait == math.inf):
            validate_seconds("max_wait", self.max_wait, allow_zero=True)
        validate_seconds("max_interval", self.max_interval)

    @property
    def is_planned(self) -> bool:
        """Whether the polls are planned."""
        numbers = (self.poll_interval, self.backoff_factor, self.max_interval)
        return all(isinstance(number, DefaultNumber) for number in numbers)


class FixedPlan:
    """Polls at the intervals that a caller passes, whatever the polls find.

    Attributes:
        due: When the next poll is due, on the clock ``elapsed``.
    """

    def __init__(self, context: CallContext, schedule: PollSchedule) -> None:
        self._context = context
        self._schedule = schedule
        self._interval = min(schedule.poll_interval, schedule.max_interval)
        self.due = context.elapsed()

    def add(self, result: JobResult | None, retry_after: float = 0.0) -> None:  # noqa: ARG002
        """Schedule the poll after a status, or after a transient error if ``result`` is None.

        Args:
            result: The status.
            retry_after: Minimum seconds until the next poll.
        """
        now = self._context.elapsed()
        if now < self.due:
            return  # another wait polled the job
        self.due = now + max(self._interval, retry_after)
        schedule = self._schedule
        self._interval = min(self._interval * schedule.backoff_factor, schedule.max_interval)

    def take_pushed(self) -> JobResult | None:
        """Return None: updates that are pushed do not affect these polls."""


class Plan:
    """Polls planned from the job's progress and earlier jobs, and fewer polls with a push source.

    Attributes:
        due: When the next poll is due, on the clock ``elapsed``.
    """

    def __init__(
        self,
        context: CallContext,
        joined: JoinedWait,
        submitted_at: float | None,
        subscription: PushSubscription | None,
    ) -> None:
        now = context.elapsed()
        self._context = context
        self._joined = joined
        self._job_type = joined.job_type
        self._awaits_scouts = context.polls.awaits_scouts(joined)
        self._has_durations = bool(context.polls.durations.of(self._job_type))
        self._submitted_at = now if submitted_at is None else submitted_at
        self._samples = [] if submitted_at is None else [Sample(0.0, 0.0)]
        self._unfinished = 0.0  # age at the latest poll that found the job unfinished
        self._polls = 0
        self._failures = 0
        self._subscription = subscription
        self._pushed: JobResult | None = None
        self._pushed_at = now
        self._quiet = _PUSH_INTERVAL  # seconds without an update until a poll
        self._finish_pushed = False  # whether an update has reported the end of the job
        self._push_was_healthy = self._push_is_healthy()
        self.due = now + (0.0 if self._may_have_finished(submitted_at) else self._delay())

    def add(self, result: JobResult | None, retry_after: float = 0.0) -> None:
        """Plan the poll after a status, or after a transient error if ``result`` is None.

        Args:
            result: The status.
            retry_after: Minimum seconds until the next poll.
        """
        age = self._age()
        self._polls += 1
        self._failures = 0 if result is not None else self._failures + 1
        if result is not None and result.status.is_terminal:
            self._record_duration(age)
            return
        if result is not None:
            self._unfinished = age
            self._add_sample(result)
            if self._job_type is not None:
                self._context.polls.record_miss(self._job_type, self._context.elapsed())
        self._pushed_at = self._context.elapsed()
        self._quiet = min(self._quiet * _PUSH_FACTOR, _MAX_PUSH_INTERVAL)
        self.due = self._pushed_at + max(self._delay(), retry_after)

    def take_pushed(self) -> JobResult | None:
        """Return an update that was pushed, if it is new. Change the plan to what is known now."""
        self._follow_scouts()
        if self._subscription is None:
            return None
        latest, healthy = self._subscription.latest, self._push_is_healthy()
        changed = healthy != self._push_was_healthy
        self._push_was_healthy = healthy
        if latest is None or latest is self._pushed:
            latest = None
        else:
            self._pushed = latest
            self._pushed_at = self._context.elapsed()
            self._quiet = _PUSH_INTERVAL
            if latest.status.is_terminal:
                # The complete result comes with a poll.
                if not self._finish_pushed:
                    self._finish_pushed = True
                    self._unfinished = self._age()
                    self.due = self._pushed_at
                return None
            self._add_sample(latest)
        # If the source has just become healthy, the poll that is due stays: it finds a job that
        # finished before.
        lost = changed and not healthy
        if (latest is not None or lost) and not self._finish_pushed:
            self.due = self._context.elapsed() + self._delay()
        return latest

    def _delay(self) -> float:
        """Return the seconds until the next poll."""
        if self._failures:
            return reference_interval(self._failures)
        if self._finish_pushed:
            return reference_interval(self._polls)
        if self._push_is_healthy():
            return max(self._pushed_at + self._quiet - self._context.elapsed(), 0.0)
        if self._awaits_scouts and not self._polls:
            return max(MAX_LATENESS - self._age(), 0.0)
        return self._planned_delay(self._polls)

    def _planned_delay(self, polls_so_far: int) -> float:
        polls = self._context.polls
        return next_delay(
            self._age(),
            self._samples,
            polls.durations.of(self._job_type),
            polls=polls_so_far,
            stretch=polls.stretch(self._context.elapsed()),
        )

    def _follow_scouts(self) -> None:
        """Plan again if a scout has just shown how long jobs of the type take, or has given up."""
        if self._has_durations:
            return
        polls, awaited = self._context.polls, self._awaits_scouts
        self._awaits_scouts = polls.awaits_scouts(self._joined)
        self._has_durations = bool(polls.durations.of(self._job_type))
        is_new_scout = awaited and not self._awaits_scouts and not self._polls
        if not (self._has_durations or is_new_scout):
            return
        if not (self._failures or self._finish_pushed or self._push_is_healthy()):
            # No poll has shown that this job takes longer than that of the scout.
            self.due = self._context.elapsed() + self._planned_delay(0)

    def _record_duration(self, age: float) -> None:
        late = self._context.elapsed() - self.due > _MAX_DELAY
        # A poll that was late because of rate limits does not show how long the job took.
        if self._job_type is not None and (not late or self._finish_pushed):
            finished = self._unfinished if self._finish_pushed else age
            self._context.polls.record_duration(self._job_type, self._unfinished, finished)

    def _add_sample(self, result: JobResult) -> None:
        self._samples.append(Sample(self._age(), result.progress))
        del self._samples[1:-_MAX_SAMPLES]

    def _may_have_finished(self, submitted_at: float | None) -> bool:
        """Whether the end of the job may have been announced before updates arrived here."""
        since = self._push_healthy_since()
        if since is None:
            return False
        is_old = submitted_at is None or self._age() > _MAX_SUBSCRIPTION_AGE
        return is_old or self._submitted_at < since

    def _push_is_healthy(self) -> bool:
        return self._push_healthy_since() is not None

    def _push_healthy_since(self) -> float | None:
        push = self._context.push
        return None if self._subscription is None or push is None else push.healthy_since

    def _age(self) -> float:
        return self._context.elapsed() - self._submitted_at
