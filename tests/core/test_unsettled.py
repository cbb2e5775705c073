"""Submissions in doubt: what their errors claim, and the trace that an interrupted one leaves."""

import logging
import re
from dataclasses import dataclass, replace

import pytest

from deapi import DeapiError, NetworkError, ServerError, ValidationError
from deapi._core.calls import call
from deapi._core.unsettled import Unsettled, UnsettledSubmission
from deapi._response import Failure
from deapi._text import add_note
from support.fake_driver import FakeDriver, job_status, network_failure, response
from support.operations import BALANCE as READ
from support.operations import CREATE_KEY, status_request
from support.operations import GENERATE as SUBMISSION

ACCEPTED = response(body={"data": {"request_id": "job-1"}})
REJECTED = response(422, {"message": "No."})
LIMITED = response(429, {"message": "Stop."})
FAILED = response(500, {"message": "Server Error"})
GATEWAY = response(504, b"")
LOST = network_failure(sent=True)
UNSENT = network_failure(sent=False)
DISK = OSError("photo.png was truncated while uploading; nothing was charged.")
BROKEN_FILE = Failure(str(DISK), sent=False, error=DISK)


def closed(_driver, _step):
    raise DeapiError("This client has been closed. Nothing was sent.")


def key_of(driver):
    return driver.sent[0].headers["idempotency-key"]


@pytest.mark.parametrize(
    ("mode", "outcomes", "error", "in_doubt", "claims_no_charge"),
    [
        ("safe", [REJECTED], ValidationError, False, True),
        ("safe", [LIMITED, REJECTED], ValidationError, False, True),
        ("safe", [UNSENT, REJECTED], ValidationError, False, True),
        ("safe", [FAILED, REJECTED], ValidationError, False, False),
        ("safe", [FAILED, LIMITED, REJECTED], ValidationError, False, False),
        ("safe", [response(408), REJECTED], ValidationError, False, False),
        ("safe", [FAILED, GATEWAY], ServerError, True, False),
        ("safe", [LOST], NetworkError, True, False),
        ("safe", [UNSENT, closed], DeapiError, False, False),
        ("safe", [FAILED, closed], DeapiError, False, False),
        ("safe", [LIMITED, BROKEN_FILE], OSError, False, True),
        ("never", [FAILED], ServerError, False, False),
        ("never", [GATEWAY], ServerError, True, False),
        ("always", [LOST, REJECTED], ValidationError, True, False),
        ("always", [GATEWAY, LIMITED, REJECTED], ValidationError, True, False),
        ("always", [FAILED, LOST, REJECTED], ValidationError, True, False),
        ("always", [LOST, BROKEN_FILE], NetworkError, True, False),
        ("always", [LOST, FileNotFoundError("photo.png")], NetworkError, True, False),
        ("always", [GATEWAY, closed], DeapiError, True, False),
        ("always", [LOST, UNSENT, UNSENT, UNSENT], NetworkError, True, False),
    ],
)
def test_an_error_speaks_for_every_attempt_of_the_call(
    mode, outcomes, error, in_doubt, claims_no_charge
):
    driver = FakeDriver(outcomes, {"retry_submissions": mode})
    with pytest.raises(error) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert len(driver.sent) == len(outcomes)
    assert getattr(caught.value, "possibly_accepted", False) is in_doubt
    assert ("nothing was charged" in str(caught.value)) is claims_no_charge
    assert "may have been accepted" in str(caught.value) or not in_doubt
    last = outcomes[-1]
    if in_doubt and isinstance(last, (Failure, OSError)):
        assert caught.value.__cause__ is (last.error if isinstance(last, Failure) else last)
    entries = driver.context.unsettled.entries()
    assert [entry.idempotency_key for entry in entries] == [key_of(driver)] * in_doubt
    assert not hasattr(caught.value, "__notes__")


