"""Clients of the SDK that use an HTTP client of the emulator, and close it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpx

if TYPE_CHECKING:
    from deapi import AsyncDeapiClient, DeapiClient

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100)


def make_client(
    options: dict[str, Any], transport: httpx.BaseTransport | None = None
) -> DeapiClient:
    """Create a client that ignores the proxies of the environment."""
    from deapi import DeapiClient as Client

    if "http_client" in options or not (transport or getproxies()):
        return Client(**options)
    http_client = httpx.Client(trust_env=False, limits=_LIMITS, transport=transport)

    class DeapiClient(Client):  # its repr has this name
        def close(self) -> None:
            super().close()
            http_client.close()

    return DeapiClient(http_client=http_client, **options)


def make_async_client(
    options: dict[str, Any], transport: httpx.AsyncBaseTransport | None = None
) -> AsyncDeapiClient:
    """Create an asynchronous client that ignores the proxies of the environment."""
    from deapi import AsyncDeapiClient as Client

    if "http_client" in options or not (transport or getproxies()):
        return Client(**options)
    http_client = httpx.AsyncClient(trust_env=False, limits=_LIMITS, transport=transport)

    class AsyncDeapiClient(Client):  # its repr has this name
        async def close(self) -> None:
            await super().close()
            await http_client.aclose()

    return AsyncDeapiClient(http_client=http_client, **options)
