"""Generate several images concurrently. A failed job does not stop the others.

    python examples/async_batch.py fox owl hare

DEAPI_API_KEY must be set.
"""

import asyncio
import sys
from pathlib import Path

from deapi import AsyncDeapiClient, DeapiError


async def generate(client: AsyncDeapiClient, animal: str, semaphore: asyncio.Semaphore) -> Path:
    """Generate and save one image."""
    async with semaphore:
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
    """Generate all images, at most four at a time."""
    animals = sys.argv[1:] or ["fox", "owl", "hare"]
    semaphore = asyncio.Semaphore(4)
    async with AsyncDeapiClient() as client:
        results = await asyncio.gather(
            *(generate(client, animal, semaphore) for animal in animals), return_exceptions=True
        )
    for animal, result in zip(animals, results, strict=True):
        if isinstance(result, BaseException) and not isinstance(result, DeapiError):
            raise result
        print(f"{animal}: {result}")


if __name__ == "__main__":
    asyncio.run(main())
