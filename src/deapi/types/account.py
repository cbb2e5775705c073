"""The account: its money, what was used, and its API keys. Version 2 of the API has all of this."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field

from ._base import Lenient, Model, Moment, lenient, object_or_empty, rows, texts
from .pages import Page

if TYPE_CHECKING:
    from collections.abc import Iterable


def _day(value: object) -> object:
    """The day of a moment that is written out."""
    return value[:10] if isinstance(value, str) else value


Day: TypeAlias = Annotated[datetime.date | None, BeforeValidator(_day), Lenient]


class AutoTopUp(Model):
    """Whether the account is topped up by itself. None is what the service does not say.

    Attributes:
        enabled: Whether it is.
        threshold: The balance below which it is, in US dollars.
        amount: By how much, in US dollars; None as long as none has been chosen.
    """

    enabled: Annotated[bool | None, Lenient] = None
    threshold: Annotated[float | None, Lenient] = None
    amount: Annotated[float | None, Lenient] = None


class Billing(Model):
    """The account's money.

    Attributes:
        balance: What is left, in ``currency``.
        currency: ``USD``.
        auto_top_up: Whether the account is topped up by itself.
    """

    balance: float = Field(allow_inf_nan=False)
    currency: Annotated[str | None, Lenient] = None
    auto_top_up: Annotated[AutoTopUp, lenient(AutoTopUp)] = Field(default_factory=AutoTopUp)


class UsageTotals(Model):
    """What was used in all.

    Attributes:
        cost: What it cost, in the currency of the report.
        requests: How many requests there were.
        errors: How many of them failed.
    """

    cost: Annotated[float, lenient(float)] = 0.0
    requests: Annotated[int, lenient(int)] = 0
    errors: Annotated[int, lenient(int)] = 0


class UsageGroup(UsageTotals):
    """What was used by one group of requests.

    Attributes:
        key: What the group has in common: a day, an hour, a task, the slug of a model, or the id of
            an API key.
        name: A name for people, where there is one, as of an API key.
        cost: What it cost, in the currency of the report.
        requests: How many requests there were.
        errors: How many of them failed.
    """

    key: Annotated[str, Field(coerce_numbers_to_str=True), lenient(str)] = ""
    name: Annotated[str | None, Lenient] = None


class Usage(Model):
    """What was used in some days.

    Attributes:
        start: The first day; ``from`` in the service's words.
        end: The last day; ``to`` in the service's words.
        group_by: What the groups have in common: ``day``, ``hour``, ``type``, ``model``, ``key``.
        currency: The currency of the costs: ``USD``.
        totals: The sum of it all.
        groups: The same in parts.
    """

    start: Day = Field(default=None, validation_alias=AliasChoices("from", "start"))
    end: Day = Field(default=None, validation_alias=AliasChoices("to", "end"))
    group_by: Annotated[str | None, Lenient] = None
    currency: Annotated[str | None, Lenient] = None
    totals: Annotated[UsageTotals, BeforeValidator(object_or_empty)]
    groups: Annotated[list[UsageGroup], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[UsageGroup]
    )


class Payment(Model):
    """A payment to the account, whatever became of it.

    Attributes:
        id: Its id, a number or a text.
        amount: How much, in ``currency``.
        currency: ``USD`` and the like.
        status: ``pending``, ``paid``, ``disputed``, ``cancelled``, ``failed`` or ``expired``, an
            open list.
        provider: Who handled it.
        created_at: When it was begun.
    """

    id: Annotated[int | str | None, Lenient] = None
    amount: Annotated[float | None, Lenient] = None
    currency: Annotated[str | None, Lenient] = None
    status: Annotated[str | None, Lenient] = None
    provider: Annotated[str | None, Lenient] = None
    created_at: Moment = None


class PaymentsPage(Page[Payment]):
    """A page of the payments.

    Attributes:
        data: The payments on this page.
        links: The addresses of the other pages.
        meta: Where this page stands among them.
    """


class ApiKey(Model):
    """An API key of the account, and what it may do. The key itself is not in here.

    Attributes:
        id: What ``client.keys`` knows it by; the number before the bar of the key itself.
        name: A name for people.
        preview: The beginning and the end of the key, to recognise it by.
        role: ``api``, for everything but ``client.account`` and ``client.keys``, or ``admin``, for
            those, too.
        status: ``active``, ``revoked`` or ``expired``.
        created_at: When it was made.
        expires_at: When it ends, None for one that does not.
        last_used_at: When it was last used, None for one that has not been.
        ip_whitelist: The addresses and networks that it may be used from; empty for all there are.
        ip_whitelist_count: How many these are.
        limit: What may be spent with it, in US dollars, before the next reset; None for any amount.
        reset_interval: How often the count begins anew: ``none``, ``daily``, ``weekly`` or
            ``monthly``.
        limit_used: What has been spent since the last reset, in US dollars.
        limit_remaining: What may still be spent before the next one; None without a limit.
        limit_resets_at: When the next reset is, None if there is none to come.
    """

    id: int
    name: Annotated[str, lenient(str)] = ""
    preview: Annotated[str | None, Lenient] = None
    role: Annotated[str | None, Lenient] = None
    status: Annotated[str | None, Lenient] = None
    created_at: Moment = None
    expires_at: Moment = None
    last_used_at: Moment = None
    ip_whitelist: Annotated[list[str], BeforeValidator(texts)] = Field(default_factory=list[str])
    ip_whitelist_count: Annotated[int | None, Lenient] = None
    limit: Annotated[float | None, Lenient] = None
    reset_interval: Annotated[str | None, Lenient] = None
    limit_used: Annotated[float | None, Lenient] = None
    limit_remaining: Annotated[float | None, Lenient] = None
    limit_resets_at: Moment = None

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """What is printed: nothing that is not known to be no secret."""
        return (
            (name, value) for name, value in super().__repr_args__() if name in ApiKey.model_fields
        )


class NewApiKey(ApiKey):
    """An API key that was just made, with the key itself. Everything else is as in ``ApiKey``.

    Attributes:
        id: As in ``ApiKey``; 0 if the service should forget to say, as the secret is worth more.
        secret: The key itself, which goes into ``DeapiClient(api_key=...)``. This is the only time
            that the service shows it. It is left out when this object is printed, but not out of
            ``model_dump()``.
    """

    id: Annotated[int, lenient(int)] = 0
    secret: str = Field(min_length=1, repr=False)


class KeysPage(Page[ApiKey]):
    """A page of the API keys, the newest first.

    Attributes:
        data: The keys on this page.
        links: The addresses of the other pages.
        meta: Where this page stands among them.
    """
