"""Let the service improve a prompt on the way to an image, and see what it made of it.

    python examples/boosted_image.py "a fox in the snow" fox.png

DEAPI_API_KEY has to be set. The better prompt costs a little on top of the image.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Make the image."""
    prompt = sys.argv[1] if len(sys.argv) > 1 else "a fox in the snow"
    path = sys.argv[2] if len(sys.argv) > 2 else "boosted.png"
    with DeapiClient(api_version="v2") as client:
        job = client.images.generate(
            prompt=prompt,
            model="Flux1schnell",
            width=768,
            height=768,
            steps=4,
            seed=-1,
            enhance_prompt=True,
        )
        result = job.wait().raise_for_error()
        if result.prompt_boost:
            print(f"Made of: {result.prompt_boost.prompt_original}")
            print(f"     to: {result.prompt_boost.prompt}")
        if result.price and result.price.amount is not None:
            print(f"It cost ${result.price.amount:.5f}.")
        print(f"Saved {job.save(path)}")


if __name__ == "__main__":
    main()
