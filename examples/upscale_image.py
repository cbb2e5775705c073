"""Upscale an image to four times its width and height, and print the price.

    python examples/upscale_image.py photo.png large.png

DEAPI_API_KEY must be set. By default the program upscales image.png.
"""

import sys

from deapi import DeapiClient

MODEL = "RealESRGAN_x4"


def main() -> None:
    """Upscale the image."""
    image = sys.argv[1] if len(sys.argv) > 1 else "image.png"
    path = sys.argv[2] if len(sys.argv) > 2 else "upscaled.png"
    with DeapiClient() as client:
        price = client.images.upscale_price(image=image, model=MODEL).price
        job = client.images.upscale(image=image, model=MODEL)
        print(f"Saved {job.save(path)} for ${price:.5f}")


if __name__ == "__main__":
    main()
