"""Connections that are kept, dropped, redirected, encrypted and sent through proxies."""

import socket
import ssl

import pytest

import deapi
from support import behaviours as b
from support.operations import BALANCE, GENERATE, UPSCALE
from support.proxy import ForwardProxy
from support.weather import WeatherServer


def test_a_connection_is_kept_for_the_next_call(connect):
    with WeatherServer(BALANCE.answer()) as server:
        client = connect(server.url)
        for _ in range(5):
            assert BALANCE.succeeds(client)
    assert server.connections == 1


@pytest.mark.parametrize("operation", [BALANCE, GENERATE, UPSCALE], ids=str)
def test_a_kept_connection_that_was_dropped_meanwhile_is_replaced(connect, operation):
    with WeatherServer(operation.answer_then_drop()) as server:
        client = connect(server.url, max_retries=0)
        for _ in range(3):
            assert operation.succeeds(client)
            server.wait_for(lambda: server.ended == server.connections)
    assert server.connections == 3


@pytest.mark.parametrize("drop", [b.close_silently(), b.reset("after_request")])
def test_a_kept_connection_dropped_as_it_is_reused_costs_a_read_one_retry(connect, pauses, drop):
    with WeatherServer(BALANCE.answer(), drop, BALANCE.answer()) as server:
        client = connect(server.url)
        assert BALANCE.succeeds(client)
        assert BALANCE.succeeds(client)
    assert [request.connection for request in server.requests] == [1, 1, 2]


@pytest.mark.parametrize("drop", [b.close_silently(), b.reset("after_request")])
def test_a_kept_connection_dropped_as_it_is_reused_leaves_a_submission_in_doubt(
    connect, pauses, drop
):
    with WeatherServer(BALANCE.answer(), drop, GENERATE.answer()) as server:
        client = connect(server.url)
        assert BALANCE.succeeds(client)
        with pytest.raises(deapi.NetworkError) as caught:
            GENERATE.call(client)
        assert caught.value.possibly_accepted is True
        assert GENERATE.succeeds(client)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "behaviour",
    [
        b.cut_body(),
        b.reset_body(),
        b.garbage(),
        b.bad_gzip(),
        b.wrong_content_length("abc"),
        b.hang(),
        b.trickle_body(0.05),
        b.huge_headers(),
        b.answer_early_while_uploading(500),
    ],
)
def test_a_broken_answer_leaves_the_client_usable(connect, behaviour):
    with WeatherServer(behaviour, BALANCE.answer()) as server:
        client = connect(server.url, max_retries=0)
        with pytest.raises(deapi.DeapiError):
            client.with_options(timeout=0.3).balance()
        assert BALANCE.succeeds(client)
        assert BALANCE.succeeds(client)


def test_early_hints_before_an_answer_are_passed_over(connect):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    answer = b.message(200, {"data": BALANCE.good}, [("Connection", "close")])
    with WeatherServer(b.raw(hints + answer)) as server:
        assert BALANCE.succeeds(connect(server.url))


@pytest.mark.parametrize("host", ["deapi.test", "a..test", "a" * 70 + ".test"])
def test_a_host_that_is_not_found_is_sent_nothing(connect, pauses, monkeypatch, host):
    def look_up(name, *_, **__):
        if isinstance(name, str):
            name.encode("idna")  # as the real one does, which may raise a UnicodeError
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    with pytest.raises(deapi.NetworkError) as caught:
        GENERATE.call(connect(f"http://{host}"))
    assert host in str(caught.value)
    assert caught.value.possibly_accepted is False


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("operation", [BALANCE, GENERATE, UPSCALE], ids=str)
def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else(connect, operation, status):
    with WeatherServer(BALANCE.answer()) as elsewhere:
        with (
            WeatherServer(b.redirect(elsewhere.url + "/thief", status)) as server,
            pytest.raises(deapi.InvalidResponseError, match="redirect") as caught,
        ):
            operation.call(connect(server.url))
        assert elsewhere.connections == 0
    assert len(server.requests) == 1
    assert caught.value.status_code == status


def test_a_redirect_says_where_it_leads(connect):
    with (
        WeatherServer(b.redirect("https://www.deapi.ai/login")) as server,
        pytest.raises(deapi.InvalidResponseError, match=r"https://www\.deapi\.ai/login"),
    ):
        connect(server.url).balance()


def test_a_redirect_without_a_place_is_an_error_too(connect):
    with WeatherServer(b.answer(302)) as server, pytest.raises(deapi.InvalidResponseError):
        connect(server.url).balance()


