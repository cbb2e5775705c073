"""Uploads: complete retries, early responses, and files that change or fail."""

import asyncio
import contextlib
import gc
import io
import os
import weakref
from pathlib import Path

import httpx
import pytest

import deapi
from deapi._core.files import CHUNK_SIZE
from deapi._http import streams
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import UPSCALE
from support.socket_server import refusing_url

OPEN_FILES = Path("/proc/self/fd")
CONTENT = os.urandom(1_000_000) * 20  # larger than the buffers of a loopback connection


class Stream(io.RawIOBase):
    """A stream that cannot seek."""

    def __init__(self, content):
        self._remaining = content

    def readable(self):
        return True

    def read(self, size=-1):
        size = len(self._remaining) if size < 0 else size
        chunk, self._remaining = self._remaining[:size], self._remaining[size:]
        return chunk


def as_path(tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(CONTENT)
    return path


def as_file(tmp_path):
    file = as_path(tmp_path).open("rb")
    file.seek(1234)  # it is sent from its start
    return file


SOURCES = {
    "path": as_path,
    "str": lambda tmp_path: str(as_path(tmp_path)),
    "file": as_file,
    "bytes": lambda _: CONTENT,
    "bytearray": lambda _: bytearray(CONTENT),
    "memoryview": lambda _: memoryview(CONTENT),
    "BytesIO": lambda _: io.BytesIO(CONTENT),
}


@pytest.fixture(params=SOURCES)
def source(request, tmp_path):
    value = SOURCES[request.param](tmp_path)
    yield value
    if hasattr(value, "close"):
        value.close()


def test_an_upload_that_is_reset_halfway_is_retried_completely(
    make_client, recorded_sleeps, source
):
    script = [behaviors.reset("mid_body_of_request"), behaviors.respond(503), UPSCALE.success()]
    with FaultyServer(*script) as server:
        job = make_client(server.url).images.upscale(model="m", image=source)
    assert job.request_id == UPSCALE.value
    incomplete, rejected, accepted = server.requests
    assert not incomplete.complete
    for request in (rejected, accepted):
        assert request.complete
        assert request.body.count(CONTENT) == 1
        assert request.header("Content-Length") == str(len(request.body))
    assert rejected.body == accepted.body


def test_an_early_response_to_a_too_large_upload_is_read(make_client, recorded_sleeps, source):
    page = "<html><title>413 Too Large</title>"
    with (
        FaultyServer(behaviors.respond_before_reading_body(413, page)) as server,
        pytest.raises(deapi.PayloadTooLargeError, match="413 Too Large") as caught,
    ):
        make_client(server.url).images.upscale(model="m", image=source)
    assert len(server.requests) == 1
    assert not server.requests[0].complete
    assert caught.value.possibly_accepted is False


@pytest.mark.parametrize("tls", [False, True])
def test_an_early_response_is_read_although_the_connection_is_reset(
    make_client, recorded_sleeps, monkeypatch, source, tls
):
    reject = behaviors.respond_before_reading_body(413, linger=False)
    with FaultyServer(reject, tls=tls) as server:
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        with pytest.raises(deapi.PayloadTooLargeError) as caught:
            make_client(server.url).images.upscale(model="m", image=source)
    assert len(server.requests) == 1, "the file is not uploaded again"
    assert caught.value.possibly_accepted is False


@pytest.mark.parametrize("tls", [False, True])
def test_an_early_response_ends_an_upload_that_the_server_does_not_read(
    make_client, recorded_sleeps, monkeypatch, source, tls
):
    with FaultyServer(
        behaviors.respond_and_stop_reading(401), UPSCALE.success(), tls=tls
    ) as server:
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        client = make_client(server.url, timeout=60)
        with pytest.raises(deapi.AuthenticationError):  # not a timeout
            client.images.upscale(model="m", image=source)
        client.images.upscale(model="m", image=source)
    assert [request.connection for request in server.requests] == [1, 2]


@pytest.mark.parametrize("tls", [False, True])
def test_interim_responses_do_not_end_an_upload(make_client, monkeypatch, tls):
    interim = [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early",
        b" Hints\r\nLink: </a>\r\n\r\n",
    ]

    def behave(connection):
        request = connection.read_head()
        for number, part in enumerate(interim, 1):
            connection.send(part)
            connection.read_body(request, number * 5_000_000)
        connection.read_body(request)
        connection.send(behaviors.response_bytes(200, {"data": UPSCALE.response_data}))

    with FaultyServer(behave, tls=tls) as server:
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        client = make_client(server.url, timeout=60, max_retries=0)
        for _ in range(2):
            client.images.upscale(model="m", image=CONTENT)
    assert [request.connection for request in server.requests] == [1, 1]
    assert all(CONTENT in request.body for request in server.requests)


@pytest.mark.parametrize("tls", [False, True])
def test_an_upload_that_the_server_does_not_read_times_out(make_client, monkeypatch, tls):
    with FaultyServer(behaviors.stop_reading_body(), tls=tls) as server:
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        client = make_client(server.url, timeout=httpx.Timeout(60, write=0.3), max_retries=0)
        with pytest.raises(deapi.NetworkError, match=r"sent within 0\.3 s") as caught:
            client.images.upscale(model="m", image=CONTENT)
    assert caught.value.possibly_accepted is False


@pytest.mark.parametrize(("status", "error"), [
    (401, deapi.AuthenticationError),
    (429, deapi.RateLimitError),
    (503, deapi.ServerError),
])  # fmt: skip
def test_any_early_response_is_read(make_client, recorded_sleeps, status, error):
    with (
        FaultyServer(behaviors.respond_before_reading_body(status)) as server,
        pytest.raises(error) as caught,
    ):
        make_client(server.url, max_retries=1).images.upscale(model="m", image=CONTENT)
    assert caught.value.possibly_accepted is False
    assert len(server.requests) == (1 if status == 401 else 2)


def test_an_early_gateway_error_is_possibly_accepted_like_a_late_one(make_client, recorded_sleeps):
    with (
        FaultyServer(behaviors.respond_before_reading_body(502), UPSCALE.success()) as server,
        pytest.raises(deapi.ServerError) as caught,
    ):
        make_client(server.url).images.upscale(model="m", image=CONTENT)
    assert caught.value.possibly_accepted is True
    assert len(server.requests) == 1


def test_a_stream_that_cannot_seek_is_sent_once(make_client, recorded_sleeps):
    with FaultyServer(UPSCALE.success()) as server:
        job = make_client(server.url).images.upscale(model="m", image=Stream(CONTENT))
    assert job.request_id == UPSCALE.value
    assert CONTENT in server.requests[0].body


@pytest.mark.parametrize(
    "behavior",
    [behaviors.respond(503), behaviors.respond(429), behaviors.reset("mid_body_of_request")],
)
@pytest.mark.parametrize("retry_submissions", ["safe", "always"])
def test_a_stream_that_cannot_seek_is_not_retried(
    make_client, recorded_sleeps, behavior, retry_submissions
):
    with FaultyServer(behavior) as server:
        client = make_client(server.url, retry_submissions=retry_submissions)
        with pytest.raises(deapi.DeapiError) as caught:
            client.images.upscale(model="m", image=Stream(CONTENT))
    assert len(server.requests) == 1
    assert recorded_sleeps == []
    assert caught.value.possibly_accepted is False


def test_a_stream_of_which_nothing_was_read_is_retried(make_client, recorded_sleeps):
    with (
        refusing_url() as url,
        pytest.raises(deapi.NetworkError, match="could not connect"),
    ):
        make_client(url).images.upscale(model="m", image=Stream(b"short"))
    assert len(recorded_sleeps) == 3


def test_a_file_that_shrinks_during_the_upload_raises_oserror(
    make_client, recorded_sleeps, tmp_path
):
    path = as_path(tmp_path)

    def shrink(connection):
        request = connection.read_head()
        connection.read_body(request, 1000)
        os.truncate(path, 2000)
        connection.read_body(request)

    with FaultyServer(shrink) as server, pytest.raises(OSError, match="truncated"):
        make_client(server.url).images.upscale(model="m", image=path)
    assert recorded_sleeps == []
    assert len(server.requests) == 1


def test_a_file_that_grows_during_the_upload_is_sent_with_its_declared_size(make_client, tmp_path):
    path = as_path(tmp_path)

    def grow(connection):
        request = connection.read_head()
        connection.read_body(request, 1000)
        with path.open("ab") as file:
            file.write(b"more")
        connection.read_body(request)
        connection.send(behaviors.response_bytes(200, {"data": UPSCALE.response_data}))

    with FaultyServer(grow) as server:
        make_client(server.url).images.upscale(model="m", image=path)
    assert server.requests[0].body.count(CONTENT) == 1
    assert b"more" not in server.requests[0].body


def test_a_read_error_of_a_file_raises_oserror(make_client, recorded_sleeps):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 500_000:
                raise OSError(5, "Input/output error")
            return super().read(size)

    with FaultyServer(behaviors.respond(200)) as server:
        with pytest.raises(OSError, match="Input/output"):
            make_client(server.url).images.upscale(model="m", image=Broken(CONTENT))
        server.wait_for(lambda: len(server.requests) == 1)
    assert recorded_sleeps == []
    assert not server.requests[0].complete


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="needs /proc/self/fd")
def test_the_file_of_a_failed_upload_is_closed(make_client, recorded_sleeps, tmp_path):
    path = as_path(tmp_path)
    with FaultyServer(behaviors.reset("mid_body_of_request")) as server:
        client = make_client(server.url, max_retries=1)
        with pytest.raises(deapi.NetworkError):
            client.images.upscale(model="m", image=path)
    assert path not in [Path(link).resolve() for link in OPEN_FILES.iterdir()]


