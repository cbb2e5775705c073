"""The async driver: carries out the steps of flows without blocking. Twin of ``sync.py``."""

from __future__ import annotations

import asyncio
import functools
import inspect
import math
import os
import threading
import weakref
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

from .._core.observing import validate_on_update
from .._core.steps import Download, RunInThread, Send, Sleep, Update, WaitFor, advance, raise_in
from .._exceptions import DeapiError
from .._response import LARGE_BODY
from . import adapter, loading
from .pools import CLOSED_MESSAGE, OTHER_LOOP_MESSAGE, Connections, Pools, close_all_sockets

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine

    import httpx

    from .._core.context import CallContext
    from .._core.steps import Flow, IOStep
    from .._response import Failure, Response
    from ..types import JobResult

T = TypeVar("T")

# Event loops do not wait indefinitely. Flows wait again.
_MAX_WAIT = 3600.0

# Seconds that a cancelled submission waits for its response.
_SETTLE_SECONDS = 1.0

# Chunks of a body between two pauses. The HTTP library needs up to 0.1 milliseconds for each.
_CHUNKS_PER_PAUSE = 100

# Bytes of a download that are collected before a thread writes them.
_WRITE_SIZE = 1024 * 1024


class AsyncConnections(Connections):
    """The HTTP clients of one or more async clients, by event loop."""

    class_name = "AsyncClient"

    def __init__(self, http_client: httpx.AsyncClient | None = None) -> None:
        super().__init__(http_client)
        # Other threads add their event loops. Reentrant, because of signal handlers.
        self._lock = threading.RLock()
        self._reset_pools()

    def pools(self) -> Pools:
        """Return the pools of HTTP clients of the running event loop."""
        self.ensure_usable()
        loop = _running_loop()
        pools = self._pools.get(loop)
        if pools is None:
            with self._lock:
                self._forget_closed_loops()
                if self.http_client is not None and self._pools:
                    raise DeapiError(OTHER_LOOP_MESSAGE)
                pools = self._pools[loop] = self.new_pools()
        return pools

    def _reset_pools(self) -> None:
        self._pools: dict[asyncio.AbstractEventLoop, Pools] = {}
        if self.http_client is None:
            # Clients are often not closed. The sockets would warn of it.
            weakref.finalize(self, close_all_sockets, self._pools, os.getpid())

    async def close(self) -> None:
        """Close the connections of this event loop, except those of the caller's HTTP client."""
        self.closed = True
        self.end_waits()
        with self._lock:
            pools = self._pools.pop(_running_loop(), None)
        if pools is not None and self.http_client is None:
            for pool in pools:
                for client in pool.close():
                    await client.aclose()

    @staticmethod
    def new_client() -> httpx.AsyncClient:
        """Create an async HTTP client."""
        from . import network

        return network.async_client()

    @staticmethod
    def discard_client(client: httpx.AsyncClient) -> None:
        """Close an HTTP client that no request uses."""
        from . import network

        network.close_sockets(client)

    def reset_after_fork(self) -> None:
        """Replace the connections that were inherited from the parent process."""
        self._inherited = self._pools  # kept, because garbage collection would close the sockets
        self._reset_pools()

    def _forget_closed_loops(self) -> None:
        # Weak references would not release them, because a connection references its loop.
        closed = {loop: self._pools[loop] for loop in list(self._pools) if loop.is_closed()}
        for loop in closed:
            del self._pools[loop]
        if self.http_client is None:
            close_all_sockets(closed, os.getpid())


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise DeapiError(
            "AsyncDeapiClient must be used inside a running asyncio event loop."
        ) from None


