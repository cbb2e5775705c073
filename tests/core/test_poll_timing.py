"""When to poll next, as a function of the job's age, its progress and earlier jobs."""

import pytest

from deapi._core.poll_timing import Durations, Sample, next_delay, reference_interval

IMAGE = ("images.generate", "Flux1schnell")
REFERENCE = [1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 10, 10, 10]


def polls_of(duration, progress, durations=(), *, known_age=True, stretch=1.0):
    """Return the ages at which a job is polled until it is done.

    `progress` is a function of the part of the duration that has passed.
    """
    samples = [Sample(0, 0)] if known_age else []
    age, ages = 0.0, []
    while not ages or age < duration:
        age += next_delay(age, samples, sorted(durations), polls=len(ages), stretch=stretch)
        ages.append(age)
        samples.append(Sample(age, progress(age / duration)))
        assert len(ages) < 1000
    return ages


def honest(part):
    return int(100 * part)


def absent(part):
    return 0


def reference_polls(duration):
    """Return the ages at which the default arguments of earlier versions poll."""
    ages = [0.0]
    while ages[-1] < duration:
        ages.append(ages[-1] + reference_interval(len(ages)))
    return ages


def test_without_progress_and_earlier_jobs_the_intervals_are_those_of_the_default_arguments():
    assert [next_delay(0, [], [], polls=number) for number in range(10)] == [0, *REFERENCE]


@pytest.mark.parametrize("duration", [1, 3, 8, 20, 47, 60, 120, 300, 600])
def test_without_progress_and_earlier_jobs_a_plan_is_not_worse_than_the_default_arguments(duration):
    for known_age in (True, False):
        planned, reference = (
            polls_of(duration, absent, known_age=known_age),
            reference_polls(duration),
        )
        assert len(planned) <= len(reference)
        assert planned[-1] - duration <= 10


def test_a_job_that_was_just_submitted_is_not_polled_immediately():
    assert next_delay(0, [Sample(0, 0)], [], polls=0) == 0.1
    assert next_delay(0.025, [Sample(0, 0)], [], polls=0) == pytest.approx(0.075)
    assert next_delay(30, [Sample(0, 0)], [], polls=0) == 0


@pytest.mark.parametrize("duration", [20, 47, 60, 120, 300, 600])
def test_honest_progress_needs_few_polls_and_finds_the_end_soon(duration):
    planned = polls_of(duration, honest)
    assert len(planned) <= 0.65 * len(reference_polls(duration))
    assert planned[-1] - duration < 10


@pytest.mark.parametrize("duration", [1, 2, 5, 10, 20, 60, 120])
def test_a_job_that_started_between_two_polls_is_found_finished_soon(duration):
    def queued_at_first(part):
        return max(0, int(100 * (part - 0.3) / 0.7))

    # Progress that is measured from the previous poll seems to be slower than it is.
    assert polls_of(duration, queued_at_first)[-1] - duration < max(1.5, 0.1 * duration)


@pytest.mark.parametrize("duration", [60, 120, 300, 600])
@pytest.mark.parametrize("progress", [honest, absent], ids=["honest", "absent"])
def test_a_job_that_ends_earlier_than_earlier_ones_is_found_within_ten_seconds(duration, progress):
    durations = [duration / 0.75 * factor for factor in (0.9, 0.95, 1, 1.05, 1.1)]
    assert polls_of(duration, progress, durations)[-1] - duration <= 10


def test_rounding_does_not_repeat_a_poll():
    expected = next_delay(0, [], [30, 30, 30], polls=0)
    just_before = expected * (1 - 1e-15)
    samples = [Sample(0, 0), Sample(just_before, 0)]
    assert next_delay(just_before, samples, [30, 30, 30], polls=1) > 1


def test_jobs_that_end_at_once_are_found_at_once():
    durations = Durations()
    for _ in range(5):
        age = next_delay(0, [Sample(0, 0)], durations.of(IMAGE), polls=0)
        assert age <= 0.2
        durations.record(IMAGE, 0, age)


@pytest.mark.parametrize("duration", [1, 3, 8, 20, 47, 60, 120, 300])
def test_earlier_jobs_need_fewer_than_half_of_the_polls(duration):
    durations = [duration * factor for factor in (0.9, 0.95, 1, 1.05, 1.1)]
    planned = polls_of(duration, absent, durations)
    assert len(planned) <= 0.55 * len(reference_polls(duration))
    assert planned[-1] - duration <= 8


def test_a_job_of_20_seconds_with_earlier_jobs_is_polled_once_or_twice():
    assert len(polls_of(20, absent, [19, 20, 21])) <= 2


@pytest.mark.parametrize(
    "progress",
    [
        lambda part: 60 * part,  # ends at 60
        lambda part: min(99, 300 * part),  # stays at 99
        lambda part: (300 * part) % 90,  # falls
        lambda part: 0 if part < 0.5 else 95,  # jumps
        lambda part: 1000 * part,  # exceeds 100
        lambda part: -5,
        lambda part: float("nan"),
    ],
    ids=["too low", "too high", "falling", "jumping", "over 100", "negative", "not a number"],
)
@pytest.mark.parametrize("duration", [1, 8, 20, 60, 120, 300, 600])
@pytest.mark.parametrize("durations", [[], [0.1], [3000.0]], ids=["none", "short", "long"])
def test_wrong_progress_or_durations_delay_a_poll_for_30_seconds_at_most(
    progress, duration, durations
):
    planned = polls_of(duration, progress, durations)
    assert planned[-1] - duration <= 30
    assert len(planned) <= 2 * len(reference_polls(duration)) + 3


def test_a_stretched_plan_polls_less_often():
    durations = [54, 57, 60, 63, 66]
    for progress in (honest, absent):
        plain = polls_of(80, progress, durations)
        assert len(polls_of(80, progress, durations, stretch=4)) < len(plain)


@pytest.mark.parametrize("duration", [5, 20, 60, 200])
def test_recorded_durations_neither_drift_up_nor_down(duration):
    recorded = Durations()
    lateness, numbers = [], []
    for _ in range(200):
        planned = polls_of(duration, absent, recorded.of(IMAGE))
        unfinished = planned[-2] if len(planned) > 1 else 0
        recorded.record(IMAGE, unfinished, planned[-1])
        lateness.append(planned[-1] - duration)
        numbers.append(len(planned))
    assert max(lateness[50:]) <= 12
    assert sum(numbers[50:]) / 150 <= len(reference_polls(duration)) / 2


def test_the_durations_of_a_type_are_bounded():
    recorded = Durations()
    for number in range(1000):
        recorded.record(IMAGE, number, number)
    assert recorded.of(IMAGE) == [float(number) for number in range(968, 1000)]


def test_the_types_with_durations_are_bounded_and_the_one_used_last_is_kept():
    recorded = Durations()
    recorded.record(IMAGE, 20, 20)
    for number in range(1000):
        recorded.record(("images.generate", f"model {number}"), 1, 1)
        recorded.record(IMAGE, 20, 20)
    assert recorded.of(IMAGE)
    assert recorded.of(("images.generate", "model 999"))
    assert not recorded.of(("images.generate", "model 0"))
    assert not recorded.of(None)
