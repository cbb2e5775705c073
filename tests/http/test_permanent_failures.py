"""Failures that a retry cannot cure are raised at once: certificates, URLs and proxy passwords."""

import httpx
import httpx2
import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE, REQUEST_ID


@pytest.mark.parametrize("operation", [BALANCE, GENERATE], ids=str)
def test_a_rejected_certificate_is_not_retried(make_client, recorded_sleeps, operation):
    with (
        FaultyServer(operation.success(), tls=True) as server,
        pytest.raises(deapi.NetworkError, match="SSL_CERT_FILE") as caught,
    ):
        operation.call(make_client(server.url))
    assert recorded_sleeps == []
    assert server.requests == []
    assert not caught.value.possibly_accepted


def test_a_rejected_certificate_ends_a_wait(make_client, recorded_sleeps):
    with (
        FaultyServer(BALANCE.success(), tls=True) as server,
        pytest.raises(deapi.NetworkError, match="certificate"),
    ):
        make_client(server.url).job(REQUEST_ID).wait(max_wait=60)
    assert recorded_sleeps == []


def test_a_rejected_certificate_ends_a_download(make_client, recorded_sleeps, tmp_path):
    with FaultyServer(BALANCE.success(), tls=True) as storage:
        done = {"status": "done", "result_url": f"{storage.url}/1.png"}
        with (
            FaultyServer(behaviors.respond(200, {"data": done})) as server,
            pytest.raises(deapi.NetworkError, match="SSL_CERT_FILE"),
        ):
            make_client(server.url).job(REQUEST_ID).save(tmp_path / "1.png")
    assert recorded_sleeps == []


def test_a_proxy_that_rejects_the_password_is_not_retried(
    make_client, recorded_sleeps, monkeypatch
):
    with FaultyServer(behaviors.respond(407)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(deapi.NetworkError, match="407"):
            BALANCE.call(make_client("https://api.example"))
    assert recorded_sleeps == []
    assert len(proxy.requests) == 1


def test_a_host_name_that_cannot_be_encoded_is_not_retried(make_client, recorded_sleeps):
    with pytest.raises(deapi.DeapiError):
        BALANCE.call(make_client("http://xn--a.example"))
    assert recorded_sleeps == []


INVALID_URLS = {
    "port": "http://127.0.0.1:99999/1.png",
    "scheme": "ftp://127.0.0.1/1.png",
    "host": "http://xn--a.example/1.png",
}


@pytest.mark.parametrize("redirected", [False, True])
@pytest.mark.parametrize("name", INVALID_URLS)
def test_an_invalid_url_ends_a_download(make_client, recorded_sleeps, tmp_path, name, redirected):
    with FaultyServer(behaviors.redirect(INVALID_URLS[name])) as storage:
        url = f"{storage.url}/1.png" if redirected else INVALID_URLS[name]
        done = behaviors.respond(200, {"data": {"status": "done", "result_url": url}})
        with FaultyServer(done) as server, pytest.raises(deapi.DeapiError) as caught:
            make_client(server.url).job(REQUEST_ID).save(tmp_path / "1.png")
        assert len(storage.requests) == redirected
    assert recorded_sleeps == []
    assert not isinstance(caught.value, deapi.JobTimeoutError)


def test_endless_redirects_end_a_download(make_client, recorded_sleeps, tmp_path):
    with FaultyServer(behaviors.redirect("/again")) as storage:
        done = {"status": "done", "result_url": f"{storage.url}/1.png"}
        with (
            FaultyServer(behaviors.respond(200, {"data": done})) as server,
            pytest.raises(deapi.NetworkError, match="redirected more than 10 times"),
        ):
            make_client(server.url).job(REQUEST_ID).save(tmp_path / "1.png")
    assert recorded_sleeps == []


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_certificate_that_a_custom_client_rejects_is_not_retried(
    make_client, recorded_sleeps, library
):
    with FaultyServer(BALANCE.success(), tls=True) as server:
        client = make_client(server.url, http_client=make_client.http_client(library))
        for call in (BALANCE.call, GENERATE.call, lambda c: c.job(REQUEST_ID).wait(max_wait=60)):
            with pytest.raises(deapi.NetworkError, match="REQUESTS_CA_BUNDLE"):
                call(client)
    assert recorded_sleeps == []
    assert server.requests == []


def test_a_certificate_that_is_rejected_after_a_redirect_ends_a_download(
    make_client, recorded_sleeps, tmp_path
):
    with (
        FaultyServer(BALANCE.success(), tls=True) as encrypted,
        FaultyServer(behaviors.redirect(encrypted.url)) as storage,
    ):
        done = {"status": "done", "result_url": f"{storage.url}/1.png"}
        with (
            FaultyServer(behaviors.respond(200, {"data": done})) as server,
            pytest.raises(deapi.NetworkError, match="SSL_CERT_FILE"),
        ):
            make_client(server.url).job(REQUEST_ID).save(tmp_path / "1.png")
    assert recorded_sleeps == []


def test_a_proxy_that_rejects_the_password_ends_a_wait(make_client, recorded_sleeps, monkeypatch):
    with FaultyServer(behaviors.respond(407)) as proxy:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(variable, proxy.url)
        for url in ("http://api.example", "https://api.example"):
            with pytest.raises(deapi.DeapiError, match="407"):
                make_client(url).job(REQUEST_ID).wait(max_wait=60)
    assert recorded_sleeps == []
    assert len(proxy.requests) == 2
