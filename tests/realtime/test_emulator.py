"""The emulator's socket and the client's: updates of real jobs, in both clients."""

import asyncio

import pytest

from deapi import AsyncDeapiClient, DeapiClient
from deapi.emulator import Emulator

FOX = {
    "prompt": "a fox",
    "model": "Flux1schnell",
    "width": 256,
    "height": 256,
    "seed": 1,
    "steps": 4,
}


@pytest.fixture
def emulator():
    with Emulator(speed=4) as emulator:
        yield emulator


def settings(emulator):
    return {
        "api_key": emulator.api_key,
        "base_url": emulator.url,
        "client_id": emulator.client_id,
    }


def polls(emulator):
    return [each for each in emulator.requests if "request-status" in each.path]


def test_sync_waits_end_when_the_socket_announces_the_results(emulator):
    with DeapiClient(**settings(emulator)) as client:
        for _ in range(3):
            seen = []
            job = client.images.generate(**FOX)
            result = job.wait(on_update=seen.append)
            assert result.result_url
            assert seen[-1].status == "done"
    assert 3 <= len(polls(emulator)) <= 6


def test_async_waits_end_when_the_socket_announces_the_results(emulator):
    async def run():
        async with AsyncDeapiClient(**settings(emulator)) as client:
            jobs = [await client.images.generate(**FOX) for _ in range(5)]
            return await asyncio.gather(*(job.wait() for job in jobs))

    results = asyncio.run(run())
    assert all(result.status == "done" and result.result_url for result in results)
    assert 5 <= len(polls(emulator)) <= 10
