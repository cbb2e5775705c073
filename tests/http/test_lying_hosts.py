"""Hosts that send something else than the result, over real sockets and with both clients."""

import io
import os
import re
import threading

import httpx
import pytest

from deapi import DeapiError, NetworkError
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import REQUEST_ID

CONTENT = os.urandom(5000)
ETAG = ("ETag", '"v1"')


def finished_job(server, name="fox.png"):
    return behaviors.respond(
        200, {"data": {"status": "done", "result_url": f"{server.url}/{name}"}}
    )


def send(status, headers, body):
    """Respond with exactly these headers and bytes, and close the connection."""

    def behave(connection):
        connection.read_request()
        connection.send(behaviors.response_head(status, headers) + body)
        connection.close()

    return behave


def length(size):
    return ("Content-Length", str(size))


def one_byte(connection):
    """Continue a file of a terabyte by one byte, and close the connection."""
    requested = connection.read_request().header("range")
    start = int(re.search(r"\d+", requested)[0]) if requested else 0
    headers = [ETAG, length(10**12 - start)]
    if start:
        headers.append(("Content-Range", f"bytes {start}-{10**12 - 1}/{10**12}"))
    connection.send(behaviors.response_head(206 if start else 200, headers) + b"x")
    connection.close()


MULTIPART = [
    ETAG,
    ("Content-Type", "multipart/byteranges; boundary=b"),
    ("Transfer-Encoding", "chunked"),
]
PAGE = b"<!DOCTYPE html><p>Please log in"

LIARS = {
    "always 206": send(206, [length(104), ("Content-Range", "bytes 0-103/104")], b"x" * 104),
    "multipart range": send(206, MULTIPART, b"5\r\n--b--\r\n0\r\n\r\n"),
    "one byte per connection": one_byte,
    "gzip": send(200, [length(20), ("Content-Encoding", "gzip")], b"x" * 20),
    "gzip, gzip": send(200, [length(20), ("Content-Encoding", "gzip, gzip")], b"x" * 20),
    "HTML page": send(200, [length(len(PAGE)), ("Content-Type", "text/html")], PAGE),
    "HTML page as an image": send(200, [length(len(PAGE)), ("Content-Type", "image/png")], PAGE),
    "empty": send(200, [length(0)], b""),
    "no length": send(200, [("Connection", "close")], CONTENT),
    "cut": send(200, [length(5000)], CONTENT[:100]),
    "unsatisfiable": send(416, [length(0)], b""),
}


@pytest.mark.parametrize("liar", LIARS.values(), ids=LIARS)
@pytest.mark.parametrize("method", ["save", "save to a file object", "read", "iter_bytes"])
def test_a_host_that_lies_ends_the_download(make_client, recorded_sleeps, tmp_path, liar, method):
    with FaultyServer(liar) as server:
        server.set_behaviors(finished_job(server), *[liar] * 50)
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(DeapiError, match=f"{REQUEST_ID} could not .*has been paid for"):
            download(job, method, tmp_path)
        assert server.connections < 20
    assert list(tmp_path.iterdir()) == []


def download(job, method, directory):
    if method == "save":
        return job.save(directory / "fox.png")
    if method == "save to a file object":
        return job.save(io.BytesIO())
    if method == "read":
        return job.read()
    return b"".join(job.iter_bytes())


def test_a_piece_that_is_longer_than_announced_is_rejected(make_client, recorded_sleeps, tmp_path):
    cut = send(200, [ETAG, length(5000)], CONTENT[:1000])
    headers = [
        ETAG,
        ("Content-Range", "bytes 1000-1009/5000"),
        ("Transfer-Encoding", "chunked"),
    ]
    longer = send(206, headers, b"fa0\r\n" + CONTENT[1000:] + b"\r\n0\r\n\r\n")
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(finished_job(server), cut, longer)
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(DeapiError, match="more bytes than it announced"):
            job.save(tmp_path / "fox.png")
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_expires_after_each_byte_is_not_renewed_forever(
    make_client, recorded_sleeps, tmp_path
):
    status_requests = []

    def serve(connection):
        request = connection.read_request()
        if request.path == "/fox.png":
            expired = len(status_requests) < 2 or serve.turn
            serve.turn = not serve.turn
            data = behaviors.response_bytes(403) if expired else b""
            connection.send(data or behaviors.response_head(200, [length(9999)]) + b"x")
            connection.close()
        else:
            status_requests.append(request)
            body = {"data": {"status": "done", "result_url": f"{server.url}/fox.png"}}
            connection.send(behaviors.response_bytes(200, body))

    serve.turn = False
    with FaultyServer(serve) as server:
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(DeapiError, match="paid for"):
            job.save(tmp_path / "fox.png")
    assert len(status_requests) <= 7


def test_pieces_of_two_versions_are_not_joined(make_client, recorded_sleeps, tmp_path):
    new = os.urandom(5000)
    first = send(200, [ETAG, length(5000)], CONTENT[:1000])
    headers = [("ETag", '"v2"'), ("Content-Range", "bytes 1000-4999/5000"), length(4000)]
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(
            finished_job(server),
            first,
            send(206, headers, new[1000:]),
            send(200, [("ETag", '"v2"'), length(5000)], new),
        )
        make_client(server.url).job(REQUEST_ID).save(tmp_path / "fox.png")
    assert (tmp_path / "fox.png").read_bytes() == new


