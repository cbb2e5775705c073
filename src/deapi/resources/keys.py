"""API keys: the one that the client uses, and those of the account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .. import types
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._core.request import parse_bool, require_list
from .._text import describe
from .._types import NOT_GIVEN, NotGiven, ResetInterval, UsageGrouping
from ._arguments import utc_datetime
from ._base import Resource
from ._paging import aiterate_pages, iterate_pages, page_request
from ._usage import usage_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


KeyT = TypeVar("KeyT")
NewKeyT = TypeVar("NewKeyT")
KeysT = TypeVar("KeysT")
UsageT = TypeVar("UsageT")
NoneT = TypeVar("NoneT")


class _CurrentKey(Resource, Generic[KeyT, UsageT]):
    _GET = Operation("current_key.get", v2=Route("key", "GET"), returns="ApiKey")

    def get(self) -> KeyT:
        """Get the role, the limits and the expiry of the key that the client uses. API v2 only.

        Any key can be used, not only an ADMIN key.

        Returns:
            The key's properties, without the key itself.

        Endpoint: ``GET key`` (v2).
        """
        return cast("KeyT", self._call(self._GET))

    _USAGE = Operation("current_key.usage", v2=Route("key/usage", "GET"), returns="Usage")

    def usage(
        self,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        group_by: UsageGrouping | None = None,
    ) -> UsageT:
        """Get usage and cost of the key that the client uses, in total and grouped. API v2 only.

        Any key can be used, not only an ADMIN key.

        Args:
            start: First day: a date, an aware datetime (its date in UTC is used), or a str in ISO
                8601. By default the report covers 7 days. The service keeps data for 90 days.
            end: Last day: a date, an aware datetime (its date in UTC is used), or a str in ISO
                8601, not before ``start``; by default today.
            group_by: Property to group by: ``day``, ``hour`` (for at most 31 days), ``type`` or
                ``model``.

        Returns:
            Totals of all requests and of each group.

        Raises:
            ValueError: A date is not in ISO 8601, or ``start`` is after ``end``.

        Endpoint: ``GET key/usage`` (v2).
        """
        return cast("UsageT", self._send(usage_request(self._USAGE, start, end, group_by)))


class CurrentKey(ConcreteMethods, _CurrentKey["types.ApiKey", "types.Usage"]):
    """The API key that the client uses: ``client.current_key``. API v2 only.

    Any key can be used, not only an ADMIN key. Each method may raise a subclass of ``DeapiError``.
    An argument that is out of range, or a client that uses API v1, raises ``ValueError`` or
    ``TypeError`` before anything is sent.
    """


class AsyncCurrentKey(AsyncMethods, _CurrentKey[Coro["types.ApiKey"], Coro["types.Usage"]]):
    """The API key of the async client: ``client.current_key``. See ``CurrentKey``."""


class _Keys(Resource, Generic[KeyT, NewKeyT, KeysT, UsageT, NoneT]):
    _LIST = Operation("keys.list", v2=Route("keys", "GET"), returns="KeysPage")

    def list(self, *, per_page: int = 50, page: int = 1) -> KeysT:
        """List one page of the account's keys, newest first. API v2 only.

        Requires an ADMIN key.

        Args:
            per_page: Maximum number of keys on a page, at least 1. The service may use another
                number. ``meta.per_page`` has the actual one.
            page: Number of the page, from 1. ``meta.last_page`` has the number of pages.

        Returns:
            The page. Use ``iterate()`` for all pages.

        Endpoint: ``GET keys`` (v2).
        """
        return cast("KeysT", self._send(page_request(self._LIST, per_page, page)))

    _CREATE = Operation(
        "keys.create",
        v2=Route("keys"),
        returns="NewApiKey",
        required=("name",),
        side_effect="creates_key",
    )

    def create(
        self,
        *,
        name: str,
        expires_at: datetime | str | None = None,
        ip_whitelist: Sequence[str] | None = None,
        limit: float | None = None,
        reset_interval: ResetInterval | None = None,
    ) -> NewKeyT:
        """Create a key with the role ``api``. API v2 only.

        Requires an ADMIN key. ADMIN keys themselves can be created only in the dashboard. If the
        response is lost, the request is not retried, because a retry could create a second key. The
        error then has ``possibly_accepted=True``.

        Args:
            name: Display name, 1 to 255 characters.
            expires_at: Expiry time: an aware datetime, or a str in ISO 8601 with a time zone, not
                after 2038-01-19T03:14:07Z. By default the key does not expire.
            ip_whitelist: IPv4 and IPv6 addresses and networks (``192.0.2.0/24``) from which the key
                is allowed, at most 20. By default, and with an empty list, all are allowed.
            limit: Spend limit per interval in US dollars, 0 to 999999.999999. By default there is
                no limit.
            reset_interval: How often the spend limit resets: ``none``, ``daily``, ``weekly`` or
                ``monthly``. By default the service decides.

        Returns:
            The key. Store its ``secret`` now, because it cannot be retrieved again.

        Raises:
            ValidationError: An argument is invalid, or the maximum number of active keys is reached
                (``code`` is then ``active_key_limit_reached``).
            RateLimitError: Too many keys were created in a short time.

        Endpoint: ``POST keys`` (v2).
        """
        _check_name(name)
        options = {
            "expires_at": expires_at,
            "ip_whitelist": ip_whitelist,
            "limit": limit,
            "reset_interval": reset_interval,
        }
        passed = {field: value for field, value in options.items() if value is not None}
        return cast("NewKeyT", self._call(self._CREATE, {"name": name, **_key_fields(passed)}))

    _GET = Operation("keys.get", v2=Route("keys/{}", "GET"), returns="ApiKey")

    def get(self, key_id: int | str) -> KeyT:
        """Get a key by its ID. API v2 only.

        Requires an ADMIN key.

        Args:
            key_id: ID of the key: ``ApiKey.id``, or the number before the ``|`` of the key itself.

        Returns:
            The key's properties, without the key itself.

        Raises:
            NotFoundError: The account does not have the key.

        Endpoint: ``GET keys/{key_id}`` (v2).
        """
        return cast("KeyT", self._call(self._GET, identifier=_identifier(key_id)))

    _UPDATE = Operation(
        "keys.update", v2=Route("keys/{}", "PATCH"), returns="ApiKey", booleans=("active",)
    )

    def update(
        self,
        key_id: int | str,
        *,
        active: bool | NotGiven = NOT_GIVEN,
        expires_at: datetime | str | NotGiven | None = NOT_GIVEN,
        ip_whitelist: Sequence[str] | NotGiven = NOT_GIVEN,
        limit: float | NotGiven | None = NOT_GIVEN,
        reset_interval: ResetInterval | NotGiven = NOT_GIVEN,
    ) -> KeyT:
        """Change the properties of a key, or revoke it. API v2 only.

        Requires an ADMIN key. Properties whose argument is not passed, or is ``NOT_GIVEN``, do not
        change.

        Args:
            key_id: ID of the key: ``ApiKey.id``.
            active: False revokes the key; True reactivates it.
            expires_at: Expiry time: an aware datetime, or a str in ISO 8601 with a time zone, not
                after 2038-01-19T03:14:07Z. None removes the expiry time.
            ip_whitelist: IPv4 and IPv6 addresses and networks (``192.0.2.0/24``) from which the key
                is allowed, at most 20. They replace the previous ones. An empty list allows all.
            limit: Spend limit per interval in US dollars, 0 to 999999.999999. None removes the
                limit. The amount that has already been spent still counts.
            reset_interval: How often the spend limit resets: ``none``, ``daily``, ``weekly`` or
                ``monthly``.

        Returns:
            The key after the change.

        Raises:
            NotFoundError: The account does not have the key.
            ValueError: No property is passed.

        Endpoint: ``PATCH keys/{key_id}`` (v2).
        """
        options = {
            "active": active,
            "expires_at": expires_at,
            "ip_whitelist": ip_whitelist,
            "limit": limit,
            "reset_interval": reset_interval,
        }
        passed = {field: value for field, value in options.items() if value is not NOT_GIVEN}
        if not passed:
            raise ValueError(f"No changes were passed. Pass at least one of {', '.join(options)}.")
        nulls = tuple(
            name for name in ("expires_at", "limit") if name in passed and passed[name] is None
        )
        fields = _key_fields({name: value for name, value in passed.items() if name not in nulls})
        key = self._call(self._UPDATE, fields, identifier=_identifier(key_id), nulls=nulls)
        return cast("KeyT", key)

    _DELETE = Operation("keys.delete", v2=Route("keys/{}", "DELETE"))

    def delete(self, key_id: int | str) -> NoneT:
        """Delete a key permanently. API v2 only.

        Requires an ADMIN key. Use ``update(key_id, active=False)`` to revoke it temporarily.

        Args:
            key_id: ID of the key: ``ApiKey.id``.

        Raises:
            NotFoundError: The account does not have the key. This is also raised if the key was
                deleted, but the response was lost and the request was retried.

        Endpoint: ``DELETE keys/{key_id}`` (v2).
        """
        return cast("NoneT", self._call(self._DELETE, identifier=_identifier(key_id)))

    _USAGE = Operation("keys.usage", v2=Route("keys/{}/usage", "GET"), returns="Usage")

    def usage(
        self,
        key_id: int | str,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        group_by: UsageGrouping | None = None,
    ) -> UsageT:
        """Get usage and cost of one key, in total and grouped. API v2 only.

        Requires an ADMIN key.

        Args:
            key_id: ID of the key: ``ApiKey.id``.
            start: First day: a date, an aware datetime (its date in UTC is used), or a str in ISO
                8601. By default the report covers 7 days. The service keeps data for 90 days.
            end: Last day: a date, an aware datetime (its date in UTC is used), or a str in ISO
                8601, not before ``start``; by default today.
            group_by: Property to group by: ``day``, ``hour`` (for at most 31 days), ``type`` or
                ``model``.

        Returns:
            Totals of all requests and of each group.

        Raises:
            NotFoundError: The account does not have the key.
            ValueError: A date is not in ISO 8601, or ``start`` is after ``end``.

        Endpoint: ``GET keys/{key_id}/usage`` (v2).
        """
        request = usage_request(self._USAGE, start, end, group_by, _identifier(key_id))
        return cast("UsageT", self._send(request))


class Keys(
    ConcreteMethods,
    _Keys["types.ApiKey", "types.NewApiKey", "types.KeysPage", "types.Usage", None],
):
    """The account's API keys: ``client.keys``. API v2 only.

    Each method requires an ADMIN key and raises ``PermissionDeniedError`` with any other key. It
    may raise other subclasses of ``DeapiError``. An argument that is out of range, or a client that
    uses API v1, raises ``ValueError`` or ``TypeError`` before anything is sent.
    """

    def iterate(self, *, per_page: int = 50) -> Iterator[types.ApiKey]:
        """Iterate over the keys of all pages, newest first. API v2 only.

        Requires an ADMIN key. Each page is requested when it is needed. Make a list of the keys
        before you delete some of them, because the keys after them move to pages that have been
        read.

        Args:
            per_page: Maximum number of keys on a page, at least 1.

        Yields:
            The keys.

        Endpoint: ``GET keys`` (v2).
        """
        first = page_request(self._LIST, per_page, 1)
        return iterate_pages(self._driver, first, self._fetch)


class AsyncKeys(
    AsyncMethods,
    _Keys[
        Coro["types.ApiKey"],
        Coro["types.NewApiKey"],
        Coro["types.KeysPage"],
        Coro["types.Usage"],
        Coro[None],
    ],
):
    """The account's API keys, in the async client: ``client.keys``. See ``Keys``."""

    def iterate(self, *, per_page: int = 50) -> AsyncIterator[types.ApiKey]:
        """Iterate over the keys of all pages, newest first. API v2 only.

        Requires an ADMIN key. Each page is requested when it is needed. Make a list of the keys
        before you delete some of them, because the keys after them move to pages that have been
        read.

        Args:
            per_page: Maximum number of keys on a page, at least 1.

        Yields:
            The keys.

        Endpoint: ``GET keys`` (v2).
        """
        first = page_request(self._LIST, per_page, 1)
        return aiterate_pages(self._driver, first, self._fetch)