def test_a_request_that_is_too_large_is_rejected_before_it_is_sent(make_client, tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(80_000_000)
    with (
        FaultyServer(UPSCALE.success()) as server,
        pytest.raises(ValueError, match=r"80\.0 MB.*maximum is 78\.6 MB.*image \(large\.png"),
    ):
        make_client(server.url).images.upscale(model="m", image=path)
    assert server.connections == 0


def test_an_upload_waits_for_a_stalled_connection_without_further_polls(monkeypatch, tmp_path):
    polls = []
    original = streams._poll

    def count(sock, timeout, *, writable):
        if not writable:
            polls.append(sock)
        return original(sock, timeout, writable=writable)

    monkeypatch.setattr(streams, "_poll", count)
    with (
        FaultyServer(
            behaviors.read_body_slowly(4, 0.05, {"data": UPSCALE.response_data})
        ) as server,
        deapi.DeapiClient(api_key="k", base_url=server.url) as client,
    ):
        client.images.upscale(model="m", image=as_path(tmp_path))
    assert len(polls) <= len(CONTENT) / CHUNK_SIZE + 3


async def test_an_async_upload_creates_no_task_for_each_chunk(tmp_path):
    created = []

    def create_task(loop, coroutine, **arguments):
        created.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **arguments)

    with FaultyServer(UPSCALE.success()) as server:
        async with deapi.AsyncDeapiClient(api_key="k", base_url=server.url) as client:
            asyncio.get_running_loop().set_task_factory(create_task)
            await client.images.upscale(model="m", image=as_path(tmp_path))
            asyncio.get_running_loop().set_task_factory(None)
    assert len(created) <= 3


