"""Files on a bad line: sent whole again or not at all, and never by somebody else's rules."""

import io
import os
from pathlib import Path

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import UPSCALE
from support.socket_server import refusing_url

OPEN_FILES = Path("/proc/self/fd")
CONTENT = os.urandom(1_000_000) * 20  # more than the buffers of a loopback connection take


class Stream(io.RawIOBase):
    """A source that can be read once, from its start to its end."""

    def __init__(self, content):
        self._left = content

    def readable(self):
        return True

    def read(self, size=-1):
        size = len(self._left) if size < 0 else size
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def as_path(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(CONTENT)
    return path


def as_file(tmp_path):
    file = as_path(tmp_path).open("rb")
    file.seek(1234)  # wherever it stands, it is sent from its start
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
    made = SOURCES[request.param](tmp_path)
    yield made
    if hasattr(made, "close"):
        made.close()


def test_an_upload_that_is_reset_halfway_is_sent_again_whole(make_client, recorded_sleeps, source):
    script = [behaviors.reset("mid_body_of_request"), behaviors.respond(503), UPSCALE.success()]
    with FaultyServer(*script) as server:
        job = make_client(server.url).images.upscale(model="m", image=source)
    assert job.request_id == UPSCALE.value
    broken, refused, accepted = server.requests
    assert not broken.complete
    for request in (refused, accepted):
        assert request.complete
        assert request.body.count(CONTENT) == 1
        assert request.header("Content-Length") == str(len(request.body))
    assert refused.body == accepted.body


def test_an_upload_too_large_is_told_though_it_was_not_read(make_client, recorded_sleeps, source):
    page = "<html><title>413 Too Large</title>"
    with (
        FaultyServer(behaviors.respond_before_reading_body(413, page)) as server,
        pytest.raises(deapi.PayloadTooLargeError, match="413 Too Large") as caught,
    ):
        make_client(server.url).images.upscale(model="m", image=source)
    assert len(server.requests) == 1
    assert not server.requests[0].complete
    assert caught.value.possibly_accepted is False


def test_an_upload_that_an_early_answer_cuts_off_was_not_accepted(
    make_client, recorded_sleeps, source
):
    # asyncio throws away what has come once sending fails, so there the answer may be lost
    told = [deapi.PayloadTooLargeError]
    if make_client.mode == "async":
        told.append(deapi.NetworkError)
    with (
        FaultyServer(behaviors.respond_before_reading_body(413, linger=False)) as server,
        pytest.raises(tuple(told)) as caught,
    ):
        make_client(server.url).images.upscale(model="m", image=source)
    assert not any(request.complete for request in server.requests)
    assert caught.value.possibly_accepted is False


@pytest.mark.parametrize(("status", "error"), [
    (401, deapi.AuthenticationError),
    (429, deapi.RateLimitError),
    (503, deapi.ServerError),
])  # fmt: skip
def test_any_early_answer_is_read(make_client, recorded_sleeps, status, error):
    with (
        FaultyServer(behaviors.respond_before_reading_body(status)) as server,
        pytest.raises(error) as caught,
    ):
        make_client(server.url, max_retries=1).images.upscale(model="m", image=CONTENT)
    assert caught.value.possibly_accepted is False
    assert len(server.requests) == (1 if status == 401 else 2)


def test_an_early_failure_of_the_edge_leaves_a_doubt_like_a_late_one(make_client, recorded_sleeps):
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
def test_a_stream_that_cannot_seek_is_not_sent_again(
    make_client, recorded_sleeps, behavior, retry_submissions
):
    with FaultyServer(behavior) as server:
        client = make_client(server.url, retry_submissions=retry_submissions)
        with pytest.raises(deapi.DeapiError) as caught:
            client.images.upscale(model="m", image=Stream(CONTENT))
    assert len(server.requests) == 1
    assert recorded_sleeps == []
    assert caught.value.possibly_accepted is False


def test_a_stream_that_was_not_begun_is_tried_again(make_client, recorded_sleeps):
    with (
        refusing_url() as url,
        pytest.raises(deapi.NetworkError, match="no connection could be made"),
    ):
        make_client(url).images.upscale(model="m", image=Stream(b"short"))
    assert len(recorded_sleeps) == 3


def test_a_file_that_shrinks_while_it_is_sent_is_the_callers_error(
    make_client, recorded_sleeps, tmp_path
):
    path = as_path(tmp_path)

    def shrink(connection):
        request = connection.read_head()
        connection.read_body(request, 1000)
        os.truncate(path, 2000)
        connection.read_body(request)

    with FaultyServer(shrink) as server, pytest.raises(OSError, match="shorter"):
        make_client(server.url).images.upscale(model="m", image=path)
    assert recorded_sleeps == []
    assert len(server.requests) == 1


def test_a_file_that_grows_while_it_is_sent_is_sent_as_it_was_announced(make_client, tmp_path):
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


def test_a_file_that_cannot_be_read_to_its_end_is_the_callers_error(make_client, recorded_sleeps):
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


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="needs a list of the open files")
def test_the_files_of_a_broken_upload_are_closed(make_client, recorded_sleeps, tmp_path):
    path = as_path(tmp_path)
    with FaultyServer(behaviors.reset("mid_body_of_request")) as server:
        client = make_client(server.url, max_retries=1)
        with pytest.raises(deapi.NetworkError):
            client.images.upscale(model="m", image=path)
    assert path not in [Path(link).resolve() for link in OPEN_FILES.iterdir()]