@pytest.mark.parametrize("method", ["save", "save to a file object", "read", "iter_bytes"])
def test_max_download_time_ends_a_trickle(make_client, tmp_path, method):
    def trickle(connection):
        connection.read_request()
        connection.send(behaviors.response_head(200, [length(10**8)]))
        for _ in range(600):
            connection.send(b"x")
            connection.wait(0.1)

    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(finished_job(server), trickle)
        job = make_client(server.url, timeout=60).job(REQUEST_ID)
        with pytest.raises(NetworkError, match="max_download_time expired after"):
            {
                "save": lambda: job.save(tmp_path / "fox.png", max_download_time=0.5),
                "save to a file object": lambda: job.save(io.BytesIO(), max_download_time=0.5),
                "read": lambda: job.read(max_download_time=0.5),
                "iter_bytes": lambda: b"".join(job.iter_bytes(max_download_time=0.5)),
            }[method]()
    assert list(tmp_path.iterdir()) == []


# Bytes that are not part of the file: a start, and what is repeated.
NO_FILE = {
    "interim responses": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
    "extension of a chunk": (
        behaviors.response_head(200, [("Transfer-Encoding", "chunked")]) + b"3\r\nfox\r\n3;",
        b"e",
    ),
}


@pytest.mark.parametrize("name", NO_FILE)
def test_a_download_ends_if_everything_but_the_file_arrives(make_client, tmp_path, name):
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(finished_job(server), behaviors.repeat(*NO_FILE[name], 0.05))
        job = make_client(server.url, timeout=0.5, max_retries=0).job(REQUEST_ID)
        with pytest.raises(NetworkError, match=r"no data within 0\.5 s \(read timeout\)"):
            job.save(tmp_path / "fox.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("timeout", [60, httpx.Timeout(None)])
def test_max_download_time_ends_a_download_that_stops(make_client, tmp_path, timeout):
    def stop(connection):
        connection.read_request()
        connection.send(behaviors.response_head(200, [length(10**8)]) + b"x" * 1000)
        connection.wait_for_stop()

    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(finished_job(server), stop)
        job = make_client(server.url, timeout=timeout).job(REQUEST_ID)
        with pytest.raises(NetworkError, match="max_download_time expired after 1000 bytes"):
            job.save(tmp_path / "fox.png", max_download_time=0.5)
    assert list(tmp_path.iterdir()) == []


class BrokenFile:
    """A file object that raises, as the caller's code may."""

    def __init__(self, error):
        self.error = error
        self.threads = []

    def write(self, data):
        self.threads.append(threading.current_thread())
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("mine"), OSError(28, "full"), KeyError("mine")])
def test_the_exception_of_a_file_object_is_the_callers(make_client, error):
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(finished_job(server), behaviors.respond(200, CONTENT))
        job = make_client(server.url).job(REQUEST_ID)
        file = BrokenFile(error)
        with pytest.raises(type(error)) as caught:
            job.save(file)
    assert caught.value is error
    assert len(server.requests) == 2, "nothing is retried"


def test_an_iteration_that_is_abandoned_ends_the_download(make_client):
    with FaultyServer(behaviors.hang()) as server:
        big = os.urandom(1024) * 4096
        server.set_behaviors(finished_job(server), behaviors.respond(200, big))
        client = make_client(server.url)
        chunks = client.job(REQUEST_ID).iter_bytes()
        assert big.startswith(next(chunks))
        chunks.close()
        server.set_behaviors(finished_job(server), behaviors.respond(200, CONTENT))
        assert client.job(REQUEST_ID).read() == CONTENT


def test_an_interrupted_iteration_is_resumed(make_client, recorded_sleeps):
    first = send(200, [ETAG, length(5000)], CONTENT[:1000])
    headers = [ETAG, ("Content-Range", "bytes 1000-4999/5000"), length(4000)]
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(finished_job(server), first, send(206, headers, CONTENT[1000:]))
        job = make_client(server.url).job(REQUEST_ID)
        assert b"".join(job.iter_bytes()) == CONTENT
    assert server.requests[-1].header("if-range") == '"v1"'


def test_iterating_and_saving_do_not_collect_the_file(make_client, peak_memory, tmp_path):
    block, blocks = os.urandom(1024 * 1024), 64

    def large(connection):
        connection.read_request()
        connection.send(behaviors.response_head(200, [length(len(block) * blocks)]))
        for _ in range(blocks):
            connection.send(block)

    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(*[finished_job(server), large] * 2)
        client = make_client(server.url)
        with peak_memory(16):
            job = client.job(REQUEST_ID)
            assert sum(map(len, job.iter_bytes())) == len(block) * blocks
            client.job(REQUEST_ID).save(tmp_path / "large.png")
    assert (tmp_path / "large.png").stat().st_size == len(block) * blocks
