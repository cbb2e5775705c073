"""The sync driver: carries out the steps of flows, blocking the thread. Twin of ``aio.py``."""

from __future__ import annotations

import math
import sys
import threading
import time
import weakref
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from .._core.observing import validate_on_update
from .._core.steps import Download, RunInThread, Send, Sleep, Update, WaitFor, advance, raise_in
from .._exceptions import DeapiError
from . import adapter, loading
from .pools import CLOSED_MESSAGE, Connections, Pools, close_all

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    import httpx

    from .._core.context import CallContext
    from .._core.steps import Flow, IOStep
    from .._response import Failure, Response
    from ..types import JobResult

T = TypeVar("T")

# On Windows, Ctrl-C does not interrupt a thread that waits for a lock. Flows wait again.
_MAX_LOCK_WAIT = 0.5 if sys.platform == "win32" else 3600.0


class SyncConnections(Connections):
    """The HTTP clients of one or more sync clients."""

    class_name = "Client"

    def __init__(self, http_client: httpx.Client | None = None) -> None:
        super().__init__(http_client)
        self._pools = [self.new_pools()]
        if http_client is None:
            # Clients are often not closed. The sockets would warn of it.
            weakref.finalize(self, close_all, self._pools, self._process)

    def pools(self) -> Pools:
        """Return the pools of HTTP clients."""
        self.ensure_usable()
        return self._pools[-1]

    def close(self) -> None:
        """Close the connections, except those of the caller's HTTP client."""
        self.closed = True
        self.end_waits()
        if self.http_client is None:
            close_all(self._pools[-1:], self._process)

    @staticmethod
    def new_client() -> httpx.Client:
        """Create a sync HTTP client."""
        from . import network

        return network.sync_client()

    @staticmethod
    def discard_client(client: httpx.Client) -> None:
        """Close an HTTP client that no request uses."""
        from . import network

        client.close()
        network.close_sockets(client)  # a closed client may have connected since

    def reset_after_fork(self) -> None:
        """Replace the connections that were inherited from the parent process."""
        self._pools.append(self.new_pools())


