"""Pools of HTTP clients, which are created when needed and shared by deapi clients."""

from __future__ import annotations

import functools
import operator
import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from .._exceptions import DeapiError
from .._text import end_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from types import ModuleType

    from .._core.steps import Waker

# httpcore inspects every connection and every waiting request of a pool whenever one of them
# changes. Many small pools need half the CPU time of a large one when 50 calls run at once.
_MAX_CLIENTS = 64

CLOSED_MESSAGE = "This client has been closed and cannot make calls. Create a new one."
_HTTP_CLIENT_CLOSED_MESSAGE = (
    "The http_client of this client has been closed. Create a new http_client and a new client."
)
_FORKED_MESSAGE = (
    "The http_client of this client was created before the process forked, and its connections "
    "belong to the parent process. Create a new client, with a new http_client, in the child."
)
OTHER_LOOP_MESSAGE = (
    "The http_client of this client is in use on another event loop. Create a new client, with a "
    "new http_client, on this event loop."
)

_ACTIVE = operator.attrgetter("active")


@dataclass(eq=False)
class PooledClient:
    """An HTTP client with a small connection pool.

    Attributes:
        client: The client of the HTTP library.
        active: Number of requests that use it.
        retired: Whether no further request may use it.
    """

    client: Any
    active: int = 0
    retired: bool = False


class ClientPool:
    """HTTP clients that requests are distributed over. One is added only if all others are busy.

    Together they hold 256 connections. Further requests wait for a free connection.

    Attributes:
        closed: Whether no more clients may be added.
    """

    closed = False

    def __init__(
        self,
        create: Callable[[], Any],
        discard: Callable[[Any], object] | None = None,
        max_clients: int = _MAX_CLIENTS,
    ) -> None:
        """Create a pool without clients.

        Args:
            create: Creates a client.
            discard: Closes a retired client; None if clients are not retired.
            max_clients: Maximum number of clients.
        """
        self._create = create
        self._discard = discard
        self._max_clients = max_clients
        self._clients: list[PooledClient] = []
        self._creating = 0
        # Reentrant, because a signal handler may make a call while its thread holds the lock.
        self._lock = threading.RLock()

    def acquire(self) -> PooledClient:
        """Return the least busy client for one request. Call ``release()`` after it."""
        with self._lock:
            pooled = min(self._clients, key=_ACTIVE, default=None)
            count = len(self._clients) + self._creating
            if pooled is not None and (not pooled.active or count >= self._max_clients):
                pooled.active += 1
                return pooled
            self._creating += 1
        # Outside the lock, because it takes a while: it imports modules and reads certificates.
        try:
            pooled = PooledClient(self._create(), active=1)
            with self._lock:
                if self.closed:  # meanwhile; the new client has no connections yet
                    raise DeapiError(CLOSED_MESSAGE)
                self._clients.append(pooled)
        finally:
            with self._lock:
                self._creating -= 1
        return pooled

    def retire(self, pooled: PooledClient) -> None:
        """Stop using a client, because a request was interrupted or cancelled.

        If that happens while httpcore returns a connection to its pool, the connection is lost, and
        counts as active. Without any connection left, all further requests would wait indefinitely.
        """
        with self._lock:
            if self._discard is not None:
                pooled.retired = True
                self._clients = [each for each in self._clients if each is not pooled]

    def release(self, pooled: PooledClient) -> None:
        """Return a client after a request. A retired one is closed after its last request.

        So is one whose pool was closed during the request, which may have connected since.
        """
        with self._lock:
            pooled.active -= 1
            unused = (pooled.retired or self.closed) and not pooled.active
        if unused and self._discard is not None:
            self._discard(pooled.client)

    def close(self) -> list[Any]:
        """Reject further clients. Return those that have been created, which the caller closes."""
        with self._lock:
            self.closed = True
            return self.clients

    @property
    def clients(self) -> list[Any]:
        """The HTTP clients that have been created."""
        return [pooled.client for pooled in self._clients]


class Pools(NamedTuple):
    """The pools of one event loop, or of the sync client.

    Downloads have their own, so that slow ones never delay API calls. The caller's HTTP client
    serves both.
    """

    calls: ClientPool
    downloads: ClientPool


def close_all(pools: Iterable[Pools], process: int) -> None:
    """Close the sync HTTP clients of several pools, and end the calls of other threads.

    Args:
        pools: The pools.
        process: ID of the process that owns the connections. Another one only closes its copies of
            the sockets.
    """
    clients = [client for each in pools for pool in each for client in pool.close()]
    if clients and process == os.getpid():
        from . import network

        for client in clients:
            network.shut_down_sockets(client)
    for client in clients:
        client.close()


