"""A connection on which a server sent bytes without a request is closed: one response each."""

import contextlib
import threading

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.forward_proxy import ForwardProxy
from support.sample_operations import BALANCE, GENERATE, REQUEST_ID, UPSCALE

OTHER_JOB = behaviors.response_bytes(200, {"data": {"request_id": "job-of-another-user"}})
OTHER_ERROR = behaviors.response_bytes(503, {"message": "not for you"})

BODY = behaviors.response_bytes(200, {"data": GENERATE.response_data})
JSON = b'{"data": {"request_id": "%b"}}' % REQUEST_ID.encode()
CHUNKED_HEAD = behaviors.response_head(200, [("Transfer-Encoding", "chunked")])
CHUNKS = CHUNKED_HEAD + b"%x\r\n%b\r\n0\r\n\r\n" % (len(JSON), JSON)
NO_CONTENT = behaviors.response_head(204, [])
NOT_MODIFIED = behaviors.response_head(304, [("Content-Length", "5")])


@pytest.fixture(params=["plain", "tls", "forward proxy", "tunnel"])
def route(request, monkeypatch):
    """How the client reaches the server. Returns a function that creates a server."""
    with contextlib.ExitStack() as stack:

        def serve(*script):
            tls = request.param in ("tls", "tunnel")
            server = stack.enter_context(FaultyServer(*script, tls=tls))
            if tls:
                monkeypatch.setenv("SSL_CERT_FILE", server.ca)
            if request.param in ("forward proxy", "tunnel"):
                proxy = stack.enter_context(ForwardProxy())
                monkeypatch.setenv("HTTP_PROXY", proxy.url)
                monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            return server

        yield serve


def send_together(*parts):
    """Respond with parts in one TCP segment, each in a TLS record of its own."""

    def behave(connection):
        connection.read_request()
        connection.send_together(*parts)

    return behave


@pytest.mark.parametrize("extra", [OTHER_JOB, OTHER_ERROR, b"H", b"\x00" * 100_000])
@pytest.mark.parametrize("records", [1, 2])
def test_bytes_after_a_response_are_not_the_response_to_the_next_request(
    make_client, route, extra, records
):
    parts = [BODY + extra] if records == 1 else [BODY, extra]
    server = route(send_together(*parts), GENERATE.success())
    client = make_client(server.url, max_retries=0)
    for _ in range(3):
        assert GENERATE.succeeds(client)
    assert len(server.requests) == 3, "no request is sent twice"
    first, *others = [request.connection for request in server.requests]
    assert first not in others


@pytest.mark.parametrize("response", [CHUNKS, NO_CONTENT, NOT_MODIFIED, BODY])
def test_bytes_after_any_form_of_response_close_the_connection(make_client, route, response):
    server = route(send_together(response, OTHER_JOB), GENERATE.success())
    client = make_client(server.url, max_retries=0)
    with contextlib.suppress(deapi.DeapiError):  # 204 and 304 have no job
        assert GENERATE.succeeds(client)
    assert GENERATE.succeeds(client)
    assert [request.connection for request in server.requests] == [1, 2]


@pytest.mark.parametrize("operation", [GENERATE, UPSCALE], ids=str)
@pytest.mark.parametrize("extra", [OTHER_JOB, b"H"])
def test_bytes_that_arrive_between_two_requests_close_the_connection(
    make_client, monkeypatch, operation, extra
):
    for tls in (False, True):
        returned, sent = threading.Event(), threading.Event()

        def behave(connection, returned=returned, sent=sent):
            connection.read_request()
            connection.send(BODY)
            returned.wait(30)
            connection.send(extra)
            connection.wait_until_received()
            sent.set()

        with FaultyServer(behave, operation.success(), tls=tls) as server:
            if tls:
                monkeypatch.setenv("SSL_CERT_FILE", server.ca)
            client = make_client(server.url, max_retries=0)
            assert GENERATE.succeeds(client)
            returned.set()
            assert sent.wait(30)
            assert operation.succeeds(client)
        assert [request.connection for request in server.requests] == [1, 2]


def test_a_redirect_followed_by_more_bytes_does_not_replace_the_file(make_client, tmp_path):
    stolen = behaviors.response_bytes(200, b"another file", content_type="image/png")
    file = behaviors.respond(200, b"the file", content_type="image/png")
    moved = behaviors.response_head(302, [("Location", "/moved.png"), ("Content-Length", "0")])
    with FaultyServer(send_together(moved, stolen), file) as storage:
        done = {"status": "done", "result_url": f"{storage.url}/1.png"}
        with FaultyServer(behaviors.respond(200, {"data": done})) as server:
            path = make_client(server.url).job(REQUEST_ID).save(tmp_path / "1.png")
    assert path.read_bytes() == b"the file"
    assert [request.target for request in storage.requests] == ["/1.png", "/moved.png"]


@pytest.mark.parametrize("tls", [False, True])
def test_a_connection_without_unexpected_bytes_is_reused(make_client, monkeypatch, tls):
    script = [BALANCE.success(), send_together(CHUNKS), UPSCALE.success()]
    with FaultyServer(*script, tls=tls) as server:
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        client = make_client(server.url)
        assert BALANCE.succeeds(client)
        assert GENERATE.succeeds(client)
        large = {"model": "m", "image": b"0" * 1_000_000}
        for _ in range(3):
            client.images.upscale(**large)
    assert server.connections == 1
