"""The quotas that the service reports with its answers, and what a client tells of them."""

import contextlib
import pickle
import sys
import threading
from datetime import datetime, timezone

import pytest

from deapi import RateLimit, RateLimitError, RateLimitWindow
from deapi._rate_limits import RateLimits, rate_limit_of
from deapi._transport.flows import call
from deapi._transport.readers import balance
from deapi._transport.request import Request
from deapi._transport.waiting import JobState, watch
from support import server_behaviors as behaviors
from support.blocking_client import ClientFactory
from support.fake_driver import FakeDriver, job_status, response
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE, IMAGE, PRICE, STATUS

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
    """The minute's quota of an answer with these headers: limit, remaining, reset."""
    given = {f"x-ratelimit-{name}": value for name, value in headers.items()}
    found = rate_limit_of("balance", given)
    return found and found.minute


def test_a_quota_is_read_from_all_its_headers():
    assert rate_limit_of("images.generate", lower(BASIC)) == RateLimit(
        operation="images.generate",
        minute=RateLimitWindow(3, 2, AT_RESET),
        day=RateLimitWindow(100, 41, datetime.fromtimestamp(RESET + 3600, timezone.utc)),
        source="model",
        policy="3;w=60, 100;w=86400",
    )


def test_the_end_of_a_window_is_a_moment_in_utc():
    assert minute(limit="3", reset="0").resets_at == datetime(1970, 1, 1, tzinfo=timezone.utc)


def test_an_account_without_a_daily_quota_has_none():
    headers = {name: value for name, value in lower(BASIC).items() if "daily" not in name}
    found = rate_limit_of("balance", headers)
    assert found.minute == RateLimitWindow(3, 2, AT_RESET)
    assert found.day is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"retry-after": "7"},
        {"x-ratelimit-reset": str(RESET), "x-ratelimit-source": "tier"},
        {"x-ratelimit-limit": "many", "x-ratelimit-remaining": "few"},
    ],
    ids=["none", "another", "a reset only", "words"],
)
def test_headers_that_tell_no_quota_tell_nothing(headers):
    assert rate_limit_of("balance", headers) is None


def test_a_day_without_its_minutes_is_told():
    headers = {name: value for name, value in lower(BASIC).items() if "daily" in name}
    limits = RateLimits()
    limits.note("balance", headers)
    found = limits.seen()["balance"]
    assert found.minute == RateLimitWindow(None, None, None)
    assert found.day == rate_limit_of("balance", lower(BASIC)).day


@pytest.mark.parametrize("text", ["", "soon", "3.5", "1e3", "0x10", "3, 3", "null", "9" * 5000])
@pytest.mark.parametrize("name", ["limit", "remaining", "reset"])
def test_a_number_that_is_none_is_missing_and_leaves_the_others(name, text):
    found = minute(**{"limit": "3", "remaining": "2", "reset": str(RESET), name: text})
    expected = {"limit": 3, "remaining": 2, "reset": AT_RESET, name: None}
    assert found == RateLimitWindow(*expected.values())


@pytest.mark.parametrize("number", [-1, 0, 10**30])
def test_a_number_of_any_size_is_told_as_it_came(number):
    assert minute(limit=str(number), remaining=str(number)) == RateLimitWindow(number, number, None)


@pytest.mark.parametrize("number", [10**12, 10**15, 10**30, -(10**30)])
def test_a_reset_that_is_no_time_is_missing(number):
    assert minute(limit="3", reset=str(number)) == RateLimitWindow(3, None, None)


def test_a_garbled_day_is_none_beside_a_minute_that_is_not():
    headers = {"x-ratelimit-limit": "3", "x-ratelimit-daily-limit": "∞"}
    assert rate_limit_of("balance", headers) == RateLimit("balance", RateLimitWindow(3, None, None))


def test_the_last_quota_of_each_operation_is_kept():
    limits = RateLimits()
    assert limits.seen() == {}
    for operation, left in (("balance", 9), ("models.list", 5), ("balance", 8)):
        limits.note(operation, {"x-ratelimit-limit": "10", "x-ratelimit-remaining": str(left)})
    limits.note("models.list", {})
    left = {operation: limit.minute.remaining for operation, limit in limits.seen().items()}
    assert left == {"balance": 8, "models.list": 5}


def test_a_quota_that_says_nothing_is_not_among_those_seen():
    limits = RateLimits()
    limits.note("images.generate", {"x-ratelimit-limit": "lots"})
    assert limits.seen() == {}


