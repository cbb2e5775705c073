"""Response bodies of the account and key endpoints."""

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
BALANCE = {"balance": 12.5}
BILLING = {
    **BALANCE,
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
