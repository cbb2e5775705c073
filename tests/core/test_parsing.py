"""Lenient parsing of responses: with and without wrapper, and with missing or unknown fields."""

import json

import pydantic
import pytest

from deapi import InvalidResponseError, JobStatus
from deapi._core.parsing import parse, parse_model
from deapi._response import Response
from deapi.types import JobSubmission
from support.call_table import ID

RUNNING = {
    "status": "processing",
    "preview": "aGVsbG8=",
    "result_url": None,
    "results_alt_formats": None,
    "result": None,
    "metadata": None,
    "progress": "45.50",
    "error_code": None,
    "error_message": None,
    "error_reason": None,
    "retryable": None,
    "refunded": None,
    "failed_at": None,
    "price": None,
    "prompt_boosted": False,
    "prompt_boost": None,
}
DONE = {
    **RUNNING,
    "status": "done",
    "result_url": "https://results.example/1/a.png?X-Amz-Signature=1",
    "results_alt_formats": {
        "jpg": "https://results.example/1/a.jpg",
        "webp": None,
        "avif": {"url": "https://results.example/1/a.avif"},
    },
    "result": "[[0.5, 1]]",
    "metadata": {"id": "x", "title": None},
    "progress": 100,
    "price": {"amount": 0.00136, "is_estimated": False},
    "prompt_boosted": True,
    "prompt_boost": {"prompt": "a red fox", "prompt_original": "a fox"},
    "transcription": {"language": "en", "ts_level": "word", "structured": True},
}
FAILED = {
    **RUNNING,
    "status": "error",
    "error_code": "PROCESSING_ERROR",
    "error_message": "context-exceeded",
    "error_reason": "INPUT_TOO_LARGE",
    "retryable": False,
    "refunded": True,
    "failed_at": "2026-10-04T09:30:00+00:00",
    "price": {"amount": 0, "is_estimated": False},
}
PRICE = {"price": 0.0322704, "is_estimated": False, "estimate_basis": "request_params"}
PROMPT = {"prompt": "a red fox at dawn", "negative_prompt": "people"}

EXAMPLES = {
    "price": ("PriceResult", PRICE, {"price"}),
    "balance": ("Balance", {"balance": 19.72}, {"balance"}),
    "running job": ("JobResult", RUNNING, {"status"}),
    "finished job": ("JobResult", DONE, {"status"}),
    "failed job": ("JobResult", FAILED, {"status"}),
    "prompt": ("EnhancePromptResult", PROMPT, {"prompt"}),
    "speech prompt": ("EnhanceSpeechPromptResult", {"prompt": "Hello."}, {"prompt"}),
    "sample": (
        "SamplePromptResult",
        {"type": "text2image", "prompt": "a city at night"},
        {"prompt"},
    ),
}
OPTIONAL = [
    (name, field)
    for name, (_, body, required) in EXAMPLES.items()
    for field in body
    if field not in required
]
REQUIRED = [(name, field) for name, (_, _, required) in EXAMPLES.items() for field in required]


def response(body):
    return Response(200, {}, json.dumps(body).encode())


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_response_is_parsed_the_same_with_and_without_the_data_wrapper(name):
    model, body, _ = EXAMPLES[name]
    unwrapped = parse(response(body), model)
    assert parse(response({"data": body}), model) == unwrapped
    assert parse(response({"success": True, "data": body, "message": None}), model) == unwrapped


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_field_of_a_response_is_in_the_result(name):
    model, body, _ = EXAMPLES[name]
    result = parse(response(body), model).model_dump(exclude_unset=True)
    converted = {"progress": 45.5} if body.get("progress") == "45.50" else {}
    if name == "finished job":
        converted = {"results_alt_formats": {"jpg": "https://results.example/1/a.jpg"}}
    assert result == {**body, **converted}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_unknown_field_is_kept(name):
    model, body, _ = EXAMPLES[name]
    result = parse(response({"data": {**body, "queue_position": [3]}}), model)
    assert result.queue_position == [3]


