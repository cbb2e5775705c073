"""When to poll a job next: pure functions of its age, its progress, and earlier jobs.

Status requests are rate-limited, so a poll should find something new. A plan uses:

1. the durations of earlier jobs of the same operation and model: poll when most had finished, and
   regularly from then on;
2. the progress, if it increased since the previous poll: poll when it should reach 100;
3. neither: the intervals of the default arguments, 1, 1.5, 2.25, ... 10 seconds.

With both 1 and 2, the job is polled at the earlier time, unless the progress is steady and expects
no more time than earlier jobs took.

The aims are half of the polls of these intervals wherever there is 1 or 2, without being later on
average, and never being more than 10 seconds late. They conflict: intervals of up to 10 seconds
need as many polls as the default arguments, and longer ones are late if the job ends long before
its progress or earlier jobs suggest it. Half of the polls are preferred, and ``_LONGEST_DELAY`` is
about the shortest maximum with which they suffice. Progress that stands still is no better than
none, and saves no polls.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

JobType: TypeAlias = tuple[str, str]
"""Operation and model of a job. Jobs of one type take similarly long."""

MAX_LATENESS = 10.0
"""Maximum seconds from the end of a job to the poll that finds it, unless a plan was wrong."""

# Durations that are kept of each type, and types.
_MAX_DURATIONS = 32
_MAX_TYPES = 256

# Maximum delay in seconds, whatever progress and earlier jobs suggest, unless requests are scarce.
_LONGEST_DELAY = 30.0

# Durations of jobs vary. If they are longer than this number of seconds, a poll when most had
# finished would find the fastest more than MAX_LATENESS late.
_LONG_JOB = 40.0

_ROUNDING = 0.001

# Age of a job at the first poll without earlier jobs. A job takes longer, except in an emulator.
_FIRST_POLL = 0.1

# Progress is steady if its overall rate and its latest rate differ by less than this factor.
_STEADY = 0.8

# Part of the remaining time that is expected if the job may have started after the previous poll.
_STARTED_LATER = 0.85

# A job that had finished at its first poll is assumed to have finished at most this number of
# intervals before it, so that the plan for the next job is a little earlier.
_EARLIER = 1.25


class Sample(NamedTuple):
    """Progress of a job at one poll.

    Attributes:
        age: Seconds since the job was submitted, or since the wait began.
        progress: Progress in percent.
    """

    age: float
    progress: float


class Durations:
    """How long recent jobs of each type took, in seconds.

    Threads share an instance without a lock: each access to a container is atomic.
    """

    def __init__(self) -> None:
        self._by_type: dict[JobType, deque[float]] = {}

    def record(self, job_type: JobType, unfinished: float, finished: float) -> None:
        """Record a finished job.

        Args:
            job_type: Type of the job.
            unfinished: Age in seconds at the last poll before the job was finished; 0 without one.
            finished: Age in seconds at the poll that found the job finished.
        """
        step = finished - unfinished
        estimate = unfinished + step / 2
        if not unfinished:
            estimate = max(estimate, finished - _EARLIER * interval_at(finished))
        durations = self._by_type.pop(job_type, None)
        if durations is None:
            durations = deque[float](maxlen=_MAX_DURATIONS)
        durations.append(estimate)
        self._by_type[job_type] = durations  # the type that was used last is the last one
        while len(self._by_type) > _MAX_TYPES:
            self._by_type.pop(next(iter(self._by_type)), None)

    def of(self, job_type: JobType | None) -> list[float]:
        """Return the durations of recent jobs of a type, sorted."""
        durations = self._by_type.get(job_type) if job_type is not None else None
        return sorted(durations) if durations else []


def interval_at(age: float, stretch: float = 1.0) -> float:
    """Return the seconds between two polls of a job that may be finished at any time."""
    return min(max(min(0.4, age), 0.1, 0.2 * age), MAX_LATENESS) * stretch


def reference_interval(polls: int) -> float:
    """Return the interval after a number of polls with the default arguments: 1, 1.5, ... 10."""
    return min(1.5 ** min(max(polls - 1, 0), 16), 10.0)


def next_delay(
    age: float,
    samples: Sequence[Sample],
    durations: Sequence[float],
    *,
    polls: int,
    stretch: float = 1.0,
) -> float:
    """Return the seconds until the next poll.

    Args:
        age: Age of the job in seconds.
        samples: Progress at the polls, in order. The first is at age 0 if the time of the
            submission is known.
        durations: Durations of earlier jobs of the type, sorted.
        polls: Number of polls of this wait so far.
        stretch: Factor for the intervals, at least 1. It is more than 1 if few requests remain.
    """
    longest = _LONGEST_DELAY if stretch == 1 else math.inf
    # Only the first poll is later if requests are scarce: each poll makes them scarcer, so that the
    # age would grow with each poll, and cause another one just before it.
    early = _until_expected(age, durations, 1.0 if polls else stretch)
    progress = _estimate(samples, age)
    if progress is not None:
        return min(_delay_of_progress(progress, age, early, durations, stretch), longest)
    if early:
        return min(early, longest)
    if durations and age < 2 * durations[-1]:
        return interval_at(age, stretch) * bool(polls)
    if not polls:
        return max(_FIRST_POLL - age, 0.0) if samples else 0.0
    has_progress = bool(samples) and samples[-1].progress > 0
    if durations or has_progress:
        return _late_interval(age) * stretch
    return reference_interval(polls) * stretch


def _late_interval(age: float) -> float:
    """Return the seconds between two polls of a job that should have finished before."""
    return min(1 + age / 2, MAX_LATENESS)


def _delay_of_progress(
    progress: _Estimate, age: float, early: float, durations: Sequence[float], stretch: float
) -> float:
    """Return the seconds until the job should have finished, or until the estimate is checked."""
    step = interval_at(age)
    delay = progress.remaining + min(max(0.1 * progress.remaining, 0.3), 5.0)
    if not progress.is_steady:
        delay = max(delay, step)
    is_trusted = progress.is_steady
    if durations:
        # Progress that is too low must not delay the polls that earlier jobs suggest.
        is_trusted = is_trusted and age + progress.remaining <= quantile(durations, 0.5)
        interval = _late_interval(age)
        if age < 2 * durations[-1]:
            interval = min(2 * step, interval)
        check = early or interval * stretch
    else:
        # A first estimate is trusted for a time that grows with the age of the job.
        check = max(min(MAX_LATENESS, 3 + 2 * age), age) * stretch
    return delay * stretch if is_trusted else min(delay * stretch, check)


def _until_expected(age: float, durations: Sequence[float], stretch: float) -> float:
    """Return the seconds until a job is polled first, according to earlier jobs; 0 if it was."""
    if not durations:
        return 0.0
    early = _expected_duration(durations, stretch) - age
    # Rounding must not cause another poll just before that age.
    return early if early > _ROUNDING else 0.0


def _expected_duration(durations: Sequence[float], stretch: float) -> float:
    """Return the age at which to poll a job first, from the durations of earlier jobs."""
    usual = quantile(durations, 0.5)
    part = 0.6 if usual > _LONG_JOB else 0.8
    shortest = min(quantile(durations, 0.1), part * usual)
    return shortest + interval_at(shortest, stretch)


class _Estimate(NamedTuple):
    """When the progress will reach 100.

    Attributes:
        remaining: Seconds from now.
        is_steady: Whether the progress increased at the same rate before.
    """

    remaining: float
    is_steady: bool


def _estimate(samples: Sequence[Sample], age: float) -> _Estimate | None:
    """Extrapolate the progress. Return None if it did not increase since the previous sample."""
    if len(samples) < 2 or not samples[-2].progress < samples[-1].progress < 100:
        return None
    last, previous = samples[-1], samples[-2]
    first = previous
    for sample in reversed(samples[:-2]):
        if sample.progress >= first.progress:
            break  # the job had not started, or its progress fell
        first = sample
    rates = [
        (last.progress - sample.progress) / max(last.age - sample.age, 0.001)
        for sample in (first, previous)
    ]
    is_steady = first is not previous and min(rates) > _STEADY * max(rates)
    remaining = (100 - last.progress) / max(rates)
    if not is_steady and previous.progress <= 0:
        # The job started at an unknown time after the previous poll.
        remaining *= _STARTED_LATER
    return _Estimate(max(remaining - (age - last.age), 0.0), is_steady)


def quantile(values: Sequence[float], fraction: float) -> float:
    """Return the value below which a fraction of the sorted values is, by interpolation."""
    position = fraction * (len(values) - 1)
    index = int(position)
    following = values[min(index + 1, len(values) - 1)]
    return values[index] + (following - values[index]) * (position - index)
