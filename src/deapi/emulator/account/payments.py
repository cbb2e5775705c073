"""Payments to the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import format_datetime
from .usage import CURRENCY

if TYPE_CHECKING:
    from .rate_limits import Plan


def initial_payments(plan: Plan, balance: float, now: float) -> list[dict[str, Any]]:
    """Return the payment of the initial balance; none with the Basic plan, which it would end."""
    if plan == "basic" or balance <= 0:
        return []
    payment = {
        "id": 1,
        "amount": balance,
        "currency": CURRENCY,
        "status": "paid",
        "provider": "emulator",
        "created_at": format_datetime(now),
    }
    return [payment]
