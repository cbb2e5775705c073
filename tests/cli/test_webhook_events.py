"""Which webhooks follow from the updates of the socket, and which jobs are polled."""

import json
import queue

import pytest

from deapi.cli.webhook_events import AnnouncedJobs, webhook_body
from deapi.emulator import Emulator
from deapi.types import JobResult
from deapi.webhook import sign, unwrap

SECRET = "a-secret-of-32-characters-or-more"
URL = "https://results.example/fox.png?signature=1"


@pytest.fixture
def jobs():
    return AnnouncedJobs()


def events(bodies):
    """Return the events of bodies, as a receiver reads them."""
    return [
        unwrap(payload=body, headers=sign(payload=body, secret=SECRET), secret=SECRET)
        for body in bodies
    ]


def running(jobs, now, status="processing"):
    return events(jobs.update("job-1", {"status": status, "progress": "1.00"}, now))


def done(jobs, now):
    return events(jobs.update("job-1", {"status": "done", "result_url": URL}, now))


def result(**fields):
    return JobResult.model_validate({"status": "processing", **fields})


def test_a_job_that_starts_is_one_event(jobs):
    [event] = running(jobs, 1_000_000)
    assert (event.type, event.data.job_request_id) == ("job.processing", "job-1")
    assert event.data.started_at == "1970-01-12T13:46:40+00:00"
    assert running(jobs, 1_000_001, "in_progress") == []


def test_a_job_that_is_done_is_one_event(jobs):
    running(jobs, 1000)
    [event] = done(jobs, 1002.5)
    assert (event.type, event.data.result_url) == ("job.completed", URL)
    assert event.data.processing_time_ms == 2500
    assert done(jobs, 1003) == running(jobs, 1004) == []
    assert jobs.next_poll() is None


def test_a_job_that_is_first_seen_when_it_is_done_is_one_event(jobs):
    [event] = done(jobs, 1000)
    assert (event.type, event.data.processing_time_ms) == ("job.completed", 0)


def test_a_job_that_is_done_without_a_url_is_polled_at_once(jobs):
    running(jobs, 1000)
    assert jobs.update("job-1", {"status": "done", "result_url": None}, 1005) == []
    assert jobs.next_poll() == (1005, "job-1")
    polled = jobs.polled("job-1", result(status="done", result_url=URL), 1006)
    assert [event.data.result_url for event in events(polled)] == [URL]


def test_a_silent_job_is_polled_at_growing_intervals(jobs):
    running(jobs, 1000)
    times = []
    for _ in range(8):
        due, request_id = jobs.next_poll()
        times.append(due - 1000)
        assert jobs.polled(request_id, result(), due) == []
    assert times == [30, 90, 210, 450, 930, 1530, 2130, 2730]


def test_an_update_postpones_the_next_poll(jobs):
    running(jobs, 1000)
    jobs.polled("job-1", result(), 1030)
    running(jobs, 1040, "in_progress")
    assert jobs.next_poll() == (1070, "job-1")


def test_a_failed_job_is_one_event_with_its_cause(jobs):
    running(jobs, 1000)
    failure = {
        "error_code": "WORKER_TIMEOUT",
        "error_message": "a sentence",
        "error_reason": "TIMEOUT",
        "retryable": True,
        "refunded": True,
        "failed_at": "2026-10-04T09:30:00+00:00",
        "price": {"amount": 0, "is_estimated": False},
    }
    [event] = events(jobs.polled("job-1", result(status="error", **failure), 1030))
    assert event.type == "job.failed"
    assert failure.items() <= event.data.model_dump().items()
    assert jobs.next_poll() is None


def test_a_rate_limit_holds_the_polls_of_all_jobs(jobs):
    running(jobs, 1000)
    jobs.update("job-2", {"status": "processing"}, 1001)
    jobs.poll_failed("job-1", 1030, retry_after=500)
    assert jobs.next_poll() == (1530, "job-2")


def test_a_job_that_does_not_exist_is_polled_no_more(jobs):
    running(jobs, 1000)
    jobs.forget("job-1")
    assert jobs.next_poll() is None


def test_the_number_of_jobs_is_limited(jobs):
    starts = {"status": "processing"}
    for number in range(10_001):
        jobs.update(f"job-{number}", starts, 1000)
    assert jobs.update("job-5000", starts, 1001) == []
    assert len(jobs.update("job-0", starts, 1001)) == 1  # it was forgotten


def test_a_replay_has_the_delivery_id_of_the_event(jobs):
    running(jobs, 1000)
    [first] = done(jobs, 1001)
    [again] = events([webhook_body("job-1", result(status="done", result_url=URL), 5000)])
    assert again.delivery_id == first.delivery_id


def shape(body):
    """Return the names and the types of a body. Null is a type of its own."""
    event = json.loads(body)
    data = {name: type(value) for name, value in event.pop("data").items()}
    data.pop("job_type")
    return [*event], [*data.items()]


@pytest.mark.parametrize("fails", [False, True])
def test_the_bodies_have_the_shape_of_the_emulators(fails):
    bodies = queue.SimpleQueue()
    with (
        Emulator(polls_per_state=1, on_webhook=lambda _, body: bodies.put(body)) as emulator,
        emulator.client(api_version="v2") as client,
    ):
        if fails:
            emulator.fail_jobs()
        job = client.images.generate(
            prompt="a fox", model="Flux1schnell", width=256, height=256, steps=4, seed=1
        )
        final = job.wait(poll_interval=0.01, max_interval=0.01, max_wait=60)
        expected = [shape(bodies.get(timeout=60)) for _ in range(2)]
    made = [webhook_body(job.request_id, each, 1000) for each in (result(), final)]
    assert sorted(map(str, map(shape, made))) == sorted(map(str, expected))
    assert fails or b"http:\\/\\/" in made[1]
