"""Calls of the account's operations, what they become on the wire, and what answers them."""

import dataclasses
import datetime
from collections.abc import Callable
from typing import Any

from deapi import types
from deapi.resources.keys import UNCHANGED

UTC = datetime.timezone.utc
WARSAW = datetime.timezone(datetime.timedelta(hours=2))

KEY = {
    "id": 42,
    "name": "ci",
    "preview": "42|…f3a",
    "role": "api",
    "status": "active",
    "created_at": "2026-10-01T08:00:00+00:00",
    "expires_at": None,
    "last_used_at": "2026-10-02T08:00:00Z",
    "ip_whitelist": ["192.0.2.0/24", "2001:db8::1"],
    "ip_whitelist_count": 2,
    "limit": 5.0,
    "reset_interval": "daily",
    "limit_used": 0.4,
    "limit_remaining": 4.6,
    "limit_resets_at": "2026-10-03T00:00:00+00:00",
}
SECRET = "42|only-once-f3a"
NEW_KEY = {**KEY, "secret": SECRET}
BILLING = {
    "balance": 12.5,
    "currency": "USD",
    "auto_top_up": {"enabled": True, "threshold": 2.0, "amount": 10.0},
}
USAGE = {
    "from": "2026-10-01",
    "to": "2026-10-07",
    "group_by": "key",
    "currency": "USD",
    "totals": {"cost": 0.75, "requests": 3, "errors": 1},
    "groups": [
        {"key": 42, "name": "ci", "cost": 0.5, "requests": 2, "errors": 1},
        {"key": "model", "cost": 0.25, "requests": 1, "errors": 0},
    ],
}
PAYMENT = {
    "id": 7,
    "amount": 10.0,
    "currency": "USD",
    "status": "paid",
    "provider": "stripe",
    "created_at": "2026-10-01T08:00:00+00:00",
}


def page(items, number=1, last=1):
    return {"data": items, "links": {}, "meta": {"current_page": number, "last_page": last}}


@dataclasses.dataclass(frozen=True)
class Row:
    """A call, what it has to become on the wire, the answer, and what the caller gets."""

    label: str
    call: Callable[[Any], Any]
    method: str
    path: str
    fields: dict[str, Any]
    body: Any
    result: Any
    status: int = 200

    def __str__(self):
        return self.label


def reads(label, call, path, fields, body, *, model):
    wrapped = body if "data" in body else {"data": body}
    return Row(label, call, "GET", path, fields, wrapped, model.model_validate(body))


LAST_DAY = datetime.date(2026, 10, 7)
DAYS = {"start": datetime.date(2026, 10, 1), "end": LAST_DAY, "group_by": "model"}
SENT_DAYS = {"from": "2026-10-01", "to": "2026-10-07", "group_by": "model"}
FIRST_PAGE = {"per_page": "50", "limit": "50", "page": "1"}
OTHER_PAGE = {"per_page": "5", "limit": "5", "page": "3"}
PAYMENTS, KEYS = page([PAYMENT]), page([KEY])


def creates(label, given, sent):
    return Row(
        label,
        lambda c: c.keys.create(**given),
        "POST",
        "keys",
        sent,
        {"data": NEW_KEY},
        types.NewApiKey.model_validate(NEW_KEY),
        201,
    )


def updates(label, given, sent, key_id=42):
    return Row(
        label,
        lambda c: c.keys.update(key_id, **given),
        "PATCH",
        "keys/42",
        sent,
        {"data": KEY},
        types.ApiKey.model_validate(KEY),
    )


