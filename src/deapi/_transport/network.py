"""The connections under both clients: how they are set up, spread and bounded in time."""

from __future__ import annotations

import functools
import math
import operator
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable
    from types import ModuleType

# httpcore looks at every connection and every waiting request of a pool whenever one of them
# changes. Many small pools cost half the CPU of a large one when 50 calls run at once.
_LANES = 16
_LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=30)


def tls_context() -> ssl.SSLContext:
    """The TLS context of every client in this process: building one takes tens of milliseconds."""
    return _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.lru_cache(maxsize=4)
def _tls_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    del cert_file, cert_dir  # httpx reads them itself; they are here to be part of the key
    return httpx.create_ssl_context()


def _keep_alive() -> list[tuple[int, int, int]]:
    """Socket options by which a long wait survives a router that forgets silent connections."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    # The names differ by system; what one does not have stays at its default.
    for name, value in (
        ("TCP_KEEPIDLE", 60),
        ("TCP_KEEPALIVE", 60),
        ("TCP_KEEPINTVL", 30),
        ("TCP_KEEPCNT", 4),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            options.append((socket.IPPROTO_TCP, option, value))
    return options


KEEP_ALIVE = _keep_alive()


CLOSED = "This client has been closed, so it can make no more calls. Make a new one."
FORKED = (
    "This client was given an http_client before the process forked. Its connections belong to "
    "the parent; make a new client, with a new http_client, in the child."
)
OTHER_LOOP = (
    "This client was given an http_client that is in use on another event loop. Make a new "
    "client, with a new http_client, on this one."
)


class Deadline(float):
    """A timeout in seconds that runs from its first use, over everything it is used for.

    It goes to httpcore as the timeout of a request's reads, where it would count for each read by
    itself; the streams below ask it what is left, so that an answer that trickles in ends in time.
    """

    _until: float
    _ends: float | None = None

    def __new__(cls, seconds: float, until: float = math.inf) -> Deadline:
        """Make one that is over ``seconds`` after its first use, and at ``until`` in any case."""
        self = super().__new__(cls, seconds)
        self._until = until
        return self

    def left(self) -> float:
        """The seconds that remain, zero when it is over."""
        now = time.monotonic()
        if self._ends is None:
            self._ends = min(now + self, self._until)
        return max(self._ends - now, 0.0)


def _left(timeout: float | None) -> float | None:
    return timeout.left() if isinstance(timeout, Deadline) else timeout


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes heed a ``Deadline``."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(timeout)
        if left == 0:
            raise httpcore.ReadTimeout
        return self._stream.read(max_bytes, timeout=left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Connections of the synchronous client: kept alive, and bounded as a whole."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        options = [*KEEP_ALIVE, *(socket_options or ())]
        return _Stream(
            self._backend.connect_tcp(host, port, _left(timeout), local_address, options)
        )


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connections of the asynchronous client: kept alive."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        options = [*KEEP_ALIVE, *(socket_options or ())]
        return await self._backend.connect_tcp(host, port, timeout, local_address, options)


def install(client: httpx.Client | httpx.AsyncClient, backend: type[Any]) -> None:
    """Put a backend of ours under every transport of a client that we made.

    httpx has a public way to this for a single transport only, and none that leaves the proxies
    of the environment in place; so it goes through private names. Its releases have stopped, and
    a test over a real socket fails should they ever change.
    """
    private: Any = client
    for transport in (private._transport, *private._mounts.values()):  # noqa: SLF001
        pool = getattr(transport, "_pool", None)  # a mount may be None: no proxy for this host
        if pool is not None:
            pool._network_backend = backend(pool._network_backend)  # noqa: SLF001


class _NoCookies(CookieJar):
    """An API has no use for cookies, and looking for them takes a twentieth of a small call."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Leave the cookies of an answer where they are."""


def new_client(kind: Callable[..., Any], backend: type[Any]) -> Any:
    """An HTTP client of our own, of the given class, over connections of ours."""
    client = kind(verify=tls_context(), limits=_LIMITS, cookies=_NoCookies())
    install(client, backend)
    return client


_LOAD = operator.attrgetter("load")


@dataclass
class Lane:
    """One HTTP client with its own small pool, and how many requests it is carrying."""

    client: Any
    load: int = 0


class Lanes:
    """The HTTP clients that calls are spread over: a new one only while the others are busy.

    Together they hold 256 connections. More calls than that wait their turn, which is no failure.
    """

    def __init__(self, make: Callable[[], Any], most: int = _LANES) -> None:
        """Make up to ``most`` clients with ``make``."""
        self._make = make
        self._most = most
        self._lanes: list[Lane] = []
        self._lock = threading.Lock()

    def take(self) -> Lane:
        """The lane for one request, to be given back after it."""
        with self._lock:
            lane = min(self._lanes, key=_LOAD, default=None)
            if lane is None or (lane.load and len(self._lanes) < self._most):
                lane = Lane(self._make())
                self._lanes.append(lane)
            lane.load += 1
            return lane

    def give(self, lane: Lane) -> None:
        """Take a lane back."""
        with self._lock:
            lane.load -= 1

    @property
    def clients(self) -> list[Any]:
        """The clients that have been made."""
        return [lane.client for lane in self._lanes]


def library_of(client: object) -> ModuleType:
    """The library that a client comes from: httpx, or one that took its place, such as httpx2.

    Raises:
        TypeError: It comes from neither.
    """
    for base in type(client).__mro__:
        name = base.__module__.partition(".")[0]
        if name in ("httpx", "httpx2"):
            return sys.modules[name]
    raise TypeError(
        f"http_client must be a client of httpx or httpx2, not {type(client).__name__}."
    )
