"""ISO 8601 datetimes, parsed the same on every supported Python."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_FRACTION = re.compile(r"\.([0-9]{1,6})[0-9]*")


def parse_datetime(value: str) -> datetime:
    """Parse an ISO 8601 datetime.

    Raises:
        ValueError: The string is not an ISO 8601 datetime.
    """
    # Python 3.10 does not parse the suffix Z, nor fractions other than of 3 or 6 digits.
    value = _FRACTION.sub(lambda match: f".{match[1]:0<6}", value, count=1)
    return datetime.fromisoformat(f"{value[:-1]}+00:00" if value[-1:] in ("Z", "z") else value)


def ensure_utc(value: datetime) -> datetime:
    """Return ``value`` with a time zone, UTC if it has none, so that it can be compared."""
    return value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)
