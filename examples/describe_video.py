"""Say what happens in a video.

    python examples/describe_video.py holiday.mp4 detail
    python examples/describe_video.py https://www.youtube.com/watch?v=...

DEAPI_API_KEY has to be set. The second argument says how closely to look: fast, balanced or detail,
each some times as expensive as the one before. Without arguments it watches video.mp4, which
make_video.py makes.
"""

import sys
from collections.abc import Iterable

from deapi import DeapiClient
from deapi.types import VideoEvent


def show(title: str, events: Iterable[VideoEvent]) -> None:
    """Print a list of what is seen."""
    print(title)
    for event in events:
        print(f"{event.start:7.1f} to {event.end:7.1f} s  {event.description}")


def main() -> None:
    """Describe the video."""
    source = sys.argv[1] if len(sys.argv) > 1 else "video.mp4"
    preset = sys.argv[2] if len(sys.argv) > 2 else "fast"
    on_the_web = source.startswith(("http://", "https://"))
    with DeapiClient(api_version="v2") as client:
        job = client.video.describe(
            model="Marlin_2B",
            video_url=source if on_the_web else None,
            video_file=None if on_the_web else source,
            preset=preset,
            return_result_in_response=True,
        )
        description = job.wait(max_wait=1800).description()
    show("Scenes", description.scenes)
    show("Events", description.events)


if __name__ == "__main__":
    main()
