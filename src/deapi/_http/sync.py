"""The driver of the synchronous client: it does, blocking, what a flow asks for."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._core import readers
from .._core.flows import Send, Sleep, Update, Work, call
from .._exceptions import DeapiError
from . import adapter as exchange
from .pools import CLOSED, Connections, Lanes

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import httpx

    from .._core.flows import Core, Deed, Download, Flow
    from .._core.readers import Reader
    from .._core.request import Request
    from .._core.response import Failure, Response
    from .._jobs import Job
    from ..types import JobResult, PriceResult

T = TypeVar("T")


class SyncConnections(Connections):
    """The synchronous HTTP clients under one or more clients of ours."""

    kind = "Client"

    def __init__(self, given: httpx.Client | None = None) -> None:
        super().__init__(given)
        self._lanes = self.new_lanes()

    def lanes(self) -> Lanes:
        """The HTTP clients to use."""
        self.check()
        return self._lanes

    def close(self) -> None:
        """Close the connections, unless the caller made them."""
        self.closed = True
        if self.given is None:
            for client in self._lanes.clients:
                client.close()

    def new_client(self) -> httpx.Client:
        """A synchronous HTTP client of our own."""
        from . import network

        return network.sync_client()

    def start_over(self) -> None:
        """Forget the connections that the parent process made."""
        self._parents = self._lanes  # kept, because collecting them would close the sockets
        self._lanes = self.new_lanes()


class SyncTransport:
    """Runs flows over one pool of connections, with one set of settings."""

    def __init__(self, core: Core, connections: SyncConnections, *, owner: bool = True) -> None:
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

        return Job(self, self.value(request, readers.submission).request_id)

    def price(self, request: Request) -> PriceResult:
        """Ask for a price."""
        return self.value(request, readers.price)

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
        library, lanes = self.connections.http_library, self._open_lanes()
        lane = lanes.take()
        client: httpx.Client = lane.client
        body: exchange.Body | None = None
        try:
            request, body = exchange.build(client, library, step, self.core.config)
            answer = client.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                content = _read(answer, step)
            finally:
                answer.close()
            return exchange.answered(answer, content)
        except Exception as error:
            failure = exchange.failure(error, library, body)
            if failure is None:
                raise
            return failure
        finally:
            lanes.give(lane)
            if body is not None:
                body.release()

    def _download(self, step: Download) -> Response | Failure:
        library, lanes = self.connections.http_library, self._open_lanes()
        lane = lanes.take()
        client: httpx.Client = lane.client
        try:
            request = exchange.build_download(client, step)
            answer = client.send(request, stream=True, auth=None, follow_redirects=True)
            try:
                head = exchange.answered(answer, b"")
                if not step.begin(head):
                    return head
                for chunk in answer.iter_bytes():
                    exchange.write(step, [chunk])
                return head
            finally:
                answer.close()
        except Exception as error:
            failure = exchange.failure(error, library, None)
            if failure is None:
                raise
            return failure
        finally:
            lanes.give(lane)

    def _open_lanes(self) -> Lanes:
        if self.closed:
            raise DeapiError(CLOSED)
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
