"""Proxies of the environment, as they are set on real machines."""

import logging
import urllib.request

import pytest

import deapi
from deapi._http.proxies import bypasses_proxy, parse_no_proxy, proxy_urls
from support.faulty_server import FaultyServer
from support.forward_proxy import ForwardProxy
from support.sample_operations import BALANCE


@pytest.fixture(autouse=True)
def new_cache():
    """Log skipped entries in each test, although they are logged once per process."""
    parse_no_proxy.cache_clear()


@pytest.mark.parametrize(("value", "url", "expected"), [
    ("example.com", "https://example.com", True),
    ("example.com", "https://api.example.com", True),
    ("example.com", "https://anexample.com", False),
    (".example.com", "https://api.example.com", True),
    (".example.com", "https://example.com", True),
    ("*.example.com", "https://api.example.com", True),
    ("EXAMPLE.com.", "https://example.COM", True),
    ("other, example.com ,", "https://example.com", True),
    ("other example.com", "https://example.com", True),
    ("*", "https://example.com", True),
    ("other,*", "https://example.com", True),
    ("", "https://example.com", False),
    (" , ,", "https://example.com", False),
    ("example.com:8443", "https://example.com:8443", True),
    ("example.com:8443", "https://example.com", False),
    ("example.com:443", "https://example.com", True),
    ("https://example.com", "https://example.com", True),
    ("https://example.com", "http://example.com", False),
    ("all://example.com", "http://example.com", True),
    ("10.0.0.0/8", "http://10.1.2.3", True),
    ("10.0.0.0/8", "http://11.1.2.3", False),
    ("10.1.2.3/8", "http://10.9.9.9", True),
    ("127.0.0.1", "http://127.0.0.1:9", True),
    ("127.0.0.1:9", "http://127.0.0.1:9", True),
    ("127.0.0.1:8", "http://127.0.0.1:9", False),
    ("10.0.0.0/8", "http://example.com", False),
    ("fe80::/10", "http://[fe80::1]", True),
    ("fe80::/10", "http://[fd00::1]", False),
    ("fe80::/10", "http://10.0.0.1", False),
    ("::1", "http://[::1]:9", True),
    ("[::1]", "http://[::1]", True),
    ("[::1]:9", "http://[::1]:9", True),
    ("[::1]:8", "http://[::1]:9", False),
    ("0:0:0:0:0:0:0:1", "http://[::1]", True),
    ("localhost,127.0.0.1,::1,[::1]", "http://localhost:3128", True),
])  # fmt: skip
def test_no_proxy_is_read_as_curl_reads_it(value, url, expected, caplog):
    parts = urllib.request.urlparse(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    found = bypasses_proxy(parse_no_proxy(value), parts.scheme, parts.hostname, port)
    assert found is expected
    assert caplog.records == []


@pytest.mark.parametrize(
    "value",
    ["10.0.*", "10.0.0.0/99", "[::1", "[::", "a:b", "a_é", "<local>", "ftp://a", "\x1b[31m"],
)
def test_an_unclear_entry_is_skipped_and_logged_once(value, caplog):
    with caplog.at_level(logging.WARNING, "deapi"):
        for _ in range(3):
            entries = parse_no_proxy(f"{value},example.com")
    assert [entry.name for entry in entries] == ["example.com"]
    [record] = caplog.records
    assert "NO_PROXY" in record.getMessage()
    assert record.getMessage().isprintable()


def test_the_proxy_of_a_scheme_precedes_all_proxy():
    assert proxy_urls({"https": "proxy:3128", "all": "socks://unused"} | {"http": "http://p"}) == {
        "http": "http://p",
        "https": "http://proxy:3128",
    }
    assert proxy_urls({"all": "http://p:1"}) == {"http": "http://p:1", "https": "http://p:1"}
    assert proxy_urls({"no": "*", "ftp": "x", "http": ""}) == {}


@pytest.mark.parametrize(
    "value",
    [
        "ftp://user:secret-password@proxy",
        "socks://user:secret-password@proxy",
        "http://user:secret-password@proxy:99999",
        "http://user:secret-password@proxy:port",
        "http://user:secret@password@[half",
        "user:secret-password@:3128",
        "http://",
    ],
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_an_invalid_proxy_is_one_error_that_names_the_variable(
    make_client, recorded_sleeps, monkeypatch, variable, value
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(deapi.DeapiError, match=variable) as caught:
        BALANCE.call(make_client("http://127.0.0.1:9"))
    assert "secret" not in str(caught.value)
    assert "password" not in str(caught.value)
    assert recorded_sleeps == []


def test_a_socks_proxy_without_its_package_is_a_clear_error(make_client, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(deapi.DeapiError, match=r"ALL_PROXY.*httpx\[socks\]"):
        BALANCE.call(make_client("http://127.0.0.1:9"))


@pytest.mark.parametrize("tls", [False, True])
def test_calls_use_the_proxy_unless_a_range_contains_the_host(make_client, monkeypatch, tls):
    with ForwardProxy() as proxy, FaultyServer(BALANCE.success(), tls=tls) as server:
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(variable, proxy.url)
        for no_proxy, count in (("fe80::/10,[::", 1), ("fe80::/10,127.0.0.0/8", 1)):
            monkeypatch.setenv("NO_PROXY", no_proxy)
            assert BALANCE.succeeds(make_client(server.url))
            assert len(proxy.forwarded) == count


def test_an_invalid_proxy_of_another_scheme_is_named_also(make_client, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy")
    with pytest.raises(deapi.DeapiError, match="HTTPS_PROXY"):
        BALANCE.call(make_client("http://127.0.0.1:9"))
