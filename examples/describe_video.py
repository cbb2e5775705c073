"""Describe the scenes and events in a video.

    python examples/describe_video.py holiday.mp4 detail
    python examples/describe_video.py https://www.youtube.com/watch?v=...

DEAPI_API_KEY must be set. The second argument is the level of detail: fast, balanced or detail.
Higher detail costs several times as much. By default the program reads video.mp4, which
generate_video.py creates.
"""

import sys
from collections.abc import Iterable

from deapi import DeapiClient
from deapi.types import VideoEvent


def print_events(title: str, events: Iterable[VideoEvent]) -> None:
    """Print a list of scenes or events."""
    print(title)
    for event in events:
        print(f"{event.start:7.1f} to {event.end:7.1f} s  {event.description}")


def main() -> None:
    """Describe the video."""
    source = sys.argv[1] if len(sys.argv) > 1 else "video.mp4"
    preset = sys.argv[2] if len(sys.argv) > 2 else "fast"
    is_url = source.startswith(("http://", "https://"))
    with DeapiClient(api_version="v2") as client:
        job = client.video.describe(
            model="Marlin_2B",
            video_url=source if is_url else None,
            video_file=None if is_url else source,
            preset=preset,
            return_result_in_response=True,
        )
        description = job.description(max_wait=1800)
    print_events("Scenes", description.scenes)
    print_events("Events", description.events)


if __name__ == "__main__":
    main()
