"""Retries: which failures are retried, after which delay, and which errors are raised."""

import logging

import pytest

from deapi import DeapiError, NetworkError, RateLimitError, ServerError, ValidationError
from deapi._core.calls import call
from support.fake_driver import FakeDriver, network_failure, response
from support.operations import BALANCE as READ
from support.operations import CREATE_KEY
from support.operations import GENERATE as SUBMISSION
from support.operations import GENERATE_PRICE as PRICE

JOB_RESPONSE = response(body={"data": {"request_id": "job-1"}})
BALANCE_RESPONSE = response(body={"data": {"balance": 1.5}})
PRICE_RESPONSE = response(body={"data": {"price": 0.5}})

CALLS = {
    "read": (READ, BALANCE_RESPONSE),
    "price": (PRICE, PRICE_RESPONSE),
    "submission": (SUBMISSION, JOB_RESPONSE),
}
NOT_ACCEPTED = [network_failure(sent=False), *map(response, (408, 429, 500, 503))]
POSSIBLY_ACCEPTED = [network_failure(sent=True), *map(response, (502, 504, 520, 524))]


def retried(call_type: str, outcome: object, **options: object) -> FakeDriver:
    """Run a call with one failed attempt and a successful one, if it is retried."""
    request, success = CALLS[call_type]
    driver = FakeDriver([outcome, success], options)
    driver.run(call(driver.context, request))
    return driver


@pytest.mark.parametrize("call_type", CALLS)
@pytest.mark.parametrize("outcome", NOT_ACCEPTED, ids=str)
def test_every_call_is_retried_if_it_cannot_have_been_accepted(call_type, outcome):
    driver = retried(call_type, outcome)
    assert len(driver.sent) == 2
    assert driver.sent[0] is driver.sent[1], "the same request, with the same idempotency key"


@pytest.mark.parametrize("call_type", ["read", "price"])
@pytest.mark.parametrize("outcome", POSSIBLY_ACCEPTED, ids=str)
def test_reads_and_prices_are_retried_after_any_transient_failure(call_type, outcome):
    assert len(retried(call_type, outcome).sent) == 2


@pytest.mark.parametrize("outcome", POSSIBLY_ACCEPTED, ids=str)
def test_a_submission_is_not_retried_if_it_may_have_been_accepted(outcome):
    driver = FakeDriver([outcome])
    with pytest.raises((NetworkError, ServerError)) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert caught.value.possibly_accepted
    assert "may have been accepted and charged. Check your balance" in str(caught.value)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 405, 408, 413, 422, 429, 500, 503])
def test_a_submission_that_the_service_rejected_is_not_possibly_accepted(status):
    driver = FakeDriver([response(status, {"message": "No."})], {"max_retries": 0})
    with pytest.raises(DeapiError) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert not caught.value.possibly_accepted
    assert "may have been accepted" not in str(caught.value)


@pytest.mark.parametrize("outcome", NOT_ACCEPTED + POSSIBLY_ACCEPTED, ids=str)
def test_always_retries_a_submission_like_any_other_call(outcome):
    assert len(retried("submission", outcome, retry_submissions="always").sent) == 2


@pytest.mark.parametrize("outcome", NOT_ACCEPTED + POSSIBLY_ACCEPTED, ids=str)
def test_never_retries_reads_but_not_submissions(outcome):
    driver = FakeDriver([outcome], {"retry_submissions": "never"})
    with pytest.raises(DeapiError) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert caught.value.possibly_accepted == (outcome in POSSIBLY_ACCEPTED)
    assert len(retried("read", outcome, retry_submissions="never").sent) == 2


def test_possibly_accepted_survives_a_later_attempt():
    driver = FakeDriver(
        [network_failure(sent=True), response(422, {"message": "No."})],
        {"retry_submissions": "always"},
    )
    with pytest.raises(ValidationError) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert caught.value.possibly_accepted
    assert "accepted and charged, in this attempt or an earlier one." in str(caught.value)


def test_a_lost_read_is_not_possibly_accepted():
    driver = FakeDriver([network_failure(sent=True)], {"max_retries": 0})
    with pytest.raises(NetworkError) as caught:
        driver.run(call(driver.context, READ))
    assert not caught.value.possibly_accepted


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 413, 422, 302])
def test_a_permanent_error_is_not_retried(status):
    driver = FakeDriver([response(status, {"message": "No."})])
    with pytest.raises(DeapiError):
        driver.run(call(driver.context, READ))
    assert driver.slept == []


def test_the_delays_are_1_2_4_8_8_seconds_plus_jitter():
    driver = FakeDriver([network_failure()] * 6, {"max_retries": 5})
    with pytest.raises(NetworkError):
        driver.run(call(driver.context, READ))
    assert driver.slept == [1, 2, 4, 8, 8]

    jittery = FakeDriver([network_failure()] * 4)
    jittery.context.random = lambda: 1.0
    with pytest.raises(NetworkError):
        jittery.run(call(jittery.context, READ))
    assert jittery.slept == [1.25, 2.5, 5]


