"""The socket of a sync client, in a thread. Twin of ``aio.py``."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from . import connection
from .protocol import (
    CLOSE_TIMEOUT,
    SEND_TIMEOUT,
    Authenticate,
    Disconnect,
    JobUpdate,
    Session,
    Subscribed,
    Transmit,
    reconnect_delay,
)
from .updates import Updates

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

    from .._core.observing import OnEvent
    from .._core.steps import Waker
    from .._http.sync import SyncDriver
    from .protocol import Action
    from .updates import Subscription


def _open(options: dict[str, Any]) -> ClientConnection:
    from websockets.sync.client import connect  # takes tens of milliseconds

    opened: ClientConnection = cast("Any", connect)(**options)
    return opened


def _shut_down(connected: ClientConnection) -> None:
    with suppress(OSError):
        connected.socket.shutdown(socket.SHUT_RDWR)


def _shut_down_after(seconds: float, connected: ClientConnection) -> threading.Timer:
    """Shut a socket down later, which ends what blocks on it in any thread."""
    timer = threading.Timer(seconds, _shut_down, [connected])
    timer.daemon = True
    timer.start()
    return timer


class SyncPush:
    """Source of job updates for the waits of a sync client.

    The first wait starts a daemon thread. It ends when the client is closed or garbage-collected,
    or when no wait has needed it for a while.
    """

    def __init__(self, driver: SyncDriver, client_id: str) -> None:
        # Weak, because the thread must not keep the client alive.
        self._driver = weakref.ref(driver)
        self._client_id = client_id
        self._clock = driver.context.elapsed
        self._reset_after_fork()

    def _reset_after_fork(self) -> None:
        self._process = os.getpid()
        self._updates = Updates(self._clock)
        self._lock = threading.RLock()
        self._running = False
        self._last_wanted = 0.0
        self._stop = threading.Event()
        self._socket: ClientConnection | None = None

    @property
    def healthy_since(self) -> float | None:
        """When updates began to arrive, or None if they do not."""
        return self._updates.connected_since if self._process == os.getpid() else None

    def subscribe(self, request_id: str, waker: Waker, on_event: OnEvent | None) -> Subscription:
        """Subscribe to the updates of a job, and connect if there is no connection.

        Args:
            request_id: The job's ID.
            waker: Wakes the wait when ``latest`` or ``healthy_since`` changes.
            on_event: Receives the events of calls that the socket makes meanwhile, or None.
        """
        if self._process != os.getpid():
            self._reset_after_fork()  # the thread exists in the parent process only
        subscription = self._updates.add(request_id, waker, on_event)
        with self._lock:
            start = not (self._running or self._stop.is_set())
            self._running = self._running or start
            self._last_wanted = time.monotonic()
        if start:
            try:
                threading.Thread(target=self._run, name="deapi socket", daemon=True).start()
            except RuntimeError:  # too many threads, or the interpreter is shutting down
                self._running = False
        return subscription

    def close(self) -> None:
        """Close the socket. Waits poll from now on."""
        self._stop.set()
        connected = self._socket
        if connected is not None and self._process == os.getpid():
            _shut_down(connected)

    def _needed(self) -> bool:
        """Whether to keep the connection. If not, ``subscribe()`` starts another thread."""
        with self._lock:
            now = time.monotonic()
            if self._updates.wanted:
                self._last_wanted = now
            idle = now - self._last_wanted > connection.IDLE_SECONDS
            self._running = not (idle or self._stop.is_set() or self._driver() is None)
            if not self._running:
                self._updates.set_connected(False)
            return self._running

    def _run(self) -> None:
        failures = 0
        while self._needed():
            try:
                self._connect()
            except connection.RefusedError as error:  # noqa: PERF203
                self._stop.set()
                self._refused(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, waits poll meanwhile
                failures = 1 if self._updates.connected else failures + 1
                self._updates.set_connected(False)
                delay = reconnect_delay(failures, random.random())  # noqa: S311
                if not self._stop.is_set():
                    self._disconnected(error, delay)
                self._stop.wait(delay)
            else:
                return

    def _refused(self, error: connection.RefusedError) -> None:
        connection.log_refused(error)

    def _disconnected(self, error: Exception, delay: float) -> None:
        connection.log_disconnect(error, delay)

    def _connect(self) -> None:
        """Receive updates over one connection, until it is not needed any more."""
        driver = self._driver()
        if driver is None:
            return
        options = connection.connect_options(driver.context.config)
        del driver
        with connection.refusals(), _open(options) as connected:
            self._socket = connected
            try:
                self._receive(connected)
            finally:
                # A server that does not read must not delay the end.
                _shut_down_after(CLOSE_TIMEOUT, connected)

    def _receive(self, connected: ClientConnection) -> None:
        session = Session(self._client_id, time.monotonic())
        while self._needed():
            timeout = max(session.wake_up_at() - time.monotonic(), 0.0)
            try:
                frame = connected.recv(timeout)
            except TimeoutError:
                actions = session.check(time.monotonic())
            else:
                actions = session.receive(frame, time.monotonic())
            for action in actions:
                self._do(session, action)

    def _do(self, session: Session, action: Action) -> None:
        if isinstance(action, JobUpdate):
            self._updates.record(action)
        elif isinstance(action, Subscribed):
            self._updates.set_connected(True)
        elif isinstance(action, Disconnect):
            raise connection.disconnect_error(action)
        elif isinstance(action, Transmit):
            self._transmit(action)
        else:
            self._transmit(session.subscribe(self._authorize(action)))

    def _transmit(self, action: Transmit) -> None:
        if self._socket is not None:
            timer = _shut_down_after(SEND_TIMEOUT, self._socket)
            try:
                self._socket.send(action.text)
            finally:
                timer.cancel()

    def _authorize(self, action: Authenticate) -> str:
        driver = self._driver()
        if driver is None:
            raise EOFError("the client does not exist any more")
        flow = connection.authorize(driver.context, action, self._updates.observers())
        return driver.run(flow)