class AsyncDriver:
    """Runs flows over shared connections, with the settings of one client."""

    def __init__(
        self, context: CallContext, connections: AsyncConnections, *, owner: bool = True
    ) -> None:
        self.context = context
        self.connections = connections
        self.owner = owner
        self.closed = False

    def clone(self, context: CallContext) -> AsyncDriver:
        """Return a driver with the same connections and other settings."""
        return AsyncDriver(context, self.connections, owner=False)

    async def close(self) -> None:
        """Reject further calls. The driver that created the connections closes them."""
        self.closed = True
        if self.owner:
            if self.context.push is not None:
                await self.context.push.close()
            await self.connections.close()
        else:
            self.connections.end_waits()

    async def run(self, flow: Flow[T], on_update: Callable[[JobResult], object] | None = None) -> T:
        """Run a flow and return its result."""
        validate_on_update(on_update, may_be_async=True)
        outcome: Any = None
        failure: Exception | None = None
        try:
            while True:
                try:
                    step = advance(flow, outcome, failure)
                except StopIteration as stop:
                    result: T = stop.value  # no call from here on, which could be interrupted
                    return result
                outcome = failure = None
                if not isinstance(step, Update):
                    try:
                        outcome = await self._do(step)
                    except Exception as error:  # noqa: BLE001 - the flow handles it, or raises it
                        failure = error
                    continue
                if on_update is not None:
                    returned = on_update(step.result)
                    if inspect.isawaitable(returned):
                        await returned
        except BaseException as error:
            failure = None  # otherwise the frame and the exception would reference each other
            raise_in(flow, error)
            raise

    async def iterate(self, flow: Flow[Any]) -> AsyncIterator[JobResult]:
        """Run a flow and yield its updates."""
        outcome: Any = None
        failure: Exception | None = None
        try:
            while True:
                try:
                    step = advance(flow, outcome, failure)
                except StopIteration:
                    return
                outcome = failure = None
                if not isinstance(step, Update):
                    try:
                        outcome = await self._do(step)
                    except Exception as error:  # noqa: BLE001 - the flow handles it, or raises it
                        failure = error
                    continue
                yield step.result
        except BaseException as error:
            failure = None  # otherwise the frame and the exception would reference each other
            raise_in(flow, error)
            raise

    async def stream(
        self, flow: Flow[bytes], on_update: Callable[[JobResult], object] | None = None
    ) -> AsyncIterator[bytes]:
        """Run a flow and yield the bytes that it streams, then those that it returns."""
        validate_on_update(on_update, may_be_async=True)
        outcome: Any = None
        failure: Exception | None = None
        try:
            while True:
                try:
                    step = advance(flow, outcome, failure)
                except StopIteration as stop:
                    if stop.value:
                        yield stop.value
                    return
                outcome = failure = None
                if isinstance(step, Download) and step.streamed:
                    async with aclosing(self._receive(step)) as chunks:
                        async for chunk in chunks:
                            yield chunk
                    outcome = step.outcome
                elif not isinstance(step, Update):
                    try:
                        outcome = await self._do(step)
                    except Exception as error:  # noqa: BLE001 - the flow handles it, or raises it
                        failure = error
                elif on_update is not None:
                    returned = on_update(step.result)
                    if inspect.isawaitable(returned):
                        await returned
        except BaseException as error:
            failure = None  # otherwise the frame and the exception would reference each other
            raise_in(flow, error)
            raise

    def _do(self, step: IOStep) -> Awaitable[Any]:
        if isinstance(step, Send):
            return _settle(self._send(step), step) if step.side_effect else self._send(step)
        if isinstance(step, Sleep):
            return anyio.sleep(step.seconds)
        if isinstance(step, WaitFor):
            return self._wait_for(step)
        if isinstance(step, RunInThread):
            return anyio.to_thread.run_sync(step.function)
        return self._download(step)

    async def _wait_for(self, step: WaitFor) -> None:
        loop = asyncio.get_running_loop()
        wakeup = loop.create_future()

        def end() -> None:
            if not wakeup.done():
                wakeup.set_result(None)

        def wake() -> None:
            with suppress(RuntimeError):  # the event loop is closed
                loop.call_soon_threadsafe(end)

        with self.connections.waiting(step.waker):
            self._open_pools()
            step.waker.add_callback(wake)
            timer = loop.call_later(min(step.seconds, _MAX_WAIT), end)
            try:
                await wakeup
            finally:
                timer.cancel()
                step.waker.remove_callback(wake)
        self._open_pools()  # raises if the client was closed meanwhile

    async def _send(self, step: Send) -> Response | Failure:
        model = await self._load(step.operation.result_type(self.context.config.api_version))
        library, pool = self.connections.http_library, self._open_pools().calls
        pooled = pool.acquire()
        client: httpx.AsyncClient = pooled.client
        body: adapter.RequestBody | None = None
        try:
            request, body = adapter.build_request(
                client, library, step, self.context.config, own=self.connections.http_client is None
            )
            step.sending = body
            with _response_scope(step, body):
                response = await client.send(
                    request, stream=True, auth=None, follow_redirects=False
                )
                try:
                    body.response = await _read(response, step)
                finally:
                    await response.aclose()
            if body.response is None:
                pool.retire(pooled)  # the scope has cancelled it
                return adapter.timeout_failure(step, body)
        except Exception as error:
            closed = self.connections.closed
            outcome = adapter.to_outcome(error, library, step, body, closed=closed)
            if outcome is None:
                raise
            return outcome
        except BaseException:
            pool.retire(pooled)
            raise
        else:
            if model is not None:
                await model
            return body.response
        finally:
            pool.release(pooled)
            if body is not None:
                await body.finish_pending_read()

    async def _download(self, step: Download) -> Response | Failure:
        async with aclosing(self._receive(step)) as chunks:
            await _write(chunks, step)
        return step.outcome

    async def _receive(self, step: Download) -> AsyncGenerator[bytes]:
        """Yield the bytes of a download that are to be written, and set the step's outcome."""
        library, pool = self.connections.http_library, self._open_pools().downloads
        pooled = pool.acquire()
        client: httpx.AsyncClient = pooled.client
        transfer = step.transfer
        try:
            request = adapter.build_download(
                client, library, step, own=self.connections.http_client is None
            )
            response = await _within(step, _follow_redirects(client, request))
            try:
                step.outcome = head = adapter.to_response(response, b"")
                if transfer.begin(head, delimited=adapter.is_delimited(response)):
                    received = _with_pauses(response.aiter_bytes())
                    while (chunk := await _within(step, anext(received, None))) is not None:
                        accepted = transfer.receive(chunk)
                        if accepted is None:
                            break
                        if accepted:
                            yield accepted
                        transfer.exclude_pause()
            finally:
                await response.aclose()
        except Exception as error:
            failure = adapter.to_outcome(error, library, step, closed=self.connections.closed)
            if failure is None:
                raise
            step.outcome = failure
            if isinstance(error, TimeoutError):
                pool.retire(pooled)  # a scope has cancelled it
        except GeneratorExit:
            raise
        except BaseException:
            pool.retire(pooled)
            raise
        finally:
            pool.release(pooled)

    async def warm_up(self) -> None:
        """Load the HTTP library in a thread, which takes a hundred milliseconds."""
        if self.connections.http_client is None:
            await loading.start_in_executor(_running_loop(), loading.load_network)

    async def _load(self, result_type: str | None) -> asyncio.Future[None] | None:
        """Load what a call needs to be sent. Return a future of the rest, or None."""
        own = self.connections.http_client is None
        if loading.is_loaded(result_type, network=own):
            return None
        start = functools.partial(loading.start_in_executor, _running_loop())
        if own:
            await start(loading.load_network)
        model = start(loading.load_model, result_type)
        if own:
            await start(loading.load_certificates)
        return model

    def _open_pools(self) -> Pools:
        if self.closed:
            raise DeapiError(CLOSED_MESSAGE)
        return self.connections.pools()


