"""Transcribe a conversation with speakers and timestamps.

    python examples/transcribe_speakers.py interview.mp3
    python examples/transcribe_speakers.py https://www.youtube.com/watch?v=...

DEAPI_API_KEY must be set. Speaker diarization increases the price by half. By default the program
reads speech.mp3, which synthesize_speech.py creates.
"""

import sys
from itertools import groupby

from deapi import DeapiClient

MODEL = "WhisperLargeV3Ct2"  # must support diarization; see supports_diarization in its features


def main() -> None:
    """Print the turns of the conversation."""
    source = sys.argv[1] if len(sys.argv) > 1 else "speech.mp3"
    is_url = source.startswith(("http://", "https://"))
    with DeapiClient(api_version="v2") as client:
        job = client.transcription.create(
            source_url=source if is_url else None,
            source_file=None if is_url else source,
            model=MODEL,
            include_ts=True,
            diarize=True,
            include_metadata=True if is_url else None,
            return_result_in_response=True,
        )
        result = job.result(max_wait=1800)
    metadata = result.source_metadata()
    if metadata:
        print(f"{metadata.title} ({metadata.channel})")
    segments = result.transcript().segments
    for speaker, group in groupby(segments, key=lambda segment: segment.speaker or "?"):
        turn = list(group)
        text = " ".join(segment.text for segment in turn)
        print(f"{turn[0].start:7.1f} s  {speaker}: {text}")


if __name__ == "__main__":
    main()