# -- validation of a key's properties ----------------------------------------------------------

_MAX_ID = 2**64
_MAX_NAME_LENGTH = 255
_LATEST_EXPIRY = datetime(2038, 1, 19, 3, 14, 7, tzinfo=timezone.utc)
_MAX_WHITELIST_ENTRIES = 20
_MAX_LIMIT = 999_999.999999


def _identifier(key_id: int | str) -> str:
    if isinstance(key_id, bool) or not isinstance(key_id, (int, str)):
        raise TypeError(f"key_id must be an int or a str, not {type(key_id).__name__}.")
    if isinstance(key_id, int):
        text = "" if abs(key_id) > _MAX_ID else int.__repr__(key_id)
    else:
        text = key_id
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        # The value is not shown, because it may be the key itself.
        raise ValueError("key_id must be the ID of a key, a positive number, and not the key.")
    return text


def _check_name(name: object) -> None:
    if name is None:
        return  # rejected with the other required arguments
    if not isinstance(name, str):
        raise TypeError(f"name must be a str, not {type(name).__name__}.")
    if not name.strip() or len(name) > _MAX_NAME_LENGTH:
        raise ValueError(
            f"name must have 1 to {_MAX_NAME_LENGTH} characters that are not all white space; this "
            f"one has {len(name)}."
        )


