"""Usage reports, of the account or of one API key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.request import Request
from ._arguments import to_date

if TYPE_CHECKING:
    from datetime import date

    from .._core.operation import Operation


def usage_request(
    operation: Operation,
    start: date | str | None,
    end: date | str | None,
    group_by: str | None,
    key_id: str | None = None,
) -> Request:
    """Return the request for a usage report.

    Raises:
        TypeError: A date has the wrong type.
        ValueError: A date is not in ISO 8601, or ``start`` is after ``end``.
    """
    first = None if start is None else to_date("start", start)
    last = None if end is None else to_date("end", end)
    if first is not None and last is not None and first > last:
        raise ValueError(f"start must not be after end; got {first} and {last}.")
    fields = {
        "from": None if first is None else first.isoformat(),
        "to": None if last is None else last.isoformat(),
        "group_by": group_by,
    }
    return Request(operation, fields, identifier=key_id)
