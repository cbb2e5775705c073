"""The sockets of an async client, in a task of each event loop. Twin of ``sync.py``."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from . import connection
from .protocol import (
    CLOSE_TIMEOUT,
    MAX_UNSENT,
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
    from collections.abc import Callable

    from websockets.asyncio.client import ClientConnection

    from .._core.observing import OnEvent
    from .._core.steps import Waker
    from .._http.aio import AsyncDriver
    from .protocol import Action
    from .updates import Subscription


def _load_connect() -> Callable[..., Any]:
    from websockets.asyncio.client import ClientConnection, connect

    class Connection(ClientConnection):
        """A connection that ends if the server sends pings and does not read the pongs."""

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.get_write_buffer_size() > MAX_UNSENT:
                self.transport.abort()

    return partial(connect, create_connection=Connection)


class AsyncPush:
    """Source of job updates for the waits of an async client, with one socket per event loop.

    The first wait on a loop starts a task there. It ends when the client is closed or
    garbage-collected, or when no wait has needed it for a while.
    """

    def __init__(self, driver: AsyncDriver, client_id: str) -> None:
        # Weak, because the tasks must not keep the client alive.
        self._driver = weakref.ref(driver)
        self._client_id = client_id
        self._clock = driver.context.elapsed
        self._reset_after_fork()

    def _reset_after_fork(self) -> None:
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._sockets: dict[asyncio.AbstractEventLoop, _LoopSocket] = {}

    @property
    def healthy_since(self) -> float | None:
        """When updates began to arrive on the running event loop, or None if they do not."""
        return self._of_running_loop().updates.connected_since

    def subscribe(self, request_id: str, waker: Waker, on_event: OnEvent | None) -> Subscription:
        """Subscribe to the updates of a job, and connect if there is no connection.

        Args:
            request_id: The job's ID.
            waker: Wakes the wait when ``latest`` or ``healthy_since`` changes.
            on_event: Receives the events of calls that the socket makes meanwhile, or None.
        """
        return self._of_running_loop().subscribe(request_id, waker, on_event)

    async def close(self) -> None:
        """Close the sockets. Waits poll from now on."""
        with self._lock:
            sockets = dict(self._sockets)
        for loop, each in sockets.items():
            if loop is asyncio.get_running_loop():
                await each.close()
            else:
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(each.stop)

    def _of_running_loop(self) -> _LoopSocket:
        if self._process != os.getpid():
            self._reset_after_fork()  # the tasks exist in the parent process only
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._sockets:
                # Closed loops are forgotten here. Weak references would not release them, because
                # a task references its loop.
                self._sockets = {
                    other: each for other, each in self._sockets.items() if not other.is_closed()
                }
                self._sockets[loop] = _LoopSocket(self._driver, self._client_id, self._clock)
            return self._sockets[loop]


class _LoopSocket:
    """The socket of one event loop. Its methods are called on this loop."""

    def __init__(
        self, driver: weakref.ref[AsyncDriver], client_id: str, clock: Callable[[], float]
    ) -> None:
        self.updates = Updates(clock)
        self._driver = driver
        self._client_id = client_id
        self._task: asyncio.Task[None] | None = None
        self._last_wanted = 0.0
        self._stopped = False
        self._socket: ClientConnection | None = None

    def subscribe(self, request_id: str, waker: Waker, on_event: OnEvent | None) -> Subscription:
        subscription = self.updates.add(request_id, waker, on_event)
        self._last_wanted = time.monotonic()
        if not self._stopped and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run(), name="deapi socket")
        return subscription

    def stop(self) -> None:
        """Close the socket soon."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    async def close(self) -> None:
        """Close the socket."""
        self.stop()
        if self._task is not None:
            await asyncio.wait([self._task])

    def _needed(self) -> bool:
        """Whether to keep the connection. If not, ``subscribe()`` starts another task."""
        now = time.monotonic()
        if self.updates.wanted:
            self._last_wanted = now
        idle = now - self._last_wanted > connection.IDLE_SECONDS
        return not (idle or self._stopped or self._driver() is None)

    async def _run(self) -> None:
        failures = 0
        try:
            while self._needed():
                try:
                    await self._connect()
                except connection.RefusedError as error:  # noqa: PERF203
                    self._stopped = True
                    connection.log_refused(error)
                except Exception as error:  # noqa: BLE001 - whatever it is, waits poll meanwhile
                    failures = 1 if self.updates.connected else failures + 1
                    self.updates.set_connected(False)
                    delay = reconnect_delay(failures, random.random())  # noqa: S311
                    connection.log_disconnect(error, delay)
                    await asyncio.sleep(delay)
        finally:
            self.updates.set_connected(False)

    async def _connect(self) -> None:
        """Receive updates over one connection, until it is not needed any more."""
        driver = self._driver()
        if driver is None:
            return
        # Importing it takes tens of milliseconds.
        connect_to = await asyncio.to_thread(_load_connect)
        options = await asyncio.to_thread(connection.connect_options, driver.context.config)
        del driver
        with connection.refusals():
            async with connect_to(**options) as connected:
                self._socket = connected
                try:
                    await self._receive(connected)
                finally:
                    # A server that does not read must not delay the end.
                    abort = connected.transport.abort
                    asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, abort)

    async def _receive(self, connected: ClientConnection) -> None:
        session = Session(self._client_id, time.monotonic())
        while self._needed():
            timeout = max(session.wake_up_at() - time.monotonic(), 0.0)
            frame: str | bytes | None = None
            with anyio.move_on_after(timeout):
                frame = await connected.recv()
            if frame is None:
                actions = session.check(time.monotonic())
            else:
                actions = session.receive(frame, time.monotonic())
            for action in actions:
                await self._do(session, action)

    async def _do(self, session: Session, action: Action) -> None:
        if isinstance(action, JobUpdate):
            self.updates.record(action)
        elif isinstance(action, Subscribed):
            self.updates.set_connected(True)
        elif isinstance(action, Disconnect):
            raise connection.disconnect_error(action)
        elif isinstance(action, Transmit):
            await self._transmit(action)
        else:
            await self._transmit(session.subscribe(await self._authorize(action)))

    async def _transmit(self, action: Transmit) -> None:
        if self._socket is not None:
            with anyio.fail_after(SEND_TIMEOUT):
                await self._socket.send(action.text)

    async def _authorize(self, action: Authenticate) -> str:
        driver = self._driver()
        if driver is None:
            raise EOFError("the client does not exist any more")
        flow = connection.authorize(driver.context, action, self.updates.observers())
        return await driver.run(flow)
