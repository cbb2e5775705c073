"""Creation of HTTP clients: TLS, socket options and deadlines."""

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
    """Return the shared TLS context. Creating one takes tens of milliseconds."""
    return _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.lru_cache(maxsize=4)
def _tls_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    del cert_file, cert_dir  # httpx reads them itself; they are parameters only for the cache key
    return httpx.create_ssl_context()


def _keep_alive_options() -> list[tuple[int, int, int]]:
    """Return socket options that keep idle connections open if a router would drop them."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    # The names differ by operating system. Options that do not exist are skipped.
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


def _remaining(timeout: float | None) -> float | None:
    return timeout.remaining() if isinstance(timeout, Deadline) else timeout


class _Stream(httpcore.NetworkStream):
    """A connection that also accepts a ``Deadline`` as the timeout of reads and writes."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        remaining = _remaining(timeout)
        if remaining == 0:
            raise httpcore.ReadTimeout
        return self._stream.read(max_bytes, timeout=remaining)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _remaining(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connections of the sync client, with TCP keep-alive and deadlines."""

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
            self._backend.connect_tcp(host, port, _remaining(timeout), local_address, options)
        )


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connections of the async client, with TCP keep-alive."""

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
    """Replace the network backend of every transport of an httpx client.

    httpx has no public way to do this that keeps the proxies of the environment, so it uses private
    attributes. The releases of httpx have stopped, and tests over real sockets fail if the
    attributes ever change.
    """
    private: Any = client
    private._cookies = _NoCookies()  # noqa: SLF001
    for transport in (private._transport, *private._mounts.values()):  # noqa: SLF001
        pool = getattr(transport, "_pool", None)  # a mount may be None: no proxy for this host
        if pool is not None:
            pool._network_backend = backend(pool._network_backend)  # noqa: SLF001


class _NoCookies(httpx.Cookies):
    """Ignores cookies. The API does not use any, and extracting them takes 10 % of a small call."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Ignore the cookies of a response."""


def sync_client() -> httpx.Client:
    """Create a sync HTTP client."""
    client = httpx.Client(verify=tls_context(), limits=_LIMITS)
    _install(client, _Backend)
    return client


def async_client() -> httpx.AsyncClient:
    """Create an async HTTP client."""
    client = httpx.AsyncClient(verify=tls_context(), limits=_LIMITS)
    _install(client, _AsyncBackend)
    return client
