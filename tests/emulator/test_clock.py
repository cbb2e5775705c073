"""Parsing and formatting of emulated datetimes."""

from __future__ import annotations

import datetime

import pytest

from deapi.emulator.clock import format_datetime, parse_datetime

NOW = datetime.datetime(2026, 10, 4, 9, 30, tzinfo=datetime.timezone.utc).timestamp()


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "0001-01-01", "9999-12-31T23:59:59-14:00", "Z"]
)
def test_an_invalid_or_unsupported_date_is_none(text):
    assert parse_datetime(text) is None


def test_datetimes_are_formatted_in_utc_without_fractions():
    assert format_datetime(NOW + 0.7) == "2026-10-04T09:30:00+00:00"
    assert parse_datetime("2026-10-04T09:30:00Z") == NOW
    assert parse_datetime("2026-10-04") == NOW - 9.5 * 3600
