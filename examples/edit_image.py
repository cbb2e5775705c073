"""Change an image as a text says, or join up to three in one.

    python examples/edit_image.py "the same place at night" photo.png
    python examples/edit_image.py "put the cat on the sofa" cat.png room.png

DEAPI_API_KEY has to be set. Without arguments it changes image.png, which generate_image.py makes.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Change the image."""
    prompt = sys.argv[1] if len(sys.argv) > 1 else "the same place at night"
    images = sys.argv[2:] or ["image.png"]
    with DeapiClient() as client:
        job = client.images.transform(
            prompt=prompt, model="Flux_2_Klein_4B_BF16", images=images, steps=4, seed=-1
        )
        print(f"Saved {job.save('edited.png')}")


if __name__ == "__main__":
    main()
