"""Edit an image following a text prompt, or combine up to three images.

    python examples/edit_image.py "the same place at night" photo.png
    python examples/edit_image.py "put the cat on the sofa" cat.png room.png

DEAPI_API_KEY must be set. By default the program edits image.png, which generate_image.py creates.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Edit or combine the images."""
    prompt = sys.argv[1] if len(sys.argv) > 1 else "the same place at night"
    images = sys.argv[2:] or ["image.png"]
    with DeapiClient() as client:
        job = client.images.transform(
            prompt=prompt, model="Flux_2_Klein_4B_BF16", images=images, steps=4, seed=-1
        )
        print(f"Saved {job.save('edited.png')}")


if __name__ == "__main__":
    main()
