"""Fixtures of the tests of operations: a recording server, and clients of both API versions."""

import contextlib
from collections.abc import Iterator

import pytest

from deapi.emulator import Emulator
from support.blocking_client import ClientFactory
from support.call_table import respond_successfully
from support.faulty_server import FaultyServer
from support.received import parse_request


class Api:
    """Calls operations by name in either API version, and checks what arrives at the server."""

    def __init__(self, server, make_client):
        self.server = server
        self.clients = {
            version: make_client(server.url, api_version=version) for version in ("v1", "v2")
        }

    def call(self, version, operation, arguments):
        """Make a call, and exhaust the iterator if it returns one."""
        resource, method = operation.split(".")
        result = getattr(getattr(self.clients[version], resource), method)(**arguments)
        return list(result) if isinstance(result, Iterator) else result

    def request(self, version, operation, arguments):
        """Make a call, and return the single request that arrived, parsed."""
        before = len(self.server.requests)
        self.call(version, operation, arguments)
        (request,) = self.server.requests[before:]
        return parse_request(request)

    def assert_rejected(self, version, operation, arguments, error, message):
        """Check that a call raises an error before anything is sent, and return the error."""
        before = len(self.server.requests)
        with pytest.raises(error, match=message) as caught:
            self.call(version, operation, arguments)
        assert len(self.server.requests) == before
        return caught.value


@pytest.fixture(scope="module", params=["sync", "async"])
def api(request, server):
    """An `Api` of the sync or the async client."""
    with contextlib.closing(ClientFactory(request.param)) as make_client:
        yield Api(server, make_client)


@pytest.fixture(scope="module")
def server():
    """A server that gives every operation a valid response, and records the requests."""
    with FaultyServer(respond_successfully) as server:
        yield server


@pytest.fixture
def make_v2_client(make_client):
    """Make a sync or an async client of API v2 for a base URL."""
    return lambda url, **options: make_client(url, **{"api_version": "v2", **options})


@pytest.fixture(scope="module")
def shared_emulator():
    """An emulator for tests that do not change its state. Jobs are done at the first poll."""
    with Emulator(polls_per_state=0) as emulator:
        yield emulator


@pytest.fixture
def emulator_client(make_client, shared_emulator):
    """A sync or an async client of the shared emulator."""
    return make_client(shared_emulator.url, api_key=shared_emulator.api_key)
