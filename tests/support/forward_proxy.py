"""A small forward HTTP proxy that records: absolute form for http, CONNECT for https."""

import contextlib
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from .socket_server import SocketServer, shut_down


@dataclass
class ForwardedRequest:
    """One request, as far as the proxy could see it."""

    method: str
    target: str
    head: str


class ForwardProxy(SocketServer):
    """Forwards every request, and records it in `forwarded`."""

    def __init__(self) -> None:
        super().__init__()
        self.forwarded: list[ForwardedRequest] = []

    def __enter__(self) -> "ForwardProxy":
        super().__enter__()
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def serve(self, sock: socket.socket, number: int) -> None:
        """Forward one request, or one tunnel, and close."""
        with self.closed_on_stop(sock):
            first, headers, rest = read_head(sock)
            method, target, _ = first.split(" ")
            self.forwarded.append(ForwardedRequest(method, target, headers))
            if method == "CONNECT":
                host, _, port = target.rpartition(":")
                opening = rest
            else:
                url = urlsplit(target)
                host, port = url.hostname or "", str(url.port or 80)
                path = target[target.index(url.netloc) + len(url.netloc) :] or "/"
                # One request per connection: the next may be for another host.
                lines = f"{method} {path} HTTP/1.1\r\nConnection: close\r\n{without_hops(headers)}"
                opening = lines.encode("latin-1") + b"\r\n\r\n" + rest
            with self.closed_on_stop(socket.create_connection((host, int(port)), 5)) as upstream:
                upstream.settimeout(None)
                if method == "CONNECT":
                    sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                upstream.sendall(opening)
                self.spawn(relay, sock, upstream)
                if method != "CONNECT":
                    first, headers, rest = read_head(upstream)
                    head = f"{first}\r\nConnection: close\r\n{headers}\r\n\r\n"
                    sock.sendall(head.encode("latin-1") + rest)
                relay(upstream, sock)


def read_head(sock: socket.socket) -> tuple[str, str, bytes]:
    """Read the first line and the headers of a message, and the bytes read beyond them."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = sock.recv(65536)
        if not chunk:
            raise ConnectionAbortedError
        data += chunk
    head, _, rest = data.partition(b"\r\n\r\n")
    first, _, headers = head.decode("latin-1").partition("\r\n")
    return first, headers, rest


def without_hops(headers: str) -> str:
    """Return the headers without those that are meant for the proxy only."""
    kept = [
        line
        for line in headers.split("\r\n")
        if not line.lower().startswith(("connection:", "proxy-"))
    ]
    return "\r\n".join(kept)


def relay(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes until one side ends, then shut both down."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    shut_down(source)
    shut_down(target)
