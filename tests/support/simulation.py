"""Run many waits against a simulated service, on a clock that only the simulation advances."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deapi import DeapiError
from deapi._core.poll_plans import BACKOFF_FACTOR, MAX_INTERVAL, POLL_INTERVAL, PollSchedule
from deapi._core.polling import JobState, wait
from deapi._core.steps import Send, Update, WaitFor
from support.fake_driver import FakeDriver, job_status, response
from support.operations import status_request

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE = ("images.generate", "Flux1schnell")

LATENCY = 0.05


def planned(max_wait=float("inf")):
    """Return the schedule of the default arguments."""
    return PollSchedule(POLL_INTERVAL, max_wait, BACKOFF_FACTOR, MAX_INTERVAL)


def reference(max_wait=float("inf")):
    """Return the same intervals, passed by a caller."""
    return PollSchedule(1.0, max_wait, 1.5, 10.0)


@dataclass
class Bucket:
    """A rate limit: `limit` requests in a window that opens with its first request."""

    limit: int
    seconds: int
    used: int = 0
    ends: float = 0.0

    def refresh(self, now):
        if now >= self.ends:
            self.used, self.ends = 0, now + self.seconds

    @property
    def remaining(self):
        return self.limit - self.used


@dataclass
class SimulatedJob:
    """A job that is done at a time, and its progress by the part of the duration that passed."""

    begins: float
    ends: float
    progress: Callable[[float], float]
    polls: int = 0
    noticed: float | None = None
    error: Exception | None = None
    updates: list[Any] = field(default_factory=list)

    @property
    def lateness(self):
        return self.noticed - self.ends


@dataclass
class Simulation:
    """A service with rate limits, and the waits of one client.

    Waits are started with `start()`. `run()` advances the clock until all have ended.
    """

    minute: Bucket | None = None
    day: Bucket | None = None
    seed: int = 1
    time: float = 1000.0
    jobs: dict[str, SimulatedJob] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    push: Any = None

    def __post_init__(self):
        self.random = random.Random(self.seed)
        self._numbers = itertools.count()
        self._events: list[Any] = []
        self.context = FakeDriver().context
        self.context.monotonic = self.context.elapsed = lambda: self.time
        self.context.wall_clock = lambda: self.time + 1.7e9
        self.context.random = self.random.random
        self.context.push = self.push

    def at(self, time, function):
        """Call a function at a time."""
        heapq.heappush(self._events, (time, next(self._numbers), function))

    def start(
        self, duration, progress=lambda part: 0.0, *, schedule=None, job_type=IMAGE, delay=0.0
    ):
        """Submit a job after a delay, wait for it, and return it."""
        job = SimulatedJob(self.time + delay, self.time + delay + duration, progress)
        request_id = f"job-{len(self.jobs)}"
        self.jobs[request_id] = job
        self.at(self.time + delay, lambda: self.wait_for(request_id, schedule, job_type))
        return job

    def wait_for(self, request_id, schedule=None, job_type=IMAGE):
        """Begin to wait for a job. Return a function that cancels the wait."""
        state = JobState(request_id, status_request(request_id))
        if job_type is not None:
            state.operation, state.model = job_type
            state.submitted_at = self.jobs[request_id].begins
        flow = wait(self.context, state, schedule or planned())
        self._resume(flow, self.jobs[request_id], None)
        return flow.close

    def run(self):
        """Advance the clock until nothing is left to do. Return the jobs."""
        while self._events:
            time, _, function = heapq.heappop(self._events)
            self.time = max(self.time, time)
            function()
        return list(self.jobs.values())

    def _resume(self, flow, job, outcome):
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration:
                job.noticed = self.time if job.noticed is None else job.noticed
                return
            except ValueError:  # the wait was cancelled
                return
            except DeapiError as error:
                job.error = error
                return
            outcome = None
            if isinstance(step, Send):
                self.at(self.time + LATENCY, lambda step=step: self._respond(flow, job, step))
                return
            if isinstance(step, WaitFor):
                self._sleep(flow, job, step)
                return
            assert isinstance(step, Update)
            job.updates.append(step.result)

    def _sleep(self, flow, job, step):
        awake = []

        # An event resumes its wait later, as a thread or an event loop would.
        def callback():
            self.at(self.time, end)

        def end():
            if not awake:
                awake.append(True)
                step.waker.remove_callback(callback)
                self._resume(flow, job, None)

        self.at(self.time + step.seconds, end)
        step.waker.add_callback(callback)

    def _respond(self, flow, job, step):
        if flow.gi_frame is None:
            return
        request_id = step.url.rpartition("/")[2]
        outcome = self._status(self.jobs[request_id])
        self.statuses[outcome.status_code] += 1
        self.times.append(self.time)
        self._resume(flow, job, outcome)

    def _status(self, job):
        headers = {}
        buckets = [bucket for bucket in (self.minute, self.day) if bucket is not None]
        for bucket in buckets:
            bucket.refresh(self.time)
        exceeded = [bucket for bucket in buckets if bucket.remaining <= 0]
        for bucket in [] if exceeded else buckets:
            bucket.used += 1
        for bucket, prefix in ((self.minute, ""), (self.day, "daily-")):
            if bucket is not None:
                headers[f"x-ratelimit-{prefix}limit"] = str(bucket.limit)
                headers[f"x-ratelimit-{prefix}remaining"] = str(bucket.remaining)
                headers[f"x-ratelimit-{prefix}reset"] = str(int(bucket.ends + 1.7e9))
        if exceeded:
            headers["retry-after"] = str(int(exceeded[-1].ends - self.time) + 1)
            return response(429, {"message": "Too Many Attempts."}, headers)
        job.polls += 1
        part = (self.time - job.begins) / max(job.ends - job.begins, 1e-9)
        if part >= 1:
            return response(200, {"data": {"status": "done", "progress": 100}}, headers)
        status = job_status("processing", progress=job.progress(part))
        return status._replace(headers=headers)
