"""Fixtures that several test modules use."""

import asyncio
import inspect

import pytest

from deapi.emulator import Emulator


@pytest.fixture
def emulator():
    """An emulator whose jobs are done when they are first asked about."""
    with Emulator(polls_per_state=0) as emulator:
        yield emulator


@pytest.fixture(params=["sync", "async"])
def both(request):
    """Run a test once with each client: ``both(emulator, use)`` gives what ``use(client)`` does.

    ``use`` is a coroutine function whose calls are wrapped in ``wait``: in the synchronous client
    that hands the value on, in the asynchronous one it awaits it.
    """

    def run(emulator, use, **options):
        async def later():
            async with emulator.async_client(**options) as client:
                return await use(client, _awaited)

        async def now():
            with emulator.client(**options) as client:
                return await use(client, _as_it_is)

        return asyncio.run(later() if request.param == "async" else now())

    return run


async def _awaited(value):
    assert inspect.isawaitable(value)
    return await value


async def _as_it_is(value):
    assert not inspect.isawaitable(value)
    return value
