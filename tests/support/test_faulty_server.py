"""Tests of the servers that other tests use, with plain httpx and plain sockets."""

import socket
import ssl
import sys
import threading
import time

import httpx
import pytest

from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.forward_proxy import ForwardProxy
from support.socket_server import refusing_url, unresponsive_url


def get(server, path="/", **options):
    with httpx.Client(trust_env=False, timeout=5) as client:
        return client.get(server.url + path, **options)


def test_behaviors_run_in_order_and_the_last_one_repeats():
    first, last = behaviors.respond(200, {"n": 1}), behaviors.respond(503, "<p>")
    with FaultyServer(first, last) as server, httpx.Client() as client:
        responses = [client.get(server.url) for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 503, 503]
    assert responses[0].json() == {"n": 1}
    assert server.attempts == len(server.requests) == 3
    assert server.connections == 1


def test_a_request_is_recorded_completely():
    with FaultyServer(behaviors.respond()) as server:
        httpx.post(server.url + "/a?b=1", content=b"hello", headers=[("X-A", "1"), ("X-A", "2")])
    [request] = server.requests
    assert (request.method, request.target, request.path) == ("POST", "/a?b=1", "/a")
    assert [v for n, v in request.headers if n == "X-A"] == ["1", "2"]
    assert (bytes(request.body), request.complete, request.connection) == (b"hello", True, 1)


def test_a_chunked_request_is_read():
    with FaultyServer(behaviors.respond_from(lambda request: bytes(request.body))) as server:
        response = httpx.post(server.url, content=iter([b"one ", b"two"]))
    assert response.content == b"one two"


@pytest.mark.parametrize(
    ("behavior", "error"),
    [
        (behaviors.hang(), httpx.ReadTimeout),
        (behaviors.accept_without_reading(), httpx.ReadTimeout),
        (behaviors.reset("accept"), httpx.TransportError),  # while connecting, sending or reading
        (behaviors.reset("headers"), httpx.ReadError),
        (behaviors.reset("after_request"), httpx.ReadError),
        (behaviors.close_without_response(), httpx.RemoteProtocolError),
        (behaviors.truncate_body(), httpx.RemoteProtocolError),
        (behaviors.reset_during_body(), httpx.ReadError),
        (behaviors.send_another_protocol(), httpx.RemoteProtocolError),
        (behaviors.wrong_content_length("abc"), httpx.RemoteProtocolError),
        (behaviors.huge_headers(), httpx.RemoteProtocolError),
        (behaviors.invalid_gzip(), httpx.DecodingError),
    ],
)
@pytest.mark.parametrize("tls", [False, True])
def test_a_behavior_causes_its_error_in_the_client(behavior, error, tls):
    if error is httpx.TransportError or (tls and issubclass(error, httpx.NetworkError)):
        # Python's ssl, and httpcore after a failed write, report a reset as the end of the stream.
        error = (httpx.NetworkError, httpx.RemoteProtocolError)
    with FaultyServer(behavior, tls=tls) as server:
        verify = ssl.create_default_context(cafile=server.ca) if tls else True
        # Short only where a timeout is expected: a busy machine must not cause one.
        timeout = 0.3 if error is httpx.ReadTimeout else 10
        with httpx.Client(verify=verify, timeout=timeout) as client, pytest.raises(error):
            client.get(server.url)
    assert server.attempts == server.connections == 1


def test_a_reset_during_the_upload_leaves_the_request_incomplete():
    behavior = behaviors.reset("mid_body_of_request")
    with FaultyServer(behavior) as server, pytest.raises(httpx.HTTPError):
        httpx.post(server.url, content=b"x" * 20_000_000)
    assert not server.requests[0].complete
    assert len(server.requests[0].body) == 1000


@pytest.mark.parametrize("linger", [True, False])
def test_an_early_response_arrives_although_the_upload_is_not_read(linger):
    with FaultyServer(behaviors.respond_before_reading_body(413, linger=linger)) as server:
        assert httpx.post(server.url, content=b"x" * 20_000_000).status_code == 413
    assert not server.requests[0].complete


@pytest.mark.parametrize(
    "behavior", [behaviors.trickle_headers(0.02), behaviors.trickle_body(0.02)]
)
def test_a_trickled_response_outlasts_the_read_timeout(behavior):
    def read():
        with httpx.Client(timeout=0.2) as client:
            client.get(server.url)

    with FaultyServer(behavior) as server:
        thread = threading.Thread(target=pytest.raises, args=(httpx.HTTPError, read))
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(60)
    assert not thread.is_alive()


