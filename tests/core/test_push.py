"""Waits with a source of pushed updates: few polls, and none missed."""

import pytest

from deapi.types import JobResult
from support.simulation import Bucket, Simulation, reference


class FakePush:
    """A push source whose updates a test sends."""

    def __init__(self):
        self.healthy_since = 0.0
        self.subscriptions = {}

    def subscribe(self, request_id, waker, on_event):
        return FakeSubscription(self, request_id, waker)

    def send(self, request_id, status, progress=0.0):
        for subscription in list(self.subscriptions.get(request_id, ())):
            subscription.latest = JobResult(status=status, progress=progress)
            subscription.waker.wake()

    def set_healthy_since(self, since):
        self.healthy_since = since
        for subscriptions in list(self.subscriptions.values()):
            for subscription in subscriptions:
                subscription.waker.wake()


class FakeSubscription:
    def __init__(self, push, request_id, waker):
        self.latest = None
        self.waker = waker
        self._others = push.subscriptions.setdefault(request_id, [])
        self._others.append(self)

    def close(self):
        self._others.remove(self)


@pytest.fixture
def push():
    return FakePush()


def start(simulation, duration, *, pushed=True, **options):
    """Submit a job whose progress and end are pushed."""
    number = len(simulation.jobs)
    job = simulation.start(duration, **options)
    for part in (0.25, 0.5, 0.75, 1.0) if pushed else ():
        status = "done" if part == 1 else "processing"
        simulation.at(
            job.begins + part * duration,
            lambda status=status, part=part: simulation.push.send(
                f"job-{number}", status, 100 * part
            ),
        )
    return job


@pytest.mark.parametrize("duration", [1, 20, 100, 240])
def test_a_job_whose_end_is_pushed_is_polled_once(push, duration):
    simulation = Simulation(push=push)
    job = start(simulation, duration)
    simulation.run()
    assert job.polls == 1
    assert job.lateness < 0.1
    assert push.subscriptions["job-0"] == []


def test_a_thousand_waits_with_push_need_at_most_1_3_polls_each(push):
    simulation = Simulation(minute=Bucket(300, 60), push=push)
    for _ in range(1000):
        start(simulation, simulation.random.uniform(5, 200))
    jobs = simulation.run()
    assert set(simulation.statuses) == {200}
    assert simulation.statuses[200] <= 1300
    assert all(job.noticed for job in jobs)


def test_a_job_without_updates_is_polled_because_failures_are_not_pushed(push):
    simulation = Simulation(push=push)
    job = start(simulation, 50, pushed=False)
    simulation.run()
    assert job.polls == 1
    assert job.noticed <= 1000 + 61


def test_a_wait_plans_its_polls_when_the_source_fails(push):
    simulation = Simulation(push=push)
    job = start(simulation, 40, pushed=False)
    simulation.at(1005.0, lambda: push.set_healthy_since(None))
    simulation.run()
    assert job.lateness < 10


def test_a_wait_stops_planning_when_the_source_recovers(push):
    push.healthy_since = None
    simulation = Simulation(push=push)
    job = start(simulation, 50)
    simulation.at(1006.0, lambda: push.set_healthy_since(1006.0))
    simulation.run()
    assert job.lateness < 0.1
    assert job.polls <= 6


def test_a_job_that_was_submitted_earlier_is_polled_immediately(push):
    simulation = Simulation(push=push)
    job = simulation.start(10)
    simulation.at(1100.0, lambda: None)
    simulation.jobs["job-0"].begins -= 100
    simulation.jobs["job-0"].ends -= 100
    simulation.run()
    assert job.polls == 1
    assert job.noticed < 1001


def test_a_job_that_was_submitted_before_updates_arrived_is_polled_immediately(push):
    push.healthy_since = 999.5
    simulation = Simulation(push=push)
    job = simulation.start(0.4)
    job.begins -= 1
    job.ends -= 1
    simulation.run()
    assert job.polls == 1
    assert job.noticed < 1001


def test_updates_that_are_pushed_are_reported(push):
    simulation = Simulation(push=push)
    job = start(simulation, 20)
    simulation.run()
    assert [update.progress for update in job.updates] == [25, 50, 75, 100]
    assert {update.request_id for update in job.updates} == {"job-0"}


def test_explicit_intervals_are_obeyed_with_push(push):
    simulation = Simulation(push=push)
    job = start(simulation, 20, schedule=reference())
    simulation.run()
    assert job.polls == 7


def test_a_status_that_is_older_than_the_update_is_polled_again(push):
    simulation = Simulation(push=push)
    job = simulation.start(20)
    simulation.at(1019.0, lambda: push.send("job-0", "done", 100))
    simulation.run()
    assert job.polls == 2
    assert job.lateness < 1
