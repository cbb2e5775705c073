"""Serve an ASGI application on a real socket from a background thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from starlette.types import ASGIApp, Receive, Scope, Send

T = TypeVar("T")

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
_TICK_SECONDS = 1.0
_SHUTDOWN_SECONDS = 0.25


class Connection(H11Protocol):
    """uvicorn's connection, exposed to the application so that it can close the connection.

    ASGI has no message for closing the connection at once. uvicorn copies `app_state` into the
    scope of each request, which is the only way to pass the connection without changing a running
    request.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app_state = {**self.app_state, "connection": self}
        self.access_log = False


class _Server(uvicorn.Server):
    """A uvicorn server that another thread can stop, and that closes everything it opened."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = set(self.server_state.tasks)
        if tasks:  # requests whose client has disconnected close their files
            _, tasks = await asyncio.wait(tasks, timeout=_SHUTDOWN_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class ServerThread:
    """Serves an application until stopped. Does not change the process's signals or logging.

    Args:
        host: Hostname or IP address to listen on.
        port: Port to listen on. 0 picks a free one.

    Raises:
        OSError: The server cannot listen on this host and port.
    """

    def __init__(self, host: str, port: int) -> None:
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    def start(self, app: ASGIApp, *, on_close: Callable[[], Awaitable[None]]) -> None:
        """Start to serve. `on_close` is called on the event loop after the server has shut down.

        Raises:
            RuntimeError: The server did not start. The cause is its exception.
        """
        config = uvicorn.Config(
            _suppress_cancellation(app),
            http=Connection,
            ws=WSProtocol,
            lifespan="off",
            log_config=None,
            backlog=_BACKLOG,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        server = self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._run, args=(server, on_close), name="deapi-emulator", daemon=True
        )
        self._thread.start()
        server.ready.wait()
        if self._failure is not None:
            self._socket.close()
            raise RuntimeError("The emulator's server did not start.") from self._failure

    def call(self, function: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Call a coroutine function on the event loop, and return its result."""
        if self._loop is None:
            raise RuntimeError("The emulator is not running.")
        return asyncio.run_coroutine_threadsafe(function(), self._loop).result()

    def stop(self) -> None:
        """Close all connections, and wait until the thread has ended."""
        server, loop, thread = self._server, self._loop, self._thread
        if server is None or loop is None or thread is None:
            self._socket.close()
            return
        server.should_exit = True
        loop.call_soon_threadsafe(server.stopping.set)
        thread.join()
        self._loop = None

    def _run(self, server: _Server, on_close: Callable[[], Awaitable[None]]) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await server.serve(sockets=[self._socket])
            await on_close()

        try:
            asyncio.run(serve())
        except Exception as error:
            if server.ready.is_set():
                raise
            self._failure = error
            server.ready.set()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm only if the protocol is given as TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there, two programs could listen on the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _suppress_cancellation(app: ASGIApp) -> ASGIApp:
    """Wrap `app` so that uvicorn logs no traceback for requests cancelled by the shutdown."""

    async def wrapper(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return wrapper
