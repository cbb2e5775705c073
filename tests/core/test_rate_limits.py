"""Rate limits: parsing the headers, keeping the latest values, and reporting them in errors."""

import pickle
import sys
import threading
from datetime import datetime, timezone

import pytest

from deapi import RateLimit, RateLimitError, RateLimitWindow
from deapi._core.calls import call
from deapi._core.poll_plans import PollSchedule
from deapi._core.polling import JobState, wait
from deapi._rate_limits import RateLimits, rate_limit_of
from support.fake_driver import FakeDriver, job_status, response
from support.operations import BALANCE as BALANCE_REQUEST
from support.operations import status_request

RESET = 1_790_000_000
AT_RESET = datetime.fromtimestamp(RESET, timezone.utc)
BASIC = {
    "X-RateLimit-Limit": "3",
    "X-RateLimit-Remaining": "2",
    "X-RateLimit-Reset": str(RESET),
    "X-RateLimit-Daily-Limit": "100",
    "X-RateLimit-Daily-Remaining": "41",
    "X-RateLimit-Daily-Reset": str(RESET + 3600),
    "X-RateLimit-Source": "model",
    "X-RateLimit-Policy": "3;w=60, 100;w=86400",
}
BALANCE_BODY = {"data": {"balance": 19.5}}


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def minute(**headers):
    """Return the window of a minute that these headers describe: limit, remaining, reset."""
    rate_limit = rate_limit_of("balance", {f"x-ratelimit-{n}": v for n, v in headers.items()})
    return rate_limit and rate_limit.minute


def test_a_rate_limit_is_parsed_from_all_its_headers():
    assert rate_limit_of("images.generate", lower(BASIC)) == RateLimit(
        operation="images.generate",
        minute=RateLimitWindow(3, 2, AT_RESET),
        day=RateLimitWindow(100, 41, datetime.fromtimestamp(RESET + 3600, timezone.utc)),
        source="model",
        policy="3;w=60, 100;w=86400",
    )


def test_the_reset_time_is_a_datetime_in_utc():
    assert minute(limit="3", reset="0").resets_at == datetime(1970, 1, 1, tzinfo=timezone.utc)


def test_without_daily_headers_there_is_no_daily_window():
    headers = {name: value for name, value in lower(BASIC).items() if "daily" not in name}
    rate_limit = rate_limit_of("balance", headers)
    assert rate_limit.minute == RateLimitWindow(3, 2, AT_RESET)
    assert rate_limit.day is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"retry-after": "7"},
        {"x-ratelimit-reset": str(RESET), "x-ratelimit-source": "tier"},
        {"x-ratelimit-limit": "many", "x-ratelimit-remaining": "few"},
    ],
    ids=["none", "another header", "reset only", "not numbers"],
)
def test_headers_without_a_number_are_not_a_rate_limit(headers):
    assert rate_limit_of("balance", headers) is None


def test_daily_headers_alone_are_a_rate_limit():
    headers = {name: value for name, value in lower(BASIC).items() if "daily" in name}
    limits = RateLimits()
    limits.record("balance", headers)
    rate_limit = limits.by_operation()["balance"]
    assert rate_limit.minute == RateLimitWindow(None, None, None)
    assert rate_limit.day == rate_limit_of("balance", lower(BASIC)).day


@pytest.mark.parametrize("value", ["", "soon", "3.5", "1e3", "0x10", "3, 3", "null", "9" * 5000])
@pytest.mark.parametrize("name", ["limit", "remaining", "reset"])
def test_an_invalid_number_is_none_and_the_others_are_kept(name, value):
    window = minute(**{"limit": "3", "remaining": "2", "reset": str(RESET), name: value})
    expected = {"limit": 3, "remaining": 2, "reset": AT_RESET, name: None}
    assert window == RateLimitWindow(*expected.values())


@pytest.mark.parametrize("number", [-1, 0, 10**30])
def test_a_number_of_any_size_is_kept(number):
    assert minute(limit=str(number), remaining=str(number)) == RateLimitWindow(number, number, None)


@pytest.mark.parametrize("number", [10**12, 10**15, 10**30, -(10**30)])
def test_a_reset_time_out_of_range_is_none(number):
    assert minute(limit="3", reset=str(number)) == RateLimitWindow(3, None, None)


def test_an_invalid_daily_window_does_not_affect_the_minute():
    headers = {"x-ratelimit-limit": "3", "x-ratelimit-daily-limit": "∞"}
    assert rate_limit_of("balance", headers) == RateLimit("balance", RateLimitWindow(3, None, None))


def test_the_latest_rate_limit_of_each_operation_is_kept():
    limits = RateLimits()
    assert limits.by_operation() == {}
    for operation, remaining in (("balance", 9), ("models.list", 5), ("balance", 8)):
        limits.record(
            operation, {"x-ratelimit-limit": "10", "x-ratelimit-remaining": str(remaining)}
        )
    limits.record("models.list", {})
    remaining = {name: limit.minute.remaining for name, limit in limits.by_operation().items()}
    assert remaining == {"balance": 8, "models.list": 5}


def test_invalid_headers_are_not_recorded():
    limits = RateLimits()
    limits.record("images.generate", {"x-ratelimit-limit": "lots"})
    assert limits.by_operation() == {}


def test_recorded_rate_limits_stay_visible_while_threads_record():
    limits = RateLimits()
    headers = {"x-ratelimit-limit": "10"}
    limits.record("balance", headers)
    stop = threading.Event()

    def record():
        while not stop.is_set():
            limits.record("balance", headers)

    writers = [threading.Thread(target=record) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for writer in writers:
            writer.start()
        visible = ["balance" in limits.by_operation() for _ in range(2000)]
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        for writer in writers:
            writer.join()
    assert all(visible)


def test_a_rate_limit_error_has_the_rate_limit_and_survives_pickling():
    headers = {**lower(BASIC), "retry-after": "86400", "x-ratelimit-type": "daily"}
    driver = FakeDriver([response(429, {"message": "Too Many Attempts."}, headers)])
    with pytest.raises(RateLimitError) as caught:
        driver.run(call(driver.context, BALANCE_REQUEST))
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.rate_limit == rate_limit_of("balance", headers)
    assert (error.retry_after, error.limit_type) == (86400, "daily")


def test_a_rate_limit_error_without_headers_has_no_rate_limit():
    driver = FakeDriver([response(429)], {"max_retries": 0})
    with pytest.raises(RateLimitError) as caught:
        driver.run(call(driver.context, BALANCE_REQUEST))
    assert caught.value.rate_limit is None
    assert RateLimitError("by hand").rate_limit is None


def test_responses_of_any_status_are_recorded():
    outcomes = [
        response(503, headers={"x-ratelimit-limit": "10", "x-ratelimit-remaining": "4"}),
        response(429, headers={"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0"}),
        response(body=BALANCE_BODY),
    ]
    driver = FakeDriver(outcomes)
    driver.run(call(driver.context, BALANCE_REQUEST))
    assert driver.context.rate_limits.by_operation()["balance"].minute.remaining == 0


def test_each_poll_of_a_job_is_recorded():
    def poll(status, remaining):
        headers = {"x-ratelimit-limit": "50", "x-ratelimit-remaining": str(remaining)}
        return response(200, job_status(status).content, headers)

    driver = FakeDriver([poll("pending", 49), poll("done", 48)])
    timing = {"poll_interval": 1, "max_wait": 60, "backoff_factor": 1, "max_interval": 1}
    driver.run(wait(driver.context, JobState("1", status_request("1")), PollSchedule(**timing)))
    assert driver.context.rate_limits.by_operation()["jobs.status"].minute.remaining == 48
