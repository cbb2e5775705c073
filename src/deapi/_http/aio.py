"""The driver of the asynchronous client: it does, without blocking the loop, what a flow asks."""

from __future__ import annotations

import asyncio
import inspect
import math
from typing import TYPE_CHECKING, Any, TypeVar, cast

import anyio
import anyio.to_thread

from .._core import readers
from .._core.flows import Send, Sleep, Update, Work, call
from .._exceptions import DeapiError
from . import adapter as exchange
from .pools import CLOSED, OTHER_LOOP, Connections, Lanes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine

    import httpx

    from .._core.flows import Core, Deed, Download, Flow
    from .._core.readers import Reader
    from .._core.request import Request
    from .._core.response import Failure, Response
    from .._jobs import AsyncJob
    from ..types import JobResult, PriceResult

T = TypeVar("T")

# What a download gathers before it goes to the thread that writes it.
_WRITE_SIZE = 1024 * 1024


class AsyncConnections(Connections):
    """The asynchronous HTTP clients under one or more clients of ours, by event loop."""

    kind = "AsyncClient"

    def __init__(self, given: httpx.AsyncClient | None = None) -> None:
        super().__init__(given)
        self._lanes: dict[asyncio.AbstractEventLoop, Lanes] = {}

    def lanes(self) -> Lanes:
        """The HTTP clients to use on the running event loop."""
        self.check()
        loop = _running_loop()
        lanes = self._lanes.get(loop)
        if lanes is None:
            self._forget_closed_loops()
            if self.given is not None and self._lanes:
                raise DeapiError(OTHER_LOOP)
            lanes = self._lanes[loop] = self.new_lanes()
        return lanes

    async def close(self) -> None:
        """Close the connections of this event loop, unless the caller made them."""
        self.closed = True
        lanes = self._lanes.pop(_running_loop(), None)
        if lanes is not None and self.given is None:
            for client in lanes.clients:
                await client.aclose()

    def new_client(self) -> httpx.AsyncClient:
        """An asynchronous HTTP client of our own."""
        from . import network

        return network.async_client()

    def start_over(self) -> None:
        """Forget the connections that the parent process made."""
        self._parents = self._lanes  # kept, because collecting them would close the sockets
        self._lanes = {}

    def _forget_closed_loops(self) -> None:
        # Their connections cannot be closed any more. Weak references would not let go of them:
        # a connection knows its loop.
        for loop in [loop for loop in self._lanes if loop.is_closed()]:
            del self._lanes[loop]


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise DeapiError("AsyncDeapiClient needs asyncio, and no event loop runs here.") from None


class AsyncTransport:
    """Runs flows over one pool of connections, with one set of settings."""

    def __init__(self, core: Core, connections: AsyncConnections, *, owner: bool = True) -> None:
        self.core = core
        self.connections = connections
        self.owner = owner
        self.closed = False

    def view(self, core: Core) -> AsyncTransport:
        """The same connections with other settings."""
        return AsyncTransport(core, self.connections, owner=False)

    async def close(self) -> None:
        """Make no more calls; the one that opened the connections closes them, too."""
        self.closed = True
        if self.owner:
            await self.connections.close()

    async def job(self, request: Request) -> AsyncJob:
        """Submit a job."""
        from .._jobs import AsyncJob

        return AsyncJob(self, (await self.value(request, readers.submission)).request_id)

    async def price(self, request: Request) -> PriceResult:
        """Ask for a price."""
        return await self.value(request, readers.price)

    def value(self, request: Request, read: Reader[T]) -> Coroutine[Any, Any, T]:
        """Make a call and read its answer."""
        return self.run(call(self.core, request, read))

    async def run(self, flow: Flow[T], on_update: Callable[[JobResult], object] | None = None) -> T:
        """Carry a flow out to its end and return its result."""
        outcome: Any = None
        try:
            while True:
                try:
                    step = flow.send(outcome)
                except StopIteration as stop:
                    return cast("T", stop.value)
                if not isinstance(step, Update):
                    outcome = await self._do(step)
                    continue
                outcome = None
                if on_update is not None:
                    told = on_update(step.result)
                    if inspect.isawaitable(told):
                        await told
        finally:
            flow.close()

    async def iterate(self, flow: Flow[Any]) -> AsyncGenerator[JobResult]:
        """Carry a flow out, yielding its updates."""
        outcome: Any = None
        try:
            while True:
                try:
                    step = flow.send(outcome)
                except StopIteration:
                    return
                if isinstance(step, Update):
                    yield step.result
                    outcome = None
                else:
                    outcome = await self._do(step)
        finally:
            flow.close()

    def _do(self, step: Deed) -> Awaitable[Any]:
        if isinstance(step, Send):
            return self._send(step)
        if isinstance(step, Sleep):
            return anyio.sleep(step.seconds)
        if isinstance(step, Work):
            return anyio.to_thread.run_sync(step.function)
        return self._download(step)

    async def _send(self, step: Send) -> Response | Failure:
        library, lanes = self.connections.http_library, self._open_lanes()
        lane = lanes.take()
        client: httpx.AsyncClient = lane.client
        body: exchange.Body | None = None
        try:
            request, body = exchange.build(client, library, step, self.core.config)
            with _time_for_answer(step, body):
                answer = await client.send(request, stream=True, auth=None, follow_redirects=False)
                try:
                    content = await _read(answer)
                finally:
                    await answer.aclose()
                return exchange.answered(answer, content)
            return exchange.too_late(body)
        except Exception as error:
            failure = exchange.failure(error, library, body)
            if failure is None:
                raise
            return failure
        finally:
            lanes.give(lane)
            if body is not None:
                await body.settle()

    async def _download(self, step: Download) -> Response | Failure:
        library, lanes = self.connections.http_library, self._open_lanes()
        lane = lanes.take()
        client: httpx.AsyncClient = lane.client
        try:
            request = exchange.build_download(client, step)
            answer = await client.send(request, stream=True, auth=None, follow_redirects=True)
            try:
                head = exchange.answered(answer, b"")
                if step.begin(head):
                    await _write(answer, step)
                return head
            finally:
                await answer.aclose()
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


def _time_for_answer(step: Send, body: exchange.Body) -> anyio.CancelScope:
    """A scope that ends when the answer is not complete in time after the request was sent."""
    until = math.inf if step.limit is None else anyio.current_time() + step.limit
    scope = anyio.CancelScope(deadline=until)
    timeout = step.timeouts.read
    if timeout is not None:

        def start() -> None:
            scope.deadline = min(until, anyio.current_time() + timeout)

        body.on_sent = start
    return scope


async def _read(answer: httpx.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        exchange.check_size(size)
    return b"".join(chunks)


async def _write(answer: httpx.Response, step: Download) -> None:
    """Write in a thread what has come, while more comes."""
    in_thread = asyncio.get_running_loop().run_in_executor
    gathered: list[bytes] = []
    size = 0
    writing: asyncio.Future[None] | None = None
    try:
        async for chunk in answer.aiter_bytes():
            gathered.append(chunk)
            size += len(chunk)
            if size >= _WRITE_SIZE:
                if writing is not None:
                    await asyncio.shield(writing)
                writing = in_thread(None, exchange.write, step, gathered)
                gathered, size = [], 0
    finally:
        # Whatever has come belongs to the file, also when the rest is lost; and nobody may close
        # the file while a thread writes to it.
        if writing is not None:
            await asyncio.wait([writing])
            writing.result()
        await in_thread(None, exchange.write, step, gathered)
