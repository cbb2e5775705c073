"""Validation of the fields of a request, before anything is sent."""

import math

import pytest

from deapi._core.calls import call
from deapi._core.request import Request, parse_bool, require_list, validate_fields
from support.fake_driver import FakeDriver
from support.operations import OPERATIONS


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (1, True), ("1", True), (False, False), (0, False), ("0", False)],
)
def test_the_forms_of_a_boolean_are_sent_as_true_or_false(value, expected):
    assert validate_fields({"flag": value}, ["flag"]) == {"flag": expected}
    assert parse_bool("flag", value) is expected


def test_the_error_for_a_boolean_shows_only_the_start_of_the_value():
    with pytest.raises(TypeError, match="flag must be True or False") as caught:
        parse_bool("flag", "x" * 1_000_000)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    "value",
    ["192.0.2.1", b"192.0.2.1", bytearray(b"1"), memoryview(b"1"), {"first": "192.0.2.1"}],
    ids=lambda value: type(value).__name__,
)
def test_a_single_value_is_not_taken_for_a_list(value):
    with pytest.raises(TypeError, match=f"not a single {type(value).__name__}"):
        require_list("items", value)


def test_a_single_file_is_not_taken_for_a_list_of_files():
    driver = FakeDriver()
    operation = OPERATIONS["images.transform"]
    fields = dict.fromkeys(operation.required, 1)
    request = Request(operation, fields, {"images[]": "photo.png"})
    with pytest.raises(TypeError, match="images must be a list"):
        driver.run(call(driver.context, request))
    assert driver.sent == []


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"weight": math.nan}, r"loras\[weight\]"),
        ([0.5, math.inf], r"loras\[1\]"),
        ([{"weight": -math.inf}], r"loras\[0\]\[weight\]"),
    ],
)
def test_a_nested_number_that_is_not_finite_is_rejected_by_its_path(value, path):
    with pytest.raises(ValueError, match=f"{path} must be a finite number"):
        validate_fields({"loras": value}, [])


def test_the_repr_of_a_request_shows_no_values():
    secret = "a-secret-of-sufficient-length"
    request = Request(OPERATIONS["images.generate"], {"webhook_secret": secret}, {"image": secret})
    assert secret not in repr(request)
