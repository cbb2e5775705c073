"""Moments in ISO 8601, read the same on every Python."""

from __future__ import annotations

from datetime import datetime, timezone


def parsed(text: str) -> datetime:
    """The moment that a text names.

    Raises:
        ValueError: It names none.
    """
    # Python 3.10 does not know the Z.
    return datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)


def assume_utc(moment: datetime) -> datetime:
    """A moment that can be compared with others: what has no time zone is in UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
