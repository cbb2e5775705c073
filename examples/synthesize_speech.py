"""Synthesize speech.

    python examples/synthesize_speech.py "The kettle is on." af_heart

DEAPI_API_KEY must be set. The second argument is one of the model's voices.
"""

import sys

from deapi import DeapiClient


def main() -> None:
    """Synthesize the text."""
    text = sys.argv[1] if len(sys.argv) > 1 else "The kettle is on. Come in and sit down."
    voice = sys.argv[2] if len(sys.argv) > 2 else "af_alloy"
    with DeapiClient() as client:
        job = client.audio.synthesize(
            text=text,
            model="Kokoro",
            lang="en-us",
            voice=voice,
            format="mp3",
            speed=1,
            sample_rate=24000,
        )
        print(f"Saved {job.save('speech.mp3')}")


if __name__ == "__main__":
    main()
