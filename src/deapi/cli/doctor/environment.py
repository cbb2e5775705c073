"""Checks of settings outside the program: API key, proxy and certificates. They send nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from ..._exceptions import DeapiError
from ..._http.proxies import bypasses_proxy, parse_no_proxy, proxy_urls
from ..._text import sanitize
from ..errors import message
from ..settings import key_source, make_client
from .check import Check, State

if TYPE_CHECKING:
    from ..._client import DeapiClient

_PORTS = {"http": 80, "https": 443}


def open_client(api_version: str | None, seconds: float) -> DeapiClient:
    """Create a client that does not retry.

    Args:
        api_version: API version, or None for that of the environment.
        seconds: Timeout of a call.
    """
    return make_client(api_version, max_retries=0).with_options(timeout=seconds)


def check_key() -> Check:
    """Check that there is an API key, and show where it is. It is not read."""
    name = "API key"
    try:
        source = key_source()
    except ValueError as error:
        return Check(name, State.PROBLEM, message(error), is_account=True)
    if source is None:
        return Check(
            name,
            State.PROBLEM,
            "there is none.",
            "Run `deapi login`, or set DEAPI_API_KEY to a key of https://app.deapi.ai.",
            is_account=True,
        )
    if source.profile is None:
        return Check(name, State.OK, "from the environment variable DEAPI_API_KEY")
    return Check(name, State.OK, f"from the profile {source.profile} ({source.stored_in})")


def check_proxy(url: str) -> Check:
    """Check which proxy of the environment the requests use.

    Args:
        url: URL of the API.
    """
    name = "Proxy"
    environment = getproxies()
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return Check(name, State.NOT_CHECKED, "because the URL of the API is invalid")
    try:
        proxy = proxy_urls(environment).get(parts.scheme)
    except DeapiError as error:
        return Check(name, State.PROBLEM, str(error))
    if proxy is None:
        return Check(name, State.OK, "none")
    entries = parse_no_proxy(environment.get("no", ""))
    if bypasses_proxy(entries, parts.scheme, parts.hostname or "", port):
        return Check(name, State.OK, f"not used: NO_PROXY contains {parts.hostname}")
    used = urlsplit(proxy)
    shown = f"{used.scheme}://{sanitize(used.hostname or '', 100)}"
    return Check(name, State.OK, f"{shown}:{used.port}" if used.port else shown)


def check_certificates(url: str) -> Check:
    """Check the settings of TLS verification.

    Args:
        url: URL of the API.
    """
    name = "Certificates"
    if not url.startswith("https:"):
        return Check(name, State.OK, "not used, because the URL of the API begins with http://")
    for variable, exists in (("SSL_CERT_FILE", Path.is_file), ("SSL_CERT_DIR", Path.is_dir)):
        if value := os.environ.get(variable):
            shown = f"{variable}={sanitize(value, 200)}"
            if exists(Path(value)):
                return Check(name, State.OK, f"verified with {shown}")
            advice = "Correct or remove the variable."
            return Check(name, State.PROBLEM, f"{shown} does not exist.", advice)
    ignored = [each for each in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(each)]
    if ignored:
        return Check(
            name,
            State.WARNING,
            f"verified with the certificates of certifi; {ignored[0]} is not used.",
            f"If a proxy inspects TLS, set SSL_CERT_FILE to the file of {ignored[0]}.",
        )
    return Check(name, State.OK, "verified with the certificates of certifi")