class Content(bytearray):
    """Content to which there may be weak references."""


ENDS = {
    "success": UPSCALE.success(),
    "rejected": behaviors.respond(422, {"message": "no", "errors": {"model": ["no"]}}),
    "unavailable": behaviors.respond(502),
}


@pytest.fixture
def disabled_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_the_content_of_an_upload_is_released_at_the_end_of_the_call(end, disabled_collector):
    with (
        FaultyServer(end) as server,
        deapi.DeapiClient(api_key="k", base_url=server.url, max_retries=0) as client,
    ):
        image = Content(CONTENT)
        reference = weakref.ref(image)
        with contextlib.suppress(deapi.DeapiError):
            client.images.upscale(image=image, model="m")
        del image
        assert reference() is None


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_the_async_client_releases_the_content_of_an_upload_too(end, disabled_collector):
    async def attempt(client, image):
        with contextlib.suppress(deapi.DeapiError):
            await client.images.upscale(image=image, model="m")

    async def upload(url):
        async with deapi.AsyncDeapiClient(api_key="k", base_url=url, max_retries=0) as client:
            image = Content(CONTENT)
            reference = weakref.ref(image)
            await attempt(client, image)
            del image
            for _ in range(3_000):  # callbacks of the event loop may still hold it
                if reference() is None:
                    break
                await asyncio.sleep(0.01)
            assert reference() is None

    with FaultyServer(end) as server:
        asyncio.run(upload(server.url))


def test_endless_interim_responses_end_an_upload(make_client):
    def behave(connection):
        connection.read_head()
        while True:
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 4000)

    with FaultyServer(behave) as server:
        client = make_client(server.url, timeout=httpx.Timeout(60, read=0.3), max_retries=0)
        with pytest.raises(deapi.NetworkError, match="read timeout"):
            client.images.upscale(model="m", image=CONTENT)
