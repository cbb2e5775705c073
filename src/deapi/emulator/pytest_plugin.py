"""The pytest fixtures. Importing this module imports neither the server, the client nor asyncio.

Every pytest run of an environment in which the package is installed loads it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deapi import AsyncDeapiClient, DeapiClient

    from . import Emulator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the configuration file."""
    parser.addini(
        "deapi_speed",
        "deapi_emulator: emulated seconds per real second; jobs then advance with the clock",
    )
    parser.addini(
        "deapi_polls_per_state",
        "deapi_emulator: status requests in each state of a job (default: 0, which finishes jobs "
        "at once, unless deapi_speed is set)",
    )
    parser.addini(
        "deapi_sockets",
        "deapi_emulator: whether it listens on a network socket (default: true); otherwise only "
        "the clients of the other fixtures reach it",
        type="bool",
        default=True,
    )
    parser.addini("deapi_api_version", "deapi_env, deapi_client: the API version, v1 or v2")


@pytest.fixture
def deapi_emulator(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """A running `Emulator`, a new one for each test. By default its jobs finish at once."""
    from . import Emulator

    speed = pytestconfig.getini("deapi_speed")
    polls = pytestconfig.getini("deapi_polls_per_state")
    options: dict[str, Any] = {"sockets": pytestconfig.getini("deapi_sockets")}
    if speed:
        options["speed"] = float(speed)
    if polls or not speed:
        options["polls_per_state"] = int(polls or 0)
    with Emulator(**options) as emulator:
        yield emulator


@pytest.fixture
def deapi_env(
    deapi_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> Emulator:
    """The emulator, with environment variables that let every client without arguments use it."""
    monkeypatch.setenv("DEAPI_API_KEY", deapi_emulator.api_key)
    monkeypatch.setenv("DEAPI_BASE_URL", deapi_emulator.url)
    monkeypatch.delenv("DEAPI_CLIENT_ID", raising=False)  # of another account
    for name in ("NO_PROXY", "no_proxy"):
        others = os.environ.get(name)
        monkeypatch.setenv(name, ",".join(filter(None, (others, "127.0.0.1"))))
    if version := pytestconfig.getini("deapi_api_version"):
        monkeypatch.setenv("DEAPI_API_VERSION", version)
    return deapi_emulator


@pytest.fixture
def deapi_client(deapi_emulator: Emulator, pytestconfig: pytest.Config) -> Iterator[DeapiClient]:
    """A `DeapiClient` that uses the emulator."""
    with deapi_emulator.client(**_client_options(pytestconfig)) as client:
        yield client


@pytest.fixture
def deapi_async_client(
    deapi_emulator: Emulator, pytestconfig: pytest.Config
) -> Iterator[AsyncDeapiClient]:
    """An `AsyncDeapiClient` that uses the emulator, for tests on any event loop."""
    import asyncio

    client = deapi_emulator.async_client(**_client_options(pytestconfig))
    yield client
    asyncio.run(client.close())


def _client_options(config: pytest.Config) -> dict[str, Any]:
    version = config.getini("deapi_api_version")
    return {"api_version": version} if version else {}
