"""Protection against web pages: which `Host` and `Origin` headers are served.

The emulator's key is public, so a web page could use it through a hostname that resolves to this
machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .. import errors
from ..validation.urls import is_ip_address, is_loopback_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.datastructures import Headers


class AllowedHosts:
    """The hostnames of the emulator.

    An IP address and the names of this machine are always allowed.

    Args:
        hosts: Other hostnames that are allowed.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = {host.lower() for host in hosts}

    def check(self, headers: Headers) -> None:
        """Check the headers of a request.

        Raises:
            ApiError: 403 if another site's page has sent the request.
        """
        host, origin = headers.get("host"), headers.get("origin")
        if host is not None and not self._allows(f"//{host}"):
            raise errors.foreign_site(f"the host {host!r}")
        if origin is not None and not self._allows(origin):
            raise errors.foreign_site(f"the origin {origin!r}")

    def _allows(self, url: str) -> bool:
        try:
            host = (urlsplit(url).hostname or "").rstrip(".")
        except ValueError:
            return False
        return host in self._hosts or is_loopback_host(host) or is_ip_address(host)
