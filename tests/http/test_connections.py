"""Connections: keep-alive, dropped connections, redirects, TLS and proxies."""

import asyncio
import gc
import socket
import ssl

import httpx
import pytest

import deapi
from deapi._http.async_streams import AsyncTLS
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.forward_proxy import ForwardProxy
from support.sample_operations import BALANCE, GENERATE, UPSCALE

# Only the response is timed. On a busy machine the server may take longer to accept a connection.
SHORT_READ = httpx.Timeout(5, read=0.3)


def test_a_connection_is_reused(make_client):
    with FaultyServer(BALANCE.success()) as server:
        client = make_client(server.url)
        for _ in range(5):
            assert BALANCE.succeeds(client)
    assert server.connections == 1


@pytest.mark.parametrize("operation", [BALANCE, GENERATE, UPSCALE], ids=str)
def test_an_idle_connection_that_was_closed_is_replaced(make_client, operation):
    with FaultyServer(operation.success_then_close()) as server:
        client = make_client(server.url, max_retries=0)
        for _ in range(3):
            assert operation.succeeds(client)
            server.wait_for(lambda: server.closed_connections == server.connections)
    assert server.connections == 3


@pytest.mark.parametrize(
    "drop", [behaviors.close_without_response(), behaviors.reset("after_request")]
)
def test_a_read_is_retried_if_the_reused_connection_drops(make_client, recorded_sleeps, drop):
    with FaultyServer(BALANCE.success(), drop, BALANCE.success()) as server:
        client = make_client(server.url)
        assert BALANCE.succeeds(client)
        assert BALANCE.succeeds(client)
    assert [request.connection for request in server.requests] == [1, 1, 2]


@pytest.mark.parametrize(
    "drop", [behaviors.close_without_response(), behaviors.reset("after_request")]
)
def test_a_submission_is_possibly_accepted_if_the_reused_connection_drops(
    make_client, recorded_sleeps, drop
):
    with FaultyServer(BALANCE.success(), drop, GENERATE.success()) as server:
        client = make_client(server.url)
        assert BALANCE.succeeds(client)
        with pytest.raises(deapi.NetworkError) as caught:
            GENERATE.call(client)
        assert caught.value.possibly_accepted is True
        assert GENERATE.succeeds(client)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "behavior",
    [
        behaviors.truncate_body(),
        behaviors.reset_during_body(),
        behaviors.send_another_protocol(),
        behaviors.invalid_gzip(),
        behaviors.wrong_content_length("abc"),
        behaviors.hang(),
        behaviors.trickle_body(0.05),
        behaviors.huge_headers(),
        behaviors.respond_before_reading_body(500),
    ],
)
def test_a_broken_response_leaves_the_client_usable(make_client, behavior):
    with FaultyServer(behavior, BALANCE.success()) as server:
        client = make_client(server.url, max_retries=0)
        with pytest.raises(deapi.DeapiError):
            client.with_options(timeout=SHORT_READ).balance()
        server.wait_for(lambda: len(server.requests) == 1)
        assert BALANCE.succeeds(client)
        assert BALANCE.succeeds(client)


def test_informational_responses_are_ignored(make_client):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    response = behaviors.response_bytes(
        200, {"data": BALANCE.response_data}, [("Connection", "close")]
    )
    with FaultyServer(behaviors.send_raw(hints + response)) as server:
        assert BALANCE.succeeds(make_client(server.url))


@pytest.mark.parametrize("host", ["deapi.test", "a..test", "a" * 70 + ".test"])
def test_an_unknown_host_is_a_network_error_that_is_not_possibly_accepted(
    make_client, recorded_sleeps, monkeypatch, host
):
    def look_up(name, *_, **__):
        if isinstance(name, str):
            name.encode("idna")  # may raise a UnicodeError, as the real getaddrinfo does
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    with pytest.raises(deapi.NetworkError) as caught:
        GENERATE.call(make_client(f"http://{host}"))
    assert host in str(caught.value)
    assert caught.value.possibly_accepted is False


