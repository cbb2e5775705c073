"""The number of polls and their lateness, compared with fixed intervals, on a simulated clock."""

import pytest
from benchmarks.waiting import PROGRESS, images_per_day, measure

from support.simulation import planned, reference


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", PROGRESS)
def test_after_an_earlier_job_half_of_the_polls_find_the_end_as_soon(name, seed):
    cost, fixed = (
        measure(PROGRESS[name], each(), earlier=True, types=20, jobs=6, seed=seed)
        for each in (planned, reference)
    )
    assert cost.polls <= 0.53 * fixed.polls
    assert cost.lateness <= 1.1 * fixed.lateness
    assert cost.maximum <= 40.2  # includes the latency of the poll


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


def test_200_polls_a_day_suffice_for_60_image_jobs():
    assert images_per_day(planned()) >= 60 > images_per_day(reference())
