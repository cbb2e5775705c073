"""Servers that hang or trickle: every call ends near its timeout, whatever they do."""

import sys
import time

import httpx
import pytest

import deapi
from support import behaviours as b
from support.listening import silent_url
from support.operations import BALANCE, UPSCALE
from support.weather import WeatherServer

SHORT = 0.2  # where no answer is to come
TIMEOUT = 0.5  # where one is, sooner or later
NEAR = 3  # far less than any other limit, far more than a slow machine needs

SLOW = {
    "hangs": b.hang(),
    "reads nothing": b.hang_before_reading(),
    "trickles headers": b.trickle_headers(0.05),
    "trickles the body": b.trickle_body(0.05),
    "trickles an error": b.trickle_body(0.05, status=500),
    "never ends": b.endless_body(),
    "trickles a refusal": b.trickle_body(0.05, status=401),
}


linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse instead")


@pytest.fixture
def near_the_timeout():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < NEAR


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("operation", [BALANCE, UPSCALE], ids=str)
def test_a_slow_answer_ends_near_the_timeout(connect, near_the_timeout, name, operation):
    with WeatherServer(SLOW[name]) as server:
        client = connect(server.url, timeout=SHORT, max_retries=0)
        began = time.monotonic()
        with pytest.raises(deapi.NetworkError, match="in time") as caught:
            operation.call(client)
        assert time.monotonic() - began > 0.9 * SHORT
    assert caught.value.possibly_accepted is (operation is not BALANCE)


def test_a_timeout_counts_for_each_attempt(connect, pauses, near_the_timeout):
    with WeatherServer(b.trickle_body(0.05), b.hang(), BALANCE.answer()) as server:
        assert BALANCE.succeeds(connect(server.url, timeout=TIMEOUT))


def test_an_answer_that_takes_its_time_but_not_too_much_is_read(connect):
    with WeatherServer(b.slow(0.3, BALANCE.answer())) as server:
        assert BALANCE.succeeds(connect(server.url, timeout=2, max_retries=0))


def test_the_timeout_of_an_answer_does_not_count_the_upload(connect):
    # Reading the upload takes longer than the timeout, each piece of it does not.
    with WeatherServer(b.read_slowly(10, 0.1, {"data": UPSCALE.good})) as server:
        client = connect(server.url, timeout=0.6, max_retries=0)
        job = client.images.upscale(model="m", image=b"x" * 40_000_000)
    assert job.request_id == UPSCALE.value


def test_nobody_who_reads_the_upload_ends_near_the_timeout(connect, near_the_timeout):
    with WeatherServer(b.stop_reading()) as server:
        client = connect(server.url, timeout=SHORT, max_retries=0)
        with pytest.raises(deapi.NetworkError) as caught:
            client.images.upscale(model="m", image=b"x" * 20_000_000)
    assert caught.value.possibly_accepted is False


@linux
def test_a_host_that_never_answers_the_connection_is_tried_again(connect, pauses, near_the_timeout):
    with silent_url() as url:
        client = connect(url, timeout=SHORT, max_retries=1)
        with pytest.raises(deapi.NetworkError, match="connecting took too long") as caught:
            client.images.upscale(model="m", image=b"x")
    assert len(pauses) == 1
    assert caught.value.possibly_accepted is False


def test_an_httpx_timeout_is_taken_phase_by_phase(connect, near_the_timeout):
    timeout = httpx.Timeout(60, read=SHORT)
    with WeatherServer(b.trickle_body(0.05)) as server, pytest.raises(deapi.NetworkError):
        connect(server.url, timeout=timeout, max_retries=0).balance()


def test_with_options_changes_the_timeout_and_keeps_the_connections(connect, near_the_timeout):
    with WeatherServer(BALANCE.answer(), b.hang()) as server:
        client = connect(server.url, timeout=60, max_retries=0)
        assert BALANCE.succeeds(client)
        with pytest.raises(deapi.NetworkError):
            client.with_options(timeout=SHORT).balance()
    assert server.connections == 1
