"""Generate an image from text and save it.

    python examples/generate_image.py "a fox in the snow, woodcut" fox.png

DEAPI_API_KEY must be set. A file name that ends in .jpg or .webp selects that format.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Generate the image."""
    prompt = sys.argv[1] if len(sys.argv) > 1 else "a lighthouse at dawn, watercolour"
    path = sys.argv[2] if len(sys.argv) > 2 else "image.png"
    with DeapiClient() as client:
        job = client.images.generate(
            prompt=prompt, model="Flux1schnell", width=768, height=768, steps=4, seed=-1
        )
        print(f"Saved {job.save(path)}")


if __name__ == "__main__":
    main()
