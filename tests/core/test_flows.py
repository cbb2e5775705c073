"""A call as a flow: the request that it sends, and the result or error that it ends with."""

import pytest

from deapi import InvalidResponseError
from deapi._core.flows import call
from deapi._core.request import Request
from support.fake_driver import FakeDriver, network_failure, response
from support.operations import BALANCE as READ
from support.operations import GENERATE as SUBMISSION
from support.operations import OPERATIONS

JOB_RESPONSE = response(body={"data": {"request_id": "job-1"}})
BALANCE_RESPONSE = response(body={"data": {"balance": 1.5}})


def sent_steps(request, success, **options):
    """Return the steps of a call that succeeds at the second attempt."""
    driver = FakeDriver([network_failure(sent=False), success], options)
    driver.run(call(driver.context, request))
    return driver.sent


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("images.generate", "enhance_prompt"),
        ("ocr.extract", "return_result_in_response"),
        ("transcription.create", "diarize"),
    ],
)
@pytest.mark.parametrize("value", ["false", "", 5, ["a"], {"a": 1}, 0.5])
def test_a_boolean_field_accepts_only_booleans(operation, name, value):
    driver = FakeDriver([], {"api_version": "v2"})
    request = Request(OPERATIONS[operation], {name: value})
    with pytest.raises(TypeError, match=f"{name} must be True or False"):
        driver.run(call(driver.context, request))


@pytest.mark.parametrize("value", [10**5000, -(10**30)], ids=["large", "negative"])
def test_a_too_large_number_is_rejected_by_name(value):
    driver = FakeDriver([])
    with pytest.raises(ValueError, match="width cannot be sent: the number is too large"):
        driver.run(call(driver.context, Request(OPERATIONS["balance"], {"width": value})))


@pytest.mark.parametrize(
    "body", [b"", b"<html>ok</html>", b"null", b"[]", b'"id"', {}, {"data": None}, {"data": {}}]
)
def test_an_unparsable_2xx_response_to_a_submission_is_possibly_accepted(body):
    driver = FakeDriver([response(200, body)])
    with pytest.raises(InvalidResponseError) as caught:
        driver.run(call(driver.context, SUBMISSION))
    assert caught.value.possibly_accepted
    assert caught.value.response is not None
    assert caught.value.response.status_code == 200


def test_every_submission_has_its_own_idempotency_key_and_reads_have_none():
    keys = set()
    for _ in range(3):
        first, retry = sent_steps(SUBMISSION, JOB_RESPONSE)
        assert first is retry, "the same request, with the same idempotency key"
        keys.add(first.headers["idempotency-key"])
    assert len(keys) == 3
    read, _ = sent_steps(READ, BALANCE_RESPONSE)
    assert "idempotency-key" not in read.headers


def test_no_step_contains_the_api_key():
    steps = sent_steps(SUBMISSION, JOB_RESPONSE, api_key="secret-key")
    assert "secret-key" not in repr(steps)


def test_a_response_without_the_data_wrapper_is_parsed():
    driver = FakeDriver([response(body={"request_id": "job-2"})])
    result = driver.run(call(driver.context, SUBMISSION))
    assert result.request_id == "job-2"
