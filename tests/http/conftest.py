"""Fixtures of the tests that use real sockets and a server that fails on request."""

import contextlib
import tracemalloc

import pytest


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
