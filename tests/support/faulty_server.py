"""`FaultyServer`: a real HTTP/1.1 server that fails on request, with one behavior per request."""

import array
import fcntl
import functools
import json
import socket
import ssl
import tempfile
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from . import socket_server

CHUNK_SIZE = 65536


@dataclass
class Request:
    """A received request. `complete` is set once the whole body has arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    connection: int
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False
    time: float = field(default_factory=time.monotonic)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """Return the first header of that name, case-insensitively."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def json(self) -> Any:
        """Parse the body as JSON."""
        return json.loads(self.body)


class ServerConnection:
    """One connection, as a behavior uses it."""

    def __init__(self, server: "FaultyServer", sock: socket.socket, number: int) -> None:
        self.server = server
        self.number = number
        self.open = True
        self.keep_alive = True
        self._sock = sock
        self._buffer = bytearray()

    def send(self, data: bytes) -> None:
        """Send bytes unchanged."""
        self._sock.sendall(data)

    def send_together(self, *parts: bytes) -> None:
        """Send parts, each as a TLS record of its own if there is TLS, in one TCP segment."""
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        for part in parts:
            self._sock.sendall(part)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    def wait_until_received(self) -> None:
        """Wait until everything that was sent is in the client's receive buffer (on Linux)."""
        end = time.monotonic() + 30
        unacknowledged = array.array("i", [1])
        while unacknowledged[0]:
            fcntl.ioctl(self._sock.fileno(), termios.TIOCOUTQ, unacknowledged)
            if time.monotonic() > end:
                raise TimeoutError("the client did not receive what was sent")
            self.wait(0.001)

    def has_more(self) -> bool:
        """Wait for a byte of the next request. False if the connection has ended."""
        return bool(self._buffer) or self._fill()

    def read_head(self) -> Request:
        """Read a request up to its body, and record it."""
        head = self._read_until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = [(n, v.strip()) for n, _, v in (line.partition(":") for line in lines)]
        request = Request(method, target, headers, self.number)
        self.keep_alive = request.header("Connection") != "close"
        self.server.record(request)
        return request

    def read_body(self, request: Request, limit: int | None = None) -> None:
        """Read the body of a request, or only its first `limit` bytes if it is longer."""
        if request.header("Transfer-Encoding") == "chunked":
            while size := int(self._read_until(b"\r\n"), 16):
                request.body += self._read_exactly(size)
                self._read_exactly(2)
                if limit is not None and len(request.body) >= limit:
                    return
            self._read_exactly(2)
        else:
            length = int(request.header("Content-Length") or 0)
            wanted = length if limit is None else min(length, limit)
            while missing := wanted - len(request.body):
                request.body += self._read_exactly(min(missing, CHUNK_SIZE))
            if wanted < length:
                return
        request.complete = True
        self.server.notify()

    def read_request(self) -> Request:
        """Read a whole request."""
        request = self.read_head()
        self.read_body(request)
        return request

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than the server runs."""
        if self.server.stopped.wait(seconds):
            raise ConnectionAbortedError

    def wait_for_stop(self) -> None:
        """Wait, without reading, until the server is stopped."""
        self.server.stopped.wait()
        self.open = False

    def discard_input(self) -> None:
        """Read and discard until the client closes the connection or the server is stopped."""
        while self._fill():
            self._buffer.clear()
        self.open = False

    def close(self) -> None:
        """Close the connection in order (but without a TLS close_notify)."""
        self.open = False
        self._sock.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.open = False
        socket_server.reset(self._sock)

    def _fill(self) -> bool:
        data = self._sock.recv(CHUNK_SIZE)
        self._buffer += data
        return bool(data)

    def _read_until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            if not self._fill():
                raise ConnectionAbortedError
        data, _, self._buffer = self._buffer.partition(end)
        return bytes(data)

    def _read_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if not self._fill():
                raise ConnectionAbortedError
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data


Behavior = Callable[[ServerConnection], None]


@dataclass
class OnAccept:
    """A behavior that does not wait for the first byte of a request."""

    run: Behavior

    def __call__(self, connection: ServerConnection) -> None:
        self.run(connection)


class FaultyServer(socket_server.SocketServer):
    """Runs one behavior of `behaviors` for each request in order of arrival; the last one repeats.

    `requests` holds the received requests. `attempts` counts the behaviors that ran, which are
    more than the requests if a connection ended before its request had arrived. `connections`
    counts the connections, `closed_connections` those that have ended. With `tls=True`, `ca` is
    the path of the certificate of the server's authority.
    """

    def __init__(self, *behaviors: Behavior, tls: bool = False) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.attempts = 0
        self.closed_connections = 0
        self.failed_handshakes = 0
        self._behaviors = list(behaviors)
        self._tls = tls

    def __enter__(self) -> "FaultyServer":
        super().__enter__()
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"
        if self._tls:
            self._directory = tempfile.TemporaryDirectory()
            self.ca = str(Path(self._directory.name) / "ca.pem")
            authority()[0].cert_pem.write_to_path(self.ca)
        return self

    def __exit__(self, *reason: object) -> None:
        super().__exit__(*reason)
        if self._tls:
            self._directory.cleanup()

    def set_behaviors(self, *behaviors: Behavior) -> None:
        """Replace the behaviors for the requests that follow."""
        with self.changed:
            self._behaviors = list(behaviors)

    def record(self, request: Request) -> None:
        """Record a request whose headers have arrived."""
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def notify(self) -> None:
        """Wake the threads that wait in `wait_for`."""
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait for a condition such as `lambda: len(server.requests) == 2`."""
        with self.changed:
            if not self.changed.wait_for(condition, seconds):
                raise TimeoutError("the condition that the test waits for was not met")

    def serve(self, sock: socket.socket, number: int) -> None:
        """Run the behaviors on one connection."""
        try:
            self._serve_requests(sock, number)
        finally:
            with self.changed:
                self.closed_connections += 1
                self.changed.notify_all()

    def _serve_requests(self, sock: socket.socket, number: int) -> None:
        if self._tls:
            sock = authority()[1].wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        with self.closed_on_stop(sock):
            if isinstance(sock, ssl.SSLSocket):
                try:
                    sock.do_handshake()
                except OSError:
                    self.failed_handshakes += 1
                    raise
            connection = ServerConnection(self, sock, number)
            if behavior := self._next_behavior(OnAccept):
                behavior(connection)
            while (
                connection.open
                and connection.has_more()
                and (behavior := self._next_behavior(object))
            ):
                behavior(connection)
                connection.open &= connection.keep_alive

    def _next_behavior(self, required_type: type) -> Behavior | None:
        with self.changed:
            if not isinstance(self._behaviors[0], required_type):
                return None
            self.attempts += 1
            return self._behaviors.pop(0) if len(self._behaviors) > 1 else self._behaviors[0]


@functools.cache
def authority() -> tuple[trustme.CA, ssl.SSLContext]:
    """Return a certificate authority, and the context of a loopback server with its certificate."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return ca, context
