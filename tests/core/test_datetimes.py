"""Datetimes in ISO 8601, parsed the same on every supported Python."""

from datetime import datetime, timedelta, timezone

import pytest

from deapi._datetimes import parse_datetime

NOON = datetime(2027, 1, 31, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-31T12:00:00Z", NOON),
        ("2027-01-31T12:00:00z", NOON),
        ("2027-01-31T14:00:00+02:00", NOON),
        ("2027-01-31T12:00:00.5Z", NOON + timedelta(microseconds=500_000)),
        ("2027-01-31T14:00:00.75+02:00", NOON + timedelta(microseconds=750_000)),
        ("2027-01-31T12:00:00.000001Z", NOON + timedelta(microseconds=1)),
        ("2027-01-31T12:00:00.123456789Z", NOON + timedelta(microseconds=123_456)),
        ("2027-01-31", NOON.replace(hour=0, tzinfo=None)),
    ],
)
def test_a_datetime_is_parsed(text, expected):
    assert parse_datetime(text) == expected


@pytest.mark.parametrize("text", ["", "Z", ".", "noon", "2027-02-30"])
def test_other_text_is_rejected(text):
    with pytest.raises(ValueError, match=r"isoformat|day"):
        parse_datetime(text)