@pytest.mark.parametrize(("value", "delay"), [("7", 7.25), ("0.4", 0.5), ("40", 40.25)])
def test_jitter_adds_up_to_a_quarter_of_a_second_to_retry_after(value, delay):
    driver = FakeDriver([response(429, headers={"retry-after": value}), BALANCE_RESPONSE])
    driver.context.random = lambda: 1.0
    driver.run(call(driver.context, READ))
    assert driver.slept == [delay]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("-5", 1),
        ("1e300", 1e8),
        ("Fri, 01 Jan 9999 00:00:00 GMT", 1e8),
    ],
)
def test_the_error_has_a_retry_after_from_zero_to_three_years(value, seconds):
    limited = response(429, headers={"retry-after": value})
    driver = FakeDriver([limited], {"max_retries": 0})
    with pytest.raises(RateLimitError) as caught:
        driver.run(call(driver.context, READ))
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "delay"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("Thu, 01 Jan 1970 00:16:50 GMT", 10),  # 10 s after the clock of the driver
        ("Thu, 01 Jan 1970 01:16:50 +0100", 10),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),  # in the past: the default delay
        ("-5", 1),
        ("soon", 1),
        ("", 1),
        ("nan", 1),
        ("inf", 1),
        ("9" * 400, 1),
        ("Thu, 99 Jan 1970", 1),
        ("Thu, 01 Jan 1970 99999999999:00:00 GMT", 1),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date_and_ignored_if_invalid(status, value, delay):
    driver = FakeDriver([response(status, headers={"retry-after": value}), BALANCE_RESPONSE])
    driver.run(call(driver.context, READ))
    assert driver.slept == [delay]


@pytest.mark.parametrize(
    ("body", "delay"),
    [
        ({"retry_after": 7}, 7),
        ({"retry_after": 2.5}, 2.5),
        ({"retry_after": "7"}, 7),
        ({"retry_after": "soon"}, 1),
        ({"retry_after": None}, 1),
        ([], 1),
        (b"<html>", 1),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"retry-after": " "}])
def test_retry_after_is_read_from_the_body_if_there_is_no_header(body, delay, headers):
    driver = FakeDriver([response(429, body, headers), BALANCE_RESPONSE])
    driver.run(call(driver.context, READ))
    assert driver.slept == [delay]


def test_a_blocked_ip_address_is_not_retried():
    blocked = response(429, {"message": "Stop."}, {"x-ratelimit-type": "ip-not-allowed"})
    driver = FakeDriver([blocked])
    with pytest.raises(RateLimitError):
        driver.run(call(driver.context, READ))
    assert driver.slept == []


@pytest.mark.parametrize("submissions", ["safe", "always"])
def test_creating_a_key_is_not_retried_after_a_lost_response(submissions):
    options = {"api_version": "v2", "retry_submissions": submissions}
    driver = FakeDriver([network_failure(sent=True)], options)
    with pytest.raises(NetworkError, match=r"Look for it with keys\.list"):
        driver.run(call(driver.context, CREATE_KEY))
    assert driver.slept == []


@pytest.mark.parametrize("submissions", ["safe", "always"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_creating_a_key_is_retried_if_none_was_created(submissions, status):
    options = {"api_version": "v2", "retry_submissions": submissions}
    created = response(201, {"data": {"id": 7, "secret": "7|new"}})
    driver = FakeDriver([response(status), created], options)
    request = CREATE_KEY
    assert driver.run(call(driver.context, request)).secret == "7|new"


def test_a_retry_after_of_hours_is_raised_and_not_slept():
    headers = {"retry-after": "86400", "x-ratelimit-type": "daily"}
    driver = FakeDriver([response(429, {"message": "Too Many Attempts."}, headers)])
    with pytest.raises(RateLimitError) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert driver.slept == []
    assert (caught.value.retry_after, caught.value.limit_type) == (86400, "daily")
    assert not caught.value.possibly_accepted


def test_max_retry_wait_sets_the_longest_delay():
    limited = response(429, headers={"retry-after": "90"})
    driver = FakeDriver([limited, BALANCE_RESPONSE], {"max_retry_wait": 100})
    driver.run(call(driver.context, READ))
    assert driver.slept == [90]


def test_every_retry_is_logged(caplog):
    with caplog.at_level(logging.INFO, "deapi"):
        retried("read", response(503, {"message": "Busy."}))
    (record,) = caplog.records
    assert "balance" in record.getMessage()
    assert "Busy." in record.getMessage()
    assert "Retry 1 of 3 in 1.0 s" in record.getMessage()
