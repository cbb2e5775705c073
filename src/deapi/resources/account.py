"""The account: balance, usage and payments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Generic, TypeVar, cast

from .. import types
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._types import UsageGrouping
from ._base import Resource
from ._paging import aiterate_pages, iterate_pages, page_request
from ._usage import usage_request

BillingT = TypeVar("BillingT")
UsageT = TypeVar("UsageT")
PaymentsT = TypeVar("PaymentsT")


class _Account(Resource, Generic[BillingT, UsageT, PaymentsT]):
    _suggestions = (("balance", "billing"),)

    _BILLING = Operation("account.billing", v2=Route("account", "GET"), returns="Billing")

    def billing(self) -> BillingT:
        """Get the balance and the settings of automatic top-up. API v2 only.

        Requires an ADMIN key.

        Returns:
            The balance and the settings.

        Endpoint: ``GET account`` (v2).
        """
        return cast("BillingT", self._call(self._BILLING))

    _USAGE = Operation("account.usage", v2=Route("account/usage", "GET"), returns="Usage")

    def usage(
        self,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        group_by: UsageGrouping | None = None,
    ) -> UsageT:
        """Get usage and cost of the account, in total and grouped. API v2 only.

        Requires an ADMIN key.

        Args:
            start: First day: a date, an aware datetime (its date in UTC is used), or a str in ISO
                8601. By default the report covers 7 days. The service keeps data for 90 days.
            end: Last day: a date, an aware datetime (its date in UTC is used), or a str in ISO
                8601, not before ``start``; by default today.
            group_by: Property to group by: ``day``, ``hour`` (for at most 31 days), ``type``,
                ``model`` or ``key``.

        Returns:
            Totals of all requests and of each group.

        Raises:
            ValueError: A date is not in ISO 8601, or ``start`` is after ``end``.

        Endpoint: ``GET account/usage`` (v2).
        """
        return cast("UsageT", self._send(usage_request(self._USAGE, start, end, group_by)))

    _PAYMENTS = Operation(
        "account.payments", v2=Route("account/payments", "GET"), returns="PaymentsPage"
    )

    def payments(self, *, per_page: int = 50, page: int = 1) -> PaymentsT:
        """List one page of the payments to the account. API v2 only.

        Requires an ADMIN key.

        Args:
            per_page: Maximum number of payments on a page, at least 1. The service may use another
                number. ``meta.per_page`` has the actual one.
            page: Number of the page, from 1. ``meta.last_page`` has the number of pages.

        Returns:
            The page. Use ``iterate_payments()`` for all pages.

        Endpoint: ``GET account/payments`` (v2).
        """
        return cast("PaymentsT", self._send(page_request(self._PAYMENTS, per_page, page)))


class Account(ConcreteMethods, _Account["types.Billing", "types.Usage", "types.PaymentsPage"]):
    """Balance, usage and payments of the account: ``client.account``. API v2 only.

    Each method requires an ADMIN key and raises ``PermissionDeniedError`` with any other key. It
    may raise other subclasses of ``DeapiError``. An argument that is out of range, or a client that
    uses API v1, raises ``ValueError`` or ``TypeError`` before anything is sent.
    """

    def iterate_payments(self, *, per_page: int = 50) -> Iterator[types.Payment]:
        """Iterate over the payments of all pages. Each page is requested when it is needed.

        Requires an ADMIN key. API v2 only.

        Args:
            per_page: Maximum number of payments on a page, at least 1.

        Yields:
            The payments.

        Endpoint: ``GET account/payments`` (v2).
        """
        first = page_request(self._PAYMENTS, per_page, 1)
        return iterate_pages(self._driver, first, self._fetch)


class AsyncAccount(
    AsyncMethods, _Account[Coro["types.Billing"], Coro["types.Usage"], Coro["types.PaymentsPage"]]
):
    """The account, in the async client: ``client.account``. See ``Account``."""

    def iterate_payments(self, *, per_page: int = 50) -> AsyncIterator[types.Payment]:
        """Iterate over the payments of all pages. Each page is requested when it is needed.

        Requires an ADMIN key. API v2 only.

        Args:
            per_page: Maximum number of payments on a page, at least 1.

        Yields:
            The payments.

        Endpoint: ``GET account/payments`` (v2).
        """
        first = page_request(self._PAYMENTS, per_page, 1)
        return aiterate_pages(self._driver, first, self._fetch)
