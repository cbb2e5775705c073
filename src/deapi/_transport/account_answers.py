"""What the answers of the account's endpoints hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .response import read

if TYPE_CHECKING:
    from ..types.account import ApiKey, Billing, KeysPage, NewApiKey, PaymentsPage, Usage
    from .response import Response


def billing(response: Response) -> Billing:
    """The account's money."""
    from ..types.account import Billing

    return read(response, Billing)


def usage(response: Response) -> Usage:
    """What was used in some days."""
    from ..types.account import Usage

    return read(response, Usage)


def payments(response: Response) -> PaymentsPage:
    """A page of the payments. Its ``data`` is a field, not a wrapping."""
    from ..types.account import PaymentsPage

    return read(response, PaymentsPage, unwrap=False)


def key(response: Response) -> ApiKey:
    """What is known of a key."""
    from ..types.account import ApiKey

    return read(response, ApiKey)


def keys(response: Response) -> KeysPage:
    """A page of the keys. Its ``data`` is a field, not a wrapping."""
    from ..types.account import KeysPage

    return read(response, KeysPage, unwrap=False)


def new_key(response: Response) -> NewApiKey:
    """A key that was made. No error shows what was answered: the secret is in there."""
    from ..types.account import NewApiKey

    return read(response, NewApiKey, show=False)
