"""Connections of the async client, as streams for httpcore. See ``streams.py``.

They use sockets directly. The transports of asyncio discard what was received when sending fails,
and with it the response of a server that rejects an upload early.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
from typing import TYPE_CHECKING, Any

import anyio
import httpcore

from .streams import (
    OBSERVED_SIZE,
    READ_SIZE,
    RESPONDED_EARLY,
    ObservedStream,
    has_arrived,
    is_final_response,
    read_size,
)
from .timeouts import remaining

if TYPE_CHECKING:
    from collections.abc import Iterable

# Seconds until the next IP address of a host is tried also, as in RFC 8305.
_NEXT_ADDRESS_DELAY = 0.25


async def connect(
    host: str, port: int, timeout: float | None, options: Iterable[Any]
) -> AsyncStream:
    """Connect to a host.

    If its first IP address does not respond soon, the next one is tried at the same time.

    Args:
        host: Host name or IP address.
        port: Port.
        timeout: Maximum seconds, or None.
        options: Arguments of ``setsockopt()``, each as a tuple.

    Raises:
        httpcore.ConnectTimeout: Connecting took too long.
        httpcore.ConnectError: No IP address could be connected to.
    """
    try:
        with anyio.fail_after(timeout):
            return AsyncStream(AsyncSocket(await _connect_any(host, port, options)))
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(error) from error
    except OSError as error:
        raise httpcore.ConnectError(error) from error


async def _connect_any(host: str, port: int, options: Iterable[Any]) -> socket.socket:
    targets = await _resolve(host, port)
    if len(targets) == 1:
        return await _connect(targets[0], options)
    untried = iter(targets)
    pending: set[asyncio.Task[socket.socket]] = set()
    error: BaseException | None = None
    try:
        while True:
            if (target := next(untried, None)) is not None:
                pending.add(_start(_connect(target, options)))
            elif not pending:
                raise error or OSError(f"{host} has no IP address")
            done, pending = await asyncio.wait(
                pending,
                timeout=None if target is None else _NEXT_ADDRESS_DELAY,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                error = task.exception()
                if error is None:
                    pending |= done - {task}
                    return task.result()
    finally:
        for task in pending:
            task.cancel()
            task.add_done_callback(_close_result)


async def _resolve(host: str, port: int) -> list[Any]:
    """Return the results of ``getaddrinfo()``, IPv4 and IPv6 in turn."""
    try:
        flags = socket.AI_NUMERICHOST  # does not block
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except socket.gaierror:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except RuntimeError as error:  # too many threads, or the interpreter is shutting down
            raise OSError(str(error)) from error
    preferred = [each for each in found if each[0] == found[0][0]]
    others = [each for each in found if each[0] != found[0][0]]
    pairs = itertools.zip_longest(preferred, others)
    return [each for pair in pairs for each in pair if each is not None]


async def _connect(target: Any, options: Iterable[Any]) -> socket.socket:
    family, socket_type, protocol, _, address = target
    sock = socket.socket(family, socket_type, protocol)
    try:
        sock.setblocking(False)
        for option in options:
            sock.setsockopt(*option)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _close_result(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _start(coroutine: Any) -> asyncio.Task[Any]:
    """Run a coroutine as a task. asyncio does not report an exception that no caller retrieves."""
    task = asyncio.get_running_loop().create_task(coroutine)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


class AsyncStream(ObservedStream, httpcore.AsyncNetworkStream):
    """A connection of the async client, on a socket or on TLS."""

    _watcher: asyncio.Task[None] | None = None

    def __init__(self, stream: AsyncSocket | AsyncTLS) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        follows_read, self._has_read = self._has_read, True
        try:
            with anyio.fail_after(remaining(timeout)):
                if follows_read:
                    # Other tasks and timers run, also if bytes arrive faster than they are parsed:
                    # receiving what has arrived already does not suspend this task.
                    await asyncio.sleep(0)
                if self._watcher is not None:
                    await asyncio.wait([self._watcher])
                    # A cancelled one means that the connection was closed: reading from it fails.
                    if not self._received and not self._watcher.cancelled():
                        self._watcher.result()
                    self._watcher = None
                if self._received:
                    return self._take_received(max_bytes)
                return await self._stream.receive(read_size(max_bytes, timeout))
        except TimeoutError as error:
            raise httpcore.ReadTimeout(error) from error
        except OSError as error:
            raise httpcore.ReadError(error) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return  # httpcore writes this at the end of each request
        if self._is_new_request():
            self._ensure_nothing_received()
        try:
            with anyio.fail_after(timeout) as scope:
                if len(buffer) > OBSERVED_SIZE:
                    await self._write_observed(buffer, scope)
                else:
                    await self._stream.send(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore.WriteError(error) from error
        if scope.cancelled_caught:
            raise httpcore.WriteError(RESPONDED_EARLY)  # httpcore then reads the response

    async def _write_observed(self, buffer: bytes, scope: anyio.CancelScope) -> None:
        if self._watcher is None:
            self._watcher = _start(self._receive_early())
        elif self._watcher.done():
            raise httpcore.WriteError(RESPONDED_EARLY)

        # Not a task that sends: creating one for each chunk takes a third of the time of an upload.
        def end(_: object) -> None:
            scope.cancel()

        self._watcher.add_done_callback(end)
        try:
            await self._stream.send(buffer)
        finally:
            self._watcher.remove_done_callback(end)

    async def _receive_early(self) -> None:
        while data := await self._stream.receive(READ_SIZE):
            self._received += data
            if is_final_response(self._received):
                return

    def _has_pending_bytes(self) -> bool:
        return self._stream.has_pending_bytes()

    async def aclose(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
        self._stream.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = AsyncTLS(self._stream, ssl_context, server_hostname)
        try:
            with anyio.fail_after(timeout):
                await stream.handshake()
        except BaseException as error:
            stream.close()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(error) from error
            if isinstance(error, OSError):
                raise httpcore.ConnectError(error) from error
            raise
        return AsyncStream(stream)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # whether the pool should close it; sockets are polled in write()
            return self._is_dirty()
        return self._stream.get_extra_info(info)


class AsyncSocket:
    """A connected socket. Unlike a transport of asyncio, it can receive after sending failed."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._in_use = 0
        self._closed = False

    async def receive(self, max_bytes: int) -> bytes:
        """Return the bytes that arrive next, empty at the end."""
        data: bytes = await self._use(asyncio.get_running_loop().sock_recv(self._socket, max_bytes))
        return data

    async def send(self, data: bytes | memoryview) -> None:
        """Send all of ``data``."""
        await self._use(asyncio.get_running_loop().sock_sendall(self._socket, data))

    async def _use(self, operation: Any) -> Any:
        self._in_use += 1
        try:
            return await operation
        finally:
            self._in_use -= 1
            if self._closed and not self._in_use:
                self._socket.close()

    def has_pending_bytes(self) -> bool:
        """Whether bytes have arrived, or the end of the connection."""
        return has_arrived(self._socket)

    def close(self) -> None:
        """Close the socket, after the operations that use it: they end at once."""
        self._closed = True
        if not self._in_use:
            self._socket.close()
            return
        # An event loop must not watch a descriptor that has been closed, and may be reused.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def get_extra_info(self, info: str) -> Any:
        """Return the socket, for ``"socket"``."""
        return self._socket if info == "socket" else None


