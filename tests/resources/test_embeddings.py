"""``client.embeddings``: vectors for texts."""

import pytest

INVALID_ARGUMENTS = [
    *(
        (f"embeddings.{method}", {"input": value, "model": "m"}, error, message)
        for method in ("create", "create_price")
        for value, error, message in (
            ("", ValueError, "input must not be an empty string"),
            ([], ValueError, "input is an empty list"),
            (["a", ""], ValueError, r"input\[1\] must not be an empty string"),
            (["a", 1], TypeError, r"input\[1\] must be a str, not int"),
            ([b"a"], TypeError, r"input\[0\] must be a str"),
            ({"a": 1}, TypeError, "input must be a list"),
            (b"a", TypeError, "input must be a list"),
            (7, TypeError, "input must be a list"),
        )
    ),
    ("embeddings.create", {"input": ["\ud83d"], "model": "m"}, ValueError, r"input\[0\] cannot"),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    for version in ("v1", "v2"):
        api.assert_rejected(version, operation, arguments, error, message)


def test_blank_input_and_an_empty_model_are_sent_for_the_service_to_validate(api):
    arguments = {"input": [" "], "model": ""}
    for version in ("v1", "v2"):
        assert api.request(version, "embeddings.create", arguments).fields == arguments


def test_vectors_are_returned_in_the_order_of_the_input(emulator_client):
    def vectors(texts):
        job = emulator_client.embeddings.create(
            input=texts, model="Bge_M3_FP16", return_result_in_response=True
        )
        return job.wait().embeddings()

    first, second = vectors(["a fox", "a wolf"])
    assert len(first) == len(second) == 1024
    assert vectors("a wolf") == [second]
