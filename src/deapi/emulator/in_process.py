"""Serve an ASGI application without a network socket, to HTTP clients of the same process."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from starlette.types import ASGIApp, Receive, Scope, Send

T = TypeVar("T")


class InProcessServer:
    """Runs an application on an event loop in a background thread. It has no network socket."""

    port = 80

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._on_close: Callable[[], Awaitable[None]] | None = None
        self.transport: InProcessTransport | None = None

    def start(self, app: ASGIApp, *, on_close: Callable[[], Awaitable[None]]) -> None:
        """Start to serve. `on_close` is called on the event loop when the server is stopped."""
        loop = self._loop = asyncio.new_event_loop()
        self._on_close = on_close
        self.transport = InProcessTransport(app, self)
        self._thread = threading.Thread(target=loop.run_forever, name="deapi-emulator", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Future[T] | Any:
        """Start a coroutine on the event loop, and return a future of `concurrent.futures`."""
        if self._loop is None:
            coroutine.close()
            raise httpx.ConnectError("The emulator is not running.")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def call(self, function: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Call a coroutine function on the event loop, and return its result."""
        result: T = self.submit(function()).result()
        return result

    def stop(self) -> None:
        """Cancel all requests, and wait until the thread has ended."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self.call(self._close)
        self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    async def _close(self) -> None:
        if self._on_close:
            await self._on_close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class InProcessTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends requests of sync and async clients, on any thread and event loop, to a server."""

    def __init__(self, app: ASGIApp, server: InProcessServer) -> None:
        self._transport = httpx.ASGITransport(_with_connection(app))
        self._server = server

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request of a sync client."""
        content = request.read()
        status, headers, body = self._server.submit(self._send(request, content)).result()
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request of an async client."""
        content = await request.aread()
        future = self._server.submit(self._send(request, content))
        status, headers, body = await asyncio.wrap_future(future)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    async def _send(
        self, request: httpx.Request, content: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        copy = httpx.Request(
            request.method, request.url, headers=request.headers, stream=httpx.ByteStream(content)
        )
        response = await self._transport.handle_async_request(copy)
        return response.status_code, response.headers.raw, await response.aread()


class _Connection:
    """The connection of a request, which a fault drops."""

    @property
    def transport(self) -> _Connection:
        return self

    def close(self) -> None:
        raise httpx.RemoteProtocolError("The emulator closed the connection.")


def _with_connection(app: ASGIApp) -> ASGIApp:
    async def wrapper(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"connection": _Connection()}}, receive, send)

    return wrapper