async def test_a_host_that_no_thread_can_look_up_is_a_network_error(monkeypatch):
    async def fail(*_, **__):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fail)
    options = {"api_key": "k", "base_url": "http://deapi.test", "max_retries": 0}
    async with deapi.AsyncDeapiClient(**options) as client:
        with pytest.raises(deapi.NetworkError, match="can't start new thread") as caught:
            await client.images.upscale(image=b"\x89PNG", model="RealESRGAN_x4")
    assert caught.value.possibly_accepted is False


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("operation", [BALANCE, GENERATE, UPSCALE], ids=str)
def test_a_redirect_is_not_followed(make_client, operation, status):
    with FaultyServer(BALANCE.success()) as elsewhere:
        with (
            FaultyServer(behaviors.redirect(elsewhere.url + "/thief", status)) as server,
            pytest.raises(deapi.InvalidResponseError, match="redirect") as caught,
        ):
            operation.call(make_client(server.url))
        assert elsewhere.connections == 0, "the API key is not sent to another host"
    assert len(server.requests) == 1
    assert caught.value.status_code == status


def test_the_error_for_a_redirect_contains_its_target(make_client):
    with (
        FaultyServer(behaviors.redirect("https://www.deapi.ai/login")) as server,
        pytest.raises(deapi.InvalidResponseError, match=r"https://www\.deapi\.ai/login"),
    ):
        make_client(server.url).balance()


def test_a_redirect_without_a_location_is_an_error(make_client):
    with FaultyServer(behaviors.respond(302)) as server, pytest.raises(deapi.InvalidResponseError):
        make_client(server.url).balance()


@pytest.mark.parametrize("trailing", ["", "/", "/gateway", "/gateway/"])
def test_the_base_url_may_have_a_trailing_slash_or_a_path(make_client, trailing):
    with FaultyServer(BALANCE.success()) as server:
        assert BALANCE.succeeds(make_client(server.url + trailing))
    path = trailing.rstrip("/")
    assert server.requests[0].target == f"{path}/api/v1/client/balance"


# -- TLS -----------------------------------------------------------------------------------------


def test_an_untrusted_certificate_is_a_network_error(make_client, recorded_sleeps):
    with FaultyServer(BALANCE.success(), tls=True) as server:
        with pytest.raises(deapi.NetworkError, match="certificate verify failed") as caught:
            GENERATE.call(make_client(server.url))
        assert caught.value.possibly_accepted is False
        assert server.requests == []


def test_ssl_cert_file_is_used(make_client, monkeypatch):
    with FaultyServer(BALANCE.success(), tls=True) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        assert BALANCE.succeeds(make_client(server.url))


@pytest.mark.parametrize(
    "behavior",
    [
        behaviors.hang(),
        behaviors.trickle_body(0.05),
        behaviors.close_without_response(),
        behaviors.truncate_body(),
    ],
)
def test_failures_over_tls_end_near_the_timeout(make_client, monkeypatch, behavior):
    with FaultyServer(behavior, BALANCE.success(), tls=True) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        client = make_client(server.url, max_retries=0)
        with pytest.raises(deapi.NetworkError):
            client.with_options(timeout=SHORT_READ).balance()
        server.wait_for(lambda: len(server.requests) == 1)
        assert BALANCE.succeeds(client)


def test_http_on_a_tls_port_and_tls_on_a_plain_port_are_network_errors(
    make_client, recorded_sleeps
):
    with FaultyServer(BALANCE.success(), tls=True) as encrypted, pytest.raises(deapi.NetworkError):
        make_client(encrypted.url.replace("https", "http"), timeout=0.5, max_retries=0).balance()
    with FaultyServer(BALANCE.success()) as plain, pytest.raises(deapi.NetworkError):
        make_client(plain.url.replace("http", "https"), timeout=0.5, max_retries=0).balance()


