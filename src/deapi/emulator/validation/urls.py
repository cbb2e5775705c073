"""URLs in requests, as strict as Laravel's `url` rule."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_HOST = re.compile(r"[^\W_]([\w.-]*[\w.])?")


def parse_url(url: str) -> SplitResult | None:
    """Split a URL with a scheme and a host. None if it is invalid."""
    if any(character.isspace() or not character.isprintable() for character in url):
        return None  # urlsplit() would remove some of them
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.port is None and parts.netloc.endswith(":"):
            return None
        if not parts.scheme or not (is_ip_address(host) or _HOST.fullmatch(host)):
            return None
    except ValueError:  # the port, or an IP address in brackets
        return None
    return parts


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is this machine, without a DNS lookup."""
    parts = parse_url(url)
    return parts is not None and is_loopback_host(parts.hostname or "")


def is_loopback_host(host: str) -> bool:
    """Whether a hostname or IP address is this machine's, without a DNS lookup."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return is_ip_address(host) and ipaddress.ip_address(host).is_loopback


def is_ip_address(host: str) -> bool:
    """Whether a host is an IP address, without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
