"""API keys: the client's own, and those of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast

from typing_extensions import TypeVar

from .._async_form import AsyncForm
from .._core import readers
from .._core.request import Request
from .._types import NOT_GIVEN
from ._base import JobT, LateJob, LatePrice, PriceT, Resource
from ._keys_fields import check_name, checked
from ._paging import LARGEST_PAGE, page_request, walk, walk_later
from ._usage import LateUsage, UsageT, usage_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
    from datetime import date, datetime

    from .._types import NotGiven
    from ..types import ApiKey, KeysPage, NewApiKey

LateKey: TypeAlias = "Coroutine[Any, Any, ApiKey]"
LateNewKey: TypeAlias = "Coroutine[Any, Any, NewApiKey]"
LateKeys: TypeAlias = "Coroutine[Any, Any, KeysPage]"
LateNothing: TypeAlias = "Coroutine[Any, Any, None]"

KeyT = TypeVar("KeyT", default="ApiKey")
NewKeyT = TypeVar("NewKeyT", default="NewApiKey")
KeysT = TypeVar("KeysT", default="KeysPage")
NothingT = TypeVar("NothingT", default=None)


class CurrentKey(Resource[JobT, PriceT], Generic[JobT, PriceT, KeyT, UsageT]):
    """The API key that the client uses: ``client.current_key``. API v2 only; any key will do."""

    def get(self) -> KeyT:
        """Ask what the client's own key may do: its role, its limit, when it expires.

        Any key may ask this of itself.

        Returns:
            What is known of the key, but not the key itself.

        Raises:
            DeapiError: The service could not be asked.
            ValueError: The client speaks API v1, which does not have this.

        Endpoint: ``GET key`` (v2).
        """
        return cast("KeyT", self._transport.value(Request("current_key.get"), readers.key))

    def usage(
        self,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        group_by: str | None = None,
    ) -> UsageT:
        """Ask what was used with the client's own key and what that cost, in all and in groups.

        Any key may ask this of itself.

        Args:
            start: The first day, as for ``client.account.usage()``.
            end: The last day, likewise, not before ``start``.
            group_by: What the groups have in common: ``day``, ``hour``, ``type`` or ``model``.

        Returns:
            The sums of all requests and of each group.

        Raises:
            ValidationError: The service refuses the days or the grouping.
            DeapiError: The service could not be asked.
            ValueError, TypeError: A day cannot be read, or the client speaks API v1, which does not
                have this.

        Endpoint: ``GET key/usage`` (v2).
        """
        request = usage_request("current_key.usage", start, end, group_by)
        return cast("UsageT", self._transport.value(request, readers.usage))


class AsyncCurrentKey(AsyncForm, CurrentKey[LateJob, LatePrice, LateKey, LateUsage]):
    """The API key that the client uses: ``client.current_key`` of the asynchronous client."""


class _Keys(Resource[JobT, PriceT], Generic[JobT, PriceT, KeyT, NewKeyT, KeysT, UsageT, NothingT]):
    def list(self, *, per_page: int = LARGEST_PAGE, page: int = 1) -> KeysT:
        """List a page of the account's keys, the newest first.

        This needs an ADMIN key.

        Args:
            per_page: How many keys a page holds, 1 or more. The service may decide otherwise:
                ``meta.per_page`` and ``meta.last_page`` tell.
            page: The number of the page, from 1.

        Returns:
            The page. ``iterate()`` walks all of them.

        Raises:
            PermissionDeniedError: The client's key is no ADMIN key.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument is out of range, or the client speaks API v1, which
                does not have this.

        Endpoint: ``GET keys`` (v2).
        """
        request = page_request("keys.list", per_page, page)
        return cast("KeysT", self._transport.value(request, readers.keys))

    def create(
        self,
        *,
        name: str,
        expires_at: datetime | str | None = None,
        ip_whitelist: Sequence[str] | None = None,
        limit: float | None = None,
        reset_interval: str | None = None,
    ) -> NewKeyT:
        """Make a key. Its role is ``api``: ADMIN keys are made in the dashboard only.

        This needs an ADMIN key. When the answer is lost, the request is not repeated, because that
        might make a second key: see ``possibly_accepted`` of the error.

        Args:
            name: A name for people, 1 to 255 characters.
            expires_at: When it ends, at the latest 2038-01-19T03:14:07Z: a datetime with a time
                zone, or a str in ISO 8601 with one; by default it does not.
            ip_whitelist: The IPv4 and IPv6 addresses and networks (``192.0.2.0/24``) that it may be
                used from, at most 20; by default, as with an empty list, all there are.
            limit: What may be spent with it in one interval, in US dollars, 0 to 999999.999999; by
                default any amount.
            reset_interval: How often the count of that begins anew: ``none``, ``daily``, ``weekly``
                or ``monthly``; by default the service decides.

        Returns:
            The key. Its ``secret`` is shown this once: keep it now, because neither the service nor
            this package can show it again.

        Raises:
            PermissionDeniedError: The client's key is no ADMIN key.
            ValidationError: The service refuses an argument, or there are too many active keys
                (``code`` is then ``active_key_limit_reached``).
            RateLimitError: Too many keys were made just now.
            DeapiError: There was no answer; see ``possibly_accepted``.
            ValueError, TypeError: An argument is out of range, or the client speaks API v1, which
                does not have this.

        Endpoint: ``POST keys`` (v2).
        """
        check_name(name)
        restrictions = {
            "expires_at": expires_at,
            "ip_whitelist": ip_whitelist,
            "limit": limit,
            "reset_interval": reset_interval,
        }
        given = {field: value for field, value in restrictions.items() if value is not None}
        request = Request("keys.create", {"name": name, **checked(given)})
        return cast("NewKeyT", self._transport.value(request, readers.new_key))

    def get(self, key_id: int | str) -> KeyT:
        """Look a key up.

        This needs an ADMIN key.

        Args:
            key_id: Its id: ``ApiKey.id``, or the number before the bar of the key itself.

        Returns:
            What is known of the key, but not the key itself.

        Raises:
            PermissionDeniedError: The client's key is no ADMIN key.
            NotFoundError: The account has no such key.
            DeapiError: The service could not be asked.
            ValueError, TypeError: It cannot be an id, or the client speaks API v1, which does not
                have this.

        Endpoint: ``GET keys/{key_id}`` (v2).
        """
        request = Request("keys.get", identifier=_identifier(key_id))
        return cast("KeyT", self._transport.value(request, readers.key))

    def update(
        self,
        key_id: int | str,
        *,
        active: bool | NotGiven = NOT_GIVEN,
        expires_at: datetime | str | NotGiven | None = NOT_GIVEN,
        ip_whitelist: Sequence[str] | NotGiven = NOT_GIVEN,
        limit: float | NotGiven | None = NOT_GIVEN,
        reset_interval: str | NotGiven = NOT_GIVEN,
    ) -> KeyT:
        """Change what a key may do, or revoke it. What is not given stays as it is.

        This needs an ADMIN key. A function of yours around this one can pass ``NOT_GIVEN`` on.

        Args:
            key_id: Its id: ``ApiKey.id``.
            active: False revokes it, True brings it back.
            expires_at: When it ends, as for ``create()``; None for never.
            ip_whitelist: The addresses and networks that it may be used from, as for ``create()``,
                in place of those of before; an empty list for all there are.
            limit: What may be spent with it in one interval, as for ``create()``; None for any
                amount. What has been spent already still counts.
            reset_interval: How often the count of that begins anew, as for ``create()``.

        Returns:
            The key as it is now.

        Raises:
            PermissionDeniedError: The client's key is no ADMIN key.
            NotFoundError: The account has no such key.
            ValidationError: The service refuses an argument.
            DeapiError: There was no answer.
            ValueError, TypeError: An argument is out of range, no change is given, or the client
                speaks API v1, which does not have this.

        Endpoint: ``PATCH keys/{key_id}`` (v2).
        """
        changes = {
            "active": active,
            "expires_at": expires_at,
            "ip_whitelist": ip_whitelist,
            "limit": limit,
            "reset_interval": reset_interval,
        }
        given = {field: value for field, value in changes.items() if value is not NOT_GIVEN}
        if not given:
            raise ValueError(
                f"Nothing is to be changed. Give at least one of {', '.join(changes)}."
            )
        nulls = tuple(
            name for name in ("expires_at", "limit") if name in given and given[name] is None
        )
        fields = checked({name: value for name, value in given.items() if name not in nulls})
        request = Request("keys.update", fields, identifier=_identifier(key_id), nulls=nulls)
        return cast("KeyT", self._transport.value(request, readers.key))

    def delete(self, key_id: int | str) -> NothingT:
        """Delete a key for good. To stop it for a while, ``update(key_id, active=False)``.

        This needs an ADMIN key.

        Args:
            key_id: Its id: ``ApiKey.id``.

        Raises:
            PermissionDeniedError: The client's key is no ADMIN key.
            NotFoundError: The account has no such key. So it is, too, when the answer to the first
                attempt was lost and the second one found it deleted.
            DeapiError: There was no answer.
            ValueError, TypeError: It cannot be an id, or the client speaks API v1, which does not
                have this.

        Endpoint: ``DELETE keys/{key_id}`` (v2).
        """
        request = Request("keys.delete", identifier=_identifier(key_id))
        return cast("NothingT", self._transport.value(request, readers.nothing))

    def usage(
        self,
        key_id: int | str,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        group_by: str | None = None,
    ) -> UsageT:
        """Ask what was used with a key and what that cost, in all and in groups.

        This needs an ADMIN key.

        Args:
            key_id: Its id: ``ApiKey.id``.
            start: The first day, as for ``client.account.usage()``.
            end: The last day, likewise, not before ``start``.
            group_by: What the groups have in common: ``day``, ``hour``, ``type`` or ``model``.

        Returns:
            The sums of all requests and of each group.

        Raises:
            PermissionDeniedError: The client's key is no ADMIN key.
            NotFoundError: The account has no such key.
            ValidationError: The service refuses the days or the grouping.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument is out of range, or the client speaks API v1, which
                does not have this.

        Endpoint: ``GET keys/{key_id}/usage`` (v2).
        """
        request = usage_request("keys.usage", start, end, group_by, _identifier(key_id))
        return cast("UsageT", self._transport.value(request, readers.usage))


class Keys(_Keys[JobT, PriceT, KeyT, NewKeyT, KeysT, UsageT, NothingT]):
    """The account's API keys: ``client.keys``. It takes API v2, and an ADMIN key."""

    def iterate(self, *, per_page: int = LARGEST_PAGE) -> Iterator[ApiKey]:
        """Walk the keys of all pages, asking for each page when it is needed.

        This needs an ADMIN key. Make a list of the keys before you delete some of them: those that
        follow move up to pages that have been read.

        Args:
            per_page: How many keys a page holds, 1 or more.

        Yields:
            The keys, the newest first.

        Raises:
            PermissionDeniedError: The client's key is no ADMIN key.
            DeapiError: The service could not be asked.
            ValueError, TypeError: The argument is out of range, or the client speaks API v1, which
                does not have this.

        Endpoint: ``GET keys`` (v2).
        """
        return walk(self._transport, page_request("keys.list", per_page, 1), readers.keys)


