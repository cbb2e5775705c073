"""The clients that an emulator creates."""

from __future__ import annotations

import asyncio

import httpx
import pytest


@pytest.fixture
def proxy(monkeypatch):
    """Set a proxy that refuses every connection."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")


GENERATION = {
    "prompt": "a fox",
    "model": "Flux1schnell",
    "width": 256,
    "height": 256,
    "steps": 4,
    "seed": 1,
}


def test_a_client_of_the_emulator_uses_no_proxy(emulator, proxy, tmp_path):
    with pytest.raises(httpx.ConnectError):
        httpx.get(emulator.url)
    with emulator.client() as client:
        client.images.generate(**GENERATION).save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_an_async_client_of_the_emulator_uses_no_proxy(emulator, proxy, tmp_path):
    async def save():
        async with emulator.async_client() as client:
            job = await client.images.generate(**GENERATION)
            await job.save(tmp_path / "a.png")

    asyncio.run(save())
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_caller_can_pass_an_http_client(emulator, proxy):
    with httpx.Client(trust_env=False) as http_client:
        with emulator.client(http_client=http_client) as client:
            assert client.balance().balance == 100
        assert not http_client.is_closed
