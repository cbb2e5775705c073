"""Transcribe a file or a URL, with timestamps.

    python examples/transcribe.py interview.mp3
    python examples/transcribe.py https://www.youtube.com/watch?v=...

DEAPI_API_KEY must be set. By default the program reads speech.mp3, which synthesize_speech.py
creates.
"""

import sys

from deapi import DeapiClient

MODEL = "WhisperLargeV3"


def main() -> None:
    """Print the transcript."""
    source = sys.argv[1] if len(sys.argv) > 1 else "speech.mp3"
    is_url = source.startswith(("http://", "https://"))
    with DeapiClient() as client:
        job = client.transcription.create(
            source_url=source if is_url else None,
            source_file=None if is_url else source,
            model=MODEL,
            include_ts=True,
            return_result_in_response=True,
        )
        transcript = job.transcript(max_wait=1800)
    for segment in transcript.segments:
        print(f"{segment.start:7.1f} s  {segment.text}")


if __name__ == "__main__":
    main()
