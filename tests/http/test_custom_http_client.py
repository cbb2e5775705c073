"""Calls through a client of httpx or httpx2 that the caller has made."""

import ssl
import time

import httpx
import httpx2
import pytest

import deapi
from support import behaviours as b
from support.blocking import KEY
from support.operations import BALANCE, UPSCALE
from support.proxy import ForwardProxy
from support.weather import WeatherServer

libraries = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@libraries
def test_a_callers_own_client_brings_its_proxy_and_its_trust(connect, library):
    with ForwardProxy() as proxy, WeatherServer(BALANCE.answer(), tls=True) as server:
        trust = ssl.create_default_context(cafile=server.ca)
        own = connect.http_client(library, proxy=proxy.url, verify=trust)
        assert BALANCE.succeeds(connect(server.url, http_client=own))
    assert [p.method for p in proxy.passed] == ["CONNECT"]


@libraries
@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (b.reset("after_request"), deapi.NetworkError),
        (b.close_silently(), deapi.NetworkError),
        (b.cut_body(), deapi.NetworkError),
        (b.garbage(), deapi.NetworkError),
        (b.bad_gzip(), deapi.NetworkError),
        (b.answer(503), deapi.ServerError),
        (b.redirect("/elsewhere"), deapi.InvalidResponseError),
    ],
)
def test_the_errors_of_a_callers_own_client_are_ours(connect, library, behaviour, error):
    with WeatherServer(behaviour, BALANCE.answer()) as server:
        own = connect.http_client(library, follow_redirects=True)
        client = connect(server.url, http_client=own, max_retries=0)
        with pytest.raises(error):
            client.balance()
        assert BALANCE.succeeds(client)


@libraries
@pytest.mark.parametrize("behaviour", [b.hang(), b.trickle_body(0.05)])
def test_the_timeout_holds_for_a_callers_own_client(connect, library, behaviour):
    with WeatherServer(behaviour, BALANCE.answer()) as server:
        client = connect(server.url, http_client=connect.http_client(library), max_retries=0)
        began = time.monotonic()
        with pytest.raises(deapi.NetworkError, match="in time"):
            client.with_options(timeout=0.2).balance()
        assert time.monotonic() - began < 3
        assert BALANCE.succeeds(client)


@libraries
def test_an_upload_through_a_callers_own_client_is_sent_again_whole(connect, pauses, library):
    content = b"0123456789" * 2_000_000
    with WeatherServer(b.reset("mid_body_of_request"), UPSCALE.answer()) as server:
        client = connect(server.url, http_client=connect.http_client(library))
        client.images.upscale(model="m", image=content)
    assert content in server.requests[1].body


@libraries
def test_a_callers_own_client_is_not_closed_and_its_settings_do_not_leak_in(connect, library):
    with WeatherServer(BALANCE.answer()) as server:
        own = connect.http_client(library, auth=("user", "password"), base_url="http://other")
        for _ in range(2):
            client = connect(server.url, http_client=own)
            assert BALANCE.succeeds(client)
            client.close()
        assert not own.is_closed
    assert {r.header("Authorization") for r in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("wrong", [object(), "http://proxy", httpx])
def test_something_else_than_an_http_client_is_refused(connect, wrong):
    with pytest.raises(TypeError, match="http_client"):
        connect("http://127.0.0.1:9", http_client=wrong)


def test_an_http_client_of_the_other_kind_is_refused(connect):
    other = httpx.AsyncClient() if connect.kind == "sync" else httpx.Client()
    with pytest.raises(TypeError, match="http_client"):
        connect("http://127.0.0.1:9", http_client=other)
