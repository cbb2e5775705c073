"""Write down a conversation: who says what, and when.

    python examples/transcribe_speakers.py interview.mp3
    python examples/transcribe_speakers.py https://www.youtube.com/watch?v=...

DEAPI_API_KEY has to be set. To tell the speakers apart makes a transcript half as expensive again.
Without arguments it reads speech.mp3, which speak.py makes.
"""

import sys
from itertools import groupby

from deapi import DeapiClient

MODEL = "WhisperLargeV3Ct2"  # one whose features list supports_diarization


def main() -> None:
    """Write the conversation down."""
    source = sys.argv[1] if len(sys.argv) > 1 else "speech.mp3"
    on_the_web = source.startswith(("http://", "https://"))
    with DeapiClient(api_version="v2") as client:
        job = client.transcription.create(
            source_url=source if on_the_web else None,
            source_file=None if on_the_web else source,
            model=MODEL,
            include_ts=True,
            diarize=True,
            include_metadata=True if on_the_web else None,
            return_result_in_response=True,
        )
        result = job.wait(max_wait=1800).raise_for_error()
    about = result.source_metadata()
    if about:
        print(f"{about.title} ({about.channel})")
    segments = result.transcript().segments
    for speaker, turn in groupby(segments, key=lambda segment: segment.speaker or "?"):
        said = list(turn)
        print(f"{said[0].start:7.1f} s  {speaker}: {' '.join(part.text for part in said)}")


if __name__ == "__main__":
    main()
