"""A call: when it is repeated, how long it waits, and what it raises. No network, no waiting."""

import logging

import pytest

from deapi import (
    DeapiError,
    InvalidResponseError,
    NetworkError,
    RateLimitError,
    ServerError,
    ValidationError,
)
from deapi._transport import readers
from deapi._transport.flows import call
from deapi._transport.request import Request
from support.fake_driver import FakeDriver, network_failure, response

READ = Request("balance")
SUBMISSION = Request("images.generate", {"prompt": "a fox"})
PRICE = Request("images.generate_price", {"prompt": "a fox"})
JOB = response(body={"data": {"request_id": "job-1"}})
MONEY = response(body={"data": {"balance": 1.5}})
PRICED = response(body={"data": {"price": 0.5}})

KINDS = {
    "read": (READ, readers.balance, MONEY),
    "price": (PRICE, readers.price, PRICED),
    "submission": (SUBMISSION, readers.submission, JOB),
}
NEVER_ARRIVED = [
    network_failure(sent=False),
    response(408),
    response(429),
    response(500),
    response(503),
]
PERHAPS_ACCEPTED = [
    network_failure(sent=True),
    response(502),
    response(504),
    response(520),
    response(524),
]


def attempts(kind: str, outcome: object, **options: object) -> FakeDriver:
    """One failure, then success, if the flow tries again."""
    request, read, success = KINDS[kind]
    driver = FakeDriver([outcome, success], options)
    driver.run(call(driver.context, request, read))
    return driver


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outcome", NEVER_ARRIVED, ids=str)
def test_what_cannot_have_been_accepted_is_sent_again(kind, outcome):
    driver = attempts(kind, outcome)
    assert len(driver.sent) == 2
    assert driver.sent[0] is driver.sent[1], "the same request, with the same idempotency key"


@pytest.mark.parametrize("kind", ["read", "price"])
@pytest.mark.parametrize("outcome", PERHAPS_ACCEPTED, ids=str)
def test_what_costs_nothing_is_sent_again_after_any_transient_failure(kind, outcome):
    assert len(attempts(kind, outcome).sent) == 2


@pytest.mark.parametrize("outcome", PERHAPS_ACCEPTED, ids=str)
def test_a_submission_that_may_have_been_accepted_is_not_sent_again(outcome):
    driver = FakeDriver([outcome])
    with pytest.raises((NetworkError, ServerError)) as caught:
        driver.run(call(driver.context, SUBMISSION, readers.submission))
    assert caught.value.possibly_accepted
    assert "may have been accepted and charged" in str(caught.value)
    assert "balance" in str(caught.value)


@pytest.mark.parametrize("outcome", NEVER_ARRIVED + PERHAPS_ACCEPTED, ids=str)
def test_always_sends_a_submission_again_like_any_other_call(outcome):
    assert len(attempts("submission", outcome, retry_submissions="always").sent) == 2


@pytest.mark.parametrize("outcome", NEVER_ARRIVED + PERHAPS_ACCEPTED, ids=str)
def test_never_sends_a_submission_once_and_a_read_again(outcome):
    driver = FakeDriver([outcome], {"retry_submissions": "never"})
    with pytest.raises(DeapiError) as caught:
        driver.run(call(driver.context, SUBMISSION, readers.submission))
    assert caught.value.possibly_accepted == (outcome in PERHAPS_ACCEPTED)
    assert len(attempts("read", outcome, retry_submissions="never").sent) == 2


def test_a_doubt_from_an_earlier_attempt_is_not_forgotten():
    driver = FakeDriver(
        [network_failure(sent=True), response(422, {"message": "No."})],
        {"retry_submissions": "always"},
    )
    with pytest.raises(ValidationError) as caught:
        driver.run(call(driver.context, SUBMISSION, readers.submission))
    assert caught.value.possibly_accepted


def test_a_lost_read_leaves_no_doubt_about_money():
    driver = FakeDriver([network_failure(sent=True)], {"max_retries": 0})
    with pytest.raises(NetworkError) as caught:
        driver.run(call(driver.context, READ, readers.balance))
    assert not caught.value.possibly_accepted


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 413, 422, 302])
def test_a_definite_answer_is_not_asked_for_again(status):
    driver = FakeDriver([response(status, {"message": "No."})])
    with pytest.raises(DeapiError):
        driver.run(call(driver.context, READ, readers.balance))
    assert driver.slept == []


def test_the_pauses_are_1_2_4_8_8_seconds_plus_chance():
    driver = FakeDriver([network_failure()] * 6, {"max_retries": 5})
    with pytest.raises(NetworkError):
        driver.run(call(driver.context, READ, readers.balance))
    assert driver.slept == [1, 2, 4, 8, 8]

    jittery = FakeDriver([network_failure()] * 4)
    jittery.context.chance = lambda: 1.0
    with pytest.raises(NetworkError):
        jittery.run(call(jittery.context, READ, readers.balance))
    assert jittery.slept == [1.25, 2.5, 5]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("Thu, 01 Jan 1970 00:16:50 GMT", 10),  # the driver's time is 1000 s past the epoch
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),  # in the past: the usual pause
        ("-5", 1),
        ("soon", 1),
        ("", 1),
        ("nan", 1),
        ("inf", 1),
        ("9" * 400, 1),
        ("Thu, 99 Jan 1970", 1),
    ],
)
def test_retry_after_is_heeded_in_both_forms_and_garbage_is_not(status, value, pause):
    driver = FakeDriver([response(status, headers={"retry-after": value}), MONEY])
    driver.run(call(driver.context, READ, readers.balance))
    assert driver.slept == [pause]


