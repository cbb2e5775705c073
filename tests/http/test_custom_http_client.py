"""Calls through `http_client=`, a client of httpx or httpx2 that the caller has created."""

import ssl
import time

import httpx
import httpx2
import pytest

import deapi
from support import server_behaviors as behaviors
from support.blocking_client import KEY, unwrap
from support.faulty_server import FaultyServer
from support.forward_proxy import ForwardProxy
from support.sample_operations import BALANCE, UPSCALE

libraries = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@libraries
def test_the_proxy_and_tls_settings_of_a_custom_client_are_used(make_client, library):
    with ForwardProxy() as proxy, FaultyServer(BALANCE.success(), tls=True) as server:
        context = ssl.create_default_context(cafile=server.ca)
        http_client = make_client.http_client(library, proxy=proxy.url, verify=context)
        assert BALANCE.succeeds(make_client(server.url, http_client=http_client))
    assert [p.method for p in proxy.forwarded] == ["CONNECT"]


@libraries
@pytest.mark.parametrize(
    ("behavior", "error"),
    [
        (behaviors.reset("after_request"), deapi.NetworkError),
        (behaviors.close_without_response(), deapi.NetworkError),
        (behaviors.truncate_body(), deapi.NetworkError),
        (behaviors.send_another_protocol(), deapi.NetworkError),
        (behaviors.invalid_gzip(), deapi.NetworkError),
        (behaviors.respond(503), deapi.ServerError),
        (behaviors.redirect("/elsewhere"), deapi.InvalidResponseError),
    ],
)
def test_the_errors_of_a_custom_client_are_deapi_errors(make_client, library, behavior, error):
    with FaultyServer(behavior, BALANCE.success()) as server:
        http_client = make_client.http_client(library, follow_redirects=True)
        client = make_client(server.url, http_client=http_client, max_retries=0)
        with pytest.raises(error):
            client.balance()
        assert BALANCE.succeeds(client)


@libraries
@pytest.mark.parametrize("behavior", [behaviors.hang(), behaviors.trickle_body(0.05)])
def test_the_timeout_applies_to_a_custom_client(make_client, library, behavior):
    with FaultyServer(behavior, BALANCE.success()) as server:
        client = make_client(
            server.url, http_client=make_client.http_client(library), max_retries=0
        )
        began = time.monotonic()
        with pytest.raises(deapi.NetworkError, match="read timeout"):
            client.with_options(timeout=httpx.Timeout(60, read=0.2)).balance()
        assert time.monotonic() - began < 20
        server.wait_for(lambda: len(server.requests) == 1)  # a busy machine may be late
        assert BALANCE.succeeds(client)


@libraries
def test_an_upload_through_a_custom_client_is_retried_completely(
    make_client, recorded_sleeps, library
):
    content = b"0123456789" * 2_000_000
    with FaultyServer(behaviors.reset("mid_body_of_request"), UPSCALE.success()) as server:
        client = make_client(server.url, http_client=make_client.http_client(library))
        client.images.upscale(model="m", image=content)
    assert content in server.requests[1].body


@libraries
def test_a_custom_client_is_not_closed_and_its_auth_and_base_url_are_not_used(make_client, library):
    with FaultyServer(BALANCE.success()) as server:
        http_client = make_client.http_client(
            library, auth=("user", "password"), base_url="http://other"
        )
        for _ in range(2):
            client = make_client(server.url, http_client=http_client)
            assert BALANCE.succeeds(client)
            client.close()
        assert not http_client.is_closed
    assert {r.header("Authorization") for r in server.requests} == {f"Bearer {KEY}"}


@libraries
def test_the_headers_parameters_and_cookies_of_a_custom_client_are_sent(make_client, library):
    with FaultyServer(BALANCE.success()) as server:
        http_client = make_client.http_client(
            library, headers={"X-Tenant": "7"}, params={"trace": "on"}, cookies={"session": "a"}
        )
        assert BALANCE.succeeds(make_client(server.url, http_client=http_client))
    (request,) = server.requests
    assert (request.header("X-Tenant"), request.header("Cookie")) == ("7", "session=a")
    assert request.target.endswith("/balance?trace=on")


@pytest.mark.parametrize("value", [object(), "http://proxy", httpx])
def test_a_value_that_is_not_an_http_client_is_rejected(make_client, value):
    with pytest.raises(TypeError, match="http_client"):
        make_client("http://127.0.0.1:9", http_client=value)


def test_an_async_client_is_rejected_by_the_sync_one_and_vice_versa(make_client):
    other = httpx.AsyncClient() if make_client.mode == "sync" else httpx.Client()
    with pytest.raises(TypeError, match="http_client"):
        make_client("http://127.0.0.1:9", http_client=other)


@libraries
def test_a_hook_that_raises_before_the_body_is_read_does_not_change_the_error(make_client, library):
    def raise_sync(response):
        response.raise_for_status()

    async def raise_async(response):
        response.raise_for_status()

    hook = raise_sync if make_client.mode == "sync" else raise_async
    with FaultyServer(behaviors.respond(422, {"message": "No."})) as server:
        http_client = make_client.http_client(library, event_hooks={"response": [hook]})
        client = make_client(server.url, http_client=http_client, max_retries=0)
        with pytest.raises(deapi.ValidationError) as caught:
            UPSCALE.call(client)
    assert caught.value.status_code == 422
    assert caught.value.possibly_accepted is False


@libraries
@pytest.mark.parametrize(("timeout", "expected"), [
    (300, (300, 300, 300, 300)),
    (httpx.Timeout(7, read=None), (7, None, 7, 7)),
    (None, (None, None, None, None)),
    (5, (30, 30, 30, None)),  # the default of httpx, which the caller has not chosen
])  # fmt: skip
def test_the_timeout_of_a_custom_client_is_kept(make_client, library, timeout, expected):
    if isinstance(timeout, httpx.Timeout):
        timeout = library.Timeout(7, read=None)
    http_client = make_client.http_client(library, timeout=timeout)
    client = make_client("http://127.0.0.1:9", http_client=http_client, timeout=None)
    assert unwrap(client)._config.timeouts == expected
    assert unwrap(client.with_options(max_retries=0))._config.timeouts == expected
    client = make_client("http://127.0.0.1:9", http_client=http_client, timeout=11)
    assert unwrap(client)._config.timeout == 11
