"""The HTTP clients that we make ourselves: their TLS, their sockets, their time."""

from __future__ import annotations

import functools
import os
import socket
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from .timeouts import Deadline

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

_LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=4, keepalive_expiry=30)


def tls_context() -> ssl.SSLContext:
    """The TLS context of every client in this process: building one takes tens of milliseconds."""
    return _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.lru_cache(maxsize=4)
def _tls_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    del cert_file, cert_dir  # httpx reads them itself; they are here to be part of the key
    return httpx.create_ssl_context()


def _keep_alive_options() -> list[tuple[int, int, int]]:
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


_KEEP_ALIVE = _keep_alive_options()


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


class _Backend(httpcore.NetworkBackend):
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
        options = [*_KEEP_ALIVE, *(socket_options or ())]
        return _Stream(
            self._backend.connect_tcp(host, port, _left(timeout), local_address, options)
        )


class _AsyncBackend(httpcore.AsyncNetworkBackend):
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
        options = [*_KEEP_ALIVE, *(socket_options or ())]
        return await self._backend.connect_tcp(host, port, timeout, local_address, options)


def _install(client: httpx.Client | httpx.AsyncClient, backend: type[Any]) -> None:
    """Put a backend of ours under every transport of a client that we made.

    httpx has a public way to this for a single transport only, and none that leaves the proxies
    of the environment in place; so it goes through private names. Its releases have stopped, and
    a test over a real socket fails should they ever change.
    """
    private: Any = client
    private._cookies = _NoCookies()  # noqa: SLF001
    for transport in (private._transport, *private._mounts.values()):  # noqa: SLF001
        pool = getattr(transport, "_pool", None)  # a mount may be None: no proxy for this host
        if pool is not None:
            pool._network_backend = backend(pool._network_backend)  # noqa: SLF001


class _NoCookies(httpx.Cookies):
    """An API has no use for cookies, and looking for them takes a tenth of a small call."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Leave the cookies of an answer where they are."""


def sync_client() -> httpx.Client:
    """A synchronous HTTP client of our own."""
    client = httpx.Client(verify=tls_context(), limits=_LIMITS)
    _install(client, _Backend)
    return client


def async_client() -> httpx.AsyncClient:
    """An asynchronous HTTP client of our own."""
    client = httpx.AsyncClient(verify=tls_context(), limits=_LIMITS)
    _install(client, _AsyncBackend)
    return client