@pytest.mark.parametrize(
    ("body", "pause"),
    [({"retry_after": 7}, 7), ({"retry_after": "soon"}, 1), ({"retry_after": None}, 1), ([], 1)],
)
def test_a_wait_that_stands_in_the_body_is_heeded_where_no_header_names_one(body, pause):
    driver = FakeDriver([response(429, body), MONEY])
    driver.run(call(driver.context, READ, readers.balance))
    assert driver.slept == [pause]


def test_a_ban_is_not_prolonged_by_trying_again():
    banned = response(429, {"message": "Stop."}, {"x-ratelimit-type": "ip-not-allowed"})
    driver = FakeDriver([banned])
    with pytest.raises(RateLimitError):
        driver.run(call(driver.context, READ, readers.balance))
    assert driver.slept == []


@pytest.mark.parametrize("submissions", ["safe", "always"])
def test_a_key_is_not_made_again_after_a_lost_answer(submissions):
    options = {"api_version": "v2", "retry_submissions": submissions}
    driver = FakeDriver([network_failure(sent=True)], options)
    with pytest.raises(NetworkError, match=r"look for it with keys\.list"):
        driver.run(call(driver.context, Request("keys.create", {"name": "ci"}), readers.new_key))
    assert driver.slept == []


@pytest.mark.parametrize("submissions", ["safe", "always"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_key_that_was_not_made_is_asked_for_again(submissions, status):
    options = {"api_version": "v2", "retry_submissions": submissions}
    made = response(201, {"data": {"id": 7, "secret": "7|new"}})
    driver = FakeDriver([response(status), made], options)
    request = Request("keys.create", {"name": "ci"})
    assert driver.run(call(driver.context, request, readers.new_key)).secret == "7|new"


@pytest.mark.parametrize("name", ["return_result_in_response", "enhance_prompt"])
@pytest.mark.parametrize("odd", ["false", "", 5, ["a"], {"a": 1}, 0.5])
def test_what_is_true_or_false_is_nothing_else(name, odd):
    driver = FakeDriver([], {"api_version": "v2"})
    fields = {**SUBMISSION.fields, name: odd}
    with pytest.raises(TypeError, match=f"{name} must be True or False"):
        driver.run(call(driver.context, Request("images.generate", fields), readers.submission))


@pytest.mark.parametrize("odd", [10**5000, -(10**30)], ids=["large", "negative"])
def test_a_number_that_no_service_reads_is_refused_by_name(odd):
    driver = FakeDriver([])
    with pytest.raises(ValueError, match="width cannot be sent: it is too large a number"):
        driver.run(call(driver.context, Request("balance", {"width": odd}), readers.balance))


def test_a_wait_of_hours_is_raised_and_not_slept():
    headers = {"retry-after": "86400", "x-ratelimit-type": "daily"}
    driver = FakeDriver([response(429, {"message": "Too Many Attempts."}, headers)])
    with pytest.raises(RateLimitError) as caught:
        driver.run(call(driver.context, SUBMISSION, readers.submission))
    assert driver.slept == []
    assert (caught.value.retry_after, caught.value.limit_type) == (86400, "daily")
    assert not caught.value.possibly_accepted


def test_max_retry_wait_sets_what_is_too_long():
    again = response(429, headers={"retry-after": "90"})
    driver = FakeDriver([again, MONEY], {"max_retry_wait": 100})
    driver.run(call(driver.context, READ, readers.balance))
    assert driver.slept == [90]


@pytest.mark.parametrize(
    "body", [b"", b"<html>ok</html>", b"null", b"[]", b'"id"', {}, {"data": None}, {"data": {}}]
)
def test_a_success_that_is_not_readable_may_have_been_a_job(body):
    driver = FakeDriver([response(200, body)])
    with pytest.raises(InvalidResponseError) as caught:
        driver.run(call(driver.context, SUBMISSION, readers.submission))
    assert caught.value.possibly_accepted
    assert caught.value.response is not None
    assert caught.value.response.status_code == 200


def test_every_submission_has_a_key_of_its_own_and_reads_have_none():
    keys = set()
    for _ in range(3):
        driver = attempts("submission", network_failure(sent=False))
        keys.add(driver.sent[0].headers["idempotency-key"])
    assert len(keys) == 3
    assert "idempotency-key" not in attempts("read", network_failure()).sent[0].headers


def test_every_repetition_is_logged(caplog):
    with caplog.at_level(logging.INFO, "deapi"):
        attempts("read", response(503, {"message": "Busy."}))
    (record,) = caplog.records
    assert "balance" in record.getMessage()
    assert "Busy." in record.getMessage()
    assert "Retry 1 of 3 in 1.0 s" in record.getMessage()


def test_no_step_of_a_flow_carries_the_key():
    driver = attempts("submission", network_failure(sent=False), api_key="secret-key")
    assert "secret-key" not in repr(driver.sent)


def test_the_bare_form_of_an_answer_is_read_too():
    driver = FakeDriver([response(body={"request_id": "job-2"})])
    result = driver.run(call(driver.context, SUBMISSION, readers.submission))
    assert result.request_id == "job-2"
