"""Downloads of results over any transport: authentication, redirects, retries and other errors."""

import asyncio
import math
import os
import sys

import httpx
import pytest

from deapi import AsyncDeapiClient, DeapiClient, DeapiError
from deapi._core.targets import PartialFile
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import REQUEST_ID

CONTENT = os.urandom(5000)
LINK = "https://results.example/fox.png"
DONE = {"data": {"status": "done", "result_url": LINK}}


class Interrupted(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that fails after its first 1000 bytes."""

    def __iter__(self):
        yield CONTENT[:1000]
        raise httpx.ReadError("reset")

    async def __aiter__(self):
        yield CONTENT[:1000]
        raise httpx.ReadError("reset")


@pytest.fixture(params=["sync", "async"])
def save(request, recorded_sleeps):
    """Save a finished job's result to a path. A function responds to each download."""

    def save(path, respond, **options):
        downloads = []

        def handler(request):
            if request.url.host == "api.deapi.ai":
                return httpx.Response(200, json=DONE)
            downloads.append(request)
            return respond(len(downloads), request)

        async def save_async():
            async with httpx.AsyncClient(transport=transport, **options) as http_client:
                client = AsyncDeapiClient(api_key="k", http_client=http_client)
                await client.job("job-1").save(path)

        transport = httpx.MockTransport(handler)
        if request.param == "async":
            asyncio.run(save_async())
        else:
            with httpx.Client(transport=transport, **options) as http_client:
                DeapiClient(api_key="k", http_client=http_client).job("job-1").save(path)
        return downloads

    return save


def test_the_authentication_of_a_custom_client_is_not_sent_to_the_result_host(save, tmp_path):
    downloads = save(
        tmp_path / "fox.png",
        lambda number, request: httpx.Response(200, content=CONTENT),
        auth=("user", "password"),
    )
    assert "authorization" not in downloads[0].headers


def test_a_redirect_of_the_result_is_followed(save, tmp_path):
    def respond(number, request):
        if number == 1:
            return httpx.Response(302, headers={"location": "https://cdn.example/fox.png"})
        return httpx.Response(200, content=CONTENT)

    path = tmp_path / "fox.png"
    downloads = save(path, respond)
    assert path.read_bytes() == CONTENT
    assert downloads[1].url.host == "cdn.example"
    assert all("authorization" not in request.headers for request in downloads)


def test_the_body_of_an_error_is_not_written_between_two_parts(save, tmp_path):
    identity = {"etag": '"v1"', "content-length": "5000"}

    def respond(number, request):
        if number == 1:
            return httpx.Response(200, headers=identity, stream=Interrupted())
        if number == 2:
            return httpx.Response(503, content=b"<html>busy</html>")
        start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        part = {"content-range": f"bytes {start}-4999/5000", "etag": '"v1"'}
        return httpx.Response(206, headers=part, content=CONTENT[start:])

    path = tmp_path / "fox.png"
    downloads = save(path, respond)
    assert path.read_bytes() == CONTENT
    assert [request.headers.get("range") for request in downloads] == [
        None,
        "bytes=1000-",
        "bytes=1000-",
    ]


def test_a_result_is_requested_without_compression(save, tmp_path):
    downloads = save(
        tmp_path / "fox.png", lambda number, request: httpx.Response(200, content=CONTENT)
    )
    assert downloads[0].headers["accept-encoding"] == "identity"
    assert downloads[0].headers["accept"] == "*/*"


def test_a_full_disk_is_the_callers_oserror_and_not_retried(save, tmp_path, monkeypatch):
    downloads = []

    def respond(number, request):
        downloads.append(request)
        return httpx.Response(200, content=CONTENT)

    def write(part, chunk):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartialFile, "write", write)
    with pytest.raises(OSError, match="No space left on device") as caught:
        save(tmp_path / "fox.png", respond)
    assert caught.value.errno == 28
    assert len(downloads) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_once_is_not_lost(save, tmp_path, monkeypatch):
    """The async client writes in a thread, while more of the file arrives."""
    original, failures = PartialFile.write, [OSError(28, "No space left on device")]

    def write(part, chunk):
        if failures:
            raise failures.pop()
        original(part, chunk)

    monkeypatch.setattr(PartialFile, "write", write)
    with pytest.raises(OSError, match="No space left on device"):
        save(
            tmp_path / "fox.png",
            lambda number, request: httpx.Response(200, content=CONTENT * 600),
        )
    assert list(tmp_path.iterdir()) == []


