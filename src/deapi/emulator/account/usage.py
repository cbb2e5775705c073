"""What was spent, when, with which key and on what.

A *request* is here what was carried out: a job that was accepted, or a prompt boost or sample
that was made. What was refused (401, 402, 403, 422, 429) and what is free (prices, status reads,
lists) is none. An *error* is such a request whose job ended in `error`. Both stand at the emulated
time at which the request was accepted, and the *cost* is what remains charged for it: a refund
takes it away from where it stood.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deapi.emulator import dates, errors
from deapi.emulator.operations import prices
from deapi.emulator.validation.fields import Field
from deapi.emulator.validation.validator import add, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from deapi.emulator.errors import Errors

CURRENCY = "USD"
KEPT_DAYS = 90
PROMPT = "prompt"
"""Type of prompt boosts and samples."""
NO_MODEL = "none"
"""Model of what names none: version 1's boosts and the samples."""
GROUPS = ("day", "hour", "type", "model")
"""What every usage answer can be grouped by."""

_DEFAULT_DAYS = 7
_HOURLY_DAYS = 31


@dataclass(eq=False)
class Entry:
    """A request that was carried out.

    Attributes:
        moment: Emulated time at which it was accepted, seconds since the epoch.
        key: Id of the key that made it.
        type: Inference type of the job, or `PROMPT`.
        model: Slug of the model, or `NO_MODEL`.
        cost: USD that remain charged.
        failed: Whether its job ended in `error`.
    """

    moment: float
    key: int
    type: str
    model: str
    cost: float
    failed: bool = False


@dataclass(frozen=True)
class Period:
    """The days that a usage answer covers, first and last one included, and its groups."""

    first: datetime.date
    last: datetime.date
    group_by: str

    def covers(self, entry: Entry) -> bool:
        """Whether the entry stands in it."""
        return self.first <= dates.date_time(entry.moment).date() <= self.last


@dataclass
class Usage:
    """Every request of the account that was carried out, in order."""

    entries: list[Entry] = field(default_factory=list[Entry])

    def add(self, entry: Entry) -> Entry:
        """Keep an entry."""
        self.entries.append(entry)
        return entry

    def spent(self, key: int, since: float) -> float:
        """USD that a key has spent since a moment."""
        total = 0.0
        for entry in reversed(self.entries):
            if entry.moment < since:
                break
            if entry.key == key:
                total += entry.cost
        return prices.rounded(total)


def period_of(query: Mapping[str, Any], groups: tuple[str, ...], now: float) -> Period:
    """The period that a query string asks for.

    Args:
        query: `from`, `to` and `group_by`, all optional: the last seven days, by day.
        groups: What the answer can be grouped by.
        now: Emulated time.

    Raises:
        ApiError: 422 with everything that is wrong.
    """
    fields = (
        Field("from", "string"),
        Field("to", "string"),
        Field("group_by", "string", default="day", choices=groups),
    )
    values, found = validate(fields, query, None)
    today = dates.date_time(now).date()
    last = _day(values, "to", found) or today
    first = _day(values, "from", found) or last - datetime.timedelta(days=_DEFAULT_DAYS - 1)
    if not found:
        _check_range(first, last, today, values["group_by"], found)
    if found:
        raise errors.unprocessable(found)
    return Period(first, last, values["group_by"])


def summary(
    entries: Iterable[Entry], period: Period, names: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """The body of a usage answer.

    Args:
        entries: What was carried out.
        period: What is asked for.
        names: Names of the keys by their id, for grouping by key.
    """
    covered = [entry for entry in entries if period.covers(entry)]
    name_of = _GROUPINGS[period.group_by]
    grouped: dict[str, list[Entry]] = defaultdict(list)
    for entry in covered:
        grouped[name_of(entry)].append(entry)
    groups: list[dict[str, Any]] = []
    for key, members in sorted(grouped.items()):
        named = {"name": names[int(key)]} if names and period.group_by == "key" else {}
        groups.append({"key": key, **named, **_sums(members)})
    if period.group_by not in ("day", "hour"):
        groups.sort(key=lambda group: -group["cost"])
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "group_by": period.group_by,
        "currency": CURRENCY,
        "totals": _sums(covered),
        "groups": groups,
    }


def _day(values: Mapping[str, Any], name: str, found: Errors) -> datetime.date | None:
    text: str | None = values[name]
    if text is None:
        return None
    moment = dates.read(text)
    if moment is None:
        add(found, name, f"The {name} field must be a valid date.")
        return None
    return dates.date_time(moment).date()


def _check_range(
    first: datetime.date, last: datetime.date, today: datetime.date, group_by: str, found: Errors
) -> None:
    oldest = today - datetime.timedelta(days=KEPT_DAYS)
    if last < first:
        add(found, "to", "The to field must be a date after or equal to from.")
    elif first < oldest:
        add(found, "from", f"The from field must be a date after or equal to {oldest}.")
    elif group_by == "hour" and (last - first).days >= _HOURLY_DAYS:
        add(found, "to", f"An hourly range must not be longer than {_HOURLY_DAYS} days.")


def _sums(entries: Iterable[Entry]) -> dict[str, Any]:
    members = list(entries)
    return {
        "cost": prices.rounded(sum(entry.cost for entry in members)),
        "requests": len(members),
        "errors": sum(entry.failed for entry in members),
    }


def _hour(entry: Entry) -> str:
    return dates.date_time(entry.moment).replace(minute=0, second=0, microsecond=0).isoformat()


_GROUPINGS: Mapping[str, Callable[[Entry], str]] = {
    "day": lambda entry: dates.date_time(entry.moment).date().isoformat(),
    "hour": _hour,
    "type": lambda entry: entry.type,
    "model": lambda entry: entry.model,
    "key": lambda entry: str(entry.key),
}
"""The group of an entry."""
