"""The account: its money, and what was used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast

from typing_extensions import TypeVar

from .._async_form import AsyncForm
from .._core import readers
from .._core.request import Request
from ._base import JobT, LateJob, LatePrice, PriceT, Resource
from ._paging import LARGEST_PAGE, page_request, walk, walk_later
from ._usage import LateUsage, UsageT, usage_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from datetime import date

    from ..types import Billing, Payment, PaymentsPage

LateBilling: TypeAlias = "Coroutine[Any, Any, Billing]"
LatePayments: TypeAlias = "Coroutine[Any, Any, PaymentsPage]"

BillingT = TypeVar("BillingT", default="Billing")
PaymentsT = TypeVar("PaymentsT", default="PaymentsPage")


class _Account(Resource[JobT, PriceT], Generic[JobT, PriceT, BillingT, UsageT, PaymentsT]):
    def billing(self) -> BillingT:
        """Ask for the balance, and whether the account is topped up by itself.

        This needs an ADMIN key.

        Returns:
            The balance and the settings of topping up.

        Raises:
            PermissionDeniedError: The key is no ADMIN key.
            DeapiError: The service could not be asked.
            ValueError: The client speaks API v1, which does not have this.

        Endpoint: ``GET account`` (v2).
        """
        request = Request("account.billing")
        return cast("BillingT", self._transport.value(request, readers.billing))

    def usage(
        self,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        group_by: str | None = None,
    ) -> UsageT:
        """Ask what the account used and what that cost, in all and in groups.

        This needs an ADMIN key.

        Args:
            start: The first day: a date, a datetime, or a str in ISO 8601. Of a moment it is the
                day in UTC that counts, so it needs a time zone. By default seven days are reported;
                the service keeps 90.
            end: The last day, likewise, not before ``start``; today by default.
            group_by: What the groups have in common: ``day``, ``hour`` (of 31 days at most),
                ``type``, ``model`` or ``key``.

        Returns:
            The sums of all requests and of each group.

        Raises:
            PermissionDeniedError: The key is no ADMIN key.
            ValidationError: The service refuses the days or the grouping.
            DeapiError: The service could not be asked.
            ValueError, TypeError: A day cannot be read, or the client speaks API v1, which does not
                have this.

        Endpoint: ``GET account/usage`` (v2).
        """
        request = usage_request("account.usage", start, end, group_by)
        return cast("UsageT", self._transport.value(request, readers.usage))

    def payments(self, *, per_page: int = LARGEST_PAGE, page: int = 1) -> PaymentsT:
        """List a page of the payments to the account.

        This needs an ADMIN key.

        Args:
            per_page: How many payments a page holds, 1 or more. The service may decide otherwise:
                ``meta.per_page`` and ``meta.last_page`` tell.
            page: The number of the page, from 1.

        Returns:
            The page. ``iterate_payments()`` walks all of them.

        Raises:
            PermissionDeniedError: The key is no ADMIN key.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument is out of range, or the client speaks API v1, which
                does not have this.

        Endpoint: ``GET account/payments`` (v2).
        """
        request = page_request("account.payments", per_page, page)
        return cast("PaymentsT", self._transport.value(request, readers.payments))


class Account(_Account[JobT, PriceT, BillingT, UsageT, PaymentsT]):
    """The account: ``client.account``. It takes API v2, and an ADMIN key."""

    def iterate_payments(self, *, per_page: int = LARGEST_PAGE) -> Iterator[Payment]:
        """Walk the payments of all pages, asking for each page when it is needed.

        This needs an ADMIN key.

        Args:
            per_page: How many payments a page holds, 1 or more.

        Yields:
            The payments.

        Raises:
            PermissionDeniedError: The key is no ADMIN key.
            DeapiError: The service could not be asked.
            ValueError, TypeError: The argument is out of range, or the client speaks API v1, which
                does not have this.

        Endpoint: ``GET account/payments`` (v2).
        """
        return walk(
            self._transport, page_request("account.payments", per_page, 1), readers.payments
        )


class AsyncAccount(AsyncForm, _Account[LateJob, LatePrice, LateBilling, LateUsage, LatePayments]):
    """The account: ``client.account`` of the asynchronous client."""

    def iterate_payments(self, *, per_page: int = LARGEST_PAGE) -> AsyncIterator[Payment]:
        """Walk the payments of all pages, asking for each page when it is needed.

        This needs an ADMIN key.

        Args:
            per_page: How many payments a page holds, 1 or more.

        Yields:
            The payments.

        Raises:
            PermissionDeniedError: The key is no ADMIN key.
            DeapiError: The service could not be asked.
            ValueError, TypeError: The argument is out of range, or the client speaks API v1, which
                does not have this.

        Endpoint: ``GET account/payments`` (v2).
        """
        first = page_request("account.payments", per_page, 1)
        return walk_later(self._transport, first, readers.payments)
