"""The number of polls and their lateness, compared with fixed intervals, on a simulated clock."""

import pytest
from benchmarks.waiting import PROGRESS, images_per_day, jobs_at_once, measure

from support.simulation import planned, reference


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", PROGRESS)
def test_after_an_earlier_job_half_of_the_polls_find_the_end_as_soon(name, seed):
    cost, fixed = (
        measure(PROGRESS[name], each(), earlier=True, types=20, jobs=6, seed=seed)
        for each in (planned, reference)
    )
    assert cost.polls <= 0.52 * fixed.polls
    assert cost.lateness <= 1.15 * fixed.lateness
    assert cost.maximum <= 14  # a first job that was found late may delay the second


@pytest.mark.parametrize("seed", [1, 2])
def test_with_honest_progress_half_of_the_polls_find_the_end_sooner(seed):
    cost, fixed = (
        measure(PROGRESS["honest"], each(), earlier=False, types=100, seed=seed)
        for each in (planned, reference)
    )
    assert cost.polls <= fixed.polls / 2
    assert cost.lateness <= fixed.lateness / 2


@pytest.mark.parametrize("seed", [1, 2])
def test_without_progress_and_earlier_jobs_a_wait_is_not_worse(seed):
    cost, fixed = (
        measure(PROGRESS["none"], each(), earlier=False, types=100, seed=seed)
        for each in (planned, reference)
    )
    assert cost.polls <= fixed.polls
    assert cost.lateness <= 1.1 * fixed.lateness  # the phases of the polls differ
    assert cost.maximum <= 10.2  # includes the latency of the poll


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ["honest", "at 60 % when the job finishes"])
def test_trusted_progress_is_late_for_30_seconds_at_most(name, seed):
    cost = measure(PROGRESS[name], planned(), earlier=False, types=100, seed=seed)
    assert cost.maximum <= 30.1  # includes the latency of the poll


@pytest.mark.parametrize("name", ["jumps from 0 to 50 to 90 %", "at 99 % after half of the time"])
def test_progress_that_stands_still_is_not_worse_than_none(name):
    cost, fixed = (
        measure(PROGRESS[name], each(), earlier=False, types=100) for each in (planned, reference)
    )
    assert cost.polls <= 1.03 * fixed.polls
    assert cost.lateness <= 1.1 * fixed.lateness
    assert cost.maximum <= 10.2  # includes the latency of the poll


@pytest.mark.parametrize("name", ["honest", "0 % for a fifth of the time, then honest"])
@pytest.mark.parametrize("count", [20, 200])
def test_half_of_the_polls_find_the_ends_of_many_first_jobs_sooner(name, count):
    cost, fixed = (jobs_at_once(PROGRESS[name], each(), count) for each in (planned, reference))
    assert cost.polls <= fixed.polls / 2
    assert cost.lateness <= fixed.lateness


def test_200_polls_a_day_suffice_for_60_image_jobs():
    assert images_per_day(planned()) >= 60 > images_per_day(reference())
