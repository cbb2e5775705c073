"""Payments to the account: the one that its opening balance came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deapi.emulator import dates
from deapi.emulator.account.usage import CURRENCY

if TYPE_CHECKING:
    from deapi.emulator.account.rate_limits import Plan


@dataclass(frozen=True)
class Payment:
    """Money that came in.

    Attributes:
        id: Its number.
        amount: USD.
        moment: Emulated time, seconds since the epoch.
    """

    id: int
    amount: float
    moment: float

    def as_json(self) -> dict[str, Any]:
        """Its entry in the list of payments."""
        return {
            "id": self.id,
            "amount": self.amount,
            "currency": CURRENCY,
            "status": "paid",
            "provider": "emulator",
            "created_at": dates.written(self.moment),
        }


def opening(plan: Plan, balance: float, now: float) -> list[Payment]:
    """The payments of a new account; none on the Basic plan, which ends with the first one."""
    return [] if plan == "basic" or balance <= 0 else [Payment(1, balance, now)]
