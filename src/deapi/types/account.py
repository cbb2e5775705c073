"""Models of the account: balance, usage, payments and API keys. Requires API v2."""

from __future__ import annotations

import datetime
from typing import Annotated, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field
from pydantic_core import core_schema

from ._base import (
    FixedSchema,
    Lenient,
    Model,
    UtcDatetime,
    empty_array_as_object,
    lenient,
    list_of_objects,
    list_of_strings,
)
from .pages import Page


def _date_part(value: object) -> object:
    """Return the date of an ISO 8601 date or datetime."""
    return value[:10] if isinstance(value, str) else value


Date: TypeAlias = Annotated[
    datetime.date | None,
    FixedSchema(core_schema.nullable_schema(core_schema.date_schema())),
    BeforeValidator(_date_part),
    Lenient,
]


class AutoTopUp(Model):
    """Settings of the account's automatic top-up."""

    enabled: Annotated[bool | None, Lenient] = None
    """Whether automatic top-up is on, or None if the service does not report it."""
    threshold: Annotated[float | None, Lenient] = None
    """Balance in US dollars below which the account is topped up, or None if the service does not
    report it."""
    amount: Annotated[float | None, Lenient] = None
    """Amount of each top-up in US dollars, or None if none is configured."""


class Billing(Model):
    """Balance and billing settings of the account."""

    balance: float
    """Current balance, in ``currency``."""
    currency: Annotated[str | None, Lenient] = None
    """Currency of the balance: ``USD``."""
    auto_top_up: Annotated[AutoTopUp, lenient(AutoTopUp)] = Field(default_factory=AutoTopUp)
    """Settings of the automatic top-up."""

    def _notebook_html(self) -> str | None:
        from . import _notebook

        return _notebook.table([self])


class UsageTotals(Model):
    """Total cost and number of requests in a usage report."""

    cost: Annotated[float, lenient(float)] = 0.0
    """Cost, in the ``currency`` of the report."""
    requests: Annotated[int, lenient(int)] = 0
    """Number of requests, including failed ones."""
    errors: Annotated[int, lenient(int)] = 0
    """Number of failed requests."""


class UsageGroup(UsageTotals):
    """Cost and number of requests of one group in a usage report."""

    key: Annotated[str, Field(coerce_numbers_to_str=True), lenient(str)] = ""
    """Value that the requests have in common: a day, an hour, a task, the slug of a model, or the
    ID of an API key, depending on ``Usage.group_by``."""
    name: Annotated[str | None, Lenient] = None
    """Display name of the group, or None; groups by API key have one."""


class Usage(Model):
    """Usage report for a range of days."""

    start: Date = Field(default=None, validation_alias=AliasChoices("from", "start"))
    """First day of the report; the API calls it ``from``."""
    end: Date = Field(default=None, validation_alias=AliasChoices("to", "end"))
    """Last day of the report; the API calls it ``to``."""
    group_by: Annotated[str | None, Lenient] = None
    """Criterion of the groups: ``day``, ``hour``, ``type``, ``model`` or ``key``."""
    currency: Annotated[str | None, Lenient] = None
    """Currency of all costs in the report: ``USD``."""
    totals: Annotated[UsageTotals, BeforeValidator(empty_array_as_object)]
    """Cost and number of requests in total."""
    groups: Annotated[list[UsageGroup], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[UsageGroup]
    )
    """Cost and number of requests of each group."""

    def _notebook_html(self) -> str | None:
        from . import _notebook

        return _notebook.table(self.groups) or _notebook.table([self.totals])


class Payment(Model):
    """A payment to the account, in any status."""

    id: Annotated[int | str | None, Lenient] = None
    """ID of the payment, a number or a string."""
    amount: Annotated[float | None, Lenient] = None
    """Amount of the payment, in ``currency``."""
    currency: Annotated[str | None, Lenient] = None
    """Currency of the amount, for example ``USD``."""
    status: Annotated[str | None, Lenient] = None
    """Status of the payment: ``pending``, ``paid``, ``disputed``, ``cancelled``, ``failed`` or
    ``expired``. The service may add others."""
    provider: Annotated[str | None, Lenient] = None
    """Payment provider."""
    created_at: UtcDatetime = None
    """Creation time of the payment, in UTC."""


class PaymentsPage(Page[Payment]):
    """One page of the account's payments."""


class ApiKey(Model):
    """An API key of the account, without its secret."""

    id: int
    """ID of the key, as the methods of ``client.keys`` accept it. It is the number before the ``|``
    in the secret."""
    name: Annotated[str, lenient(str)] = ""
    """Display name."""
    preview: Annotated[str | None, Lenient] = None
    """First and last characters of the secret."""
    role: Annotated[str | None, Lenient] = None
    """Role of the key: ``api`` for everything except ``client.balance()``, ``client.account`` and
    ``client.keys``; ``admin`` for everything."""
    status: Annotated[str | None, Lenient] = None
    """Status of the key: ``active``, ``revoked`` or ``expired``."""
    created_at: UtcDatetime = None
    """Creation time of the key, in UTC."""
    expires_at: UtcDatetime = None
    """Expiry time of the key, in UTC, or None if it does not expire."""
    last_used_at: UtcDatetime = None
    """Time of the last request with the key, in UTC, or None if it was never used."""
    ip_whitelist: Annotated[list[str], BeforeValidator(list_of_strings)] = Field(
        default_factory=list[str]
    )
    """IP addresses and networks that may use the key; empty allows all."""
    ip_whitelist_count: Annotated[int | None, Lenient] = None
    """Number of entries in ``ip_whitelist``."""
    limit: Annotated[float | None, Lenient] = None
    """Spend limit per interval in US dollars, or None for no limit."""
    reset_interval: Annotated[str | None, Lenient] = None
    """Interval after which ``limit_used`` is reset: ``none``, ``daily``, ``weekly`` or ``monthly``.
    """
    limit_used: Annotated[float | None, Lenient] = None
    """Amount spent since the last reset, in US dollars."""
    limit_remaining: Annotated[float | None, Lenient] = None
    """Amount that can be spent before the next reset, in US dollars, or None without a limit."""
    limit_resets_at: UtcDatetime = None
    """Time of the next reset, in UTC, or None if the limit is never reset."""


class NewApiKey(ApiKey):
    """A new API key with its secret."""

    id: Annotated[int, lenient(int)] = 0
    """ID of the key, as the methods of ``client.keys`` accept it. If the service does not return
    it, it is 0 instead of an error, because an error would lose the secret."""
    secret: str = Field(min_length=1, repr=False)
    """The key itself, for ``DeapiClient(api_key=...)``. The service shows it only once. ``repr()``
    omits it, ``model_dump()`` does not."""


class KeysPage(Page[ApiKey]):
    """One page of the account's API keys, newest first."""
