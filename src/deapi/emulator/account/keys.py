"""API keys: role, allowed IP addresses, expiry and spend limit."""

from __future__ import annotations

import calendar
import datetime
import ipaddress
import re
import secrets
import string
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from .. import errors
from ..clock import MAX_TIMESTAMP, format_datetime, utc_datetime
from ..operations.prices import round_price

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..clock import Clock
    from .usage import Usage

Role = Literal["api", "admin"]
KeyStatus = Literal["active", "revoked", "expired"]
ResetInterval = Literal["none", "daily", "weekly", "monthly"]

MAX_ACTIVE_KEYS = 100
GATEWAY_PREFIX = "dpn-sk-"

_INTERVAL_SECONDS = {"daily": 86400, "weekly": 7 * 86400}
_SECRET_LENGTH = 48
_SECRET_ALPHABET = string.ascii_letters + string.digits
_NUMBERED_SECRET = re.compile(r"([0-9]{1,18})\|")


@dataclass(eq=False)
class Key:
    """An API key of the account.

    Attributes:
        id: ID of the key, and the number at the start of its secret.
        secret: Secret that authenticates requests.
        name: Display name.
        role: "admin" may do everything, "api" everything except account and key management.
        created_at: Creation time, at which the first spending window starts.
        expires_at: Expiry time, or None if the key does not expire.
        ip_whitelist: Allowed IP addresses and networks. Empty allows all.
        limit: Spend limit of a window in USD, or None for no limit.
        reset_interval: Length of a spending window.
        active: Whether the key is active. False after it was revoked.
        deleted: Whether the key was deleted. Its usage records remain.
        last_used_at: Time of the last authorized request, or None.

    Times are emulated, in seconds since the Unix epoch.
    """

    id: int
    secret: str = field(repr=False)
    name: str
    role: Role
    created_at: float
    expires_at: float | None = None
    ip_whitelist: tuple[str, ...] = ()
    limit: float | None = None
    reset_interval: ResetInterval = "none"
    active: bool = True
    deleted: bool = False
    last_used_at: float | None = None

    def status(self, now: float) -> KeyStatus:
        """Return the key's status at a timestamp."""
        if not self.active:
            return "revoked"
        if self.expires_at is not None and now >= self.expires_at:
            return "expired"
        return "active"

    def change(self, values: Mapping[str, Any]) -> None:
        """Set attributes to validated values."""
        for name, value in values.items():
            setattr(self, name, value)


