"""``client.rate_limits``: the rate limits that the service reports, as both clients show them."""

from datetime import datetime, timezone

import pytest

from deapi import RateLimit, RateLimitError, RateLimitWindow
from deapi._rate_limits import rate_limit_of
from deapi._text import sanitize
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE, IMAGE, PRICE, STATUS

RESET = 1_790_000_000
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


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def success_with_limit(operation, remaining, status=200):
    headers = {**BASIC, "X-RateLimit-Remaining": str(remaining)}
    return behaviors.respond(
        status, {"data": operation.response_data}, headers=list(headers.items())
    )


def test_a_client_has_the_latest_rate_limit_of_each_operation(make_client):
    with FaultyServer(
        success_with_limit(BALANCE, 9),
        success_with_limit(PRICE, 8),
        success_with_limit(BALANCE, 7),
        GENERATE.success(),
    ) as server:
        client = make_client(server.url)
        assert client.rate_limits == {}
        for operation in (BALANCE, PRICE, BALANCE, GENERATE):
            assert operation.succeeds(client)
        assert client.rate_limits["balance"] == rate_limit_of(
            "balance", {**lower(BASIC), "x-ratelimit-remaining": "7"}
        )
        remaining = {name: limit.minute.remaining for name, limit in client.rate_limits.items()}
        assert remaining == {"images.generate_price": 8, "balance": 7}
        assert len(server.requests) == 4


def test_a_clone_shares_rate_limits_unless_it_has_another_api_key(make_client):
    with FaultyServer(success_with_limit(BALANCE, 9)) as server:
        client = make_client(server.url)
        other = client.with_options(api_key="2|another-account-s-key")
        assert BALANCE.succeeds(client.with_options(max_retries=0))
        assert client.rate_limits["balance"].minute.remaining == 9
        assert other.rate_limits == {}


def test_the_polls_of_a_job_update_the_rate_limits(make_client):
    headers = [("X-RateLimit-Limit", "50")]
    done = behaviors.respond(200, {"data": {"status": "done"}}, headers=headers)
    with FaultyServer(
        success_with_limit(GENERATE, 2), success_with_limit(STATUS, 49), done
    ) as server:
        client = make_client(server.url)
        job = client.images.generate(**IMAGE)
        job.status()
        assert set(client.rate_limits) == {"images.generate", "jobs.status"}
        assert client.rate_limits["jobs.status"].minute.remaining == 49
        job.wait(poll_interval=0.01)
        assert client.rate_limits["jobs.status"] == RateLimit(
            "jobs.status", RateLimitWindow(50, None, None)
        )


def test_clients_made_by_with_options_share_rate_limits(make_client):
    with FaultyServer(success_with_limit(BALANCE, 9), success_with_limit(PRICE, 8)) as server:
        client = make_client(server.url)
        clone = client.with_options(api_version="v2", max_retries=0)
        assert BALANCE.succeeds(clone)
        assert client.rate_limits == clone.rate_limits
        assert client.rate_limits["balance"].minute.remaining == 9
        assert PRICE.succeeds(client)
        later = clone.with_options(timeout=3).rate_limits["images.generate_price"]
        assert later.minute.remaining == 8


def test_separate_clients_share_no_rate_limits(make_client):
    with FaultyServer(success_with_limit(BALANCE, 9)) as server:
        assert BALANCE.succeeds(make_client(server.url))
        assert make_client(server.url).rate_limits == {}


def test_a_rate_limit_error_has_the_rate_limit_that_rejected_it(make_client):
    limited = behaviors.respond(
        429,
        {"message": "Too Many Attempts.", "code": "rate_limited"},
        headers=[*BASIC.items(), ("X-RateLimit-Type", "daily"), ("Retry-After", "86400")],
    )
    with FaultyServer(limited) as server:
        client = make_client(server.url)
        with pytest.raises(RateLimitError) as caught:
            GENERATE.call(client)
        assert caught.value.rate_limit == rate_limit_of("images.generate", lower(BASIC))
        assert caught.value.rate_limit == client.rate_limits["images.generate"]
        assert caught.value.limit_type == "daily"
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("value", "window"),
    [
        ("", None),
        ("many", None),
        ("caf\xe9", None),
        ("-5", RateLimitWindow(-5, -5, datetime(1969, 12, 31, 23, 59, 55, tzinfo=timezone.utc))),
        ("9" * 4000, RateLimitWindow(10**4000 - 1, 10**4000 - 1, None)),
    ],
    ids=["empty", "not a number", "not ASCII", "negative", "huge number"],
)
def test_invalid_headers_do_not_break_a_call(make_client, value, window):
    headers = [(name, value) for name in BASIC]
    with FaultyServer(
        behaviors.respond(200, {"data": {"balance": 19.5}}, headers=headers)
    ) as server:
        client = make_client(server.url)
        assert BALANCE.succeeds(client)
        label = sanitize(value, 200)
        expected = {"balance": RateLimit("balance", window, window, label, label)} if window else {}
        assert client.rate_limits == expected
