"""One connection to the socket, to check that it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sync import SyncPush

if TYPE_CHECKING:
    from .._http.sync import SyncDriver


def check_socket(driver: SyncDriver, client_id: str) -> None:
    """Connect to the socket, subscribe to the channel of the account, and close the connection.

    Args:
        driver: Driver of a client.
        client_id: ID of the account in the name of its channel.

    Raises:
        Exception: The connection or the subscription failed.
    """
    _Check(driver, client_id).subscribe_once()


class _Check(SyncPush):
    """A source of updates whose connection ends once it is subscribed."""

    def subscribe_once(self) -> None:
        self._connect()

    def _needed(self) -> bool:
        return not self._updates.connected
