"""Cut out what an image shows. The background becomes transparent.

    python examples/remove_background.py photo.png cutout.png

DEAPI_API_KEY has to be set. Without arguments it cuts out what image.png shows.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Cut it out."""
    image = sys.argv[1] if len(sys.argv) > 1 else "image.png"
    path = sys.argv[2] if len(sys.argv) > 2 else "cutout.png"
    with DeapiClient() as client:
        job = client.images.remove_background(image=image, model="Ben2")
        print(f"Saved {job.save(path)}")


if __name__ == "__main__":
    main()
