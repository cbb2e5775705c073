"""Remove the background of an image. It becomes transparent.

    python examples/remove_background.py photo.png cutout.png

DEAPI_API_KEY must be set. By default the program reads image.png.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Remove the background."""
    image = sys.argv[1] if len(sys.argv) > 1 else "image.png"
    path = sys.argv[2] if len(sys.argv) > 2 else "cutout.png"
    with DeapiClient() as client:
        job = client.images.remove_background(image=image, model="Ben2")
        print(f"Saved {job.save(path)}")


if __name__ == "__main__":
    main()
