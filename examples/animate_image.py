"""Animate an image.

    python examples/animate_image.py photo.png "the clouds drift by" clouds.mp4

DEAPI_API_KEY must be set. By default the program animates image.png.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Animate the image."""
    image = sys.argv[1] if len(sys.argv) > 1 else "image.png"
    prompt = sys.argv[2] if len(sys.argv) > 2 else "the clouds drift by"
    path = sys.argv[3] if len(sys.argv) > 3 else "animated.mp4"
    with DeapiClient() as client:
        job = client.video.animate(
            prompt=prompt,
            model="Ltxv_13B_0_9_8_Distilled_FP8",
            first_frame_image=image,
            width=512,
            height=512,
            frames=60,
            fps=30,
            steps=1,
            guidance=0,
            seed=-1,
        )
        print(f"Saved {job.save(path, max_wait=900)}")


if __name__ == "__main__":
    main()
