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
    """Settings of the account's automatic top-up.

    Attributes:
        enabled: Whether automatic top-up is on, or None if the service does not report it.
        threshold: Balance in US dollars below which the account is topped up, or None if the
            service does not report it.
        amount: Amount of each top-up in US dollars, or None if none is configured.
    """

    enabled: Annotated[bool | None, Lenient] = None
    threshold: Annotated[float | None, Lenient] = None
    amount: Annotated[float | None, Lenient] = None


class Billing(Model):
    """Balance and billing settings of the account.

    Attributes:
        balance: Current balance, in ``currency``.
        currency: Currency of the balance: ``USD``.
        auto_top_up: Settings of the automatic top-up.
    """

    balance: float = Field(allow_inf_nan=False)
    currency: Annotated[str | None, Lenient] = None
    auto_top_up: Annotated[AutoTopUp, lenient(AutoTopUp)] = Field(default_factory=AutoTopUp)

    def _notebook_html(self) -> str | None:
        from . import _notebook

        return _notebook.table([self])


class UsageTotals(Model):
    """Total cost and number of requests in a usage report.

    Attributes:
        cost: Total cost, in the ``currency`` of the report.
        requests: Number of requests, including failed ones.
        errors: Number of failed requests.
    """

    cost: Annotated[float, lenient(float)] = 0.0
    requests: Annotated[int, lenient(int)] = 0
    errors: Annotated[int, lenient(int)] = 0


class UsageGroup(UsageTotals):
    """Cost and number of requests of one group in a usage report.

    Attributes:
        key: Value that the requests have in common: a day, an hour, a task, the slug of a model,
            or the ID of an API key, depending on ``Usage.group_by``.
        name: Display name of the group, or None; groups by API key have one.
        cost: Cost of the group, in the ``currency`` of the report.
        requests: Number of requests in the group, including failed ones.
        errors: Number of failed requests in the group.
    """

    key: Annotated[str, Field(coerce_numbers_to_str=True), lenient(str)] = ""
    name: Annotated[str | None, Lenient] = None


class Usage(Model):
    """Usage report for a range of days.

    Attributes:
        start: First day of the report; the API calls it ``from``.
        end: Last day of the report; the API calls it ``to``.
        group_by: Criterion of the groups: ``day``, ``hour``, ``type``, ``model`` or ``key``.
        currency: Currency of all costs in the report: ``USD``.
        totals: Cost and number of requests in total.
        groups: Cost and number of requests of each group.
    """

    start: Date = Field(default=None, validation_alias=AliasChoices("from", "start"))
    end: Date = Field(default=None, validation_alias=AliasChoices("to", "end"))
    group_by: Annotated[str | None, Lenient] = None
    currency: Annotated[str | None, Lenient] = None
    totals: Annotated[UsageTotals, BeforeValidator(empty_array_as_object)]
    groups: Annotated[list[UsageGroup], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[UsageGroup]
    )

    def _notebook_html(self) -> str | None:
        from . import _notebook

        return _notebook.table(self.groups) or _notebook.table([self.totals])


class Payment(Model):
    """A payment to the account, in any status.

    Attributes:
        id: ID of the payment, a number or a string.
        amount: Amount of the payment, in ``currency``.
        currency: Currency of the amount, for example ``USD``.
        status: Status of the payment: ``pending``, ``paid``, ``disputed``, ``cancelled``,
            ``failed`` or ``expired``. The service may add others.
        provider: Payment provider.
        created_at: Creation time of the payment, in UTC.
    """

    id: Annotated[int | str | None, Lenient] = None
    amount: Annotated[float | None, Lenient] = None
    currency: Annotated[str | None, Lenient] = None
    status: Annotated[str | None, Lenient] = None
    provider: Annotated[str | None, Lenient] = None
    created_at: UtcDatetime = None


class PaymentsPage(Page[Payment]):
    """One page of the account's payments.

    Attributes:
        data: Payments on this page.
        links: URLs of the other pages.
        meta: Page number, page size and total number of payments.
    """


class ApiKey(Model):
    """An API key of the account, without its secret.

    Attributes:
        id: ID of the key, as the methods of ``client.keys`` accept it. It is the number before the
            ``|`` in the secret.
        name: Display name.
        preview: First and last characters of the secret.
        role: Role of the key: ``api`` for everything except ``client.balance()``,
            ``client.account`` and ``client.keys``; ``admin`` for everything.
        status: Status of the key: ``active``, ``revoked`` or ``expired``.
        created_at: Creation time of the key, in UTC.
        expires_at: Expiry time of the key, in UTC, or None if it does not expire.
        last_used_at: Time of the last request with the key, in UTC, or None if it was never used.
        ip_whitelist: IP addresses and networks that may use the key; empty allows all.
        ip_whitelist_count: Number of entries in ``ip_whitelist``.
        limit: Spend limit per interval in US dollars, or None for no limit.
        reset_interval: Interval after which ``limit_used`` is reset: ``none``, ``daily``,
            ``weekly`` or ``monthly``.
        limit_used: Amount spent since the last reset, in US dollars.
        limit_remaining: Amount that can be spent before the next reset, in US dollars, or None
            without a limit.
        limit_resets_at: Time of the next reset, in UTC, or None if the limit is never reset.
    """

    id: int
    name: Annotated[str, lenient(str)] = ""
    preview: Annotated[str | None, Lenient] = None
    role: Annotated[str | None, Lenient] = None
    status: Annotated[str | None, Lenient] = None
    created_at: UtcDatetime = None
    expires_at: UtcDatetime = None
    last_used_at: UtcDatetime = None
    ip_whitelist: Annotated[list[str], BeforeValidator(list_of_strings)] = Field(
        default_factory=list[str]
    )
    ip_whitelist_count: Annotated[int | None, Lenient] = None
    limit: Annotated[float | None, Lenient] = None
    reset_interval: Annotated[str | None, Lenient] = None
    limit_used: Annotated[float | None, Lenient] = None
    limit_remaining: Annotated[float | None, Lenient] = None
    limit_resets_at: UtcDatetime = None


class NewApiKey(ApiKey):
    """A new API key with its secret. The other fields are those of ``ApiKey``.

    Attributes:
        id: ID of the key, as the methods of ``client.keys`` accept it. If the service does not
            return it, it is 0 instead of an error, because an error would lose the secret.
        secret: The key itself, for ``DeapiClient(api_key=...)``. The service shows it only once.
            ``repr()`` omits it, ``model_dump()`` does not.
    """

    id: Annotated[int, lenient(int)] = 0
    secret: str = Field(min_length=1, repr=False)


class KeysPage(Page[ApiKey]):
    """One page of the account's API keys, newest first.

    Attributes:
        data: API keys on this page.
        links: URLs of the other pages.
        meta: Page number, page size and total number of keys.
    """
