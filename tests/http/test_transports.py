"""Custom transports: mocks, WSGI applications, aiohttp, and event hooks.

They read the request body differently, and raise different exceptions.
"""

import asyncio
import io
import os
import re
import threading

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
REMOVE_BACKGROUND = {"image": b"the image", "model": "m"}
ACCEPTED = {"data": {"request_id": "job-1"}}


@pytest.fixture(autouse=True)
def recorded_sleeps(monkeypatch):
    slept = []

    async def later(seconds):
        slept.append(seconds)

    monkeypatch.setattr("deapi._http.sync.time.sleep", slept.append)
    monkeypatch.setattr("deapi._http.aio.anyio.sleep", later)
    return slept


def client_with(handler, library=httpx, **options):
    """Return a client whose requests are handled by a function."""
    transport = library.MockTransport(handler)
    return DeapiClient(api_key="k", http_client=library.Client(transport=transport, **options))


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_mock_transport_receives_the_complete_form(library):
    bodies = []

    def handler(request):
        bodies.append(request.content)
        return library.Response(200, json=ACCEPTED)

    client_with(handler, library).images.remove_background(**REMOVE_BACKGROUND)
    assert b"the image" in bodies[0]
    assert b'name="model"' in bodies[0]


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_an_async_mock_transport_receives_the_complete_form(library):
    bodies = []

    def handler(request):
        bodies.append(request.content)
        return library.Response(200, json=ACCEPTED)

    http_client = library.AsyncClient(transport=library.MockTransport(handler))
    client = AsyncDeapiClient(api_key="k", http_client=http_client)
    await client.images.remove_background(**REMOVE_BACKGROUND)
    assert b"the image" in bodies[0]
    await http_client.aclose()


def test_a_wsgi_transport_receives_the_complete_form():
    bodies = []

    def application(environ, start_response):
        bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"data": {"request_id": "job-1"}}']

    http_client = httpx.Client(transport=httpx.WSGITransport(app=application))
    client = DeapiClient(api_key="k", http_client=http_client)
    client.images.remove_background(**REMOVE_BACKGROUND)
    assert b"the image" in bodies[0]


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.DecodingError("gzip"),
        ConnectionResetError("reset"),
        OSError("unexpected"),
        RuntimeError("unexpected"),
    ],
    ids=repr,
)
def test_a_submission_is_possibly_accepted_if_a_transport_fails_after_sending(error):
    calls = []

    def handler(request):
        calls.append(request)
        raise error

    with pytest.raises(NetworkError) as caught:
        client_with(handler).images.generate(**GENERATE)
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
def test_a_submission_is_retried_if_a_transport_fails_before_sending(error):
    calls = []

    def handler(request):
        calls.append(request)
        if len(calls) < 3:
            raise error
        return httpx.Response(200, json=ACCEPTED)

    assert client_with(handler).images.generate(**GENERATE).request_id == "job-1"
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("status", "error", "attempts"),
    [(422, ValidationError, 1), (429, RateLimitError, 4), (502, ServerError, 1)],
)
def test_a_hook_that_raises_for_the_status_does_not_change_the_error(status, error, attempts):
    calls = []

    def handler(request):
        calls.append(request)
        return httpx.Response(status, json={"message": "No."})

    client = client_with(handler, event_hooks={"response": [lambda r: r.raise_for_status()]})
    with pytest.raises(error) as caught:
        client.images.generate(**GENERATE)
    assert len(calls) == attempts
    assert caught.value.possibly_accepted == (status == 502)


def test_an_unrelated_exception_is_not_converted():
    class SoftTimeLimitExceededError(Exception):
        """Raised by a signal handler at any point of the program."""

    def handler(request):
        raise SoftTimeLimitExceededError

    with pytest.raises(SoftTimeLimitExceededError):
        client_with(handler).images.generate(**GENERATE)


async def test_an_unrelated_exception_is_not_converted_by_the_async_client():
    def handler(request):
        raise ZeroDivisionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http_client:
        client = AsyncDeapiClient(api_key="k", http_client=http_client)
        with pytest.raises(ZeroDivisionError):
            await client.images.generate(**GENERATE)


def test_a_closed_http_client_is_named_in_the_error():
    http_client = httpx.Client()
    client = DeapiClient(api_key="k", http_client=http_client)
    http_client.close()
    with pytest.raises(DeapiError, match="http_client of this client has been closed"):
        client.balance()


def run_with_aiohttp(server, use):
    async def run():
        async with httpx.AsyncClient(transport=AiohttpTransport()) as http_client:
            options = {"api_key": "k", "base_url": server.url, "http_client": http_client}
            return await use(AsyncDeapiClient(**options))

    return asyncio.run(run())


@pytest.mark.parametrize(
    "behavior",
    [
        behaviors.close_without_response(),
        behaviors.reset("after_request"),
        behaviors.send_another_protocol(),
    ],
)
def test_a_submission_is_possibly_accepted_if_aiohttp_loses_the_response(behavior):
    with FaultyServer(behavior) as server:
        with pytest.raises(NetworkError) as caught:
            run_with_aiohttp(server, lambda client: client.images.generate(**GENERATE))
        assert caught.value.possibly_accepted
        assert len(server.requests) == 1


def test_aiohttp_sends_the_complete_form(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(os.urandom(3_000_000))
    with FaultyServer(behaviors.respond(body=ACCEPTED)) as server:
        run_with_aiohttp(server, lambda c: c.images.remove_background(image=path, model="m"))
        assert path.read_bytes() in server.requests[0].body


class Pipe(io.FileIO):
    """The read end of a pipe, with events that are set when a read begins and when it has ended."""

    def __init__(self, descriptor):
        super().__init__(descriptor)
        self.reading, self.read_ended = threading.Event(), threading.Event()

    def read(self, size=-1):
        self.reading.set()
        content = super().read(size)
        self.read_ended.set()
        return content


async def test_cancelling_does_not_wait_for_a_blocked_pipe():
    read_end, write_end = os.pipe()
    with FaultyServer(behaviors.respond(body=ACCEPTED)) as server, Pipe(read_end) as pipe:
        async with AsyncDeapiClient(api_key="k", base_url=server.url) as client:
            call = asyncio.create_task(client.images.remove_background(image=pipe, model="m"))
            assert await asyncio.to_thread(pipe.reading.wait, 60)
            call.cancel()
            done, _ = await asyncio.wait([call], timeout=60)
            assert done
            assert call.cancelled()
            os.close(write_end)
            assert await asyncio.to_thread(pipe.read_ended.wait, 60)


def test_the_message_of_a_network_error_contains_the_reason():
    client = DeapiClient(api_key="k", base_url="http://127.0.0.1:9", max_retries=0)
    with pytest.raises(NetworkError, match=re.compile("refused", re.IGNORECASE)):
        client.balance()
    client.close()
