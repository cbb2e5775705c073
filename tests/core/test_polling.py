"""Waiting for a job: the intervals, the deadline, and failures during the wait."""

import contextlib
import inspect
import math

import pytest

from deapi import (
    AuthenticationError,
    DeapiClient,
    InvalidResponseError,
    JobFailedError,
    JobStatus,
    JobTimeoutError,
    NotFoundError,
)
from deapi._core.poll_plans import (
    BACKOFF_FACTOR,
    MAX_INTERVAL,
    POLL_INTERVAL,
    DefaultNumber,
    PollSchedule,
)
from deapi._core.polling import JobState, read_status, with_resume_note
from deapi._core.polling import wait as poll
from deapi._jobs import AsyncJob, Job
from deapi.events import CallFinished, JobFinished
from deapi.types import JobResult
from support.fake_driver import FakeDriver, job_status, network_failure, response
from support.operations import status_request

DEFAULTS = {"poll_interval": 1.0, "max_wait": 300.0, "backoff_factor": 1.5, "max_interval": 10.0}


def job_state(request_id="job-1"):
    return JobState(request_id, status_request(request_id))


def wait(driver: FakeDriver, state: JobState | None = None, **options: float):
    return driver.run(
        poll(driver.context, state or job_state(), PollSchedule(**{**DEFAULTS, **options}))
    )


def test_polls_start_immediately_and_slow_down_to_the_maximum_interval():
    driver = FakeDriver([job_status("processing")] * 9 + [job_status("done")])
    assert wait(driver).status is JobStatus.DONE
    assert driver.slept == [1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 10, 10, 10]


def test_the_first_interval_is_also_limited_by_the_maximum_interval():
    driver = FakeDriver([job_status("processing")] * 2 + [job_status("done")])
    wait(driver, poll_interval=60, max_interval=10)
    assert driver.slept == [10, 10]


def test_a_failed_job_is_returned_and_raise_for_error_raises():
    failed = job_status(
        "error", error_code="WORKER_TIMEOUT", error_reason="TIMEOUT", retryable=True, refunded=True
    )
    result = wait(FakeDriver([failed]))
    with pytest.raises(JobFailedError, match=r"job-1 failed: WORKER_TIMEOUT, TIMEOUT") as caught:
        result.raise_for_error()
    error = caught.value
    assert (error.code, error.reason) == ("WORKER_TIMEOUT", "TIMEOUT")
    assert (error.retryable, error.refunded, error.request_id) == (True, True, "job-1")
    assert error.result is result
    assert "It was refunded." in str(error)


def test_raise_for_error_returns_a_successful_result():
    result = wait(FakeDriver([job_status("done")]))
    assert result.raise_for_error() is result


@pytest.mark.parametrize(
    "failure",
    [
        network_failure(),
        network_failure(sent=False),
        *(response(status) for status in (408, 429, 500, 502, 503, 524)),
        *(response(200, body) for body in (b"<html>", b"", [], {"data": {}})),
    ],
    ids=str,
)
def test_a_transient_failure_does_not_end_the_wait(failure):
    driver = FakeDriver([failure, job_status("processing"), failure, failure, job_status("done")])
    assert wait(driver).status is JobStatus.DONE


