"""``JobResult``: previews and inline embeddings."""

import math

import pytest

from deapi import InvalidResponseError, JobFailedError
from deapi.types import JobResult


@pytest.mark.parametrize(
    ("preview", "expected"),
    [
        ("/9j/4A==", b"\xff\xd8\xff\xe0"),
        ("data:image/jpeg;base64,/9j/4A==", b"\xff\xd8\xff\xe0"),
        ("data:text/html;base64,/9j/4A==", None),
        ("https://results.example/preview.jpg", None),
        ("https://results.example/a,b", None),
        ("not base64!", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_preview_is_decoded_from_base64_or_a_data_url_only(preview, expected):
    result = JobResult.model_validate({"status": "processing", "preview": preview})
    assert result.preview_image() == expected


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, "NaN", 1e308 * 10, -1])
def test_a_number_that_is_not_a_price_or_a_progress_is_ignored(number):
    data = {"status": "processing", "progress": number, "price": {"amount": number}}
    result = JobResult.model_validate(data)
    assert math.isfinite(result.progress)
    assert result.price.amount is None


def done(result):
    return JobResult.model_validate({"status": "done", "result": result})


@pytest.mark.parametrize("result", ["[[0.5, -1], [2e-3, 4]]", [[0.5, -1], [2e-3, 4]]])
def test_inline_embeddings_are_lists_of_floats(result):
    vectors = done(result).embeddings()
    assert vectors == [[0.5, -1.0], [0.002, 4.0]]
    assert {type(number) for vector in vectors for number in vector} == {float}


@pytest.mark.parametrize("result", ["[0.5, -1]", " [\n-1, 2]"])
def test_a_single_vector_may_be_unwrapped(result):
    (vector,) = done(result).embeddings()
    assert len(vector) == 2


@pytest.mark.parametrize("result", ["", "text", "{}", "[[1], null]", '[["a"]]', "[[1]", "[1, [2]]"])
def test_a_result_that_is_not_a_list_of_vectors_is_an_invalid_response(result):
    with pytest.raises(InvalidResponseError, match="list of vectors"):
        done(result).embeddings()


@pytest.mark.parametrize("parse", [JobResult.embeddings, JobResult.transcript])
def test_the_error_for_a_missing_inline_result_says_how_to_request_one(parse):
    with pytest.raises(ValueError, match="return_result_in_response=True"):
        parse(done(None))
    with pytest.raises(ValueError, match=r"wait\(\)"):
        parse(JobResult.model_validate({"status": "pending"}))
    with pytest.raises(JobFailedError, match="TIMEOUT"):
        parse(JobResult.model_validate({"status": "error", "error_reason": "TIMEOUT"}))
