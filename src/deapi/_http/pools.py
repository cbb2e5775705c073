"""What is under one or more clients of ours: HTTP clients, made when they are needed."""

from __future__ import annotations

import operator
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._exceptions import DeapiError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

# httpcore looks at every connection and every waiting request of a pool whenever one of them
# changes. Many small pools cost half the CPU of a large one when 50 calls run at once.
_LANES = 64

CLOSED = "This client has been closed, so it can make no more calls. Make a new one."
_GIVEN_CLOSED = "The http_client of this client has been closed. Make a new one of both."
_FORKED = (
    "This client was given an http_client before the process forked. Its connections belong to "
    "the parent; make a new client, with a new http_client, in the child."
)
OTHER_LOOP = (
    "This client was given an http_client that is in use on another event loop. Make a new "
    "client, with a new http_client, on this one."
)

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


class Connections:
    """What both drivers know of the HTTP clients that they use."""

    kind: ClassVar[str]
    """The name of the class, in httpx and in what took its place."""

    def __init__(self, given: Any = None) -> None:
        """Use a caller's own client, or none yet.

        Raises:
            TypeError: It is no client of httpx or httpx2, or not of the right kind.
        """
        self.given = given
        self.closed = False
        self._http_library = None if given is None else _library_of(given)
        if given is not None and not isinstance(given, getattr(self._http_library, self.kind)):
            raise TypeError(
                f"http_client must be of the library's class {self.kind} here, "
                f"not {type(given).__name__}."
            )
        self._process = os.getpid()

    @property
    def http_library(self) -> Any:
        """The HTTP library: httpx, or that of the client that was given."""
        if self._http_library is None:
            import httpx

            self._http_library = httpx
        return self._http_library

    def new_lanes(self) -> Lanes:
        """Lanes over clients of our own, or over the one that was given."""
        if self.given is None:
            return Lanes(self._make)
        return Lanes(lambda: self.given, most=1)

    def _make(self) -> Any:
        try:
            return self.new_client()
        except Exception as error:  # noqa: BLE001 - httpx, ssl and others read the environment
            problem = f"{type(error).__name__}: {error}"
        raise DeapiError(
            "No connection can be set up with the proxies (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, "
            "NO_PROXY) and certificates (SSL_CERT_FILE, SSL_CERT_DIR) that the environment names. "
            f"Nothing was sent. {problem}"
        )

    def new_client(self) -> Any:
        """An HTTP client of our own."""
        raise NotImplementedError

    def start_over(self) -> None:
        """Forget the connections that the parent process made."""
        raise NotImplementedError

    def check(self) -> None:
        """See to it that the connections can be used here and now.

        Raises:
            DeapiError: They are closed, or belong to another process.
        """
        if self.closed:
            raise DeapiError(CLOSED)
        if self.given is not None and self.given.is_closed:
            raise DeapiError(_GIVEN_CLOSED)
        if self._process == os.getpid():
            return
        # After a fork the sockets are shared with the parent; to read from them would take its
        # answers.
        if self.given is not None:
            raise DeapiError(_FORKED)
        self.start_over()
        self._process = os.getpid()


def _library_of(client: object) -> ModuleType:
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
