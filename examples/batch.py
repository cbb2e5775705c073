"""Generate many images within a budget. Run it again after an interruption, and it continues.

    python examples/batch.py 0.50 fox owl hare

DEAPI_API_KEY must be set.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Generate an image of each animal, and spend no more than the first argument in US dollars."""
    budget, *animals = sys.argv[1:] or ["0.50", "fox", "owl", "hare"]
    with DeapiClient() as client, client.batch("animals.db", budget=float(budget)) as batch:
        for animal in animals:
            batch.images.generate(
                prompt=f"a {animal} in ink",
                model="Flux1schnell",
                width=512,
                height=512,
                steps=4,
                seed=1,
            ).save(f"animals/{animal}.png")
        for item in batch.run():
            print(item.path or item.error)
        print(batch.summary())


if __name__ == "__main__":
    main()