class AsyncTLS:
    """TLS on another stream. Unlike anyio's, it can receive after sending failed."""

    def __init__(
        self, stream: AsyncSocket | AsyncTLS, context: ssl.SSLContext, hostname: str | None
    ) -> None:
        self._stream = stream
        self._encrypted_in = ssl.MemoryBIO()
        self._encrypted_out = ssl.MemoryBIO()
        self._ssl = context.wrap_bio(
            self._encrypted_in, self._encrypted_out, server_hostname=hostname
        )
        self._flushing = False

    async def handshake(self) -> None:
        """Perform the handshake."""
        await self._run(self._ssl.do_handshake)

    async def receive(self, max_bytes: int) -> bytes:
        """Return the bytes that arrive next, empty at the end."""
        try:
            data: bytes = await self._run(self._ssl.read, max_bytes)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""  # many servers close without a TLS close_notify
        return data

    async def send(self, data: bytes | memoryview) -> None:
        """Send all of ``data``."""
        view = memoryview(data)
        while view:
            view = view[self._ssl.write(view) :]  # one TLS record
            if self._encrypted_out.pending >= 4 * READ_SIZE:
                await self._flush()
        await self._flush()

    async def _run(self, function: Any, *arguments: Any) -> Any:
        while True:
            try:
                result = function(*arguments)
            except ssl.SSLWantReadError:  # noqa: PERF203 - it needs a record first
                await self._flush()
                if data := await self._stream.receive(READ_SIZE):
                    self._encrypted_in.write(data)
                else:
                    self._encrypted_in.write_eof()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if self._flushing:
            return  # the other task sends these bytes also: records must not mix
        self._flushing = True
        try:
            while self._encrypted_out.pending:
                await self._stream.send(self._encrypted_out.read())
        finally:
            self._flushing = False

    def has_pending_bytes(self) -> bool:
        """Whether bytes have arrived, or the end of the connection."""
        # OpenSSL does not read beyond the record whose content it returns.
        pending = self._encrypted_in.pending or self._ssl.pending()
        return bool(pending) or self._stream.has_pending_bytes()

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        """Return the TLS object or the socket, for ``"ssl_object"`` or ``"socket"``."""
        return self._ssl if info == "ssl_object" else self._stream.get_extra_info(info)