def close_all_sockets(pools: dict[Any, Pools], process: int) -> None:
    """Close the connections of async HTTP clients, whose event loops may have been closed.

    Args:
        pools: The pools by event loop.
        process: ID of the process that owns the connections. Nothing is done in another one.
    """
    clients = [client for each in pools.values() for pool in each for client in pool.close()]
    if not clients or process != os.getpid():
        return
    from . import network

    for client in clients:
        network.close_sockets(client)


class Connections:
    """Shared base of the drivers' connections.

    Attributes:
        class_name: Name of the client class in httpx and httpx2.
        http_client: The caller's HTTP client, or None.
        closed: Whether the connections have been closed.
    """

    class_name: ClassVar[str]

    def __init__(self, http_client: Any = None) -> None:
        """Use the caller's HTTP client, or create HTTP clients when needed.

        Raises:
            TypeError: ``http_client`` is not a client of httpx or httpx2, or has the wrong class.
        """
        self.http_client = http_client
        self.closed = False
        self._http_library: ModuleType | None = None
        if http_client is not None:
            self._http_library = library = _library_of(http_client)
            if not isinstance(http_client, getattr(library, self.class_name)):
                raise TypeError(
                    f"http_client must be an instance of {library.__name__}.{self.class_name}, "
                    f"not {type(http_client).__name__}."
                )
        self._process = os.getpid()
        self._waits: set[Waker] = set()

    @property
    def http_library(self) -> Any:
        """The HTTP library: the caller's, or httpx."""
        if self._http_library is None:
            import httpx

            self._http_library = httpx
        return self._http_library

    def new_pools(self) -> Pools:
        """Return pools of new HTTP clients, or of the caller's HTTP client."""
        http_client = self.http_client
        if http_client is None:
            # Without a reference to this object, which is finalized when nothing refers to it.
            create = functools.partial(_create_client, self.new_client)
            discard = self.discard_client
            return Pools(ClientPool(create, discard), ClientPool(create, discard))
        pool = ClientPool(lambda: http_client, max_clients=1)
        return Pools(pool, pool)

    @contextmanager
    def waiting(self, waker: Waker) -> Generator[None, None, None]:
        """Wake a flow if the connections are closed while it waits."""
        self._waits.add(waker)
        try:
            yield
        finally:
            self._waits.discard(waker)

    def end_waits(self) -> None:
        """End all waits, so that each can check whether it is closed."""
        for waker in list(self._waits):
            waker.wake()

    @staticmethod
    def new_client() -> Any:
        """Create an HTTP client."""
        raise NotImplementedError

    @staticmethod
    def discard_client(client: Any) -> None:
        """Close an HTTP client that no request uses."""
        raise NotImplementedError

    def reset_after_fork(self) -> None:
        """Replace the connections that were inherited from the parent process."""
        raise NotImplementedError

    def ensure_usable(self) -> None:
        """Raise if the connections have been closed, or were inherited and cannot be replaced.

        Raises:
            DeapiError: The connections cannot be used.
        """
        if self.closed:
            raise DeapiError(CLOSED_MESSAGE)
        if self.http_client is not None and self.http_client.is_closed:
            raise DeapiError(_HTTP_CLIENT_CLOSED_MESSAGE)
        if self._process == os.getpid():
            return
        # After a fork the sockets are shared with the parent process. Reading from them would
        # consume its responses.
        if self.http_client is not None:
            raise DeapiError(_FORKED_MESSAGE)
        self.reset_after_fork()
        self._process = os.getpid()


def _create_client(new_client: Callable[[], Any]) -> Any:
    try:
        return new_client()
    except DeapiError:
        raise
    except Exception as error:  # noqa: BLE001 - httpx, ssl and others read the environment
        problem = f"{type(error).__name__}: {error}"
    raise DeapiError(
        "No connection can be made with the certificates (SSL_CERT_FILE, SSL_CERT_DIR) and proxies "
        f"(HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) of the environment. Nothing was sent. "
        f"{end_sentence(problem)}"
    )


def _library_of(client: object) -> ModuleType:
    """Return the library of an HTTP client: httpx or httpx2.

    Raises:
        TypeError: It is a client of neither.
    """
    for base in type(client).__mro__:
        name = base.__module__.partition(".")[0]
        if name in ("httpx", "httpx2"):
            return sys.modules[name]
    raise TypeError(
        f"http_client must be a client of httpx or httpx2, not {type(client).__name__}."
    )
