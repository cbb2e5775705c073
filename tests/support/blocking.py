"""One way to call both clients, so that a test is written once."""

import asyncio
import contextlib
import inspect
from typing import Any

from deapi import AsyncDeapiClient, DeapiClient

KEY = "12|wire-test-secret"


class Connector:
    """Makes clients of one kind, "sync" or "async", for a base URL; closes them at the end."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._loop = asyncio.new_event_loop()
        self._stack = contextlib.ExitStack()

    def __call__(self, base_url: str, **options: Any) -> Any:
        options = {"api_key": KEY, "base_url": base_url, "timeout": 5, **options}
        make = DeapiClient if self.kind == "sync" else AsyncDeapiClient
        return self._own(make(**options), "close")

    def http_client(self, library: Any, **options: Any) -> Any:
        """A client of httpx or httpx2 for `http_client=`."""
        make = library.Client if self.kind == "sync" else library.AsyncClient
        client = make(**options)
        self._own(client, "close" if self.kind == "sync" else "aclose")
        return client

    def close(self) -> None:
        """Close all that was made."""
        with contextlib.closing(self._loop):
            self._stack.close()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    def _own(self, client: Any, close: str) -> Any:
        if self.kind == "async":
            client = Blocking(client, self._loop)
        self._stack.callback(getattr(client, close))
        return client


class Blocking:
    """Stands for an async client, one of its resources, or a job; each call runs to its end."""

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
            return Blocking(value, self._loop)
        return value

    def _iterate(self, values: Any) -> Any:
        with contextlib.suppress(StopAsyncIteration):
            while True:
                yield self._loop.run_until_complete(values.__anext__())


def unwrapped(thing: Any) -> Any:
    """What stands behind a `Blocking`; anything else as it is."""
    return thing._target if isinstance(thing, Blocking) else thing
