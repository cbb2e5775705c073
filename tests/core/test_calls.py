"""A call as a flow: the request that it sends, and the result or error that it ends with."""

import traceback

import pytest

from deapi import InvalidResponseError, RateLimitError
from deapi._core.calls import call, prepare
from deapi._core.request import Request
from deapi._core.steps import Send
from deapi._response import Response
from deapi.events import AttemptFinished
from support.fake_driver import FakeDriver, network_failure, response
from support.operations import BALANCE as READ
from support.operations import CREATE_KEY, OPERATIONS
from support.operations import GENERATE as SUBMISSION

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


def test_the_duration_of_an_attempt_excludes_the_delay_before_it():
    driver = FakeDriver([response(503), response(body={"data": {"balance": 1}})])
    seen = []
    driver.context.on_event = seen.append
    driver.run(call(driver.context, READ))
    assert driver.slept == [1]
    assert [event.seconds for event in seen if isinstance(event, AttemptFinished)] == [0, 0]


def test_no_step_contains_the_api_key():
    steps = sent_steps(SUBMISSION, JOB_RESPONSE, api_key="secret-key")
    assert "secret-key" not in repr(steps)


@pytest.mark.parametrize("fields", [{}, {"data": None}, {"data": []}, {"data": "x"}])
def test_a_response_without_the_data_wrapper_is_parsed(fields):
    driver = FakeDriver([response(body={"request_id": "job-2", **fields})])
    result = driver.run(call(driver.context, SUBMISSION))
    assert result.request_id == "job-2"


@pytest.mark.parametrize("status", [101, 199, 300, 304])
def test_only_a_2xx_status_is_a_success(status):
    driver = FakeDriver([response(status, {"data": {"balance": 1.5}})])
    with pytest.raises(InvalidResponseError) as caught:
        driver.run(call(driver.context, READ))
    assert caught.value.status_code == status
    assert f"(HTTP {status}: " in str(caught.value)


def test_the_longest_url_that_can_be_sent_is_sent():
    operation = OPERATIONS["balance"]

    def request(length):
        return Request(operation, {"padding": "x" * length})

    driver = FakeDriver([BALANCE_RESPONSE])
    room = 65_536 - len("https://api.deapi.ai/api/v1/client/balance?padding=")
    driver.run(call(driver.context, request(room)))
    assert len(driver.sent[0].url) == 65_536
    with pytest.raises(
        ValueError, match="too long to be sent: its URL would have 65537 characters"
    ):
        driver.run(call(driver.context, request(room + 1)))
    assert len(driver.sent) == 1


def test_a_form_without_files_needs_no_thread():
    operation = OPERATIONS["images.transform"]
    driver = FakeDriver(options={"api_version": "v2"})
    request = Request(operation, dict.fromkeys(operation.required, 1))
    with pytest.raises(StopIteration) as stopped:
        next(prepare(driver.context, request))
    assert isinstance(stopped.value.value, Send)
    assert stopped.value.value.headers["content-type"].startswith("multipart/form-data")


def test_the_repr_of_a_step_shows_neither_its_body_nor_its_secrets():
    secret = "a-secret-of-sufficient-length-for-webhooks"
    fields = {**SUBMISSION.fields, "webhook_url": "https://x.example", "webhook_secret": secret}
    driver = FakeDriver([JOB_RESPONSE], {"api_version": "v2"})
    driver.run(call(driver.context, Request(SUBMISSION.operation, fields)))
    (step,) = driver.sent
    assert secret.encode() in step.body
    assert secret in step.secrets
    assert secret not in repr(step)


NEW_KEY_BODIES = [
    {"data": {"id": 7, "secret": ["7|a-new-key-in-the-usual-field"]}},
    {"data": {"id": 7, "value": "a-new-key-in-an-unknown-field"}},
    b"<html>a-new-key-in-a-page",
]


@pytest.mark.parametrize("body", NEW_KEY_BODIES)
def test_an_unparsable_response_with_a_new_key_is_not_in_the_error(body):
    driver = FakeDriver(
        [response(201, body, {"x-new": "a-new-key-in-a-header"})], {"api_version": "v2"}
    )
    with pytest.raises(InvalidResponseError, match="it may contain the new key") as caught:
        driver.run(call(driver.context, CREATE_KEY))
    error = caught.value
    captured = traceback.TracebackException.from_exception(error, capture_locals=True)
    variables = [frame.locals for frame in captured.stack if "/deapi/" in frame.filename]
    assert error.response == Response(201, {}, b"")
    assert "a-new-key" not in f"{error!r} {vars(error)!r} {variables!r}"
    assert (error.__cause__, error.__context__) == (None, None)


def test_an_unparsable_response_is_quoted_without_the_api_key():
    key = "123|a-key-of-the-usual-length"
    driver = FakeDriver([response(200, {"data": {"balance": key}})], {"api_key": key})
    with pytest.raises(InvalidResponseError) as caught:
        driver.run(call(driver.context, READ))
    error = caught.value
    captured = traceback.TracebackException.from_exception(error, capture_locals=True)
    variables = [frame.locals for frame in captured.stack if "/deapi/" in frame.filename]
    assert """The body is '{"data": {"balance": "***"}}'.""" in str(error)
    assert key not in f"{error!r} {vars(error)!r} {error.response.content!r} {variables!r}"


def test_the_message_of_a_rate_limit_error_names_the_delay():
    driver = FakeDriver([response(429, {"message": "Stop."}, {"retry-after": "90"})])
    with pytest.raises(RateLimitError, match=r"Stop\. .* Retry after 90 s\.") as caught:
        driver.run(call(driver.context, READ))
    assert caught.value.retry_after == 90
    assert "longer than max_retry_wait (60 s), so the request was not retried" in str(caught.value)
