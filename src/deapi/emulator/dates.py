"""Moments of emulated time as the account's answers write them, and as requests bring them."""

from __future__ import annotations

import datetime

UTC = datetime.timezone.utc

_END_OF_CALENDAR = 253_402_300_800  # the year 10000


def date_time(moment: float) -> datetime.datetime:
    """A moment (seconds since the epoch) as a date and time, UTC."""
    return datetime.datetime.fromtimestamp(moment, UTC)


def written(moment: float | None) -> str | None:
    """A moment in ISO 8601 with `+00:00`, to the second."""
    return None if moment is None else date_time(int(moment)).isoformat()


def read(text: str) -> float | None:
    """The moment that an ISO 8601 date, or date and time, names; None if it names none.

    What has no offset is UTC, and a date alone its midnight.
    """
    if text.endswith(("Z", "z")):  # Python 3.10 does not know it
        text = f"{text[:-1]}+00:00"
    try:
        parsed = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return moment if 0 <= moment < _END_OF_CALENDAR else None
