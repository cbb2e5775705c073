"""Connections of the sync client, as streams for httpcore. ``async_streams.py`` has the others.

Both notice what a server sends before it should:

- Bytes that arrived before a request was sent cannot be its response. The connection is closed,
  and httpcore sends the request on another one. Nothing had been sent, so this is not a retry.
- A response that arrives while a body is being sent ends the upload, and is read.
"""

from __future__ import annotations

import re
import select
import ssl
from typing import TYPE_CHECKING, Any

import httpcore

from .timeouts import IdleDeadline, remaining

if TYPE_CHECKING:
    import socket
    from collections.abc import MutableSet

    import h11

READ_SIZE = 65_536  # bytes

# Bytes per read of a download. httpcore asks for 65,536, and each read costs the same CPU time.
_DOWNLOAD_READ_SIZE = 262_144

# Larger buffers are sent while the connection is observed for an early response. Smaller ones fit
# into the buffers of the operating system, so that sending them does not block.
OBSERVED_SIZE = 16_384

_INTERIM_RESPONSE = re.compile(rb"HTTP/1\.[01] 1\d\d")
_STATUS_LINE_SIZE = len(b"HTTP/1.1 200")

_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

RESPONDED_EARLY = "the server responded, or closed the connection, before the request was sent"


def is_final_response(received: bytes) -> bool:
    """Whether received bytes are more than interim responses, such as ``100 Continue``."""
    if len(received) > READ_SIZE:
        return True
    while _INTERIM_RESPONSE.match(received):
        _, end, received = received.partition(b"\r\n\r\n")
        if not end:
            return False
    return len(received) >= _STATUS_LINE_SIZE


def has_arrived(sock: socket.socket) -> bool:
    """Whether bytes have arrived at a socket, or the end of the connection.

    Of a TLS socket, only the encrypted bytes count.
    """
    return _poll(sock, 0, writable=False)[0]


def wait_writable(sock: socket.socket, timeout: float | None) -> tuple[bool, bool]:
    """Wait until a socket is writable, or until something has arrived.

    Args:
        sock: The socket.
        timeout: Maximum seconds to wait; None to wait indefinitely.

    Returns:
        Whether anything has arrived, as in ``has_arrived()``, and whether the socket is writable.
    """
    return _poll(sock, timeout, writable=True)


def _poll(sock: socket.socket, timeout: float | None, *, writable: bool) -> tuple[bool, bool]:
    descriptor = sock.fileno()
    if descriptor < 0:  # it has been closed
        return True, True
    if not hasattr(select, "poll"):  # Windows
        written = [descriptor] if writable else []
        arrived, ready, _ = select.select([descriptor], written, [], timeout)
        return bool(arrived), bool(ready)
    poller = select.poll()
    poller.register(descriptor, select.POLLIN | (select.POLLOUT if writable else 0))
    events = sum(event for _, event in poller.poll(None if timeout is None else timeout * 1000))
    return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT)


def read_size(max_bytes: int, timeout: float | None) -> int:
    """Return the maximum bytes of a read, which is larger for a download."""
    return _DOWNLOAD_READ_SIZE if isinstance(timeout, IdleDeadline) else max_bytes


class ObservedStream:
    """State that both streams share.

    Attributes:
        parser: The parser of the responses on this connection, known after the first of them. A
            connection without a known parser is not reused.
    """

    parser: h11.Connection | None = None
    _received = b""  # while a body was being sent
    _has_read = False

    def _is_new_request(self) -> bool:
        new, self._has_read = self._has_read, False
        return new

    def _ensure_nothing_received(self) -> None:
        """Raise if anything arrived after the previous response.

        Raises:
            httpcore.ConnectionNotAvailable: The pool closes this connection and uses another one.
        """
        # Without a parser, this is not the second request of a connection: a proxy has responded.
        if self.parser is not None and (self._is_dirty() or self._has_pending_bytes()):
            raise httpcore.ConnectionNotAvailable

    def _is_dirty(self) -> bool:
        return self.parser is None or bool(self._received or self.parser.trailing_data[0])

    def _has_pending_bytes(self) -> bool:
        raise NotImplementedError

    def _take_received(self, max_bytes: int) -> bytes:
        data, self._received = self._received[:max_bytes], self._received[max_bytes:]
        return data


class Stream(ObservedStream, httpcore.NetworkStream):
    """A connection of the sync client. It accepts a ``Deadline`` as the timeout of reads."""

    def __init__(
        self,
        stream: httpcore.NetworkStream,
        sockets: MutableSet[socket.socket],
        *,
        nested: bool = False,
    ) -> None:
        """Wrap a stream of httpcore.

        Args:
            stream: The stream.
            sockets: The sockets of all connections, to which that of the stream is added.
            nested: Whether it is TLS inside of TLS, for a target behind a proxy with TLS. Such a
                connection is used for one request, because its buffers cannot be inspected.
        """
        self._stream = stream
        self._nested = nested
        self._socket: socket.socket = stream.get_extra_info("socket")
        self._sockets = sockets
        sockets.add(self._socket)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._has_read = True
        if self._received:
            return self._take_received(max_bytes)
        seconds = remaining(timeout)
        if seconds == 0:
            raise httpcore.ReadTimeout
        return self._stream.read(read_size(max_bytes, timeout), timeout=seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._is_new_request():
            self._ensure_nothing_received()
        if len(buffer) > OBSERVED_SIZE and not self._nested:
            self._write_observed(buffer, timeout)
        else:
            self._stream.write(buffer, timeout=remaining(timeout))

    def _write_observed(self, buffer: bytes, timeout: float | None) -> None:
        sock = self._socket
        sock.settimeout(0)
        view = memoryview(buffer)
        arrived, writable = has_arrived(sock), True
        while True:
            if arrived:
                self._receive_early()
            if writable:
                try:
                    view = view[sock.send(view) :]
                except _WOULD_BLOCK:
                    pass
                except OSError as error:
                    raise httpcore.WriteError(error) from error
            if not view:
                return
            arrived, writable = wait_writable(sock, remaining(timeout))
            if not arrived and not writable:
                raise httpcore.WriteTimeout

    def _receive_early(self) -> None:
        try:
            data = self._socket.recv(READ_SIZE)
        except _WOULD_BLOCK:
            return  # TLS received a record without data
        except OSError as error:
            raise httpcore.WriteError(error) from error
        self._received += data
        if not data or is_final_response(self._received):
            raise httpcore.WriteError(RESPONDED_EARLY)  # httpcore then reads the response

    def _has_pending_bytes(self) -> bool:
        sock = self._socket
        return (isinstance(sock, ssl.SSLSocket) and sock.pending() > 0) or has_arrived(sock)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, remaining(timeout))
        return Stream(stream, self._sockets, nested=isinstance(self._socket, ssl.SSLSocket))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # whether the pool should close it; sockets are polled in write()
            return self._nested or self._is_dirty()
        return self._stream.get_extra_info(info)
