"""Enhance a prompt, generate an image from it, and print the prompt before and after.

    python examples/enhance_prompt.py "a fox in the snow" fox.png

DEAPI_API_KEY must be set. Prompt enhancement has a small extra charge.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Enhance the prompt and generate the image."""
    prompt = sys.argv[1] if len(sys.argv) > 1 else "a fox in the snow"
    path = sys.argv[2] if len(sys.argv) > 2 else "enhanced.png"
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
        result = job.result()
        if result.prompt_boost:
            print(f"Original prompt: {result.prompt_boost.prompt_original}")
            print(f"Enhanced prompt: {result.prompt_boost.prompt}")
        if result.price and result.price.amount is not None:
            print(f"It cost ${result.price.amount:.5f}.")
        print(f"Saved {job.save(path)}")


if __name__ == "__main__":
    main()
