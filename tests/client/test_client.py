"""The clients themselves: `with_options()`, jitter, and resources of several threads."""

import threading

import httpx
import pytest

from deapi import AsyncDeapiClient, DeapiClient, NetworkError, __version__, resources

CLIENTS = pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])


@CLIENTS
def test_with_options_returns_a_client_of_the_same_subclass(client_class):
    class Derived(client_class):
        pass

    assert type(Derived(api_key="k").with_options(timeout=1)) is Derived


@CLIENTS
def test_a_clone_has_the_connections_but_not_the_resources_of_its_client(client_class):
    client = client_class(api_key="k")
    clone = client.with_options(api_version="v2")
    assert clone._driver.connections is client._driver.connections
    assert clone.images is not client.images
    assert clone.images._driver is clone._driver
    assert (client._driver.owner, clone._driver.owner) == (True, False)
    assert not clone.with_options(timeout=1)._driver.owner


@CLIENTS
@pytest.mark.parametrize(
    ("options", "shared"),
    [
        ({"timeout": 1, "api_version": "v2"}, True),
        ({"api_key": "other"}, False),
        ({"base_url": "https://staging.example"}, False),
    ],
)
def test_a_clone_shares_rate_limits_only_with_the_same_account(client_class, options, shared):
    client = client_class(api_key="k")
    clone = client.with_options(**options)
    headers = {"x-ratelimit-limit": "3", "x-ratelimit-remaining": "2"}
    client._driver.context.rate_limits.record("images.generate", headers)
    assert ("images.generate" in clone.rate_limits) is shared


@CLIENTS
def test_all_threads_receive_the_same_resource(client_class, monkeypatch):
    client = client_class(api_key="k")
    barrier = threading.Barrier(4)
    new_resource = client._new_resource

    def slow(resource_class):
        barrier.wait(10)  # every thread creates one before the first is stored
        return new_resource(resource_class)

    monkeypatch.setattr(client, "_new_resource", slow)
    received = []
    threads = [threading.Thread(target=lambda: received.append(client.ocr)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [resource is received[0] for resource in received] == [True] * 4
    assert client.ocr is received[0]


@CLIENTS
def test_the_attribute_of_a_client_class_is_the_class_of_the_resource(client_class):
    prefix = "Async" if client_class is AsyncDeapiClient else ""
    assert client_class.ocr is getattr(resources, f"{prefix}OCR")


def test_delays_of_retries_differ_between_calls(recorded_sleeps):
    def refuse(request):
        raise httpx.ConnectError("refused")

    http_client = httpx.Client(transport=httpx.MockTransport(refuse))
    client = DeapiClient(api_key="k", http_client=http_client, max_retries=1)
    for _ in range(5):
        with pytest.raises(NetworkError):
            client.balance()
    assert all(1 <= seconds <= 1.25 for seconds in recorded_sleeps)
    assert len(set(recorded_sleeps)) == 5


@CLIENTS
@pytest.mark.parametrize("request_id", [5, None, b"job-1"])
def test_a_request_id_that_is_not_a_str_is_rejected(client_class, request_id):
    with pytest.raises(TypeError, match="request_id must be a str or a job, not "):
        client_class(api_key="k").job(request_id)


@pytest.mark.parametrize(
    ("key", "shown"), [("1|a-key-of-the-usual-length-9876", "…9876"), ("1|short-key", "…")]
)
def test_the_repr_of_a_client_has_its_settings_and_a_masked_key(key, shown):
    with DeapiClient(api_key=key, base_url="https://a.example", api_version="v2") as client:
        assert repr(client) == (
            "DeapiClient(base_url='https://a.example', api_version='v2', "
            f"api_key={shown!r}, version={__version__!r})"
        )
        assert repr(client.images) == "Images(base_url='https://a.example', api_version='v2')"
        assert repr(client.job("job-1")) == "Job(request_id='job-1')"