@pytest.mark.parametrize("value", [None, [], {}, "", "?", -1, [None], {"0": None}], ids=repr)
@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_an_invalid_optional_field_does_not_affect_the_others(name, field, value):
    model, body, required = EXAMPLES[name]
    result = parse(response({"data": {**body, field: value}}), model)
    valid = parse(response(body), model)
    assert {f: getattr(result, f) for f in required} == {f: getattr(valid, f) for f in required}


@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_an_optional_field_may_be_missing(name, field):
    model, body, _ = EXAMPLES[name]
    incomplete = {f: value for f, value in body.items() if f != field}
    assert getattr(parse(response(incomplete), model), field) in (None, 0.0, "")


@pytest.mark.parametrize("value", ["missing", None, [], {}], ids=repr)
@pytest.mark.parametrize(("name", "field"), REQUIRED)
def test_a_response_without_its_required_field_is_invalid(name, field, value):
    model, body, _ = EXAMPLES[name]
    broken = {f: v for f, v in body.items() if f != field}
    if value != "missing":
        broken[field] = value
    with pytest.raises(InvalidResponseError, match=field):
        parse(response({"data": broken}), model)


@pytest.mark.parametrize("body", [[], {}, None, "ok", 7, {"data": None}, {"data": []}], ids=repr)
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_response_of_another_type_is_invalid(name, body):
    with pytest.raises(InvalidResponseError):
        parse(response(body), EXAMPLES[name][0])


def test_a_failed_job_has_its_error_fields():
    result = parse(response({"data": FAILED}), "JobResult")
    assert (result.status, result.error_reason) == (JobStatus.ERROR, "INPUT_TOO_LARGE")
    assert (result.retryable, result.refunded, result.price.amount) == (False, True, 0)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize(
    "request_id",
    ["missing", ID, " a/b ", 7, -1, 10**30, 0.5, 1e22, True, None, "", [], {}, "\ud800"],
    ids=repr,
)
def test_a_submission_is_parsed_like_its_model_without_pydantic(request_id, wrapped):
    body = {} if request_id == "missing" else {"request_id": request_id}
    try:
        expected = JobSubmission.model_validate(body).request_id
    except pydantic.ValidationError:
        with pytest.raises(InvalidResponseError, match=r"as JobSubmission: request_id is "):
            parse(response({"data": body} if wrapped else body), "JobSubmission")
    else:
        submission = parse(response({"data": body} if wrapped else body), "JobSubmission")
        assert submission.request_id == expected


@pytest.mark.parametrize("body", [[], {}, None, "ok", 7, {"data": None}, {"data": []}], ids=repr)
def test_a_response_of_another_type_is_not_a_submission(body):
    with pytest.raises(InvalidResponseError, match="as JobSubmission: request_id is missing"):
        parse(response(body), "JobSubmission")


class Box(pydantic.BaseModel):
    """A model with a field named like the wrapper."""

    data: dict[str, object]


def test_data_is_a_field_of_a_model_that_is_not_wrapped():
    body = {"data": {"data": {"a": 1}}}
    assert parse_model(response(body), Box, unwrap=False).data == {"data": {"a": 1}}
    assert parse_model(response(body), Box, unwrap=True).data == {"a": 1}


@pytest.mark.parametrize("content", [b"", b" \r\n", b"null", b"{}", b'{"message": "Deleted."}'])
def test_a_response_that_needs_no_body_may_have_any_json_or_none(content):
    assert parse(Response(200, {}, content), None) is None


def test_a_page_in_place_of_an_empty_body_is_invalid():
    with pytest.raises(InvalidResponseError, match="as an empty body: it is not JSON") as caught:
        parse(Response(200, {}, b"<html>"), None)
    assert caught.value.status_code == 200
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(
    ("body", "problem"),
    [({"balance": "s3cret"}, "balance: Input should be a valid number"), ([], "Input should be")],
)
def test_the_message_names_the_field_and_does_not_quote_the_body(body, problem):
    with pytest.raises(InvalidResponseError) as caught:
        parse(response(body), "Balance")
    assert f"(HTTP 200) as Balance: {problem}" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
