"""Proxies of the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.

httpx reads them also, but one entry of NO_PROXY that it cannot parse, such as an IPv6 range, makes
every call impossible.
"""

from __future__ import annotations

import functools
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .._exceptions import DeapiError
from .._text import sanitize

if TYPE_CHECKING:
    import ipaddress
    from collections.abc import Mapping

log = logging.getLogger("deapi")

_SCHEMES = ("http", "https", "socks5", "socks5h")

# A host name, or the end of one.
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")


@dataclass(frozen=True)
class NoProxyEntry:
    """One entry of NO_PROXY. Every part that is set must match.

    Attributes:
        name: Host name, which also matches its subdomains; empty if there is a network.
        network: A range of IP addresses, or one address as a range; None if there is a name.
        port: Port, or None for any.
        scheme: ``http`` or ``https``, or empty for both.
    """

    name: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    port: int | None = None
    scheme: str = ""

    def matches(self, scheme: str, host: str, port: int) -> bool:
        """Whether requests to this host are sent without a proxy."""
        if self.scheme not in ("", scheme) or self.port not in (None, port):
            return False
        if self.network is None:
            return self.name in ("*", host) or host.endswith(f".{self.name}")
        import ipaddress

        try:
            return ipaddress.ip_address(host.partition("%")[0]) in self.network
        except ValueError:
            return False  # a host name: whether it has such an IP address is not looked up


def bypasses_proxy(entries: tuple[NoProxyEntry, ...], scheme: str, host: str, port: int) -> bool:
    """Whether NO_PROXY contains a host.

    Args:
        entries: The entries of NO_PROXY.
        scheme: ``http`` or ``https``.
        host: Host name or IP address, without brackets.
        port: Port.
    """
    host = host.lower().strip("[]").rstrip(".")
    return any(entry.matches(scheme, host, port) for entry in entries)


@functools.lru_cache(maxsize=4)
def parse_no_proxy(value: str) -> tuple[NoProxyEntry, ...]:
    """Parse NO_PROXY. Entries are separated by commas or blanks, as in curl.

    Entries that cannot be parsed are skipped, and logged once.
    """
    entries: list[NoProxyEntry] = []
    skipped: list[str] = []
    for text in value.replace(",", " ").split():
        entry = _parse_entry(text.lower())
        if entry is None:
            skipped.append(sanitize(text, 50))
        else:
            entries.append(entry)
    if skipped:
        log.warning("NO_PROXY: skipped %s, which cannot be parsed", ", ".join(skipped))
    return tuple(entries)


def _parse_entry(text: str) -> NoProxyEntry | None:
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    if scheme not in ("", "all", "http", "https"):
        return None
    scheme = scheme.removeprefix("all")
    host, port = rest, ""
    if match := re.fullmatch(r"\[([^]]*)\](?::(\d{1,5}))?", rest):
        host, port = match[1], match[2] or ""
    elif rest.count(":") == 1:
        host, _, port = rest.partition(":")
        if not port.isdecimal():
            return None
    number = int(port) if port else None
    if network := _parse_network(host):
        return NoProxyEntry("", network, number, scheme)
    name = host if host == "*" else host.removeprefix("*").strip(".")
    if name != "*" and not _NAME.fullmatch(name):
        return None
    return NoProxyEntry(name, None, number, scheme)


def _parse_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    import ipaddress

    try:
        return ipaddress.ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        return None


def proxy_urls(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy for each scheme that has one: ``{"https": "http://proxy:3128"}``.

    Args:
        environment: The result of ``urllib.request.getproxies()``. On macOS and Windows it also has
            the settings of the operating system.

    Raises:
        DeapiError: The URL of a proxy is invalid. The message does not contain its password.
    """
    urls: dict[str, str] = {}
    for scheme in ("http", "https"):
        # ALL_PROXY is validated only if it is used.
        source = next((name for name in (scheme, "all") if environment.get(name)), None)
        if source is not None:
            urls[scheme] = _proxy_url(f"{source.upper()}_PROXY", environment[source].strip())
    return urls


def _proxy_url(variable: str, value: str) -> str:
    url = value if "://" in value else f"http://{value}"
    shown = sanitize(re.sub(r"//.*@", "//***@", url), 100)
    try:
        parts = urlsplit(url)
        problem = None if parts.hostname else "it has no host name"
        parts.port  # noqa: B018 - reading it validates it
    except ValueError as error:
        parts, problem = None, str(error) if "@" not in url else "it cannot be parsed"
    if parts is not None and parts.scheme not in _SCHEMES:
        problem = f"its scheme must be one of {', '.join(_SCHEMES)}"
    if problem is None and parts is not None and parts.scheme.startswith("socks"):
        import importlib.util

        if importlib.util.find_spec("socksio") is None:
            problem = "a SOCKS proxy requires the package socksio (pip install httpx[socks])"
    if problem is not None:
        raise DeapiError(
            f"The environment variable {variable} cannot be used as a proxy: {problem}. Its value "
            f"is {shown!r}. Nothing was sent. Correct or remove the variable, or pass "
            "http_client=httpx.Client(trust_env=False)."
        )
    return url
