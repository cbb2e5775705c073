"""`WeatherServer`: an HTTP/1.1 server that misbehaves to order, one behaviour per request."""

import functools
import json
import socket
import ssl
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from . import listening

CHUNK = 65536


@dataclass
class Request:
    """What arrived: `complete` once the whole body did."""

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
        """The first header of that name, in any case."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Peer:
    """One connection, as a behaviour sees it."""

    def __init__(self, server: "WeatherServer", sock: socket.socket, number: int) -> None:
        self.server = server
        self.number = number
        self.open = True
        self.keep_alive = True
        self._sock = sock
        self._buffer = bytearray()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._sock.sendall(data)

    def has_more(self) -> bool:
        """Wait for a byte of the next request; false when the connection has ended."""
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
        """Read the body of a request, or its first bytes up to `limit` if it is longer."""
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
                request.body += self._read_exactly(min(missing, CHUNK))
            if wanted < length:
                return
        request.complete = True
        self.server.notify()

    def read_request(self) -> Request:
        """Read a whole request."""
        request = self.read_head()
        self.read_body(request)
        return request

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        if self.server.stopped.wait(seconds):
            raise ConnectionAbortedError

    def wait_for_stop(self) -> None:
        """Wait without reading until the server is stopped."""
        self.server.stopped.wait()
        self.open = False

    def wait_for_end(self) -> None:
        """Wait until the other side leaves or the server is stopped."""
        while self._fill():
            self._buffer.clear()
        self.open = False

    def close(self) -> None:
        """End the connection in good order (TLS: without saying goodbye)."""
        self.open = False
        self._sock.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.open = False
        listening.reset(self._sock)

    def _fill(self) -> bool:
        data = self._sock.recv(CHUNK)
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


Behaviour = Callable[[Peer], None]


@dataclass
class AtAccept:
    """A behaviour that does not wait for the first byte of a request."""

    play: Behaviour

    def __call__(self, peer: Peer) -> None:
        self.play(peer)


class WeatherServer(listening.ListeningServer):
    """Plays `script`: one behaviour for each request in order of arrival; the last one repeats.

    `requests` holds what was received, `attempts` counts the behaviours that were played (more
    than the requests when a connection ended before its request had come), `connections` the
    connections and `ended` those that are over. With `tls=True`, `ca` is the path of the
    certificate that vouches for the server.
    """

    def __init__(self, *script: Behaviour, tls: bool = False) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.attempts = 0
        self.ended = 0
        self.failed_handshakes = 0
        self._script = list(script)
        self._tls = tls

    def __enter__(self) -> "WeatherServer":
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

    def play(self, *script: Behaviour) -> None:
        """Play another script from now on."""
        with self.changed:
            self._script = list(script)

    def record(self, request: Request) -> None:
        """Note a request whose head has arrived."""
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def notify(self) -> None:
        """Wake those who wait in `wait_for`."""
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until something has arrived, such as `lambda: len(server.requests) == 2`."""
        with self.changed:
            if not self.changed.wait_for(condition, seconds):
                raise TimeoutError("what the test waits for did not arrive")

    def serve(self, sock: socket.socket, number: int) -> None:
        """Play the script on one connection."""
        try:
            self._serve_requests(sock, number)
        finally:
            with self.changed:
                self.ended += 1
                self.changed.notify_all()

    def _serve_requests(self, sock: socket.socket, number: int) -> None:
        if self._tls:
            sock = authority()[1].wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        with self.adopted(sock):
            if isinstance(sock, ssl.SSLSocket):
                try:
                    sock.do_handshake()
                except OSError:
                    self.failed_handshakes += 1
                    raise
            peer = Peer(self, sock, number)
            if behaviour := self._take(AtAccept):
                behaviour(peer)
            while peer.open and peer.has_more() and (behaviour := self._take(object)):
                behaviour(peer)
                peer.open &= peer.keep_alive

    def _take(self, kind: type) -> Behaviour | None:
        with self.changed:
            if not isinstance(self._script[0], kind):
                return None
            self.attempts += 1
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]


@functools.cache
def authority() -> tuple[trustme.CA, ssl.SSLContext]:
    """A certificate authority, and the context of a loopback server that it vouches for."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return ca, context