def test_what_has_been_seen_stays_visible_while_threads_take_note():
    limits = RateLimits()
    headers = {"x-ratelimit-limit": "10"}
    limits.note("balance", headers)
    stop = threading.Event()

    def take_note():
        while not stop.is_set():
            limits.note("balance", headers)

    writers = [threading.Thread(target=take_note) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for writer in writers:
            writer.start()
        seen = ["balance" in limits.seen() for _ in range(2000)]
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        for writer in writers:
            writer.join()
    assert all(seen)


def test_an_error_about_a_quota_holds_it_and_survives_pickling():
    headers = {**lower(BASIC), "retry-after": "86400", "x-ratelimit-type": "daily"}
    driver = FakeDriver([response(429, {"message": "Too Many Attempts."}, headers)])
    with pytest.raises(RateLimitError) as caught:
        driver.run(call(driver.context, Request("balance"), balance))
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.rate_limit == rate_limit_of("balance", headers)
    assert (error.retry_after, error.limit_type) == (86400, "daily")


def test_an_error_about_a_quota_of_which_nothing_is_told_has_none():
    driver = FakeDriver([response(429)], {"max_retries": 0})
    with pytest.raises(RateLimitError) as caught:
        driver.run(call(driver.context, Request("balance"), balance))
    assert caught.value.rate_limit is None
    assert RateLimitError("by hand").rate_limit is None


def test_an_answer_of_any_status_is_noted():
    outcomes = [
        response(503, headers={"x-ratelimit-limit": "10", "x-ratelimit-remaining": "4"}),
        response(429, headers={"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0"}),
        response(body=BALANCE_BODY),
    ]
    driver = FakeDriver(outcomes)
    driver.run(call(driver.context, Request("balance"), balance))
    assert driver.context.rate_limits.seen()["balance"].minute.remaining == 0


def test_each_poll_of_a_job_is_noted():
    def state(status, left):
        headers = {"x-ratelimit-limit": "50", "x-ratelimit-remaining": str(left)}
        found = job_status(status)
        return response(200, found.content, headers)

    driver = FakeDriver([state("pending", 49), state("done", 48)])
    timing = {"poll_interval": 1, "max_wait": 60, "backoff_factor": 1, "max_interval": 1}
    driver.run(watch(driver.context, JobState("1"), **timing))
    assert driver.context.rate_limits.seen()["jobs.status"].minute.remaining == 48


# -- over a socket -----------------------------------------------------------------------------


@pytest.fixture(params=["sync", "async"])
def make_client(request):
    with contextlib.closing(ClientFactory(request.param)) as make_client:
        yield make_client


def reported(operation, left, status=200):
    headers = {**BASIC, "X-RateLimit-Remaining": str(left)}
    return behaviors.respond(
        status, {"data": operation.response_data}, headers=list(headers.items())
    )


def test_a_client_tells_what_it_saw_last_and_what_of_each_operation(make_client):
    with FaultyServer(
        reported(BALANCE, 9), reported(PRICE, 8), reported(BALANCE, 7), GENERATE.success()
    ) as server:
        client = make_client(server.url)
        assert client.rate_limits == {}
        for operation in (BALANCE, PRICE, BALANCE, GENERATE):
            assert operation.succeeds(client)
        assert client.rate_limits["balance"] == rate_limit_of(
            "balance", {**lower(BASIC), "x-ratelimit-remaining": "7"}
        )
        left = {name: limit.minute.remaining for name, limit in client.rate_limits.items()}
        assert left == {"images.generate_price": 8, "balance": 7}
        assert len(server.requests) == 4


def test_views_share_what_they_saw_unless_they_are_another_account_s(make_client):
    with FaultyServer(reported(BALANCE, 9)) as server:
        client = make_client(server.url)
        other = client.with_options(api_key="2|somebody-else-s-key")
        assert BALANCE.succeeds(client.with_options(max_retries=0))
        assert client.rate_limits["balance"].minute.remaining == 9
        assert other.rate_limits == {}


def test_the_polls_of_a_job_are_noted_as_they_come(make_client):
    headers = [("X-RateLimit-Limit", "50")]
    done = behaviors.respond(200, {"data": {"status": "done"}}, headers=headers)
    with FaultyServer(reported(GENERATE, 2), reported(STATUS, 49), done) as server:
        client = make_client(server.url)
        job = client.images.generate(**IMAGE)
        job.status()
        assert set(client.rate_limits) == {"images.generate", "jobs.status"}
        assert client.rate_limits["jobs.status"].minute.remaining == 49
        job.wait(poll_interval=0.01)
        assert client.rate_limits["jobs.status"] == RateLimit(
            "jobs.status", RateLimitWindow(50, None, None)
        )


def test_clients_made_by_with_options_share_what_they_see(make_client):
    with FaultyServer(reported(BALANCE, 9), reported(PRICE, 8)) as server:
        client = make_client(server.url)
        view = client.with_options(api_version="v2", max_retries=0)
        assert BALANCE.succeeds(view)
        assert client.rate_limits == view.rate_limits
        assert client.rate_limits["balance"].minute.remaining == 9
        assert PRICE.succeeds(client)
        later = view.with_options(timeout=3).rate_limits["images.generate_price"]
        assert later.minute.remaining == 8


def test_clients_made_apart_share_nothing(make_client):
    with FaultyServer(reported(BALANCE, 9)) as server:
        assert BALANCE.succeeds(make_client(server.url))
        assert make_client(server.url).rate_limits == {}


def test_a_refused_call_tells_the_quota_that_refused_it(make_client):
    refusal = behaviors.respond(
        429,
        {"message": "Too Many Attempts.", "code": "rate_limited"},
        headers=[*BASIC.items(), ("X-RateLimit-Type", "daily"), ("Retry-After", "86400")],
    )
    with FaultyServer(refusal) as server:
        client = make_client(server.url)
        with pytest.raises(RateLimitError) as caught:
            GENERATE.call(client)
        assert caught.value.rate_limit == rate_limit_of("images.generate", lower(BASIC))
        assert caught.value.rate_limit == client.rate_limits["images.generate"]
        assert caught.value.limit_type == "daily"
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("value", "quota"),
    [
        ("", None),
        ("many", None),
        ("caf\xe9", None),
        ("-5", RateLimitWindow(-5, -5, datetime(1969, 12, 31, 23, 59, 55, tzinfo=timezone.utc))),
        ("9" * 4000, RateLimitWindow(10**4000 - 1, 10**4000 - 1, None)),
    ],
    ids=["nothing", "a word", "a letter beyond ASCII", "a negative", "a huge number"],
)
def test_odd_headers_break_no_call(make_client, value, quota):
    headers = [(name, value) for name in BASIC]
    with FaultyServer(behaviors.respond(200, BALANCE_BODY, headers=headers)) as server:
        client = make_client(server.url)
        assert BALANCE.succeeds(client)
        expected = {"balance": RateLimit("balance", quota, quota, value, value)} if quota else {}
        assert client.rate_limits == expected