async def _follow_redirects(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send the request of a download. httpx would read the bodies of redirects without limits."""
    for _ in range(adapter.MAX_REDIRECTS + 1):
        response = await client.send(request, stream=True, auth=None, follow_redirects=False)
        if response.next_request is None:
            return response
        await response.aclose()
        request = response.next_request
    raise adapter.TooManyRedirectsError


async def _settle(
    sending: Coroutine[Any, Any, Response | Failure], step: Send
) -> Response | Failure:
    """Send a submission. If this is cancelled, wait briefly for the response with the job's ID."""
    task = asyncio.create_task(sending)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            if step.sending is not None and step.sending.fully_sent:
                await asyncio.wait([task], timeout=_SETTLE_SECONDS)
            task.cancel()
            await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # retrieved so that asyncio does not report it
        raise
    finally:
        with suppress(RuntimeError):  # the event loop is closed
            task.cancel()


def _response_scope(step: Send, body: adapter.RequestBody) -> anyio.CancelScope:
    """Return a scope that is cancelled if the response is not complete in time."""
    latest_end = math.inf if step.limit is None else anyio.current_time() + step.limit
    scope = anyio.CancelScope(deadline=latest_end)
    timeout = step.timeouts.read
    if timeout is not None:

        def start() -> None:
            scope.deadline = min(latest_end, anyio.current_time() + timeout)

        body.on_sent = start
    return scope


async def _read(response: httpx.Response, step: Send) -> Response:
    """Read a whole response."""
    if response.is_stream_consumed:  # by a mock, or by an event hook of the caller's client
        return adapter.to_response(response, response.content)
    body = adapter.start_body(response, step)
    if body.needs_more():
        # Not aiter_bytes(), which decompresses without limits.
        async for chunk in _with_pauses(response.aiter_raw()):
            for _ in body.add(chunk):
                await asyncio.sleep(0)  # other tasks run between the steps
            if not body.needs_more():
                break
    if body.size <= LARGE_BODY:
        return body.finish()
    return await anyio.to_thread.run_sync(body.finish)


async def _with_pauses(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield chunks. Other tasks run in between, also if a host sends a body byte by byte."""
    count = 0
    async for chunk in chunks:
        yield chunk
        count += 1
        if not count % _CHUNKS_PER_PAUSE:
            await asyncio.sleep(0)


async def _within(step: Download, awaitable: Awaitable[T]) -> T:
    """Wait for the next event of a download, until the end of the time for the whole download."""
    with anyio.CancelScope(deadline=anyio.current_time() + step.transfer.remaining()):
        return await awaitable
    raise TimeoutError


async def _write(chunks: AsyncIterator[bytes], step: Download) -> None:
    """Write chunks in a thread while more arrive."""
    run_in_thread = asyncio.get_running_loop().run_in_executor
    collected: list[bytes] = []
    size = 0
    writing: asyncio.Future[None] | None = None
    try:
        async for chunk in chunks:
            collected.append(chunk)
            size += len(chunk)
            if size >= _WRITE_SIZE:
                if writing is not None:
                    await asyncio.shield(writing)
                writing = run_in_thread(None, _write_all, step, collected)
                collected, size = [], 0
        if writing is not None:
            await asyncio.shield(writing)
        writing = run_in_thread(None, _write_all, step, collected)
        await asyncio.shield(writing)
    finally:
        # The file is closed after this.
        if writing is not None:
            with anyio.CancelScope(shield=True):
                await asyncio.wait([writing])
            writing.result()


def _write_all(step: Download, chunks: list[bytes]) -> None:
    for chunk in chunks:
        step.transfer.write(chunk)
