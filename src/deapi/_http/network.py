"""Creation of HTTP clients: TLS, socket options and deadlines."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import weakref
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.request import getproxies

import httpcore
import httpx

from .proxies import NoProxyEntry, bypasses_proxy, parse_no_proxy, proxy_urls
from .streams import ObservedStream, Stream
from .timeouts import remaining

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

TransportT = TypeVar("TransportT")

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
    """Connections of the sync client, with TCP keep-alive and deadlines.

    Attributes:
        sockets: The sockets of all connections.
    """

    def __init__(self, backend: httpcore.NetworkBackend | None = None) -> None:
        self._backend = backend or httpcore.SyncBackend()
        self.sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

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
        stream = self._backend.connect_tcp(host, port, remaining(timeout), local_address, options)
        return Stream(stream, self.sockets)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connections of the async client, with TCP keep-alive.

    Attributes:
        sockets: The sockets of all connections.
    """

    def __init__(self) -> None:
        self.sockets: weakref.WeakSet[Any] = weakref.WeakSet()

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
        stream = await connect(host, port, timeout, [*_KEEP_ALIVE, *(socket_options or ())])
        self.sockets.add(stream._stream)  # noqa: SLF001 - it has the same owner  # pyright: ignore[reportPrivateUsage]
        return stream


class _ProxyTransport(httpx.BaseTransport):
    """Sends each request through the proxy of its scheme, or directly if NO_PROXY says so."""

    def __init__(self, select: _Selection[httpx.HTTPTransport]) -> None:
        self._select = select
        self.direct: Any = select.direct

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._select(request.url).handle_request(request)

    def close(self) -> None:
        for transport in self._select.transports:
            transport.close()


class _AsyncProxyTransport(httpx.AsyncBaseTransport):
    """Sends each request through the proxy of its scheme, or directly if NO_PROXY says so."""

    def __init__(self, select: _Selection[httpx.AsyncHTTPTransport]) -> None:
        self._select = select
        self.direct: Any = select.direct

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._select(request.url).handle_async_request(request)

    async def aclose(self) -> None:
        for transport in self._select.transports:
            await transport.aclose()


class _Selection(Generic[TransportT]):
    """The transports of one client: one without a proxy, and one for each proxy.

    Attributes:
        direct: The transport without a proxy.
        transports: All of them.
    """

    def __init__(self, create: Callable[..., TransportT], backend: Any) -> None:
        """Create the transports, with the proxies of the environment.

        Args:
            create: The class of the transports.
            backend: Network backend of httpcore.

        Raises:
            DeapiError: The environment contains an invalid proxy.
        """

        def new_transport(proxy: httpx.Proxy | None = None) -> TransportT:
            transport = create(verify=tls_context(), limits=_LIMITS, proxy=proxy)
            # httpx has no public way to do this. Its releases have stopped, and tests over real
            # sockets fail if the private attributes ever change.
            private: Any = transport
            private._pool._network_backend = backend  # noqa: SLF001
            return transport

        environment = getproxies()
        urls = proxy_urls(environment)
        self.direct: TransportT = new_transport()
        by_url: dict[str, TransportT] = {
            url: new_transport(_proxy(url)) for url in set(urls.values())
        }
        self._proxied: dict[str, TransportT] = {scheme: by_url[url] for scheme, url in urls.items()}
        self._no_proxy: tuple[NoProxyEntry, ...] = (
            parse_no_proxy(environment.get("no", "")) if urls else ()
        )
        self.transports: list[TransportT] = [self.direct, *by_url.values()]

    def __call__(self, url: httpx.URL) -> TransportT:
        transport = self._proxied.get(url.scheme, self.direct)
        port = url.port or (443 if url.scheme == "https" else 80)
        if bypasses_proxy(self._no_proxy, url.scheme, url.host, port):
            return self.direct
        return transport


def _proxy(url: str) -> httpx.Proxy:
    return httpx.Proxy(url, ssl_context=tls_context() if url.startswith("https:") else None)


class _NoCookies(httpx.Cookies):
    """Ignores cookies. The API does not use any, and extracting them takes 10 % of a small call."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Ignore the cookies of a response."""


def _disable_cookies(client: httpx.Client | httpx.AsyncClient) -> None:
    private: Any = client
    private._cookies = _NoCookies()  # noqa: SLF001


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
    selection = _Selection(httpx.HTTPTransport, _Backend())
    proxied = len(selection.transports) > 1
    client = httpx.Client(
        transport=_ProxyTransport(selection) if proxied else selection.direct,
        event_hooks={"response": [_set_parser]},
        trust_env=False,
    )
    _disable_cookies(client)
    return client


def async_client() -> httpx.AsyncClient:
    """Create an async HTTP client."""
    selection = _Selection(httpx.AsyncHTTPTransport, _AsyncBackend())
    proxied = len(selection.transports) > 1
    client = httpx.AsyncClient(
        transport=_AsyncProxyTransport(selection) if proxied else selection.direct,
        event_hooks={"response": [_set_parser_async]},
        trust_env=False,
    )
    _disable_cookies(client)
    return client


def close_sockets(client: Any) -> None:
    """Close the sockets of an HTTP client, also outside its event loop."""
    for each in _sockets(client):
        each.close()


def shut_down_sockets(client: Any) -> None:
    """End the connections of a sync HTTP client, so that other threads do not wait for them.

    Closing a socket does not wake a thread that waits for it.
    """
    for each in _sockets(client):
        with contextlib.suppress(OSError):  # it is not connected any more
            # Not SSLSocket.shutdown(), after which another thread could send without encryption.
            socket.socket.shutdown(each, socket.SHUT_RDWR)


def _sockets(client: Any) -> list[Any]:
    transport = client._transport  # noqa: SLF001
    if isinstance(transport, (_ProxyTransport, _AsyncProxyTransport)):
        transport = transport.direct
    # All transports of a client share the backend.
    sockets = transport._pool._network_backend.sockets  # noqa: SLF001
    while True:
        try:
            return list(sockets)
        except RuntimeError:  # noqa: PERF203 - another thread has connected during the iteration
            continue