def test_a_later_success_settles_the_call():
    driver = FakeDriver([LOST, KeyboardInterrupt()], {"retry_submissions": "always"})
    with pytest.raises(KeyboardInterrupt):
        driver.run(call(driver.context, SUBMISSION))
    (entry,) = driver.context.unsettled.entries()
    assert (entry.operation, entry.idempotency_key) == ("images.generate", key_of(driver))
    assert (entry.request_id, entry.accepted) == (None, False)
    assert entry.started_at.timestamp() == 1000
    driver.context.unsettled.settle("images.generate", key_of(driver))
    assert driver.context.unsettled.entries() == ()


@dataclass
class Attempt:
    """An attempt as a driver has left it."""

    possibly_sent: bool = False
    fully_sent: bool = False
    response: object = None


def interrupted_with(error, **state):
    """Return the outcome of an attempt that an exception interrupts."""

    def interrupt(_driver, step):
        step.sending = Attempt(**state)
        raise error

    return interrupt


class SoftTimeLimitExceededError(Exception):
    """An exception that a signal handler raises, as Celery's does."""


INTERRUPTS = [KeyboardInterrupt, SystemExit, SoftTimeLimitExceededError, GeneratorExit]


@pytest.mark.parametrize("interrupt", INTERRUPTS)
@pytest.mark.parametrize(
    ("outcomes", "state", "text"),
    [
        ([], {}, "Nothing was sent."),
        ([LIMITED], {}, "No attempt was accepted."),
        ([], {"possibly_sent": True}, "may have been accepted and charged"),
        ([LOST], {}, "may have been accepted and charged"),
        ([], {"possibly_sent": True, "response": REJECTED}, "No attempt was accepted."),
        (
            [LOST],
            {"possibly_sent": True, "response": REJECTED},
            "may have been accepted and charged",
        ),
        ([], {"possibly_sent": True, "response": GATEWAY}, "may have been accepted and charged"),
        ([], {"possibly_sent": True, "response": ACCEPTED}, r"client\.job\('job-1'\)"),
    ],
)
def test_an_interrupted_submission_leaves_a_trace(caplog, interrupt, outcomes, state, text):
    error = interrupt()
    options = {"retry_submissions": "always"}
    driver = FakeDriver([*outcomes, interrupted_with(error, **state)], options)
    with caplog.at_level(logging.WARNING, "deapi"), pytest.raises(interrupt) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert caught.value is error
    warned = [each.getMessage() for each in caplog.records if "interrupted" in each.getMessage()]
    entries = driver.context.unsettled.entries()
    if "sent" in text or "accepted." in text:
        assert (warned, entries) == ([], ())
        if interrupt is GeneratorExit:
            return
    else:
        assert warned == error.__notes__
        assert "images.generate" in warned[0]
        assert key_of(driver) in warned[0]
        assert "1970-01-01 00:16:40 UTC" in warned[0]
        (entry,) = entries
        accepted = state.get("response") is ACCEPTED
        assert (entry.accepted, entry.request_id) == (accepted, "job-1" if accepted else None)
    (note,) = error.__notes__
    assert re.search(text, note)


def test_an_attempt_that_raises_after_its_request_was_sent_is_in_doubt():
    error = OSError("The file could not be read.")
    driver = FakeDriver([interrupted_with(error, possibly_sent=True)])
    with pytest.raises(NetworkError) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert caught.value.possibly_accepted
    assert caught.value.__cause__ is error


def test_an_attempt_that_raises_after_its_response_arrived_returns_the_job():
    driver = FakeDriver([interrupted_with(OSError(), possibly_sent=True, response=ACCEPTED)])
    assert driver.run(call(driver.context, SUBMISSION)).request_id == "job-1"


@pytest.mark.parametrize("value", [10**50, object()])
def test_a_rejected_argument_is_not_an_interruption(value):
    driver = FakeDriver()
    with pytest.raises((ValueError, TypeError)) as caught:
        driver.run(call(driver.context, replace(SUBMISSION, fields={"width": value})))
    assert not hasattr(caught.value, "__notes__")


def test_a_submission_stays_unsettled_after_an_interrupt_before_its_retry():
    driver = FakeDriver([LOST], {"retry_submissions": "always"})
    flow = call(driver.context, SUBMISSION)
    flow.send(driver._execute(flow.send(None)))
    error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        flow.throw(error)
    assert "may have been accepted" in error.__notes__[0]
    assert len(driver.context.unsettled.entries()) == 1


