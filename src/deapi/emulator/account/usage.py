"""Usage of the account: what each request cost, and the usage responses.

A *request* is counted if it was carried out: an accepted job, a prompt enhancement or a sample
prompt. Rejected requests (401, 402, 403, 422, 429) and free ones (prices, status requests, lists)
are not counted. An *error* is a counted request whose job ended in `error`. Both are dated at the
emulated time at which the request was accepted. The *cost* is the amount that remains charged: a
refund reduces the cost of the original request.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from .. import errors
from ..clock import parse_datetime, utc_datetime
from ..operations.prices import round_price
from ..validation.fields import Field
from ..validation.validator import add_error, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..errors import FieldErrors

CURRENCY = "USD"
HISTORY_DAYS = 90
PROMPT_TYPE = "prompt"
"""Usage type of prompt enhancements and sample prompts."""
NO_MODEL = "none"
"""Model in usage responses for a request without a model."""
GROUPINGS = ("day", "hour", "type", "model")
"""Values of `group_by` that every usage endpoint accepts."""

_DEFAULT_DAYS = 7
_MAX_HOURLY_DAYS = 31


@dataclass(eq=False)
class UsageRecord:
    """A request that was carried out.

    Attributes:
        accepted_at: Emulated time at which it was accepted, in seconds since the Unix epoch.
        key_id: ID of the API key.
        type: Inference type of the job, or `PROMPT_TYPE`.
        model: Slug of the model, or `NO_MODEL`.
        cost: Amount that remains charged, in USD.
        failed: Whether its job ended in `error`.
    """

    accepted_at: float
    key_id: int
    type: str
    model: str
    cost: float
    failed: bool = False


@dataclass(frozen=True)
class Period:
    """The period of a usage response.

    Attributes:
        first: First day, in UTC.
        last: Last day, in UTC. It is part of the period.
        group_by: How the records are grouped.
    """

    first: datetime.date
    last: datetime.date
    group_by: str

    def contains(self, record: UsageRecord) -> bool:
        """Whether a record is dated within the period."""
        return self.first <= utc_datetime(record.accepted_at).date() <= self.last


@dataclass
class Usage:
    """All requests of the account that were carried out, in order."""

    records: list[UsageRecord] = field(default_factory=list[UsageRecord])

    def add(self, record: UsageRecord) -> UsageRecord:
        """Add a record, and return it."""
        self.records.append(record)
        return record

    def spent(self, key_id: int, since: float) -> float:
        """Return the amount in USD spent with a key since a timestamp."""
        recent = takewhile(lambda record: record.accepted_at >= since, reversed(self.records))
        return round_price(sum(record.cost for record in recent if record.key_id == key_id))


def parse_period(query: Mapping[str, Any], groupings: tuple[str, ...], now: float) -> Period:
    """Parse `from`, `to` and `group_by`, which default to the last seven days, grouped by day.

    `groupings` are the accepted values of `group_by`.

    Raises:
        ApiError: 422 with all validation errors.
    """
    fields = (
        Field("from", "string"),
        Field("to", "string"),
        Field("group_by", "string", default="day", choices=groupings),
    )
    values, field_errors = validate(fields, query, None)
    today = utc_datetime(now).date()
    last = _parse_day(values, "to", field_errors) or today
    default_first = last - datetime.timedelta(days=_DEFAULT_DAYS - 1)
    first = _parse_day(values, "from", field_errors) or default_first
    if not field_errors:
        _check_range(first, last, today, values["group_by"], field_errors)
    if field_errors:
        raise errors.validation_failed(field_errors)
    return Period(first, last, values["group_by"])


def summarize(
    records: Iterable[UsageRecord], period: Period, key_names: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """Build the body of a usage response. Grouping by key requires the names of the keys by ID."""
    included = [record for record in records if period.contains(record)]
    group_key = _GROUP_KEYS[period.group_by]
    grouped: dict[str, list[UsageRecord]] = defaultdict(list)
    for record in included:
        grouped[group_key(record)].append(record)
    groups: list[dict[str, Any]] = []
    for key, members in sorted(grouped.items()):
        name = {"name": key_names[int(key)]} if key_names and period.group_by == "key" else {}
        groups.append({"key": key, **name, **_totals(members)})
    if period.group_by not in ("day", "hour"):
        groups.sort(key=lambda group: -group["cost"])
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "group_by": period.group_by,
        "currency": CURRENCY,
        "totals": _totals(included),
        "groups": groups,
    }


def _parse_day(
    values: Mapping[str, Any], name: str, field_errors: FieldErrors
) -> datetime.date | None:
    value: str | None = values[name]
    if value is None:
        return None
    timestamp = parse_datetime(value)
    if timestamp is None:
        add_error(field_errors, name, f"The {name} field must be a valid date.")
        return None
    return utc_datetime(timestamp).date()


def _check_range(
    first: datetime.date,
    last: datetime.date,
    today: datetime.date,
    group_by: str,
    field_errors: FieldErrors,
) -> None:
    oldest = today - datetime.timedelta(days=HISTORY_DAYS)
    if last < first:
        add_error(field_errors, "to", "The to field must be a date after or equal to from.")
    elif first < oldest:
        message = f"The from field must be a date after or equal to {oldest}."
        add_error(field_errors, "from", message)
    elif group_by == "hour" and (last - first).days >= _MAX_HOURLY_DAYS:
        message = f"An hourly range must not be longer than {_MAX_HOURLY_DAYS} days."
        add_error(field_errors, "to", message)


def _totals(records: Iterable[UsageRecord]) -> dict[str, Any]:
    members = list(records)
    return {
        "cost": round_price(sum(record.cost for record in members)),
        "requests": len(members),
        "errors": sum(record.failed for record in members),
    }


_GROUP_KEYS: Mapping[str, Callable[[UsageRecord], str]] = {
    "day": lambda record: utc_datetime(record.accepted_at).date().isoformat(),
    "hour": lambda record: f"{utc_datetime(record.accepted_at):%Y-%m-%dT%H:00:00+00:00}",
    "type": lambda record: record.type,
    "model": lambda record: record.model,
    "key": lambda record: str(record.key_id),
}
