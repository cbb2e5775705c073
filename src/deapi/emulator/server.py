"""An ASGI application on a real socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

T = TypeVar("T")

BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
_TICK_SECONDS = 1.0
_GRACE_SECONDS = 0.25


class Connection(H11Protocol):
    """uvicorn's connection, handed to the application so that it can hang up.

    ASGI has no message for "close the connection now"; the state that uvicorn copies into each
    request's scope is the one way in that does not reach into a running request.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app_state = {**self.app_state, "connection": self}
        self.access_log = False


class _Server(uvicorn.Server):
    """uvicorn's server, told to stop from another thread and then leaving nothing open."""

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
        for listening in sockets or ():
            listening.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = set(self.server_state.tasks)
        if tasks:  # requests that notice that their client has gone close their files
            _, tasks = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class ServerThread:
    """Serves an application until it is stopped; the process's signals and logging stay as is.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 for any free one.

    Raises:
        OSError: The address cannot be listened on.
    """

    def __init__(self, host: str, port: int) -> None:
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: ASGIApp, *, closing: Callable[[], Awaitable[None]]) -> None:
        """Serve `app` from now on, and call `closing` on the event loop at the end."""
        config = uvicorn.Config(
            _ending_quietly(app),
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            backlog=BACKLOG,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        server = self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._run, args=(server, closing), name="deapi-emulator", daemon=True
        )
        self._thread.start()
        server.ready.wait()

    def call(self, function: Callable[[], T]) -> T:
        """Call a function on the event loop and return what it returns."""
        if self._loop is None:
            raise RuntimeError("The emulator is not running.")

        async def called() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result()

    def stop(self) -> None:
        """Close everything and wait for the thread to end."""
        server, loop, thread = self._server, self._loop, self._thread
        if server is None or loop is None or thread is None:
            self._socket.close()
            return
        server.should_exit = True
        loop.call_soon_threadsafe(server.stopping.set)
        thread.join()
        self._loop = None

    def _run(self, server: _Server, closing: Callable[[], Awaitable[None]]) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await server.serve(sockets=[self._socket])
            await closing()

        asyncio.run(serve())


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off only where it sees that the protocol is TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _ending_quietly(app: ASGIApp) -> ASGIApp:
    """`app`, without uvicorn's traceback for each request that is under way at the end."""

    async def quiet(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return quiet
