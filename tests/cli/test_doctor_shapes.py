"""The comparison of responses by `deapi doctor --live`."""

import pytest

from deapi.cli.doctor.shapes import compare_shapes, compare_with_model, shape_of


def compare(received, expected):
    return [
        (each.category, each.where, each.expected, each.received)
        for each in compare_shapes(shape_of(received), shape_of(expected))
    ]


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ({"a": 1}, {"a": 2.5}),
        ({"a": None}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": None}),
        ({"a": []}, {"a": [{"b": 1}]}),
        ({"a": [{"b": 1}]}, {"a": []}),
        ([{"a": 1}, {"b": 1}], [{"a": 1, "b": 1}]),
    ],
)
def test_other_values_null_and_empty_arrays_do_not_differ(received, expected):
    assert compare(received, expected) == []


@pytest.mark.parametrize(
    ("received", "expected", "difference"),
    [
        ({"a": 1, "b": 1}, {"a": 1}, ("unknown field", "b", "no field", "number")),
        ({"a": {}}, {"a": {"b": "x"}}, ("missing field", "a.b", "string", "no field")),
        ({"a": ["1"]}, {"a": [1]}, ("type", "a[]", "number", "string")),
        ({"a": {"b": 1}}, {"a": [1]}, ("type", "a", "array", "object")),
        ({"a": True}, {"a": 1}, ("type", "a", "number", "boolean")),
    ],
)
def test_a_difference_names_its_innermost_field(received, expected, difference):
    assert difference in compare(received, expected)


@pytest.mark.parametrize("progress", [0, "0.00", "12.5", 100, None, ""])
def test_a_value_that_the_model_converts_does_not_differ(progress):
    body = {"data": {"status": "done", "progress": progress}}
    assert list(compare_with_model(body, "JobResult")) == []


@pytest.mark.parametrize(
    ("field", "value", "category"),
    [
        ("progress", "half", "type"),
        ("price", 5, "type"),
        ("price", {"amount": "much"}, "type"),
        ("retryable", "perhaps", "type"),
        ("status", "dreaming", "value"),
        ("status", 5, "type"),
        ("other", 1, "unknown field"),
    ],
)
def test_a_value_that_the_model_drops_is_a_difference(field, value, category):
    body = {"data": {"status": "done", field: value}}
    [difference] = compare_with_model(body, "JobResult")
    assert difference.category == category
    assert difference.where.startswith(f"data.{field}")


def test_a_required_field_that_is_missing_is_a_difference():
    [difference] = compare_with_model({"data": {}}, "JobSubmission")
    assert difference.category == "missing field"
    assert difference.where == "data.request_id"