@pytest.mark.parametrize(("code", "error"), [(401, AuthenticationError), (404, NotFoundError)])
def test_a_permanent_error_ends_the_wait(code, error):
    driver = FakeDriver([job_status("processing"), response(code, {"message": "No."})])
    with pytest.raises(error):
        wait(driver)
    assert len(driver.sent) == 2


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (job_status("done"), None),
        (response(404), "NotFoundError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_a_poll_is_an_event_with_the_class_of_its_error(outcome, error):
    driver = FakeDriver([outcome])
    seen = []
    driver.context.on_event = seen.append
    with contextlib.suppress(NotFoundError, KeyboardInterrupt):
        wait(driver)
    assert [event.error_type for event in seen if isinstance(event, CallFinished)] == [error]


def test_a_job_that_two_waits_saw_finish_is_one_event():
    state = job_state()

    def finished(driver, step):
        state.record(JobResult(status=JobStatus.DONE))  # as another thread does
        return job_status("done")

    driver = FakeDriver([finished])
    seen = []
    driver.context.on_event = seen.append
    wait(driver, state)
    assert [event for event in seen if isinstance(event, JobFinished)] == []


def raising(error):
    """Return a flow that raises an exception."""
    yield from ()
    raise error


@pytest.mark.parametrize(
    "error",
    [
        JobFailedError("The job failed."),
        JobTimeoutError("The job runs.", request_id="job-1", result=None),
        NotFoundError("The job does not exist."),
    ],
)
def test_an_error_that_leaves_nothing_to_resume_or_says_how_has_no_note(error):
    with pytest.raises(type(error)) as caught:
        FakeDriver().run(with_resume_note(job_state(), raising(error)))
    assert not hasattr(caught.value, "__notes__")


def test_an_interrupt_after_the_end_of_a_job_has_a_note_that_says_so():
    state = job_state()
    state.record(JobResult(status=JobStatus.DONE))
    with pytest.raises(KeyboardInterrupt) as caught:
        FakeDriver().run(with_resume_note(state, raising(KeyboardInterrupt())))
    assert caught.value.__notes__ == ["job job-1 has finished; resume with client.job('job-1')"]


def test_a_timeout_does_not_name_an_error_before_the_last_poll():
    driver = FakeDriver([response(503), *[job_status("processing")] * 3])
    with pytest.raises(JobTimeoutError) as caught:
        wait(driver, max_wait=4)
    assert "The last poll failed" not in str(caught.value)


def test_the_wait_ends_at_its_deadline_with_a_final_poll():
    driver = FakeDriver([job_status("processing", progress=30.5)] * 4)
    with pytest.raises(JobTimeoutError, match="did not complete within 4 s") as caught:
        wait(driver, max_wait=4)
    assert driver.slept == [1, 1.5, 1.5]
    assert driver.time == 1004
    assert len(driver.sent) == 4
    assert caught.value.request_id == "job-1"
    assert caught.value.result.progress == 30.5
    assert "client.job('job-1')" in str(caught.value)


def test_a_final_poll_that_coincides_with_an_interval_has_one_second():
    limits = []

    def record(driver, step):
        limits.append(step.limit)
        return job_status("processing")

    with pytest.raises(JobTimeoutError):
        wait(FakeDriver([record] * 3), poll_interval=2, max_interval=2, max_wait=2)
    assert limits == [2, 1]


def test_there_is_one_final_poll_even_if_the_clock_is_slightly_behind():
    def early(driver, step):
        driver.time -= 0.001
        return job_status("processing")

    driver = FakeDriver([job_status("processing"), early])
    with pytest.raises(JobTimeoutError):
        wait(driver, max_wait=1)
    assert len(driver.sent) == 2


def test_the_timeout_error_names_the_last_failure_only_if_the_last_poll_failed():
    failure, processing = network_failure(reason="reset by peer"), job_status("processing")
    with pytest.raises(JobTimeoutError) as caught:
        wait(FakeDriver([failure, processing]), max_wait=1)
    assert "last status processing, 0 %)" in str(caught.value)
    with pytest.raises(JobTimeoutError) as caught:
        wait(FakeDriver([processing, failure]), max_wait=1)
    assert "The last poll failed: No response from api.deapi.ai: reset by peer." in str(
        caught.value
    )
    assert "has been paid for and is still running" in str(caught.value)


def test_the_timeout_error_does_not_claim_that_an_unknown_job_is_running():
    with pytest.raises(JobTimeoutError, match="no status was received") as caught:
        wait(FakeDriver([network_failure()]), max_wait=0)
    assert "The job may still be running" in str(caught.value)
    assert caught.value.result is None


def test_a_job_that_finishes_just_before_the_deadline_is_returned():
    driver = FakeDriver([job_status("processing"), job_status("processing"), job_status("done")])
    assert wait(driver, max_wait=2).status is JobStatus.DONE


def test_a_poll_is_limited_to_the_remaining_time_and_the_final_one_to_one_second():
    limits = []

    def slow(driver, step):
        limits.append(step.limit)
        driver.time += 1
        return job_status("processing")

    with pytest.raises(JobTimeoutError):
        wait(FakeDriver([slow] * 10), max_wait=6)
    assert limits == [6, 4, 1.5, 1.0]


def test_a_poll_that_times_out_at_the_deadline_is_the_last():
    def hang(driver, step):
        driver.time += step.limit
        return network_failure(reason="timed out")

    driver = FakeDriver([job_status("processing"), hang])
    with pytest.raises(JobTimeoutError, match="timed out"):
        wait(driver, max_wait=30)
    assert driver.time == 1030


def test_max_wait_zero_polls_once_with_the_default_timeout():
    driver = FakeDriver([job_status("processing")])
    with pytest.raises(JobTimeoutError):
        wait(driver, max_wait=0)
    assert driver.slept == []
    assert driver.sent[0].limit is None


def test_an_infinite_max_wait_has_no_deadline():
    driver = FakeDriver([job_status("processing")] * 500 + [job_status("done")])
    assert wait(driver, max_wait=math.inf).status is JobStatus.DONE


def test_retry_after_is_respected_while_polling():
    driver = FakeDriver([response(429, headers={"retry-after": "42"}), job_status("done")])
    wait(driver)
    assert driver.slept == [42]


def test_a_retry_after_of_a_day_ends_the_wait_at_its_deadline():
    daily = response(429, {"message": "Too Many Attempts."}, {"retry-after": "86400"})
    driver = FakeDriver([daily])
    with pytest.raises(JobTimeoutError, match="Too Many Attempts") as caught:
        wait(driver)
    assert sum(driver.slept) == 300
    assert len(driver.sent) == 1
    assert "allows no status request for another 86100 s" in str(caught.value)


def test_aliases_of_a_status_are_recognized():
    driver = FakeDriver([job_status("in_progress"), job_status("completed")])
    assert wait(driver).status is JobStatus.DONE
    assert driver.updates[0].status is JobStatus.PROCESSING


def test_failed_is_an_alias_of_error():
    assert wait(FakeDriver([job_status("failed")])).status is JobStatus.ERROR


@pytest.mark.parametrize("value", ["reticulating", "queued", "running"])
def test_an_unknown_status_is_kept_and_waited_on(value):
    driver = FakeDriver([job_status(value), job_status("done")])
    assert wait(driver).status is JobStatus.DONE
    assert driver.updates[0].status == value
    assert driver.updates[0].status.value == value


@pytest.mark.parametrize(
    ("value", "progress"), [(45, 45.0), ("45.50", 45.5), (None, 0.0), ("half", 0.0), ([], 0.0)]
)
def test_progress_may_be_a_number_a_string_or_null(value, progress):
    assert wait(FakeDriver([job_status("done", progress=value)])).progress == progress


def test_each_change_is_reported_once():
    responses = [job_status("pending"), job_status("pending"), job_status("processing", progress=5)]
    driver = FakeDriver(
        [*responses, job_status("processing", progress=5), job_status("done", progress=100)]
    )
    wait(driver)
    reported = [(update.status.value, update.progress) for update in driver.updates]
    assert reported == [("pending", 0), ("processing", 5), ("done", 100)]


def test_a_finished_job_is_not_polled_again():
    state = job_state()
    driver = FakeDriver([job_status("done")])
    first = wait(driver, state)
    assert wait(driver, state) is first
    assert driver.run(read_status(driver.context, state)) is first
    assert len(driver.sent) == 1


def test_every_wait_reports_the_final_status_of_a_finished_job():
    state = job_state()
    driver = FakeDriver([job_status("done")])
    result = wait(driver, state)
    wait(driver, state)
    assert driver.updates == [result, result]


@pytest.mark.parametrize(
    "options",
    [
        {"poll_interval": 0},
        {"poll_interval": -1},
        {"poll_interval": math.nan},
        {"max_wait": -1},
        {"max_wait": math.nan},
        {"max_interval": 0},
        {"backoff_factor": 0},
        {"backoff_factor": 0.5},
        {"backoff_factor": math.inf},
        {"backoff_factor": 10**400},
        {"backoff_factor": math.nan},
    ],
)
def test_invalid_intervals_are_rejected_by_name(options):
    with DeapiClient(api_key="k", base_url="http://127.0.0.1:9") as client:
        (name,) = options
        with pytest.raises(ValueError, match=name):
            client.job("job-1").wait(**options)


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("value", [True, "1", None, [1]])
def test_an_interval_that_is_not_a_number_is_rejected_by_name(name, value):
    with pytest.raises(TypeError, match=f"{name} must be a number"):
        PollSchedule(**{**DEFAULTS, name: value})


def public_methods_with_intervals():
    return [
        method
        for job_class in (Job, AsyncJob)
        for name, method in inspect.getmembers(job_class, inspect.isfunction)
        if not name.startswith("_") and "poll_interval" in inspect.signature(method).parameters
    ]


@pytest.mark.parametrize("method", public_methods_with_intervals(), ids=lambda m: m.__qualname__)
def test_the_default_intervals_are_numbers_that_differ_from_the_same_numbers_of_a_caller(method):
    parameters = inspect.signature(method).parameters
    for name in ("poll_interval", "backoff_factor", "max_interval"):
        default = parameters[name].default
        assert isinstance(default, DefaultNumber)
        assert default == DEFAULTS[name]
        assert repr(default) == repr(DEFAULTS[name])
    assert parameters["max_wait"].default == 300.0


PLANNED = {"poll_interval": POLL_INTERVAL, "backoff_factor": BACKOFF_FACTOR}
PLANNED["max_interval"] = MAX_INTERVAL


def progressing(driver, step):
    """Respond like a job of 60 seconds with honest progress."""
    part = (driver.time - 1000) / 60
    return job_status("processing", progress=100 * part) if part < 1 else job_status("done")


@pytest.mark.parametrize("name", PLANNED)
def test_an_interval_of_the_caller_switches_the_plan_off_even_if_it_is_the_default(name):
    driver = FakeDriver([progressing] * 20)
    wait(driver, **{**PLANNED, name: DEFAULTS[name]})
    assert driver.slept == [1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 10, 10, 10, 10]


@pytest.mark.parametrize("max_wait", [100, 300.0, math.inf])
def test_max_wait_does_not_switch_the_plan_off(max_wait):
    driver = FakeDriver([progressing] * 20)
    wait(driver, **PLANNED, max_wait=max_wait)
    assert len(driver.sent) < 9


def test_later_jobs_of_the_type_are_polled_when_earlier_ones_were_finished():
    def processing(driver, step):
        return job_status("processing" if driver.time < 1060 else "done")

    driver = FakeDriver([processing] * 40)
    polls = []
    for _ in range(3):
        began = len(driver.sent)
        submitted = JobState(
            "job-1", status_request("job-1"), "images.generate", "m", submitted_at=1000.0
        )
        driver.time = 1000.0
        wait(driver, submitted, **PLANNED)
        polls.append(len(driver.sent) - began)
    assert polls[0] > polls[1] >= polls[2]


@pytest.mark.parametrize("request_id", ["", ".", "..", "a\nb", "\ud800"])
def test_a_malformed_request_id_is_rejected(request_id):
    with DeapiClient(api_key="k") as client, pytest.raises(ValueError, match="request_id"):
        client.job(request_id)


def test_the_request_id_is_quoted_as_one_path_segment():
    driver = FakeDriver([job_status("done")])
    wait(driver, job_state("../keys?x=1#y/ä"))
    assert driver.sent[0].url == (
        "https://api.deapi.ai/api/v1/client/request-status/..%2Fkeys%3Fx%3D1%23y%2F%C3%A4"
    )


def test_a_status_of_a_wrong_type_is_an_invalid_response():
    driver = FakeDriver([response(200, {"data": {"status": 7}})])
    with pytest.raises(InvalidResponseError, match="status"):
        driver.run(read_status(driver.context, job_state()))
