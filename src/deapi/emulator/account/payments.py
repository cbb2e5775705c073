"""Payments to the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deapi.emulator.account.usage import CURRENCY
from deapi.emulator.clock import format_datetime

if TYPE_CHECKING:
    from deapi.emulator.account.rate_limits import Plan


@dataclass(frozen=True)
class Payment:
    """A payment to the account.

    Attributes:
        id: ID of the payment.
        amount: Amount in USD.
        created_at: Emulated time of the payment, in seconds since the Unix epoch.
    """

    id: int
    amount: float
    created_at: float

    def as_json(self) -> dict[str, Any]:
        """The payment's entry in the list of payments."""
        return {
            "id": self.id,
            "amount": self.amount,
            "currency": CURRENCY,
            "status": "paid",
            "provider": "emulator",
            "created_at": format_datetime(self.created_at),
        }


def initial_payments(plan: Plan, balance: float, now: float) -> list[Payment]:
    """The payment of the initial balance. The Basic plan has none: a payment would end it."""
    return [] if plan == "basic" or balance <= 0 else [Payment(1, balance, now)]
