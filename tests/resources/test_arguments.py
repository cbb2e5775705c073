"""Validation of arguments that several operations share."""

import math
from datetime import datetime, timezone
from types import MappingProxyType

import pytest

from deapi.resources._arguments import lora_list, to_date, utc_datetime, webhook_fields


@pytest.mark.parametrize("name", ["", None, 7, ["a"]])
def test_a_lora_requires_a_name(name):
    with pytest.raises(ValueError, match=r"loras\[0\] requires a name"):
        lora_list([{"name": name, "weight": 1}])


@pytest.mark.parametrize("weight", [None, "0.5", True, -0.1, math.nan, [1]])
def test_a_lora_requires_a_weight_of_at_least_zero(weight):
    with pytest.raises(ValueError, match=r"loras\[1\] requires a weight"):
        lora_list([{"name": "a", "weight": 0}, {"name": "b", "weight": weight}])


def test_a_lora_may_be_any_mapping():
    lora = MappingProxyType({"name": "a", "weight": 0.5})
    assert lora_list([lora]) == [{"name": "a", "weight": 0.5}]


@pytest.mark.parametrize("item", ["a", 5, ("a", 0.5), object()])
def test_a_lora_of_another_type_is_rejected(item):
    with pytest.raises(TypeError, match=r"loras\[0\] must be a LoraWeight or a dict"):
        lora_list([item])


@pytest.mark.parametrize("convert", [utc_datetime, to_date])
def test_the_error_for_an_invalid_date_shows_only_its_start(convert):
    with pytest.raises(ValueError, match="start is not in ISO 8601") as caught:
        convert("start", "x" * 1_000_000)
    assert len(str(caught.value)) < 250


def test_the_date_of_a_datetime_is_the_date_in_utc():
    late = "2027-01-31T23:30:00-02:00"
    assert to_date("start", late).isoformat() == "2027-02-01"
    assert to_date("start", datetime.fromisoformat(late)).isoformat() == "2027-02-01"
    assert utc_datetime("start", late) == datetime(2027, 2, 1, 1, 30, tzinfo=timezone.utc)
    assert utc_datetime("start", late).tzinfo is timezone.utc


@pytest.mark.parametrize(("length", "valid"), [(31, False), (32, True), (255, True), (256, False)])
def test_a_webhook_secret_has_32_to_255_characters(length, valid):
    secret = "s" * length
    if valid:
        fields = webhook_fields("https://x.example", secret)
        assert fields["webhook_url"] == "https://x.example"
        assert fields["webhook_secret"].value == secret
        return
    with pytest.raises(ValueError, match=f"this one has {length}") as caught:
        webhook_fields("https://x.example", secret)
    assert secret not in str(caught.value)
