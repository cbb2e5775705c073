"""Creation of HTTP clients: TLS, socket options and deadlines."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from .streams import ObservedStream, Stream
from .timeouts import remaining

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

_MAX_PORT = 65_535

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


def _validate_port(port: int) -> None:
    """Raise if a port is too large. Some systems would connect to another port instead.

    Raises:
        httpcore.UnsupportedProtocol: The port is larger than 65535.
    """
    if port > _MAX_PORT:
        raise httpcore.UnsupportedProtocol(f"{port} is not a port")


class _Backend(httpcore.NetworkBackend):
    """Connections of the sync client, with TCP keep-alive and deadlines."""

    def __init__(self, backend: httpcore.NetworkBackend | None = None) -> None:
        self._backend = backend or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        _validate_port(port)
        options = [*_KEEP_ALIVE, *(socket_options or ())]
        return Stream(
            self._backend.connect_tcp(host, port, remaining(timeout), local_address, options)
        )


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connections of the async client, with TCP keep-alive."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        from .async_streams import connect  # not at the top: it imports asyncio

        _validate_port(port)
        del local_address  # never set
        return await connect(host, port, timeout, [*_KEEP_ALIVE, *(socket_options or ())])


def _install(
    client: httpx.Client | httpx.AsyncClient,
    backend: httpcore.NetworkBackend | httpcore.AsyncNetworkBackend,
) -> None:
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
            pool._network_backend = backend  # noqa: SLF001


class _NoCookies(httpx.Cookies):
    """Ignores cookies. The API does not use any, and extracting them takes 10 % of a small call."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Ignore the cookies of a response."""


def _set_parser(response: httpx.Response) -> None:
    """Tell a connection which parser reads its responses.

    The parser keeps the bytes that follow a response. Without it a connection is not reused.
    """
    stream = response.extensions.get("network_stream")
    if isinstance(stream, ObservedStream) and stream.parser is None:
        private: Any = response.stream
        with contextlib.suppress(AttributeError):
            connection = private._stream._httpcore_stream._stream._connection  # noqa: SLF001
            stream.parser = connection._h11_state  # noqa: SLF001


async def _set_parser_async(response: httpx.Response) -> None:
    _set_parser(response)


def sync_client() -> httpx.Client:
    """Create a sync HTTP client."""
    hooks = {"response": [_set_parser]}
    client = httpx.Client(verify=tls_context(), limits=_LIMITS, event_hooks=hooks)
    _install(client, _Backend())
    return client


def async_client() -> httpx.AsyncClient:
    """Create an async HTTP client."""
    hooks = {"response": [_set_parser_async]}
    client = httpx.AsyncClient(verify=tls_context(), limits=_LIMITS, event_hooks=hooks)
    _install(client, _AsyncBackend())
    return client