ROWS = [
    reads("billing", lambda c: c.account.billing(), "account", {}, BILLING, model=types.Billing),
    reads("usage", lambda c: c.account.usage(), "account/usage", {}, USAGE, model=types.Usage),
    reads(
        "usage of days",
        lambda c: c.account.usage(**DAYS),
        "account/usage",
        SENT_DAYS,
        USAGE,
        model=types.Usage,
    ),
    reads(
        "usage from texts and moments",
        lambda c: c.account.usage(
            start="2026-10-01", end=datetime.datetime(2026, 10, 8, 1, tzinfo=WARSAW)
        ),
        "account/usage",
        {"from": "2026-10-01", "to": "2026-10-07"},
        USAGE,
        model=types.Usage,
    ),
    reads(
        "usage of one day",
        lambda c: c.account.usage(
            start="2026-10-07T23:00:00Z", end=LAST_DAY, group_by="a new word"
        ),
        "account/usage",
        {"from": "2026-10-07", "to": "2026-10-07", "group_by": "a new word"},
        USAGE,
        model=types.Usage,
    ),
    reads(
        "payments",
        lambda c: c.account.payments(),
        "account/payments",
        FIRST_PAGE,
        PAYMENTS,
        model=types.PaymentsPage,
    ),
    reads(
        "page of payments",
        lambda c: c.account.payments(per_page=5, page=3),
        "account/payments",
        OTHER_PAGE,
        PAYMENTS,
        model=types.PaymentsPage,
    ),
    reads("own key", lambda c: c.key.get(), "key", {}, KEY, model=types.ApiKey),
    reads("own usage", lambda c: c.key.usage(), "key/usage", {}, USAGE, model=types.Usage),
    reads(
        "own usage of days",
        lambda c: c.key.usage(**DAYS),
        "key/usage",
        SENT_DAYS,
        USAGE,
        model=types.Usage,
    ),
    reads("keys", lambda c: c.keys.list(), "keys", FIRST_PAGE, KEYS, model=types.KeysPage),
    reads(
        "page of keys",
        lambda c: c.keys.list(per_page=5, page=3),
        "keys",
        OTHER_PAGE,
        KEYS,
        model=types.KeysPage,
    ),
    reads("key", lambda c: c.keys.get(42), "keys/42", {}, KEY, model=types.ApiKey),
    reads("key by text", lambda c: c.keys.get("42"), "keys/42", {}, KEY, model=types.ApiKey),
    reads(
        "usage of a key",
        lambda c: c.keys.usage(42, **DAYS),
        "keys/42/usage",
        SENT_DAYS,
        USAGE,
        model=types.Usage,
    ),
    creates("create", {"name": "ci"}, {"name": "ci"}),
    creates(
        "create with all",
        {
            "name": "ci — żółw",
            "expires_at": datetime.datetime(2027, 1, 1, 2, 0, 0, 5, tzinfo=WARSAW),
            "ip_whitelist": ("192.0.2.0/24", "2001:db8::1", "10.0.0.1/8"),
            "limit": 5,
            "reset_interval": "daily",
        },
        {
            "name": "ci — żółw",
            "expires_at": "2027-01-01T00:00:00+00:00",
            "ip_whitelist": ["192.0.2.0/24", "2001:db8::1", "10.0.0.1/8"],
            "limit": 5,
            "reset_interval": "daily",
        },
    ),
    creates(
        "create with the outermost values",
        {
            "name": "n" * 255,
            "expires_at": "2038-01-19T03:14:07Z",
            "ip_whitelist": ["192.0.2.1"] * 20,
            "limit": 999_999.999999,
        },
        {
            "name": "n" * 255,
            "expires_at": "2038-01-19T03:14:07+00:00",
            "ip_whitelist": ["192.0.2.1"] * 20,
            "limit": 999_999.999999,
        },
    ),
    creates(
        "create without a right to spend",
        {"name": "0", "limit": 0, "ip_whitelist": []},
        {"name": "0", "limit": 0, "ip_whitelist": []},
    ),
    updates("revoke", {"active": False}, {"active": False}),
    updates("revoke by text", {"active": False}, {"active": False}, key_id="42"),
    updates(
        "update",
        {
            "active": True,
            "expires_at": "2027-01-01T00:00:00+02:00",
            "ip_whitelist": ["::1"],
            "limit": 2.5,
            "reset_interval": "none",
        },
        {
            "active": True,
            "expires_at": "2026-12-31T22:00:00+00:00",
            "ip_whitelist": ["::1"],
            "limit": 2.5,
            "reset_interval": "none",
        },
    ),
    updates(
        "clear",
        {"expires_at": None, "limit": None, "ip_whitelist": []},
        {"expires_at": None, "limit": None, "ip_whitelist": []},
    ),
    updates("clear one", {"limit": None, "expires_at": UNCHANGED}, {"limit": None}),
    Row("delete", lambda c: c.keys.delete(42), "DELETE", "keys/42", {}, b"", None, 204),
    reads(
        "balance",
        lambda c: c.balance(),
        "account/balance",
        {},
        {"balance": 1.5},
        model=types.Balance,
    ),
]
