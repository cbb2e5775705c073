"""Days and moments as arguments give them."""

from __future__ import annotations

from datetime import date, datetime, timezone


def moment(name: str, given: datetime | str) -> datetime:
    """A moment, in UTC.

    Raises:
        TypeError: It is neither a datetime nor a str.
        ValueError: It is not in ISO 8601, or has no time zone, so that it is not clear when it is.
    """
    if isinstance(given, str):
        given = _parsed(name, given)
    if not isinstance(given, datetime):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"{name} must be a datetime or a str in ISO 8601, not {type(given).__name__}."
        )
    if given.utcoffset() is None:
        raise ValueError(
            f"{name} has no time zone, so it may be any of several moments: {given.isoformat()}. "
            "Give datetimes one, as datetime.now(timezone.utc) has, and end texts with Z."
        )
    try:
        return given.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f"{name} is beyond the calendar: {given.isoformat()}.") from None


def day(name: str, given: date | str) -> date:
    """A day; of a moment, the one that it falls on in UTC.

    Raises:
        TypeError: It is neither a date nor a str.
        ValueError: It is not in ISO 8601, or a moment that has no time zone.
    """
    if isinstance(given, str):
        try:
            return date.fromisoformat(given)
        except ValueError:
            given = _parsed(name, given)
    if isinstance(given, datetime):
        return moment(name, given).date()
    if not isinstance(given, date):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"{name} must be a date, a datetime or a str in ISO 8601, not {type(given).__name__}."
        )
    return given


def _parsed(name: str, text: str) -> datetime:
    try:
        # Python 3.10 does not know the Z.
        return datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)
    except ValueError:
        raise ValueError(f"{name} is not in ISO 8601: {text!r:.60}.") from None