class SyncDriver:
    """Runs flows over shared connections, with the settings of one client."""

    def __init__(
        self, context: CallContext, connections: SyncConnections, *, owner: bool = True
    ) -> None:
        self.context = context
        self.connections = connections
        self.owner = owner
        self.closed = False

    def clone(self, context: CallContext) -> SyncDriver:
        """Return a driver with the same connections and other settings."""
        return SyncDriver(context, self.connections, owner=False)

    def close(self) -> None:
        """Reject further calls. The driver that created the connections closes them."""
        self.closed = True
        if self.owner:
            if self.context.push is not None:
                self.context.push.close()
            self.connections.close()
        else:
            self.connections.end_waits()

    def run(self, flow: Flow[T], on_update: Callable[[JobResult], object] | None = None) -> T:
        """Run a flow and return its result."""
        validate_on_update(on_update, may_be_async=False)
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
                        outcome = self._do(step)
                    except Exception as error:  # noqa: BLE001 - the flow handles it, or raises it
                        failure = error
                    continue
                if on_update is not None:
                    on_update(step.result)
        except BaseException as error:
            failure = None  # otherwise the frame and the exception would reference each other
            raise_in(flow, error)
            raise

    def iterate(self, flow: Flow[Any]) -> Iterator[JobResult]:
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
                        outcome = self._do(step)
                    except Exception as error:  # noqa: BLE001 - the flow handles it, or raises it
                        failure = error
                    continue
                yield step.result
        except BaseException as error:
            failure = None  # otherwise the frame and the exception would reference each other
            raise_in(flow, error)
            raise

    def stream(
        self, flow: Flow[bytes], on_update: Callable[[JobResult], object] | None = None
    ) -> Iterator[bytes]:
        """Run a flow and yield the bytes that it streams, then those that it returns."""
        validate_on_update(on_update, may_be_async=False)
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
                    with closing(self._receive(step)) as chunks:
                        yield from chunks
                    outcome = step.outcome
                elif not isinstance(step, Update):
                    try:
                        outcome = self._do(step)
                    except Exception as error:  # noqa: BLE001 - the flow handles it, or raises it
                        failure = error
                elif on_update is not None:
                    on_update(step.result)
        except BaseException as error:
            failure = None  # otherwise the frame and the exception would reference each other
            raise_in(flow, error)
            raise

    def _do(self, step: IOStep) -> Any:
        if isinstance(step, Send):
            return self._send(step)
        if isinstance(step, Sleep):
            time.sleep(step.seconds)
            return None
        if isinstance(step, WaitFor):
            return self._wait_for(step)
        if isinstance(step, RunInThread):
            return step.function()  # the caller's thread may block
        return self._download(step)

    def _wait_for(self, step: WaitFor) -> None:
        # A plain lock, because a signal handler may wake this thread while it begins to wait.
        # The lock of a threading.Event would then be held.
        wakeup = threading.Lock()
        wakeup.acquire()

        def wake() -> None:
            with suppress(RuntimeError):  # it is released already
                wakeup.release()

        with self.connections.waiting(step.waker):
            self._open_pools()
            step.waker.add_callback(wake)
            try:
                wakeup.acquire(timeout=min(step.seconds, _MAX_LOCK_WAIT))
            finally:
                step.waker.remove_callback(wake)
        self._open_pools()  # raises if the client was closed meanwhile

    def _send(self, step: Send) -> Response | Failure:
        wait_for_model = self._load(step.operation.result_type(self.context.config.api_version))
        library, pool = self.connections.http_library, self._open_pools().calls
        pooled = pool.acquire()
        client: httpx.Client = pooled.client
        body: adapter.RequestBody | None = None
        try:
            request, body = adapter.build_request(
                client, library, step, self.context.config, own=self.connections.http_client is None
            )
            step.sending = body
            response = client.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                body.response = _read(response, step)
            finally:
                response.close()
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
            if wait_for_model is not None:
                wait_for_model()
            return body.response
        finally:
            pool.release(pooled)
            if body is not None:
                body.close()

    def _download(self, step: Download) -> Response | Failure:
        with closing(self._receive(step)) as chunks:
            for chunk in chunks:
                step.transfer.write(chunk)
        return step.outcome

    def _receive(self, step: Download) -> Generator[bytes]:
        """Yield the bytes of a download that are to be written, and set the step's outcome."""
        library, pool = self.connections.http_library, self._open_pools().downloads
        pooled = pool.acquire()
        client: httpx.Client = pooled.client
        transfer = step.transfer
        try:
            request = adapter.build_download(
                client, library, step, own=self.connections.http_client is None
            )
            response = _follow_redirects(client, request)
            try:
                step.outcome = head = adapter.to_response(response, b"")
                if transfer.begin(head, delimited=adapter.is_delimited(response)):
                    for chunk in response.iter_bytes():
                        accepted = transfer.receive(chunk)
                        if accepted is None:
                            break
                        if accepted:
                            yield accepted
                        transfer.exclude_pause()
            finally:
                response.close()
        except Exception as error:
            failure = adapter.to_outcome(error, library, step, closed=self.connections.closed)
            if failure is None:
                raise
            step.outcome = failure
        except GeneratorExit:
            raise
        except BaseException:
            pool.retire(pooled)
            raise
        finally:
            pool.release(pooled)

    def _load(self, result_type: str | None) -> Callable[[], None] | None:
        """Load what a call needs to be sent. Return a function that waits for the rest, or None."""
        own = self.connections.http_client is None
        if loading.is_loaded(result_type, network=own):
            return None
        if own:
            loading.start_in_thread(loading.load_network)()
        wait_for_model = loading.start_in_thread(loading.load_model, result_type)
        if own:
            loading.start_in_thread(loading.load_certificates)()
        return wait_for_model

    def _open_pools(self) -> Pools:
        if self.closed:
            raise DeapiError(CLOSED_MESSAGE)
        return self.connections.pools()


def _follow_redirects(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Send the request of a download. httpx would read the bodies of redirects without limits."""
    for _ in range(adapter.MAX_REDIRECTS + 1):
        response = client.send(request, stream=True, auth=None, follow_redirects=False)
        if response.next_request is None:
            return response
        response.close()
        request = response.next_request
    raise adapter.TooManyRedirectsError


def _read(response: httpx.Response, step: Send) -> Response:
    """Read a whole response. The timeout also applies to connections without ``Deadline``."""
    if response.is_stream_consumed:  # by a mock, or by an event hook of the caller's client
        return adapter.to_response(response, response.content)
    timeout = step.timeouts.read
    end = math.inf if timeout is None else time.monotonic() + timeout
    body = adapter.start_body(response, step)
    if body.needs_more():
        # Not iter_bytes(), which decompresses without limits.
        for chunk in response.iter_raw():
            for _ in body.add(chunk):
                pass
            if not body.needs_more():
                break
            if time.monotonic() > end:
                raise TimeoutError
    return body.finish()
