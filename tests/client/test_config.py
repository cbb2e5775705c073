"""The configuration of a client: its sources, its defaults, and invalid values."""

import math
import pickle

import httpx
import httpx2
import pytest

from deapi import AsyncDeapiClient, DeapiClient, DeapiError
from deapi._config import configure

CLIENTS = [DeapiClient, AsyncDeapiClient]
SECRET = "123|s3cr3t"


@pytest.mark.parametrize("client", CLIENTS)
def test_the_defaults_are_those_of_the_vendors_sdk(client):
    config = client(api_key=SECRET)._config
    assert config.api_key == SECRET
    assert config.base_url == "https://api.deapi.ai"
    assert config.timeout == 30.0
    assert config.max_retries == 3
    assert config.api_version == "v1"


def test_arguments_override_environment_variables(monkeypatch):
    monkeypatch.setenv("DEAPI_API_KEY", "env-key")
    monkeypatch.setenv("DEAPI_BASE_URL", "http://env.example")
    monkeypatch.setenv("DEAPI_API_VERSION", "v1")
    assert DeapiClient()._config.api_key == "env-key"
    assert DeapiClient()._config.base_url == "http://env.example"
    assert DeapiClient(api_key="argument")._config.api_key == "argument"
    assert (
        DeapiClient(base_url="http://argument.example")._config.base_url
        == "http://argument.example"
    )


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("key", [None, "", "  ", "''", '"dpn-sk-"'])
def test_an_api_key_is_required(client, key):
    with pytest.raises(ValueError, match="API key is required"):
        client(api_key=key)


def test_white_space_quotes_and_the_gateway_prefix_are_removed_from_the_key():
    assert DeapiClient(api_key=f" 'dpn-sk-{SECRET}'\n")._config.api_key == SECRET


@pytest.mark.parametrize(
    "character", ["\n", "\r", "\0", " ", "\t", "\x7f", "ä", "\u2028", "\ud800"]
)
def test_a_key_that_is_invalid_in_a_header_is_rejected_without_showing_it(character):
    with pytest.raises(ValueError, match="header") as caught:
        DeapiClient(api_key=f"s3cr{character}3t")
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize("version", ["v9", "", "V1", "1"])
def test_an_unknown_version_is_unsupported(version):
    with pytest.raises(DeapiError, match="Unsupported API version") as caught:
        DeapiClient(api_key=SECRET, api_version=version)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("setting", "value", "error"),
    [
        ("api_key", 1, TypeError),
        ("api_key", b"key", TypeError),
        ("base_url", 1, TypeError),
        ("base_url", "", ValueError),
        ("base_url", "api.deapi.ai", ValueError),
        ("base_url", "ftp://api.deapi.ai", ValueError),
        ("base_url", "https://", ValueError),
        ("base_url", "https://user:password@api.deapi.ai", ValueError),
        ("base_url", "https://api.deapi.ai?x=1", ValueError),
        ("base_url", "https://api.deapi.ai#x", ValueError),
        ("base_url", "https://api.deapi.ai\n.evil.example", ValueError),
        ("base_url", "https://api.deapi.ai:port", ValueError),
        ("base_url", "https://[::1", ValueError),
        ("base_url", "https://api deapi.ai", ValueError),
        ("timeout", 0, ValueError),
        ("timeout", -1, ValueError),
        ("timeout", math.nan, ValueError),
        ("timeout", math.inf, ValueError),
        ("timeout", "30", TypeError),
        ("timeout", True, TypeError),
        ("timeout", httpx.Timeout(-1), ValueError),
        ("timeout", httpx.Timeout(1, read=math.nan), ValueError),
        ("max_retries", -1, ValueError),
        ("max_retries", 1.5, TypeError),
        ("max_retries", True, TypeError),
        ("max_retries", "3", TypeError),
        ("api_version", 1, TypeError),
        ("retry_submissions", "sometimes", ValueError),
        ("max_retry_wait", -1, ValueError),
        ("max_retry_wait", math.nan, ValueError),
        ("http_client", object(), TypeError),
        ("http_client", "client", TypeError),
    ],
)
@pytest.mark.parametrize("client", CLIENTS)
def test_an_invalid_value_is_rejected_by_name(client, setting, value, error):
    with pytest.raises(error, match=setting):
        client(**{"api_key": SECRET, setting: value})


