"""`Retry-After`: how long a client sleeps before a retry, and when it raises instead."""

import time
from email.utils import formatdate

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE


def limited(status, value, limit_type=None):
    headers = [("Retry-After", value)] if value is not None else []
    if limit_type is not None:
        headers.append(("X-RateLimit-Type", limit_type))
    return behaviors.respond(status, {"message": "Too Many Attempts."}, headers)


@pytest.mark.parametrize("operation", [BALANCE, GENERATE], ids=str)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["7", " 7 ", "7.0"])
def test_retry_after_in_seconds_is_respected(
    make_client, recorded_sleeps, operation, status, value
):
    with FaultyServer(limited(status, value), operation.success()) as server:
        assert operation.succeeds(make_client(server.url))
    assert len(recorded_sleeps) == 1
    assert 7 <= recorded_sleeps[0] < 9


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_as_a_date_is_respected(make_client, recorded_sleeps, status):
    date = formatdate(time.time() + 30, usegmt=True)
    with FaultyServer(limited(status, date), BALANCE.success()) as server:
        assert BALANCE.succeeds(make_client(server.url))
    assert 20 < recorded_sleeps[0] < 32


@pytest.fixture
def tokyo_time_zone(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs a settable time zone")
@pytest.mark.parametrize(
    "date_format",
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"],
)
def test_every_format_of_an_http_date_is_in_utc(
    make_client, recorded_sleeps, tokyo_time_zone, date_format
):
    date = time.strftime(date_format, time.gmtime(time.time() + 30))
    with FaultyServer(limited(429, date), BALANCE.success()) as server:
        assert BALANCE.succeeds(make_client(server.url))
    assert 20 < recorded_sleeps[0] < 32


@pytest.mark.parametrize(
    "value",
    ["-5", "0", "", "soon", "nan", "-inf", "inf", "1e999", "7 seconds", "7, 9", "\u0667", "\xff",
     "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Foo 2015 07:28:00 GMT", "9" * 400],
)  # fmt: skip
def test_an_invalid_retry_after_leaves_the_default_delay(make_client, recorded_sleeps, value):
    response = limited(429, value.encode().decode("latin-1"))
    with FaultyServer(response, BALANCE.success()) as server:
        assert BALANCE.succeeds(make_client(server.url))
    assert len(recorded_sleeps) == 1
    assert 1 <= recorded_sleeps[0] < 2


@pytest.mark.parametrize("operation", [BALANCE, GENERATE], ids=str)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("unit", ["seconds", "date"])
def test_a_retry_after_of_a_day_is_not_slept(make_client, recorded_sleeps, operation, status, unit):
    day = 86_400
    value = str(day) if unit == "seconds" else formatdate(time.time() + day, usegmt=True)
    with (
        FaultyServer(limited(status, value, "daily")) as server,
        pytest.raises(deapi.DeapiError) as caught,
    ):
        operation.call(make_client(server.url))
    assert recorded_sleeps == []
    assert len(server.requests) == 1
    assert caught.value.possibly_accepted is False
    if status == 429:
        assert isinstance(caught.value, deapi.RateLimitError)
        assert caught.value.retry_after == pytest.approx(day, abs=10)
        assert caught.value.limit_type == "daily"


def test_without_headers_retry_after_is_one_second_and_the_limit_type_minute(
    make_client, recorded_sleeps
):
    with FaultyServer(limited(429, None)) as server, pytest.raises(deapi.RateLimitError) as caught:
        make_client(server.url, max_retries=0).balance()
    assert (caught.value.retry_after, caught.value.limit_type) == (1.0, "minute")


@pytest.mark.parametrize(("retry_after", "sleeps"), [("59", True), ("61", False)])
def test_the_default_of_max_retry_wait_is_60_seconds(
    make_client, recorded_sleeps, retry_after, sleeps
):
    with FaultyServer(limited(429, retry_after), BALANCE.success()) as server:
        client = make_client(server.url)
        if sleeps:
            assert BALANCE.succeeds(client)
        else:
            with pytest.raises(deapi.RateLimitError):
                client.balance()
    assert len(server.requests) == (2 if sleeps else 1)


def test_max_retry_wait_can_be_set(make_client, recorded_sleeps):
    with FaultyServer(limited(429, "3600"), BALANCE.success()) as server:
        assert BALANCE.succeeds(make_client(server.url, max_retry_wait=4000))
    assert 3600 <= recorded_sleeps[0] < 3602


def test_retry_after_is_respected_for_429_and_503_only(make_client, recorded_sleeps):
    with FaultyServer(limited(500, "30"), limited(502, "86400"), BALANCE.success()) as server:
        assert BALANCE.succeeds(make_client(server.url))
    assert recorded_sleeps[0] < 2
    assert recorded_sleeps[1] < 3
