"""A socket that receives the updates of all jobs of an account, without waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .protocol import JobUpdate, Subscribed
from .sync import SyncPush

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._http.sync import SyncDriver
    from . import connection
    from .protocol import Action, Session


class Listener(SyncPush):
    """Receives the updates of all jobs of an account.

    Args:
        driver: Driver of a client, which must exist as long as the listener.
        client_id: ID of the account's client, from the dashboard.
        on_update: Called with each update, in the thread of ``run()``.
        on_connect: Called when updates begin to arrive.
        on_disconnect: Called with the error that ended a connection, and the seconds until the
            next one.
    """

    def __init__(
        self,
        driver: SyncDriver,
        client_id: str,
        *,
        on_update: Callable[[JobUpdate], object],
        on_connect: Callable[[], object],
        on_disconnect: Callable[[Exception, float], object],
    ) -> None:
        super().__init__(driver, client_id)
        self._on_update = on_update
        self._on_connect = on_connect
        self._on_disconnect = on_disconnect
        self._refusal: connection.RefusedError | None = None

    def run(self) -> None:
        """Receive updates until ``close()``. A connection that is lost is replaced.

        Raises:
            RefusedError: The service refuses the connection or the subscription.
        """
        self._run()
        if self._refusal is not None:
            raise self._refusal

    def _refused(self, error: connection.RefusedError) -> None:
        self._refusal = error

    def _disconnected(self, error: Exception, delay: float) -> None:
        self._on_disconnect(error, delay)

    def _needed(self) -> bool:
        return not self._stop.is_set()

    def _do(self, session: Session, action: Action) -> None:
        if isinstance(action, JobUpdate):
            self._on_update(action)
            return
        super()._do(session, action)
        if isinstance(action, Subscribed):
            self._on_connect()