def test_each_client_requires_its_own_class_of_http_client():
    for library in (httpx, httpx2):
        name = library.__name__
        with pytest.raises(TypeError, match=rf"must be an instance of {name}\.Client, not Async"):
            DeapiClient(api_key=SECRET, http_client=library.AsyncClient())
        with (
            library.Client() as client,
            pytest.raises(TypeError, match=rf"must be an instance of {name}\.AsyncClient, not Cl"),
        ):
            AsyncDeapiClient(api_key=SECRET, http_client=client)


@pytest.mark.parametrize("url", ["http://h.example/", "http://h.example///", " http://h.example "])
def test_white_space_and_trailing_slashes_are_removed_from_the_base_url(url):
    assert DeapiClient(api_key=SECRET, base_url=url)._config.base_url == "http://h.example"


def test_an_httpx_timeout_is_applied_phase_by_phase():
    timeout = httpx.Timeout(connect=1, read=2, write=3, pool=None)
    config = DeapiClient(api_key=SECRET, timeout=timeout)._config
    assert config.timeout is timeout
    assert config.timeouts == (1, 2, 3, None)


def test_a_single_timeout_does_not_limit_the_wait_for_a_connection():
    assert DeapiClient(api_key=SECRET, timeout=5)._config.timeouts == (5, 5, 5, None)


@pytest.mark.parametrize("client", CLIENTS)
def test_with_options_changes_the_passed_options_and_shares_the_connections(client):
    parent = client(api_key=SECRET, timeout=10, max_retries=5)
    clone = parent.with_options(timeout=2, retry_submissions="never")
    assert type(clone) is client
    assert clone._config.timeout == 2
    assert clone._config.max_retries == 5
    assert clone._config.retry_submissions == "never"
    assert parent._config.timeout == 10
    assert clone._driver.connections is parent._driver.connections


def test_with_options_validates_like_the_client():
    with pytest.raises(ValueError, match="timeout"):
        DeapiClient(api_key=SECRET).with_options(timeout=-1)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_key_is_not_in_reprs_and_cannot_be_pickled(client):
    instance = client(api_key=SECRET)
    for value in (instance, instance._config, instance.images, instance.batch()):
        assert SECRET not in repr(value)
        with pytest.raises(TypeError, match="API key"):
            pickle.dumps(value)


@pytest.mark.parametrize("wrapped", ["{}", '"{}"', "'{}'", " {}\r\n", "\ufeff{}", '\ufeff"{}" \n'])
def test_what_surrounds_an_environment_variable_is_removed(wrapped):
    environ = {
        "DEAPI_API_KEY": wrapped.format(SECRET),
        "DEAPI_BASE_URL": wrapped.format("https://h.example"),
        "DEAPI_API_VERSION": wrapped.format("v2"),
    }
    config = configure(environ=environ)
    settings = (config.api_key, config.base_url, config.api_version)
    assert settings == (SECRET, "https://h.example", "v2")


def test_a_key_of_the_environment_that_is_not_ascii_is_not_shown():
    with pytest.raises(ValueError, match="not allowed in an HTTP header") as caught:
        configure(environ={"DEAPI_API_KEY": "s3cr\u00e9t"})
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize("empty", ["", " ", '""', "\ufeff\n"])
def test_an_empty_environment_variable_is_ignored(empty):
    environ = {"DEAPI_API_KEY": SECRET, "DEAPI_BASE_URL": empty, "DEAPI_API_VERSION": empty}
    config = configure(environ=environ)
    assert (config.base_url, config.api_version) == ("https://api.deapi.ai", "v1")
    with pytest.raises(ValueError, match="API key is required"):
        configure(environ={"DEAPI_API_KEY": empty})
