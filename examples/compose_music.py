"""Compose music.

    python examples/compose_music.py "slow piano, rain on a window" 20

DEAPI_API_KEY must be set. The second argument is the duration in seconds, at least 10.
"""

import sys

from deapi import DeapiClient

MODEL, STEPS = "AceStep_1_5_Turbo", 8


def main() -> None:
    """Get the price, then compose the music."""
    caption = sys.argv[1] if len(sys.argv) > 1 else "slow piano, rain on a window"
    duration = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    with DeapiClient() as client:
        price = client.audio.compose_price(model=MODEL, duration=duration, inference_steps=STEPS)
        print(f"{duration:g} seconds cost ${price.price:.5f}")
        job = client.audio.compose(
            caption=caption,
            model=MODEL,
            duration=duration,
            inference_steps=STEPS,
            guidance_scale=1,
            seed=-1,
            format="mp3",
        )
        print(f"Saved {job.save('music.mp3')}")


if __name__ == "__main__":
    main()
