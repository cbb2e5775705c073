"""The driver of the synchronous client: it does, blocking, what a flow asks for."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpx

from .._exceptions import DeapiError
from . import exchange, network
from . import response as responses
from .flows import Send, Sleep, Update, Work, call

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .._jobs import Job
    from ..types import JobResult, PriceResult
    from .flows import Core, Deed, Download, Flow
    from .request import Request
    from .response import Failure, Reader, Response

T = TypeVar("T")


class Connections:
    """What is under one or more clients of ours: HTTP clients, made when they are needed."""

    def __init__(self, given: httpx.Client | None = None) -> None:
        """Use a caller's own client, or none yet.

        Raises:
            TypeError: It is no synchronous client of httpx or httpx2.
        """
        self.library: Any = httpx if given is None else network.library_of(given)
        if given is not None and not isinstance(given, self.library.Client):
            raise TypeError("http_client must be a Client; AsyncDeapiClient takes an AsyncClient.")
        self._given: httpx.Client | None = given
        self._process = os.getpid()
        self._lanes = self._new_lanes()
        self.closed = False

    def lanes(self) -> network.Lanes:
        """The HTTP clients to use, in this process."""
        if self.closed:
            raise DeapiError(network.CLOSED)
        if self._process != os.getpid():
            self._after_fork()
        return self._lanes

    def close(self) -> None:
        """Close the connections, unless the caller made them."""
        self.closed = True
        if self._given is None:
            for client in self._lanes.clients:
                client.close()

    def _new_lanes(self) -> network.Lanes:
        if self._given is not None:
            given = self._given
            return network.Lanes(lambda: given, most=1)
        return network.Lanes(lambda: network.new_client(httpx.Client, network.Backend))

    def _after_fork(self) -> None:
        # The sockets are shared with the parent; to read from them would take its answers.
        if self._given is not None:
            raise DeapiError(network.FORKED)
        self._parents = self._lanes  # kept, because collecting them would close the sockets
        self._lanes = self._new_lanes()
        self._process = os.getpid()


class SyncTransport:
    """Runs flows over one pool of connections, with one set of settings."""

    def __init__(self, core: Core, connections: Connections, *, owner: bool = True) -> None:
        self.core = core
        self.connections = connections
        self.owner = owner
        self.closed = False

    def view(self, core: Core) -> SyncTransport:
        """The same connections with other settings."""
        return SyncTransport(core, self.connections, owner=False)

    def close(self) -> None:
        """Make no more calls; the one that opened the connections closes them, too."""
        self.closed = True
        if self.owner:
            self.connections.close()

    def job(self, request: Request) -> Job:
        """Submit a job."""
        from .._jobs import Job

        return Job(self, self.value(request, responses.submission).request_id)

    def price(self, request: Request) -> PriceResult:
        """Ask for a price."""
        return self.value(request, responses.price)

    def value(self, request: Request, read: Reader[T]) -> T:
        """Make a call and read its answer."""
        return self.run(call(self.core, request, read))

    def run(self, flow: Flow[T], on_update: Callable[[JobResult], object] | None = None) -> T:
        """Carry a flow out to its end and return its result."""
        steps = self.iterate(flow)
        while True:
            try:
                result = next(steps)
            except StopIteration as stop:
                return cast("T", stop.value)
            if on_update is not None:
                on_update(result)

    def iterate(self, flow: Flow[T]) -> Generator[JobResult, None, T]:
        """Carry a flow out, yielding its updates."""
        outcome: Any = None
        try:
            while True:
                try:
                    step = flow.send(outcome)
                except StopIteration as stop:
                    return cast("T", stop.value)
                if isinstance(step, Update):
                    yield step.result
                    outcome = None
                else:
                    outcome = self._do(step)
        finally:
            flow.close()

    def _do(self, step: Deed) -> Any:
        if isinstance(step, Send):
            return self._send(step)
        if isinstance(step, Sleep):
            time.sleep(step.seconds)
            return None
        if isinstance(step, Work):
            return step.function()
        return self._download(step)

    def _send(self, step: Send) -> Response | Failure:
        library, lanes = self.connections.library, self._open_lanes()
        lane = lanes.take()
        client: httpx.Client = lane.client
        body: exchange.Body | None = None
        api_key = self.core.config.api_key
        try:
            request, body = exchange.build(client, library, step, api_key)
            answer = client.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                content = _read(answer, step)
            finally:
                answer.close()
            return exchange.answered(answer, content, api_key)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it is not for the user raw
            return exchange.failure(error, library, body)
        finally:
            lanes.give(lane)
            if body is not None:
                body.release()

    def _download(self, step: Download) -> Response | Failure:
        library, lanes = self.connections.library, self._open_lanes()
        lane = lanes.take()
        client: httpx.Client = lane.client
        try:
            request = exchange.build_download(client, step)
            answer = client.send(request, stream=True, auth=None, follow_redirects=True)
            try:
                head = exchange.answered(answer, b"", self.core.config.api_key)
                if not step.begin(head):
                    return head
                for chunk in answer.iter_raw():
                    exchange.write(step, chunk)
                return head
            finally:
                answer.close()
        except Exception as error:  # noqa: BLE001 - as above
            return exchange.failure(error, library, None)
        finally:
            lanes.give(lane)

    def _open_lanes(self) -> network.Lanes:
        if self.closed:
            raise DeapiError(network.CLOSED)
        return self.connections.lanes()


def _read(answer: httpx.Response, step: Send) -> bytes:
    """The whole body of an answer, in its time even if a caller's connections do not heed it."""
    timeout = step.timeouts.read
    ends = math.inf if timeout is None else time.monotonic() + timeout
    chunks: list[bytes] = []
    size = 0
    for chunk in answer.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        exchange.check_size(size)
        if time.monotonic() > ends:
            raise TimeoutError
    return b"".join(chunks)
