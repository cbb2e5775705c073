"""Fixtures of the tests that use real sockets and a server that fails on request."""

import contextlib
import tracemalloc

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """Remove every environment variable that changes a client."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("DEAPI_API_KEY", "DEAPI_BASE_URL", "DEAPI_API_VERSION", "DEAPI_LOG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def peak_memory():
    """Fail if the Python objects of a block use more than some megabytes at a time."""

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