def test_a_connection_that_cannot_be_encrypted_is_closed(make_client, monkeypatch):
    handshake = AsyncTLS.handshake
    referenced = []  # otherwise the garbage collector closes the socket of the async client

    async def reference(stream):
        referenced.append(stream)
        await handshake(stream)

    monkeypatch.setattr(AsyncTLS, "handshake", reference)
    with FaultyServer(behaviors.hang()) as server:
        client = make_client(server.url.replace("http", "https"), timeout=0.5, max_retries=0)
        with pytest.raises(deapi.NetworkError, match="connect timeout"):
            client.balance()
        server.wait_for(lambda: server.closed_connections == server.connections == 1)


# -- proxies -------------------------------------------------------------------------------------


def test_http_proxy_is_used(make_client, monkeypatch):
    with ForwardProxy() as proxy, FaultyServer(BALANCE.success()) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert BALANCE.succeeds(make_client(server.url))
        assert BALANCE.succeeds(make_client(server.url))
    assert [p.target for p in proxy.forwarded] == [f"{server.url}/api/v1/client/balance"] * 2


def test_https_proxy_is_used_and_does_not_see_the_api_key(make_client, monkeypatch):
    with ForwardProxy() as proxy, FaultyServer(BALANCE.success(), tls=True) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        assert BALANCE.succeeds(make_client(server.url))
    [tunnel] = proxy.forwarded
    assert (tunnel.method, tunnel.target) == ("CONNECT", f"127.0.0.1:{server.port}")
    assert "wire-test-secret" not in tunnel.head


def test_a_client_that_is_never_closed_leaves_no_connection_to_a_proxy(monkeypatch):
    async def use(client):
        await client.balance()

    with ForwardProxy() as proxy, FaultyServer(BALANCE.success(), tls=True) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        for client_class in (deapi.DeapiClient, deapi.AsyncDeapiClient):
            client = client_class(api_key="k", base_url=server.url)
            if client_class is deapi.DeapiClient:
                client.balance()
            else:
                asyncio.run(use(client))
            del client
            gc.collect()
        server.wait_for(lambda: server.closed_connections == server.connections == 2)


def test_no_proxy_is_respected(make_client, monkeypatch):
    with ForwardProxy() as proxy, FaultyServer(BALANCE.success()) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert BALANCE.succeeds(make_client(server.url))
    assert proxy.forwarded == []


def test_a_trickled_response_through_a_proxy_ends_near_the_timeout(make_client, monkeypatch):
    with ForwardProxy() as proxy, FaultyServer(behaviors.trickle_body(0.05), tls=True) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        with pytest.raises(deapi.NetworkError, match="read timeout"):
            make_client(server.url, timeout=0.5, max_retries=0).balance()


def test_an_unreachable_proxy_is_a_network_error(make_client, monkeypatch, recorded_sleeps):
    with ForwardProxy() as proxy:
        closed_url = proxy.url
    monkeypatch.setenv("HTTP_PROXY", closed_url)
    with pytest.raises(deapi.NetworkError) as caught:
        GENERATE.call(make_client("http://deapi.invalid"))
    assert len(recorded_sleeps) == 3
    assert caught.value.possibly_accepted is False


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTP_PROXY", "ftp://proxy"),
        ("HTTP_PROXY", "http://[half"),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),  # requires a package that may not be installed
        ("NO_PROXY", "[::"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_an_invalid_environment_variable_is_not_a_raw_exception(
    make_client, recorded_sleeps, monkeypatch, variable, value
):
    monkeypatch.setenv(variable, value)
    with pytest.raises((deapi.DeapiError, ValueError, OSError)) as caught:
        BALANCE.call(make_client("http://127.0.0.1:9", max_retries=0))
    assert not isinstance(caught.value, ssl.SSLError)