@pytest.mark.parametrize("trailing", ["", "/", "/gateway", "/gateway/"])
def test_a_base_url_may_have_a_slash_or_a_path(connect, trailing):
    with WeatherServer(BALANCE.answer()) as server:
        assert BALANCE.succeeds(connect(server.url + trailing))
    path = trailing.rstrip("/")
    assert server.requests[0].target == f"{path}/api/v1/client/balance"


# -- TLS -----------------------------------------------------------------------------------------


def test_a_certificate_that_nobody_vouches_for_is_a_network_error(connect, pauses):
    with WeatherServer(BALANCE.answer(), tls=True) as server:
        with pytest.raises(deapi.NetworkError, match="certificate verify failed") as caught:
            GENERATE.call(connect(server.url))
        assert caught.value.possibly_accepted is False
        assert server.requests == []


def test_ssl_cert_file_vouches_for_a_server(connect, monkeypatch):
    with WeatherServer(BALANCE.answer(), tls=True) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        assert BALANCE.succeeds(connect(server.url))


@pytest.mark.parametrize(
    "behaviour",
    [b.hang(), b.trickle_body(0.05), b.close_silently(), b.cut_body()],
)
def test_bad_weather_over_tls_ends_in_time(connect, monkeypatch, behaviour):
    with WeatherServer(behaviour, BALANCE.answer(), tls=True) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        client = connect(server.url, max_retries=0)
        with pytest.raises(deapi.NetworkError):
            client.with_options(timeout=0.3).balance()
        assert BALANCE.succeeds(client)


def test_plain_http_on_a_tls_port_and_tls_on_a_plain_port_are_network_errors(connect, pauses):
    with WeatherServer(BALANCE.answer(), tls=True) as encrypted, pytest.raises(deapi.NetworkError):
        connect(encrypted.url.replace("https", "http"), timeout=0.5, max_retries=0).balance()
    with WeatherServer(BALANCE.answer()) as plain, pytest.raises(deapi.NetworkError):
        connect(plain.url.replace("http", "https"), timeout=0.5, max_retries=0).balance()


# -- proxies -------------------------------------------------------------------------------------


def test_http_proxy_is_heeded(connect, monkeypatch):
    with ForwardProxy() as proxy, WeatherServer(BALANCE.answer()) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert BALANCE.succeeds(connect(server.url))
        assert BALANCE.succeeds(connect(server.url))
    assert [p.target for p in proxy.passed] == [f"{server.url}/api/v1/client/balance"] * 2


def test_https_proxy_is_heeded_and_does_not_see_the_key(connect, monkeypatch):
    with ForwardProxy() as proxy, WeatherServer(BALANCE.answer(), tls=True) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        assert BALANCE.succeeds(connect(server.url))
    [tunnel] = proxy.passed
    assert (tunnel.method, tunnel.target) == ("CONNECT", f"127.0.0.1:{server.port}")
    assert "wire-test-secret" not in tunnel.head


def test_no_proxy_is_heeded(connect, monkeypatch):
    with ForwardProxy() as proxy, WeatherServer(BALANCE.answer()) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert BALANCE.succeeds(connect(server.url))
    assert proxy.passed == []


def test_a_trickle_through_a_proxy_ends_near_the_timeout(connect, monkeypatch):
    with ForwardProxy() as proxy, WeatherServer(b.trickle_body(0.05), tls=True) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        with pytest.raises(deapi.NetworkError, match="in time"):
            connect(server.url, timeout=0.5, max_retries=0).balance()


def test_a_proxy_that_is_not_there_is_a_network_error(connect, monkeypatch, pauses):
    with ForwardProxy() as proxy:
        gone = proxy.url
    monkeypatch.setenv("HTTP_PROXY", gone)
    with pytest.raises(deapi.NetworkError) as caught:
        GENERATE.call(connect("http://deapi.invalid"))
    assert len(pauses) == 3
    assert caught.value.possibly_accepted is False


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTP_PROXY", "ftp://proxy"),
        ("HTTP_PROXY", "http://[half"),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),  # needs a package that may not be there
        ("NO_PROXY", "[::"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_an_unusable_setting_of_the_environment_is_no_raw_exception(
    connect, pauses, monkeypatch, variable, value
):
    monkeypatch.setenv(variable, value)
    with pytest.raises((deapi.DeapiError, ValueError, OSError)) as caught:
        BALANCE.call(connect("http://127.0.0.1:9", max_retries=0))
    assert not isinstance(caught.value, ssl.SSLError)
