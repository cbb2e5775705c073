"""Make many images at the same time. One that fails does not stop the others.

    python examples/async_batch.py fox owl hare

DEAPI_API_KEY has to be set.
"""

import asyncio
import sys
from pathlib import Path

from deapi import AsyncDeapiClient, DeapiError


async def draw(client: AsyncDeapiClient, animal: str, turn: asyncio.Semaphore) -> Path:
    """Make one image."""
    async with turn:
        job = await client.images.generate(
            prompt=f"a {animal} in ink",
            model="Flux1schnell",
            width=512,
            height=512,
            steps=4,
            seed=1,
        )
        return await job.save(f"{animal}.png")


async def main() -> None:
    """Make all of them, four at a time."""
    animals = sys.argv[1:] or ["fox", "owl", "hare"]
    turn = asyncio.Semaphore(4)
    async with AsyncDeapiClient() as client:
        results = await asyncio.gather(
            *(draw(client, animal, turn) for animal in animals), return_exceptions=True
        )
    for animal, result in zip(animals, results, strict=True):
        if isinstance(result, BaseException) and not isinstance(result, DeapiError):
            raise result
        print(f"{animal}: {result}")


if __name__ == "__main__":
    asyncio.run(main())
