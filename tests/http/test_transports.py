"""Transports that are not ours: mocks, servers in the same process, aiohttp, and event hooks.

They take the body of a request in ways of their own, and fail in words of their own.
"""

import asyncio
import os
import re

import httpx
import httpx2
import pytest
from httpx_aiohttp import AiohttpTransport

from deapi import (
    AsyncDeapiClient,
    DeapiClient,
    DeapiError,
    NetworkError,
    RateLimitError,
    ServerError,
    ValidationError,
)
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer

GENERATE = {"prompt": "a fox", "model": "m", "width": 512, "height": 512, "seed": 1}
CUT = {"image": b"the picture", "model": "m"}
ACCEPTED = {"data": {"request_id": "job-1"}}


@pytest.fixture(autouse=True)
def recorded_sleeps(monkeypatch):
    slept = []

    async def later(seconds):
        slept.append(seconds)

    monkeypatch.setattr("deapi._transport.sync.time.sleep", slept.append)
    monkeypatch.setattr("deapi._transport.aio.anyio.sleep", later)
    return slept


def over(handler, library=httpx, **options):
    """A client whose requests end in a function."""
    transport = library.MockTransport(handler)
    return DeapiClient(api_key="k", http_client=library.Client(transport=transport, **options))


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_mock_sees_the_whole_form(library):
    seen = []

    def handler(request):
        seen.append(request.content)
        return library.Response(200, json=ACCEPTED)

    over(handler, library).images.remove_background(**CUT)
    assert b"the picture" in seen[0]
    assert b'name="model"' in seen[0]


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_an_asynchronous_mock_sees_the_whole_form(library):
    seen = []

    def handler(request):
        seen.append(request.content)
        return library.Response(200, json=ACCEPTED)

    http_client = library.AsyncClient(transport=library.MockTransport(handler))
    client = AsyncDeapiClient(api_key="k", http_client=http_client)
    await client.images.remove_background(**CUT)
    assert b"the picture" in seen[0]
    await http_client.aclose()


def test_a_server_in_the_same_process_gets_the_whole_form():
    seen = []

    def application(environ, start_response):
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"data": {"request_id": "job-1"}}']

    http_client = httpx.Client(transport=httpx.WSGITransport(app=application))
    client = DeapiClient(api_key="k", http_client=http_client)
    client.images.remove_background(**CUT)
    assert b"the picture" in seen[0]


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("gone"),
        httpx.DecodingError("gzip"),
        ConnectionResetError("reset"),
        OSError("odd"),
        RuntimeError("odd"),
    ],
    ids=repr,
)
def test_a_submission_that_fails_in_a_mock_may_have_been_accepted(error):
    calls = []

    def handler(request):
        calls.append(request)
        raise error

    with pytest.raises(NetworkError) as caught:
        over(handler).images.generate(**GENERATE)
    assert caught.value.possibly_accepted
    assert len(calls) == 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("no"),
        httpx.ConnectTimeout("no"),
        httpx.PoolTimeout("no"),
        httpx.WriteError("no"),
        httpx.WriteTimeout("no"),
        httpx.ProxyError("no"),
    ],
    ids=repr,
)
def test_a_submission_that_was_not_sent_is_sent_again(error):
    calls = []

    def handler(request):
        calls.append(request)
        if len(calls) < 3:
            raise error
        return httpx.Response(200, json=ACCEPTED)

    assert over(handler).images.generate(**GENERATE).request_id == "job-1"
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("status", "kind", "times"),
    [(422, ValidationError, 1), (429, RateLimitError, 4), (502, ServerError, 1)],
)
def test_a_hook_that_raises_for_a_status_leaves_its_meaning(status, kind, times):
    calls = []

    def handler(request):
        calls.append(request)
        return httpx.Response(status, json={"message": "No."})

    client = over(handler, event_hooks={"response": [lambda r: r.raise_for_status()]})
    with pytest.raises(kind) as caught:
        client.images.generate(**GENERATE)
    assert len(calls) == times
    assert caught.value.possibly_accepted == (status == 502)


def test_a_strangers_exception_passes_through():
    class SoftTimeLimitExceededError(Exception):
        """As a signal handler raises it, wherever the program is."""

    def handler(request):
        raise SoftTimeLimitExceededError

    with pytest.raises(SoftTimeLimitExceededError):
        over(handler).images.generate(**GENERATE)


def test_an_http_client_that_was_closed_is_named():
    http_client = httpx.Client()
    client = DeapiClient(api_key="k", http_client=http_client)
    http_client.close()
    with pytest.raises(DeapiError, match="http_client of this client has been closed"):
        client.balance()


def through_aiohttp(server, use):
    async def run():
        async with httpx.AsyncClient(transport=AiohttpTransport()) as http_client:
            options = {"api_key": "k", "base_url": server.url, "http_client": http_client}
            return await use(AsyncDeapiClient(**options))

    return asyncio.run(run())


@pytest.mark.parametrize(
    "weather",
    [
        behaviors.close_without_response(),
        behaviors.reset("after_request"),
        behaviors.send_another_protocol(),
    ],
)
def test_a_submission_that_aiohttp_lost_may_have_been_accepted(weather):
    with FaultyServer(weather) as server:
        with pytest.raises(NetworkError) as caught:
            through_aiohttp(server, lambda client: client.images.generate(**GENERATE))
        assert caught.value.possibly_accepted
        assert len(server.requests) == 1


def test_aiohttp_sends_the_whole_form(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(os.urandom(3_000_000))
    with FaultyServer(behaviors.respond(body=ACCEPTED)) as server:
        through_aiohttp(server, lambda c: c.images.remove_background(image=path, model="m"))
        assert path.read_bytes() in server.requests[0].body


async def test_cancelling_does_not_wait_for_a_pipe_that_nobody_writes_to():
    read_end, write_end = os.pipe()
    with (
        FaultyServer(behaviors.respond(body=ACCEPTED)) as server,
        os.fdopen(read_end, "rb") as pipe,
    ):
        async with AsyncDeapiClient(api_key="k", base_url=server.url) as client:
            call = asyncio.create_task(client.images.remove_background(image=pipe, model="m"))
            await asyncio.sleep(0.3)
            call.cancel()
            done, _ = await asyncio.wait([call], timeout=5)
            assert done
            assert call.cancelled()
            os.close(write_end)
            await asyncio.sleep(0.1)  # the reader sees the end and lets go of the pipe


def test_the_message_of_an_error_names_what_lies_under_it():
    client = DeapiClient(api_key="k", base_url="http://127.0.0.1:9", max_retries=0)
    with pytest.raises(NetworkError, match=re.compile("refused", re.IGNORECASE)):
        client.balance()
    client.close()
