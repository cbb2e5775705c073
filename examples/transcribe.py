"""Write down what is said in a recording, with times.

    python examples/transcribe.py interview.mp3
    python examples/transcribe.py https://www.youtube.com/watch?v=...

DEAPI_API_KEY has to be set. Without arguments it reads speech.mp3, which speak.py makes.
"""

import sys

from deapi import DeapiClient

MODEL = "WhisperLargeV3"


def main() -> None:
    """Write the transcript down."""
    source = sys.argv[1] if len(sys.argv) > 1 else "speech.mp3"
    on_the_web = source.startswith(("http://", "https://"))
    with DeapiClient() as client:
        job = client.transcription.create(
            source_url=source if on_the_web else None,
            source_file=None if on_the_web else source,
            model=MODEL,
            include_ts=True,
            return_result_in_response=True,
        )
        transcript = job.wait(max_wait=1800).transcript()
    for segment in transcript.segments:
        print(f"{segment.start:7.1f} s  {segment.text}")


if __name__ == "__main__":
    main()