class Keys:
    """The API keys of the account.

    Args:
        initial_secret: Secret of the first key. It has the ADMIN role, like all keys created
            before the service introduced roles.
        clock: Emulated time.
        usage: Usage records of the account.
    """

    def __init__(self, initial_secret: str, clock: Clock, usage: Usage) -> None:
        self._by_secret: dict[str, Key] = {}
        self._clock = clock
        self._usage = usage
        secret = _strip_prefix(initial_secret)
        numbered = _NUMBERED_SECRET.match(secret)
        key_id = int(numbered[1]) if numbered else 1
        self._add(Key(key_id, secret, "default", "admin", float(int(clock.now()))))
        self._last_id = key_id

    def create(self, name: str, restrictions: Mapping[str, Any]) -> Key:
        """Create a key with the role "api", and set its restrictions, which are other attributes.

        Raises:
            ApiError: 422 if the account has the maximum number of active keys.
        """
        letters = (secrets.choice(_SECRET_ALPHABET) for _ in range(_SECRET_LENGTH))
        key_id = self._last_id + 1
        secret = f"{key_id}|{''.join(letters)}"
        key = Key(key_id, secret, name, "api", float(int(self._clock.now())))
        key.change(restrictions)
        if self._is_active(key):
            self._check_active_key_limit()
        self._last_id = key_id
        return self._add(key)

    def change(self, key: Key, values: Mapping[str, Any]) -> None:
        """Set attributes of a key to new values.

        Raises:
            ApiError: 422 if the change would activate the key and the account has the maximum
                number of active keys.
        """
        if not self._is_active(key) and self._is_active(replace(key, **values)):
            self._check_active_key_limit()
        key.change(values)

    def find_by_secret(self, secret: str) -> Key | None:
        """Find a key by its secret, with or without the gateway's prefix."""
        key = self._by_secret.get(_strip_prefix(secret))
        return None if key is None or key.deleted else key

    def find(self, key_id: str) -> Key:
        """Find a key by its ID.

        Raises:
            ApiError: 404 if there is no such key.
        """
        for key in self.newest_first():
            if str(key.id) == key_id:
                return key
        raise errors.not_found()

    def newest_first(self) -> list[Key]:
        """Return all keys that are not deleted, newest first."""
        return [key for key in reversed(self._by_secret.values()) if not key.deleted]

    def names(self) -> dict[int, str]:
        """Return the names of all keys, including deleted ones, by their ID."""
        return {key.id: key.name for key in self._by_secret.values()}

    def check_spend_limit(self, key: Key) -> None:
        """Check that a key's spend limit is not used up.

        Only earlier spending counts, so the last job may exceed the limit.

        Raises:
            ApiError: 402 if the limit is used up.
        """
        if key.limit is None:
            return
        used, resets_at = self._spending(key)
        if used >= key.limit:
            raise errors.key_limit_exceeded(key.limit, used, format_datetime(resets_at))

    def as_json(self, key: Key) -> dict[str, Any]:
        """Return the JSON object of a key in responses."""
        used, resets_at = self._spending(key)
        limit = key.limit
        return {
            "id": key.id,
            "name": key.name,
            "preview": f"{key.id}|…{key.secret[-3:]}",
            "role": key.role,
            "status": key.status(self._clock.now()),
            "created_at": format_datetime(key.created_at),
            "expires_at": format_datetime(key.expires_at),
            "last_used_at": format_datetime(key.last_used_at),
            "ip_whitelist": list(key.ip_whitelist),
            "ip_whitelist_count": len(key.ip_whitelist),
            "limit": limit,
            "reset_interval": key.reset_interval,
            "limit_used": used,
            "limit_remaining": None if limit is None else round_price(max(0.0, limit - used)),
            "limit_resets_at": None if limit is None else format_datetime(resets_at),
        }

    def _add(self, key: Key) -> Key:
        self._by_secret[key.secret] = key
        return key

    def _is_active(self, key: Key) -> bool:
        return key.status(self._clock.now()) == "active"

    def _check_active_key_limit(self) -> None:
        active = sum(self._is_active(key) for key in self.newest_first())
        if active >= MAX_ACTIVE_KEYS:
            raise errors.active_key_limit_reached(MAX_ACTIVE_KEYS)

    def _spending(self, key: Key) -> tuple[float, float | None]:
        """Return the amount in USD spent in the key's current window, and the end of the window."""
        start, end = spending_window(key.created_at, key.reset_interval, self._clock.now())
        return self._usage.spent(key.id, start), end


def spending_window(
    created_at: float, interval: ResetInterval, now: float
) -> tuple[float, float | None]:
    """Compute the start and end of the current spending window.

    The first window starts when the key is created. With the interval "none", it has no end.
    """
    if interval == "none":
        return created_at, None
    if interval == "monthly":
        first, today = utc_datetime(created_at), utc_datetime(now)
        months = (today.year - first.year) * 12 + today.month - first.month
        if _add_months(first, months) > now:
            months -= 1
        return _add_months(first, months), _add_months(first, months + 1)
    length = _INTERVAL_SECONDS[interval]
    start = created_at + (now - created_at) // length * length
    return start, start + length


def ip_is_allowed(allowlist: Sequence[str], ip_address: str) -> bool:
    """Whether an allowlist of IP addresses and networks allows an IP address. Empty allows all."""
    if not allowlist:
        return True
    try:
        client = ipaddress.ip_address(ip_address)
    except ValueError:
        return False
    if isinstance(client, ipaddress.IPv6Address):
        client = client.ipv4_mapped or client  # how a dual-stack socket reports an IPv4 client
    return any(client in ipaddress.ip_network(entry, strict=False) for entry in allowlist)


def _strip_prefix(secret: str) -> str:
    return secret.strip().removeprefix(GATEWAY_PREFIX)


def _add_months(first: datetime.datetime, months: int) -> float:
    """Return the same day and time some months later, or the last day of a shorter month."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    if year > datetime.MAXYEAR:
        return MAX_TIMESTAMP
    day = min(first.day, calendar.monthrange(year, month + 1)[1])
    return first.replace(year=year, month=month + 1, day=day).timestamp()