def test_an_endless_body_exceeds_a_megabyte():
    with (
        FaultyServer(behaviors.endless_body()) as server,
        httpx.stream("GET", server.url) as response,
    ):
        received = 0
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > 1_000_000:
                break


def test_a_gzip_bomb_decompresses_to_its_full_size():
    behavior = behaviors.gzip_bomb(megabytes=20)
    with FaultyServer(behavior) as server, httpx.stream("GET", server.url) as response:
        received = sum(len(chunk) for chunk in response.iter_bytes())
        assert int(response.headers["Content-Length"]) < 1_000_000
    assert received == 20_000_000


def test_a_connection_is_closed_between_two_requests():
    with FaultyServer(behaviors.respond_then_close()) as server, httpx.Client() as client:
        for _ in range(2):
            assert client.get(server.url).status_code == 200
            time.sleep(0.05)
    assert server.connections == 2


def test_a_connection_is_closed_when_it_is_reused():
    with (
        FaultyServer(behaviors.respond(), behaviors.close_without_response()) as server,
        httpx.Client() as client,
    ):
        client.get(server.url)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(server.url)
    assert [request.connection for request in server.requests] == [1, 1]


def test_a_redirect_after_a_delay():
    with FaultyServer(
        behaviors.delay(0.1, behaviors.redirect("/there")), behaviors.respond(200, {})
    ) as server:
        assert get(server, follow_redirects=True).url.path == "/there"
    assert server.requests[1].time - server.requests[0].time > 0


def test_behaviors_can_be_replaced_and_requests_waited_for():
    with FaultyServer(behaviors.respond(500)) as server:
        server.set_behaviors(behaviors.respond(200))
        assert get(server).status_code == 200
        server.wait_for(lambda: len(server.requests) == 1)
        with pytest.raises(TimeoutError):
            server.wait_for(lambda: len(server.requests) == 2, 0.01)


def test_a_tls_server_is_trusted_only_with_its_authority():
    with FaultyServer(behaviors.respond(200), tls=True) as server:
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(server.url)
        context = ssl.create_default_context(cafile=server.ca)
        assert httpx.get(server.url, verify=context).status_code == 200
        assert server.failed_handshakes == 1


def test_stopping_is_quick_with_hanging_clients_and_unfinished_handshakes():
    threads = set(threading.enumerate())
    with (
        FaultyServer(behaviors.accept_without_reading(), behaviors.hang()) as plain,
        FaultyServer(behaviors.hang(), tls=True) as tls,
    ):
        clients = [
            socket.create_connection(("127.0.0.1", server.port))
            for server in (plain, plain, tls)
            for _ in range(5)
        ]
        plain.wait_for(lambda: plain.connections == 10)
        tls.wait_for(lambda: tls.connections == 5)
        began = time.monotonic()
    assert time.monotonic() - began < 10, "one of 15 threads waits as long as that"
    for client in clients:
        client.close()
    assert set(threading.enumerate()) <= threads


def test_refusing_url_refuses_connections():
    with refusing_url() as url, pytest.raises(httpx.ConnectError, match="refused"):
        httpx.get(url)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse the connection instead")
def test_unresponsive_url_times_out_while_connecting():
    with unresponsive_url() as url, pytest.raises(httpx.ConnectTimeout):
        httpx.get(url, timeout=0.2)


def test_the_proxy_forwards_http_in_absolute_form_and_tunnels_https():
    with (
        ForwardProxy() as proxy,
        FaultyServer(behaviors.respond_from(lambda request: request.target)) as plain,
        FaultyServer(behaviors.respond(200, "secret"), tls=True) as tls,
        httpx.Client(proxy=proxy.url, verify=ssl.create_default_context(cafile=tls.ca)) as client,
    ):
        assert client.get(plain.url + "/a?b=1").text == "/a?b=1"
        assert client.get(plain.url + "/c").text == "/c"
        assert client.get(tls.url + "/d").text == "secret"
    assert [(p.method, p.target) for p in proxy.forwarded] == [
        ("GET", f"{plain.url}/a?b=1"),
        ("GET", f"{plain.url}/c"),
        ("CONNECT", f"127.0.0.1:{tls.port}"),
    ]
