"""Fixtures that tests in several directories use."""

import asyncio
import contextlib
import inspect
import os
import re
import signal

import pytest

from deapi.emulator import Emulator
from support.blocking_client import ClientFactory
from support.openapi_hooks import (  # noqa: F401
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

# A shell starts programs in the background with Ctrl-C ignored, and those that tests start would
# inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Settings of the developer's machine, which clients in tests and in their programs would read.
# DEAPI_SITE is a setting of tests/docs/test_browser.py.
SETTINGS = re.compile(
    r"DEAPI_(?!SITE).*|(HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|NO_COLOR",
    re.IGNORECASE,
)
for name in filter(SETTINGS.fullmatch, list(os.environ)):
    del os.environ[name]


def pytest_xdist_auto_num_workers():
    """Use more workers than processors, because many tests wait for sockets and programs."""
    return (os.cpu_count() or 1) + 3


@pytest.fixture
def emulator():
    """An emulator whose jobs are done at the first poll."""
    with Emulator(polls_per_state=0) as emulator:
        yield emulator


@pytest.fixture(params=["sync", "async"])
def make_client(request):
    """Make a sync or an async client for a base URL. Both are used without `await`."""
    with contextlib.closing(ClientFactory(request.param)) as factory:
        yield factory


@pytest.fixture
def recorded_sleeps(monkeypatch):
    """The seconds that both clients asked to sleep. Nothing really sleeps."""
    seconds = []

    async def sleep(delay):
        seconds.append(delay)
        await asyncio.sleep(0)

    monkeypatch.setattr("deapi._http.sync.time.sleep", seconds.append)
    monkeypatch.setattr("deapi._http.aio.anyio.sleep", sleep)
    return seconds


@pytest.fixture(params=["sync", "async"])
def run_in_both_clients(request):
    """Run a test with each client. ``run(emulator, use)`` returns the value of ``use(client)``.

    ``use`` is a coroutine function that wraps each call in ``wait``, which returns the value in
    the sync client and awaits it in the async one.
    """

    def run(emulator, use, **options):
        async def run_async():
            async with emulator.async_client(**options) as client:
                return await use(client, _await)

        async def run_sync():
            with emulator.client(**options) as client:
                return await use(client, _return)

        return asyncio.run(run_async() if request.param == "async" else run_sync())

    return run


async def _await(value):
    assert inspect.isawaitable(value)
    return await value


async def _return(value):
    assert not inspect.isawaitable(value)
    return value
