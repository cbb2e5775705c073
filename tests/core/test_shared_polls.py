"""Waits of one client: they share rate limits, polls of one job, and the end of a 429."""

import logging
import os
import random
import threading

import pytest

from deapi import JobTimeoutError, NotFoundError
from deapi._core.polling import JobState, wait
from deapi._core.shared_polls import SharedPolls
from deapi._core.steps import WaitFor, Waker
from support.fake_driver import FakeDriver, job_status, response
from support.operations import status_request
from support.simulation import IMAGE, Bucket, SimulatedJob, Simulation, planned, reference


def basic_account(**options):
    return Simulation(minute=Bucket(50, 60), **options)


DURATIONS = {
    "20 s at once": lambda number, _: 20,
    "300 s at once": lambda number, _: 300,
    "600 s at once": lambda number, _: 600,
    "10 to 120 s at once": lambda number, random: random.uniform(10, 120),
    "one after another": lambda number, _: 1.2 * (number + 1),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", DURATIONS)
def test_a_thousand_waits_under_50_polls_a_minute_need_few_polls_and_exceed_no_limit(name, seed):
    simulation = basic_account(seed=seed)
    for number in range(1000):
        simulation.start(DURATIONS[name](number, simulation.random))
    jobs = simulation.run()
    assert all(job.noticed is not None for job in jobs)
    assert set(simulation.statuses) == {200}
    assert simulation.statuses[200] <= 1.3 * len(jobs)


def test_a_few_waits_are_not_delayed_by_the_limits():
    simulation = basic_account()
    for _ in range(5):
        simulation.start(20, lambda part: 100 * part)
    assert max(job.lateness for job in simulation.run()) < 3


@pytest.mark.parametrize("count", [50, 300])
@pytest.mark.parametrize("spread", [0.0, 5.0], ids=["at once", "within 5 s"])
def test_two_scouts_show_how_long_the_other_jobs_of_a_type_take(count, spread):
    def run(schedule):
        simulation = Simulation()
        for number in range(count):
            duration = 20 * simulation.random.lognormvariate(0, 0.12)
            delay = spread * number / count
            simulation.start(duration, schedule=schedule(), delay=delay)
        return simulation.run()

    jobs, fixed = run(planned), run(reference)
    polls = sum(job.polls for job in jobs)
    lateness = sum(job.lateness for job in jobs)
    assert polls < sum(job.polls for job in fixed)
    assert lateness < 0.7 * sum(job.lateness for job in fixed)


def test_jobs_that_started_later_are_polled_when_a_scout_took_as_long():
    simulation = Simulation()
    scouts = [simulation.start(7) for _ in range(2)]
    others = [simulation.start(7, delay=3) for _ in range(48)]
    simulation.run()
    assert sum(job.polls for job in others) <= 2.1 * len(others)
    assert max(job.lateness for job in others) < max(job.lateness for job in scouts) + 1


def test_jobs_that_are_as_old_as_a_finished_scout_are_polled_at_once():
    simulation = Simulation()
    jobs = [simulation.start(20) for _ in range(50)]
    simulation.run()
    assert max(job.lateness for job in jobs) < min(job.lateness for job in jobs) + 0.2


def test_the_first_poll_of_a_job_waits_ten_seconds_for_a_slower_scout():
    simulation = Simulation()
    for _ in range(2):
        simulation.start(200)
    jobs = [simulation.start(2) for _ in range(10)]
    simulation.run()
    assert all(job.polls == 1 for job in jobs)
    assert max(job.lateness for job in jobs) < 8.2


def test_another_job_becomes_a_scout_if_the_waits_for_both_are_cancelled():
    simulation = Simulation()

    def wait_and_cancel(name):
        simulation.jobs[name] = SimulatedJob(1000.0, 1200.0, lambda part: 0.0)
        simulation.at(1000.05, simulation.wait_for(name))

    for name in ("first", "second"):
        simulation.at(1000.0, lambda name=name: wait_and_cancel(name))
    jobs = [simulation.start(2) for _ in range(10)]
    simulation.run()
    assert max(job.lateness for job in jobs) < 2


def test_the_job_that_was_expected_first_is_polled_first():
    simulation = basic_account()
    for _ in range(60):  # teaches the durations of two types
        simulation.start(5, job_type=("a", "m"))
        simulation.start(40, job_type=("b", "m"))
    simulation.run()
    slow = [simulation.start(40, job_type=("b", "m")) for _ in range(80)]
    fast = [simulation.start(5, job_type=("a", "m")) for _ in range(80)]
    simulation.run()
    assert max(job.noticed for job in fast) < sorted(job.noticed for job in slow)[40]


def test_explicit_intervals_are_not_paced():
    simulation = basic_account()
    jobs = [simulation.start(2.0, schedule=reference()) for _ in range(12)]
    simulation.run()
    assert {round(job.noticed - 1000, 1) for job in jobs} == {2.6}
    assert [job.polls for job in jobs] == [3] * 12


@pytest.mark.parametrize("schedule", [planned, reference])
def test_a_429_holds_the_polls_of_all_waits_and_they_come_back_spread(schedule):
    simulation = basic_account()
    simulation.minute.used, simulation.minute.ends = 50, 1040.0  # by another program
    for _ in range(200):
        simulation.start(10, schedule=schedule(), job_type=None)
    simulation.run()
    first = min(time for time in simulation.times if time > 1039)
    held = [time for time in simulation.times if 1000.5 < time < 1039]
    assert not held
    assert len([time for time in simulation.times if first <= time < first + 1]) < 60
    assert simulation.statuses[429] < 300
    assert all(job.noticed for job in simulation.jobs.values())


def test_two_waits_for_a_job_share_each_poll():
    simulation = Simulation()
    job = simulation.start(60, lambda part: 100 * part)
    simulation.at(1000.0, lambda: simulation.wait_for("job-0"))
    simulation.run()
    shared = job.polls
    alone = Simulation()
    alone.start(60, lambda part: 100 * part)
    (job,) = alone.run()
    assert shared == job.polls


def test_the_other_wait_polls_if_one_of_two_is_cancelled_during_a_poll():
    simulation = Simulation()
    job = simulation.start(2)

    def poll_and_cancel():
        cancel = simulation.wait_for("job-0", reference())
        simulation.at(simulation.time + 0.01, cancel)

    simulation.at(1000.0, poll_and_cancel)
    simulation.run()
    assert job.noticed is not None
    assert job.error is None


def test_a_wait_uses_the_outcome_of_another_wait_before_it_polls():
    polls = SharedPolls(threading.RLock, os.getpid)
    first, second = (polls.join("job", Waker(), None, paced=False) for _ in range(2))
    outcome = job_status("processing")
    assert polls.begin_poll(first, 0.0, 1.0, 0.0) == 0
    assert polls.begin_poll(second, 0.0, 1.0, 0.0) > 0
    polls.finish(first, outcome)
    assert polls.begin_poll(second, 0.0, 1.0, 0.0) > 0
    assert second.take_shared() is outcome
    assert polls.begin_poll(second, 0.0, 1.0, 0.0) == 0


def test_a_definite_error_of_a_shared_poll_ends_both_waits():
    simulation = Simulation()
    job = simulation.start(5)
    simulation.at(1000.0, lambda: simulation.wait_for("job-0"))
    simulation._status = lambda job: response(404, {"message": "No."})
    simulation.run()
    assert isinstance(job.error, NotFoundError)
    assert len(simulation.times) == 1


def test_a_wait_ends_at_its_deadline_while_a_429_holds_it():
    simulation = basic_account()
    simulation.minute.used, simulation.minute.ends = 50, 1050.0
    job = simulation.start(20, schedule=planned(max_wait=30))
    simulation.run()
    assert isinstance(job.error, JobTimeoutError)
    assert simulation.time < 1031
    assert simulation.statuses == {429: 1}


def test_waits_with_one_deadline_do_not_all_poll_at_it():
    simulation = basic_account()
    jobs = [simulation.start(10_000, schedule=planned(max_wait=100)) for _ in range(500)]
    simulation.run()
    assert all(isinstance(job.error, JobTimeoutError) for job in jobs)
    assert 429 not in simulation.statuses


def test_a_low_daily_limit_is_logged_once_and_stretches_the_plan(caplog):
    def polls(day):
        simulation = basic_account(day=day)
        for number in range(10):
            simulation.start(60, delay=100 * number)
        simulation.run()
        return simulation.statuses[200]

    with caplog.at_level(logging.WARNING, logger="deapi"):
        unlimited = polls(None)
        assert not caplog.records
        limited = polls(Bucket(200, 86_400, used=170, ends=60_000))
    (record,) = caplog.records
    assert "of 200 status requests per day remain until" in record.getMessage()
    assert limited < unlimited


def test_polls_that_make_requests_scarcer_do_not_cause_more_polls():
    simulation = basic_account(day=Bucket(200, 86_400, used=155, ends=80_000.0))
    jobs = [simulation.start(60, delay=200 * number) for number in range(5)]
    simulation.run()
    assert max(job.polls for job in jobs) <= 12


def test_without_a_daily_request_left_waits_poll_only_after_the_reset():
    simulation = basic_account(day=Bucket(200, 86_400, used=199, ends=9_000.0))
    jobs = [simulation.start(20) for _ in range(3)]
    simulation.run()
    assert all(job.noticed > 9000 for job in jobs)
    assert len([time for time in simulation.times if time < 9000]) <= 3


class Laptop(FakeDriver):
    """It is asleep for an hour during its first wait."""

    def _execute(self, step):
        if isinstance(step, WaitFor) and not self.asleep:
            self.asleep = 3600.0
            self.time += self.asleep
        return super()._execute(step)


USED_UP = {"x-ratelimit-daily-limit": "200", "x-ratelimit-daily-remaining": "0"}


@pytest.mark.parametrize(
    "first",
    [
        response(429, {}, {"retry-after": "3600", "x-ratelimit-type": "daily"}),
        response(503, {}, {"retry-after": "3600"}),
        response(
            200, {"data": {"status": "processing"}}, {**USED_UP, "x-ratelimit-daily-reset": "4600"}
        ),
    ],
    ids=["429", "503", "200"],
)
def test_a_limit_that_is_reset_while_a_laptop_sleeps_does_not_hold_polls_after_it(first):
    laptop = Laptop([first, job_status("done")])
    flow = wait(laptop.context, JobState("job", status_request("job")), planned(max_wait=300.0))
    assert laptop.run(flow).status == "done"
    assert sum(laptop.slept) <= 120


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_a_wrong_wall_clock_holds_polls_for_a_window_at_most(jump):
    polls = SharedPolls(threading.RLock, os.getpid)
    headers = {
        "x-ratelimit-limit": "50",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(1.7e9 + 60)),
    }
    polls.record(response(200, {}, headers), 10.0, 1.7e9 + jump)
    assert polls.minute.slot(0, 10.0) <= 10.0 + 62


