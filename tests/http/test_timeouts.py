"""Timeouts: every call ends near its timeout when a server hangs or trickles."""

import sys
import time

import httpx
import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, UPSCALE
from support.socket_server import unresponsive_url

SHORT = 0.2  # where no response is expected
TIMEOUT = 0.5  # where a response is expected
MARGIN = 20  # less than any other limit, far more than a slow machine needs

SLOW = {
    "hangs": behaviors.hang(),
    "reads nothing": behaviors.accept_without_reading(),
    "trickles headers": behaviors.trickle_headers(0.05),
    "trickles the body": behaviors.trickle_body(0.05),
    "trickles an error": behaviors.trickle_body(0.05, status=500),
    "never ends": behaviors.endless_body(0.02),
    "trickles a permanent error": behaviors.trickle_body(0.05, status=401),
}


linux = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems refuse the connection instead"
)


@pytest.fixture
def near_the_timeout():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < MARGIN


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("operation", [BALANCE, UPSCALE], ids=str)
def test_a_call_to_a_slow_server_ends_near_the_timeout(
    make_client, near_the_timeout, name, operation
):
    with FaultyServer(SLOW[name]) as server:
        client = make_client(server.url, timeout=SHORT, max_retries=0)
        began = time.monotonic()
        with pytest.raises(deapi.NetworkError, match="read timeout") as caught:
            operation.call(client)
        assert time.monotonic() - began > 0.9 * SHORT
    assert caught.value.possibly_accepted is (operation is not BALANCE)


CHUNKED = behaviors.response_head(200, [("Transfer-Encoding", "chunked")])

# What a client needs longer than its timeout to parse: a start, what is repeated, and megabytes.
FLOODS = {
    "interim responses": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 20),
    "chunks of one byte": (CHUNKED, b"1\r\n \r\n", 20),
    "extensions of chunks": (CHUNKED, b"1;" + b"e" * 50_000 + b"\r\n \r\n", 2000),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_server_that_sends_faster_than_a_client_parses_ends_near_the_timeout(make_client, name):
    with FaultyServer(behaviors.flood(*FLOODS[name])) as server:
        client = make_client(server.url, timeout=TIMEOUT, max_retries=0)
        with pytest.raises(deapi.NetworkError, match="read timeout"):
            client.balance()


def test_the_timeout_applies_to_each_attempt(make_client, recorded_sleeps, near_the_timeout):
    with FaultyServer(behaviors.trickle_body(0.05), behaviors.hang(), BALANCE.success()) as server:
        assert BALANCE.succeeds(make_client(server.url, timeout=TIMEOUT))


def test_a_response_within_the_timeout_is_read(make_client):
    with FaultyServer(behaviors.delay(0.3, BALANCE.success())) as server:
        assert BALANCE.succeeds(make_client(server.url, timeout=2, max_retries=0))


def test_the_read_timeout_does_not_include_the_upload(make_client):
    # Reading the whole upload takes longer than the timeout, each chunk of it does not.
    with FaultyServer(
        behaviors.read_body_slowly(10, 0.1, {"data": UPSCALE.response_data})
    ) as server:
        client = make_client(server.url, timeout=0.6, max_retries=0)
        job = client.images.upscale(model="m", image=b"x" * 40_000_000)
    assert job.request_id == UPSCALE.value


def test_an_upload_that_the_server_stops_reading_ends_near_the_timeout(
    make_client, near_the_timeout
):
    with FaultyServer(behaviors.stop_reading_body()) as server:
        client = make_client(server.url, timeout=SHORT, max_retries=0)
        with pytest.raises(deapi.NetworkError) as caught:
            client.images.upscale(model="m", image=b"x" * 20_000_000)
    assert caught.value.possibly_accepted is False


@linux
def test_a_connection_timeout_is_retried(make_client, recorded_sleeps, near_the_timeout):
    with unresponsive_url() as url:
        client = make_client(url, timeout=SHORT, max_retries=1)
        with pytest.raises(deapi.NetworkError, match="connect timeout") as caught:
            client.images.upscale(model="m", image=b"x")
    assert len(recorded_sleeps) == 1
    assert caught.value.possibly_accepted is False


def test_an_httpx_timeout_is_applied_phase_by_phase(make_client, near_the_timeout):
    timeout = httpx.Timeout(60, read=SHORT)
    with FaultyServer(behaviors.trickle_body(0.05)) as server, pytest.raises(deapi.NetworkError):
        make_client(server.url, timeout=timeout, max_retries=0).balance()


def test_with_options_changes_the_timeout_and_reuses_the_connection(make_client, near_the_timeout):
    with FaultyServer(BALANCE.success(), behaviors.hang()) as server:
        client = make_client(server.url, timeout=60, max_retries=0)
        assert BALANCE.succeeds(client)
        with pytest.raises(deapi.NetworkError):
            client.with_options(timeout=SHORT).balance()
    assert server.connections == 1
