"""API keys: what each may do, from where, until when and for how much."""

from __future__ import annotations

import calendar
import ipaddress
import re
import secrets
import string
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from deapi.emulator import dates, errors
from deapi.emulator.operations import prices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from deapi.emulator.account.usage import Usage
    from deapi.emulator.clock import Clock

Role = Literal["api", "admin"]
KeyStatus = Literal["active", "revoked", "expired"]
Interval = Literal["none", "daily", "weekly", "monthly"]

MAX_ACTIVE_KEYS = 100
GATEWAY_PREFIX = "dpn-sk-"

_SECONDS = {"daily": 86400, "weekly": 7 * 86400}
_SECRET_LENGTH = 48
_SECRET_ALPHABET = string.ascii_letters + string.digits
_NUMBERED = re.compile(r"(\d{1,18})\|")


@dataclass(eq=False)
class Key:
    """A key of the account.

    Attributes:
        id: The number that its secret begins with.
        secret: What requests carry.
        name: What its owner calls it.
        role: "admin" for everything, "api" for everything but account and keys.
        created: When it was made; where its spending windows begin.
        expires: When it ends; None if it never does.
        ip_whitelist: Addresses and networks that may use it; empty for all.
        limit: USD that it may spend in a window; None for any amount.
        reset_interval: How long a window is.
        active: Whether it is in use; False once it has been revoked.
        deleted: Whether it is gone but for what was spent with it.
        last_used: When it last opened the account.
    """

    id: int
    secret: str = field(repr=False)
    name: str
    role: Role
    created: float
    expires: float | None = None
    ip_whitelist: tuple[str, ...] = ()
    limit: float | None = None
    reset_interval: Interval = "none"
    active: bool = True
    deleted: bool = False
    last_used: float | None = None

    def status(self, now: float) -> KeyStatus:
        """Whether it works at a moment, or why not."""
        if not self.active:
            return "revoked"
        if self.expires is not None and now >= self.expires:
            return "expired"
        return "active"

    def change(self, values: Mapping[str, Any]) -> None:
        """Set attributes to validated values."""
        for name, value in values.items():
            setattr(self, name, value)