def test_a_fork_forgets_the_waits_of_the_parent_process():
    process = [1]
    locks = []

    def new_lock():
        locks.append(threading.RLock())
        return locks[-1]

    polls = SharedPolls(new_lock, lambda: process[0])
    parent = polls.join("job", Waker(), IMAGE, paced=True)
    assert polls.begin_poll(parent, 0.0, 1.0, 0.0) == 0
    process[0] = 2
    child = polls.join("job", Waker(), IMAGE, paced=True)
    assert polls.begin_poll(child, 0.0, 1.0, 0.0) == 0
    polls.leave(parent)
    polls.finish(child, job_status("done"))
    polls.leave(child)
    assert len(locks) == 2


def test_nothing_remains_after_the_waits():
    simulation = basic_account()
    for _ in range(100):
        simulation.start(20)
    simulation.run()
    polls = simulation.context.polls
    state = (polls._by_job, polls._by_type, polls._polling, polls._queue, polls._misses)
    assert state == ({}, {}, {}, [], {})
    assert polls._count == 0


def test_responses_in_any_order_do_not_add_requests():
    polls = SharedPolls(threading.RLock, os.getpid)
    order = list(range(20))
    random.Random(3).shuffle(order)
    for remaining in order:
        headers = {
            "x-ratelimit-limit": "50",
            "x-ratelimit-remaining": str(remaining),
            "x-ratelimit-reset": str(int(1.7e9 + 60)),
        }
        polls.record(response(200, {}, headers), 10.0, 1.7e9)
    assert polls.minute.available(10.0) == 0
