"""Fixtures of the tests that talk to a server which misbehaves on purpose."""

import asyncio
import contextlib
import tracemalloc

import pytest

from support.blocking import Connector


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No setting of this machine reaches a test."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("DEAPI_API_KEY", "DEAPI_BASE_URL", "DEAPI_API_VERSION", "DEAPI_LOG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["sync", "async"])
def connect(request):
    """Make a client of either kind for a base URL; both are called without `await`."""
    with contextlib.closing(Connector(request.param)) as connector:
        yield connector


@pytest.fixture
def pauses(monkeypatch):
    """The seconds that the clients meant to sleep; nothing sleeps in truth."""
    seconds = []

    async def pass_by(delay):
        seconds.append(delay)
        await asyncio.sleep(0)

    monkeypatch.setattr("deapi._transport.sync.time.sleep", seconds.append)
    monkeypatch.setattr("deapi._transport.aio.anyio.sleep", pass_by)
    return seconds


@pytest.fixture
def peak_memory():
    """Fail when the Python objects of a block take more than so many megabytes at once."""

    @contextlib.contextmanager
    def below(megabytes):
        tracemalloc.start()
        try:
            yield
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < megabytes * 1_000_000

    return below
