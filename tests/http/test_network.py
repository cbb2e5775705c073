"""Connections of the sync client: their reads and writes end at a deadline."""

import socket
import weakref

import httpcore
import httpx
import pytest

from deapi._config import configure
from deapi._http import network, timeouts
from deapi._http.streams import has_arrived, read_size, wait_writable
from deapi._http.timeouts import Deadline, download_timeouts, request_timeouts


class RecordingStream(httpcore.NetworkStream):
    """A connection that records the timeouts that it is used with."""

    def __init__(self):
        self.timeouts = []
        self.read_sizes = []

    def read(self, max_bytes, timeout=None):
        self.timeouts.append(timeout)
        self.read_sizes.append(max_bytes)
        return b""

    def write(self, buffer, timeout=None):
        self.timeouts.append(timeout)

    def get_extra_info(self, info):
        return self if info == "socket" else None

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self.timeouts.append(timeout)
        return self


class RecordingBackend(httpcore.NetworkBackend):
    """Opens one recording connection."""

    def __init__(self):
        self.stream = RecordingStream()

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.stream.timeouts.append(timeout)
        return self.stream


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the test advances: a list with the seconds."""
    now = [1000.0]
    monkeypatch.setattr(timeouts.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("encrypted", [False, True])
def test_every_use_of_a_connection_has_only_the_remaining_time(clock, encrypted):
    backend, deadline = RecordingBackend(), Deadline(10)
    stream = network._Backend(backend).connect_tcp("host", 443, timeout=deadline)
    clock[0] += 1
    if encrypted:
        stream = stream.start_tls(None, "host", timeout=deadline)
    else:
        stream.write(b"", timeout=deadline)
    clock[0] += 2
    stream.write(b"", timeout=deadline)
    clock[0] += 3
    stream.read(1, timeout=deadline)
    assert backend.stream.timeouts == [10, 9, 7, 4]
    clock[0] += 100
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(1, timeout=deadline)


def test_a_timeout_without_a_deadline_applies_to_each_use(clock):
    backend = RecordingBackend()
    stream = network._Backend(backend).connect_tcp("host", 80, timeout=5.0)
    clock[0] += 100
    stream.read(1, timeout=5.0)
    stream.write(b"", timeout=None)
    assert backend.stream.timeouts == [5.0, 5.0, None]


def test_a_socket_that_another_thread_has_closed_does_not_block():
    closed = socket.socket()
    closed.close()
    assert has_arrived(closed)
    assert wait_writable(closed, None) == (True, True)


class GrowingSet(weakref.WeakSet):
    """A set to which an item is added during its first iteration, as by another thread."""

    added = None

    def __iter__(self):
        for item in super().__iter__():
            if self.added is None:
                self.added = socket.socket()
                self.add(self.added)
            yield item


def test_the_sockets_of_a_client_are_closed_while_another_thread_connects():
    client = network.sync_client()
    backend = client._transport._pool._network_backend
    first = socket.socket()
    backend.sockets = GrowingSet([first])
    network.close_sockets(client)
    assert first.fileno() == backend.sockets.added.fileno() == -1


def test_downloads_are_read_in_larger_chunks_than_responses(clock):
    backend = RecordingBackend()
    stream = network._Backend(backend).connect_tcp("host", 80)
    all_phases = httpx_timeouts(connect=5, read=5, write=5, pool=5)
    timeouts_of_download = download_timeouts(all_phases, lambda: 10, lambda: 0)
    stream.read(65_536, timeout=request_timeouts(all_phases, None)["read"])
    stream.read(65_536, timeout=timeouts_of_download["read"])
    response, download = backend.stream.read_sizes
    assert response == 65_536
    assert download == read_size(65_536, timeouts_of_download["read"])
    assert download > response


def test_the_timeout_of_a_download_starts_again_with_each_chunk_until_the_total_ends(clock):
    total, received = [100], [0]
    phases = httpx_timeouts(connect=5, read=10, write=5, pool=5)
    deadline = download_timeouts(phases, lambda: total[0], lambda: received[0])["read"]
    assert deadline.remaining() == 10
    clock[0] += 6
    assert deadline.remaining() == 4
    received[0] += 1
    assert deadline.remaining() == 10
    total[0] = 3
    assert deadline.remaining() == 3


def test_a_deadline_runs_from_its_first_use_and_ends_at_the_latest_end(clock):
    deadline = Deadline(10, latest_end=1012)
    clock[0] += 5
    assert deadline.remaining() == 7
    clock[0] += 4
    assert deadline.remaining() == 3
    clock[0] += 4
    assert deadline.remaining() == 0


def test_a_limit_applies_to_all_phases_together(clock):
    phases = request_timeouts(httpx_timeouts(connect=1, read=30, write=None, pool=None), 4)
    assert phases == {"connect": 1, "read": 4, "write": 4, "pool": 4}
    clock[0] += 3
    assert [phase.remaining() for phase in phases.values()] == [1, 1, 1, 1]


@pytest.mark.parametrize("limit", [None, float("inf")])
def test_without_a_limit_only_the_read_timeout_is_a_deadline(limit):
    phases = request_timeouts(httpx_timeouts(connect=1, read=30, write=2, pool=None), limit)
    assert phases == {"connect": 1, "read": 30, "write": 2, "pool": None}
    assert isinstance(phases["read"], Deadline)
    assert not isinstance(phases["connect"], Deadline)
    phases = request_timeouts(httpx_timeouts(connect=1, read=None, write=2, pool=None), limit)
    assert phases["read"] is None


@pytest.mark.parametrize(
    ("create", "backend"),
    [
        (network.sync_client, network._Backend),
        (network.async_client, network._AsyncBackend),
    ],
)
def test_connections_through_a_proxy_have_the_same_backend(create, backend, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    select = create()._transport._select
    proxied, direct = (
        select(httpx.URL(url)) for url in ("https://api.example", "https://internal.example")
    )
    assert proxied is not direct
    for transport in (proxied, direct):
        assert type(transport._pool._network_backend) is backend


def httpx_timeouts(**seconds):
    """Return timeouts as a client derives them from an ``httpx.Timeout``."""
    return configure(api_key="k", environ={}, timeout=httpx.Timeout(**seconds)).timeouts
