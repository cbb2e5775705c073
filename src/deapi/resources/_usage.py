"""Asking what was used, of the account or of one key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import TypeVar

from .._core.request import Request
from ._arguments import day

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import date

    from ..types import Usage

LateUsage: TypeAlias = "Coroutine[Any, Any, Usage]"

UsageT = TypeVar("UsageT", default="Usage")


def usage_request(
    operation: str,
    start: date | str | None,
    end: date | str | None,
    group_by: str | None,
    key_id: str | None = None,
) -> Request:
    """The request for a report of what was used.

    Raises:
        TypeError: A day is of another type.
        ValueError: A day cannot be read, or the last one is before the first.
    """
    first = None if start is None else day("start", start)
    last = None if end is None else day("end", end)
    if first is not None and last is not None and first > last:
        raise ValueError(f"start is after end: {first} is after {last}.")
    fields = {
        "from": None if first is None else first.isoformat(),
        "to": None if last is None else last.isoformat(),
        "group_by": group_by,
    }
    return Request(operation, fields, identifier=key_id)
