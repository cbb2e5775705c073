"""Both clients behind one blocking interface, so that a test is written once for both."""

import asyncio
import contextlib
import inspect
from typing import Any

from deapi import AsyncDeapiClient, DeapiClient

KEY = "12|wire-test-secret"


class ClientFactory:
    """Makes clients for a base URL. `mode` is "sync" or "async". `close()` closes all of them."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._loop = asyncio.new_event_loop()
        self._stack = contextlib.ExitStack()

    def __call__(self, base_url: str, **options: Any) -> Any:
        options = {"api_key": KEY, "base_url": base_url, "timeout": 5, **options}
        client_class = DeapiClient if self.mode == "sync" else AsyncDeapiClient
        return self._blocking(client_class(**options), "close")

    def http_client(self, library: Any, **options: Any) -> Any:
        """Return a client of httpx or httpx2 for `http_client=`."""
        client = (library.Client if self.mode == "sync" else library.AsyncClient)(**options)
        self._blocking(client, "close" if self.mode == "sync" else "aclose")
        return client

    def close(self) -> None:
        """Close every client."""
        with contextlib.closing(self._loop):
            self._stack.close()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    def _blocking(self, client: Any, close: str) -> Any:
        if self.mode == "async":
            client = BlockingProxy(client, self._loop)
        self._stack.callback(getattr(client, close))
        return client


class BlockingProxy:
    """Wraps an async client, one of its resources, or a job. Each call blocks until it is done."""

    def __init__(self, target: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._target = target
        self._loop = loop

    def __repr__(self) -> str:
        return repr(self._target)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not inspect.isroutine(value):
            return self._wrap(value)

        def call(*arguments: Any, **options: Any) -> Any:
            result = value(*arguments, **options)
            if inspect.isawaitable(result):
                return self._wrap(self._loop.run_until_complete(result))
            if hasattr(result, "__aiter__"):
                return self._iterate(result)
            return self._wrap(result)

        return call

    def _wrap(self, value: Any) -> Any:
        if type(value).__name__.startswith("Async"):
            return BlockingProxy(value, self._loop)
        return value

    def _iterate(self, values: Any) -> Any:
        with contextlib.suppress(StopAsyncIteration):
            while True:
                yield self._loop.run_until_complete(values.__anext__())


def unwrap(value: Any) -> Any:
    """Return the object behind a `BlockingProxy`, or any other value unchanged."""
    return value._target if isinstance(value, BlockingProxy) else value