def _key_fields(values: Mapping[str, object]) -> dict[str, object]:
    """Return the properties of a key, each validated and as it is sent."""
    return {name: _VALIDATORS[name](value) for name, value in values.items()}


def _expiry(value: Any) -> str:
    expires = utc_datetime("expires_at", value)
    if expires > _LATEST_EXPIRY:
        raise ValueError(f"expires_at must not be after {_LATEST_EXPIRY}; got {expires}.")
    return expires.isoformat(timespec="seconds")


def _ip_whitelist(value: object) -> Sequence[str]:
    entries = require_list("ip_whitelist", value)
    if len(entries) > _MAX_WHITELIST_ENTRIES:
        raise ValueError(
            f"ip_whitelist must have at most {_MAX_WHITELIST_ENTRIES} entries; got {len(entries)}."
        )
    for index, entry in enumerate(entries):
        if not isinstance(entry, str):
            raise TypeError(f"ip_whitelist[{index}] must be a str, not {type(entry).__name__}.")
        if not _is_network(entry):
            raise ValueError(
                f"ip_whitelist[{index}] is neither an IP address nor a network in CIDR notation, "
                f"such as 192.0.2.0/24: {entry!r:.60}."
            )
    return entries


def _is_network(entry: str) -> bool:
    from ipaddress import ip_network

    _, slash, prefix = entry.partition("/")
    if (slash and not prefix.isdecimal()) or "%" in entry:
        return False  # Python accepts a netmask as the prefix, and an address with a zone
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _limit(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"limit must be a number, not {type(value).__name__}.")
    if not 0 <= value <= _MAX_LIMIT:
        raise ValueError(f"limit must be from 0 to {_MAX_LIMIT} US dollars; got {describe(value)}.")
    return value


def _reset_interval(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(
            f"reset_interval must be a str such as 'daily', or 'none', not {type(value).__name__}."
        )
    return value


_VALIDATORS: Mapping[str, Callable[[Any], object]] = {
    "active": lambda value: parse_bool("active", value),
    "expires_at": _expiry,
    "ip_whitelist": _ip_whitelist,
    "limit": _limit,
    "reset_interval": _reset_interval,
}