class Keys:
    """The account's keys.

    Args:
        given: Secret of the first key, which has every right, as keys from before roles have.
        clock: Emulated time.
        usage: What was spent with them.
    """

    def __init__(self, given: str, clock: Clock, usage: Usage) -> None:
        self._by_secret: dict[str, Key] = {}
        self._clock = clock
        self._usage = usage
        secret = _without_prefix(given)
        numbered = _NUMBERED.match(secret)
        number = int(numbered[1]) if numbered else 1
        self._add(Key(number, secret, "default", "admin", float(int(clock.now()))))
        self._last_id = number

    def create(self, name: str, values: Mapping[str, Any]) -> Key:
        """Make a key for inference.

        Args:
            name: What to call it.
            values: Its other attributes.

        Raises:
            ApiError: 422 if there are too many already.
        """
        letters = (secrets.choice(_SECRET_ALPHABET) for _ in range(_SECRET_LENGTH))
        number = self._last_id + 1
        secret = f"{number}|{''.join(letters)}"
        key = Key(number, secret, name, "api", float(int(self._clock.now())))
        key.change(values)
        if self._is_active(key):
            self._check_room()
        self._last_id = number
        return self._add(key)

    def change(self, key: Key, values: Mapping[str, Any]) -> None:
        """Change a key.

        Raises:
            ApiError: 422 if it would be active again and there are too many already.
        """
        if not self._is_active(key) and self._is_active(replace(key, **values)):
            self._check_room()
        key.change(values)

    def opened_by(self, secret: str) -> Key | None:
        """The key of a secret, which may have the gateway's prefix; None if there is none."""
        key = self._by_secret.get(_without_prefix(secret))
        return None if key is None or key.deleted else key

    def find(self, number: str) -> Key:
        """The key of an id.

        Raises:
            ApiError: 404 if there is none.
        """
        for key in self.newest_first():
            if str(key.id) == number:
                return key
        raise errors.unknown_resource()

    def newest_first(self) -> list[Key]:
        """The keys that have not been deleted."""
        return [key for key in reversed(self._by_secret.values()) if not key.deleted]

    def names(self) -> dict[int, str]:
        """The names of all keys ever made, by id."""
        return {key.id: key.name for key in self._by_secret.values()}

    def check_limit(self, key: Key) -> None:
        """Let a key spend only while its limit is not used up.

        The limit bounds what has been spent, not what is about to be: the last job may exceed it.

        Raises:
            ApiError: 402 if it is used up.
        """
        if key.limit is None:
            return
        used, resets_at = self._spending(key)
        if used >= key.limit:
            raise errors.key_limit_exceeded(key.limit, used, dates.written(resets_at))

    def as_json(self, key: Key) -> dict[str, Any]:
        """What the account's answers say of a key."""
        used, resets_at = self._spending(key)
        limit = key.limit
        return {
            "id": key.id,
            "name": key.name,
            "preview": f"{key.id}|…{key.secret[-3:]}",
            "role": key.role,
            "status": key.status(self._clock.now()),
            "created_at": dates.written(key.created),
            "expires_at": dates.written(key.expires),
            "last_used_at": dates.written(key.last_used),
            "ip_whitelist": list(key.ip_whitelist),
            "ip_whitelist_count": len(key.ip_whitelist),
            "limit": limit,
            "reset_interval": key.reset_interval,
            "limit_used": used,
            "limit_remaining": None if limit is None else prices.rounded(max(0.0, limit - used)),
            "limit_resets_at": None if limit is None else dates.written(resets_at),
        }

    def _add(self, key: Key) -> Key:
        self._by_secret[key.secret] = key
        return key

    def _is_active(self, key: Key) -> bool:
        return key.status(self._clock.now()) == "active"

    def _check_room(self) -> None:
        active = sum(self._is_active(key) for key in self.newest_first())
        if active >= MAX_ACTIVE_KEYS:
            raise errors.too_many_keys(MAX_ACTIVE_KEYS)

    def _spending(self, key: Key) -> tuple[float, float | None]:
        """USD that a key has spent in its window, and when that ends."""
        start, end = window(key.created, key.reset_interval, self._clock.now())
        return self._usage.spent(key.id, start), end


def window(created: float, interval: Interval, now: float) -> tuple[float, float | None]:
    """When the spending window of a moment began, and when the next one begins.

    Args:
        created: When the key was made: the first window's begin.
        interval: How long windows are.
        now: The moment.
    """
    if interval == "none":
        return created, None
    if interval == "monthly":
        first, today = dates.date_time(created), dates.date_time(now)
        months = (today.year - first.year) * 12 + today.month - first.month
        if _months_after(first, months) > now:
            months -= 1
        return _months_after(first, months), _months_after(first, months + 1)
    length = _SECONDS[interval]
    start = created + (now - created) // length * length
    return start, start + length


def admits(whitelist: Iterable[str], address: str) -> bool:
    """Whether a list of addresses and networks lets an address in; an empty one does."""
    entries = list(whitelist)
    if not entries:
        return True
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(client, ipaddress.IPv6Address):
        client = client.ipv4_mapped or client  # a socket that listens for both shows IPv4 so
    return any(client in ipaddress.ip_network(entry, strict=False) for entry in entries)


def _without_prefix(secret: str) -> str:
    return secret.strip().removeprefix(GATEWAY_PREFIX)


def _months_after(first: datetime, months: int) -> float:
    """The same day and time so many months later; the month's last day if it is shorter."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    day = min(first.day, calendar.monthrange(year, month + 1)[1])
    return first.replace(year=year, month=month + 1, day=day).timestamp()