def test_an_interrupt_after_the_response_still_names_the_job():
    def build(_submission):
        raise error

    error = KeyboardInterrupt()

    def respond(_driver, step):
        step.sending = Attempt(possibly_sent=True, response=ACCEPTED)
        return ACCEPTED

    driver = FakeDriver([respond])
    with pytest.raises(KeyboardInterrupt):
        driver.run(call(driver.context, SUBMISSION, build))
    assert "client.job('job-1')" in error.__notes__[0]
    assert driver.context.unsettled.entries()[0].request_id == "job-1"


def test_an_interrupted_key_creation_says_where_to_look():
    error = KeyboardInterrupt()
    driver = FakeDriver([interrupted_with(error, possibly_sent=True)], {"api_version": "v2"})
    with pytest.raises(KeyboardInterrupt):
        driver.run(call(driver.context, CREATE_KEY))
    assert "Look for it with keys.list()" in error.__notes__[0]


def test_an_interrupted_read_leaves_no_trace(caplog):
    error = KeyboardInterrupt()
    driver = FakeDriver([interrupted_with(error, possibly_sent=True)])
    with pytest.raises(KeyboardInterrupt):
        driver.run(call(driver.context, READ))
    assert not hasattr(error, "__notes__")
    assert (caplog.records, driver.context.unsettled.entries()) == ([], ())


def test_an_accepted_job_is_logged(caplog):
    odd = response(body={"data": {"request_id": "job\x1b" + "x" * 1000}})
    driver = FakeDriver([ACCEPTED, odd])
    with caplog.at_level(logging.INFO, "deapi"):
        driver.run(call(driver.context, SUBMISSION))
        driver.run(call(driver.context, SUBMISSION))
    first, second = [each.getMessage() for each in caplog.records]
    assert first == "images.generate: job job-1 accepted"
    assert second.isprintable()
    assert len(second) < 200


def test_reading_the_status_of_a_job_is_not_logged_as_its_submission(caplog):
    driver = FakeDriver([job_status("done", request_id="job-1")])
    with caplog.at_level(logging.INFO, "deapi"):
        driver.run(call(driver.context, status_request("job-1")))
    assert caplog.records == []


def test_a_retry_that_may_be_charged_twice_is_logged_as_a_warning(caplog):
    driver = FakeDriver([FAILED, LOST, ACCEPTED], {"retry_submissions": "always"})
    with caplog.at_level(logging.INFO, "deapi"):
        driver.run(call(driver.context, SUBMISSION))
    retries = [each for each in caplog.records if "Retry" in each.getMessage()]
    assert [each.levelname for each in retries] == ["INFO", "WARNING"]
    assert "It may be charged twice" in retries[1].getMessage()


@pytest.mark.parametrize(("request_", "outcome"), [(READ, LOST), (SUBMISSION, FAILED)])
def test_an_error_after_retries_names_their_number_and_duration(request_, outcome):
    driver = FakeDriver([outcome] * 4)
    with pytest.raises(DeapiError, match=r"It failed after 4 attempts in 7 s\."):
        driver.run(call(driver.context, request_))


# -- the list ------------------------------------------------------------------------------------


def entry(number):
    return UnsettledSubmission("images.generate", str(number), None)


def test_the_list_keeps_the_most_recent_entries():
    unsettled = Unsettled(lambda: 1)
    for number in range(1005):
        unsettled.add(entry(number))
    kept = [int(each.idempotency_key) for each in unsettled.entries()]
    assert kept == list(range(5, 1005))


def test_a_forked_process_starts_with_an_empty_list():
    process = 1
    unsettled = Unsettled(lambda: process)
    unsettled.add(entry(1))
    process = 2
    assert unsettled.entries() == ()
    unsettled.add(entry(2))
    assert unsettled.entries() == (entry(2),)


def test_a_note_is_added_once():
    error = ValueError()
    add_note(error, "first")
    add_note(error, "second")
    add_note(error, "first")
    assert error.__notes__ == ["first", "second"]