def test_an_unrelated_exception_of_a_download_is_not_converted(save, tmp_path):
    class SoftTimeLimitExceededError(Exception):
        """Raised by a signal handler at any point of the program."""

    def respond(number, request):
        raise SoftTimeLimitExceededError

    with pytest.raises(SoftTimeLimitExceededError):
        save(tmp_path / "fox.png", respond)
    assert list(tmp_path.iterdir()) == []


def test_the_temporary_file_of_an_interrupted_program_is_deleted(save, tmp_path):
    def respond(number, request):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        save(tmp_path / "fox.png", respond)
    assert caught.traceback, "it keeps the flow alive, which must have been closed nevertheless"
    assert list(tmp_path.iterdir()) == []


def interrupt_at(number, function):
    """Run a function, and raise KeyboardInterrupt at one instruction of a frame around a flow."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if frame.f_code.co_name not in ("with_resume_note", "_save_to_path"):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            count += 1
            if count == number:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 then reports instructions
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


def test_an_interrupt_between_two_steps_leaves_no_temporary_file(tmp_path):
    def respond(request):
        if request.url.host == "api.deapi.ai":
            return httpx.Response(200, json=DONE)
        return httpx.Response(200, content=CONTENT)

    path = tmp_path / "fox.png"
    with httpx.Client(transport=httpx.MockTransport(respond)) as http_client:
        client = DeapiClient(api_key="k", http_client=http_client)

        def save():
            client.job("job-1").save(path)

        total = interrupt_at(0, save)
        assert total > 50
        for number in range(1, total + 1):
            path.unlink(missing_ok=True)
            with pytest.raises(KeyboardInterrupt) as caught:
                interrupt_at(number, save)
            assert caught.traceback, "it keeps the frames alive"
            assert not list(tmp_path.glob(".*")), f"instruction {number} of {total}"


def finished_job(server):
    return behaviors.respond(
        200, {"data": {"status": "done", "result_url": f"{server.url}/fox.png"}}
    )


@pytest.mark.parametrize("limit", [3600.0, math.inf])
def test_a_download_returns_its_connection(make_client, tmp_path, limit):
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(*[finished_job(server), behaviors.respond(200, CONTENT)] * 3)
        client = make_client(server.url)
        for number in range(3):
            client.job(REQUEST_ID).save(tmp_path / f"{number}.png", max_download_time=limit)
    assert server.connections == 2  # one for the status, one for the downloads


def test_the_unread_body_of_an_expired_link_releases_its_connection(make_client, tmp_path):
    expired, saved = behaviors.respond(403, b"x" * 100_000), behaviors.respond(200, CONTENT)
    with FaultyServer(behaviors.hang()) as server:
        job = finished_job(server)
        server.set_behaviors(*[job, expired, job, saved] * 6)
        client = make_client(server.url, timeout=httpx.Timeout(2), max_retries=0)
        for number in range(6):
            client.job(REQUEST_ID).save(tmp_path / f"{number}.png")
    assert len(list(tmp_path.iterdir())) == 6


def test_the_body_of_a_redirect_is_not_read(make_client, tmp_path):
    def redirect(connection):
        connection.read_request()
        headers = [("Location", "/moved"), ("Content-Length", "1000000000")]
        connection.send(behaviors.response_head(302, headers))
        connection.discard_input()  # the body never arrives

    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(finished_job(server), redirect, behaviors.respond(200, CONTENT))
        path = make_client(server.url).job(REQUEST_ID).save(tmp_path / "file.png")
    assert path.read_bytes() == CONTENT
    assert server.requests[-1].path == "/moved"


def test_a_download_that_is_redirected_in_a_circle_ends(make_client, tmp_path, recorded_sleeps):
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(finished_job(server), behaviors.redirect("/again"))
        with pytest.raises(DeapiError, match="redirected more than 10 times"):
            make_client(server.url, max_retries=0).job(REQUEST_ID).save(tmp_path / "file.png")
    assert len(server.requests) < 20