class AsyncKeys(
    AsyncForm, _Keys[LateJob, LatePrice, LateKey, LateNewKey, LateKeys, LateUsage, LateNothing]
):
    """The account's API keys: ``client.keys`` of the asynchronous client."""

    def iterate(self, *, per_page: int = LARGEST_PAGE) -> AsyncIterator[ApiKey]:
        """Walk the keys of all pages, asking for each page when it is needed.

        This needs an ADMIN key. Make a list of the keys before you delete some of them: those that
        follow move up to pages that have been read.

        Args:
            per_page: How many keys a page holds, 1 or more.

        Yields:
            The keys, the newest first.

        Raises:
            PermissionDeniedError: The client's key is no ADMIN key.
            DeapiError: The service could not be asked.
            ValueError, TypeError: The argument is out of range, or the client speaks API v1, which
                does not have this.

        Endpoint: ``GET keys`` (v2).
        """
        return walk_later(self._transport, page_request("keys.list", per_page, 1), readers.keys)


def _identifier(key_id: int | str) -> str:
    if isinstance(key_id, bool) or not isinstance(key_id, (int, str)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"key_id must be an int or a str, not {type(key_id).__name__}.")
    text = key_id if isinstance(key_id, str) else int.__repr__(key_id)
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        # It is not shown: it may be the key itself.
        raise ValueError("key_id must be the id of a key, a positive number, and not the key.")
    return text
