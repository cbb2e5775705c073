"""Failures that a retry cannot cure are raised at once: certificates, URLs and proxy passwords."""

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
