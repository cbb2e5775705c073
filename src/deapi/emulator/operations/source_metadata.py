"""Metadata of a recording, generated from its URL."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from deapi.emulator.media.rng import seeded_random
from deapi.emulator.media.sample_text import TOPICS
from deapi.emulator.validation.sources import TIKTOK, detect_platform, find_source, source_duration

if TYPE_CHECKING:
    from deapi.emulator.validation.fields import Fields

_TIKTOK_ONLY = (
    "comment_count",
    "repost_count",
    "save_count",
    "uploader",
    "uploader_url",
    "channel_id",
    "channel_url",
    "webpage_url",
    "timestamp",
    "upload_date",
    "thumbnails",
    "fulltitle",
    "has_audio",
    "is_live",
    "language",
    "tags",
    "categories",
    "chapters",
    "heatmap",
    "availability",
    "channel_follower_count",
)
_FIRST_UPLOAD = 1_700_000_000
_YEAR_SECONDS = 365 * 86_400


def source_metadata(fields: Fields) -> dict[str, Any] | None:
    """Generate the metadata of a job's source, if the job requested it and the source is a URL.

    All sources have the same keys, with null where the platform has no value.
    """
    url = find_source(fields)
    if not fields.get("include_metadata") or not isinstance(url, str):
        return None
    random = seeded_random("metadata", url)
    topic = random.choice(TOPICS)
    views = random.randrange(1_000, 1_000_000)
    platform = detect_platform(url)
    metadata: dict[str, Any] = {
        "id": str(random.randrange(10**10, 10**11)),
        "title": f"A visit to {topic}",
        "description": f"We spent a day at {topic}.",
        "channel": f"Emulated channel {random.randrange(1, 100)}",
        "duration_seconds": source_duration(fields),
        "extractor": platform,
        "view_count": views,
        "like_count": views // random.randrange(10, 40),
        **dict.fromkeys(_TIKTOK_ONLY),
    }
    if platform == TIKTOK:
        timestamp = _FIRST_UPLOAD + random.randrange(_YEAR_SECONDS)
        uploaded_at = datetime.datetime.fromtimestamp(timestamp, datetime.timezone.utc)
        channel_url = "https://www.tiktok.com/@emulated"
        metadata |= {
            "comment_count": views // 90,
            "repost_count": views // 200,
            "save_count": views // 150,
            "uploader": "emulated",
            "uploader_url": channel_url,
            "channel_id": f"MS4w{metadata['id']}",
            "channel_url": channel_url,
            "webpage_url": url,
            "timestamp": timestamp,
            "upload_date": uploaded_at.strftime("%Y%m%d"),
            "thumbnails": [
                {"url": f"{channel_url}/{metadata['id']}.jpeg", "width": 540, "height": 960}
            ],
            "fulltitle": metadata["title"],
            "has_audio": True,
            "is_live": False,
            "language": "en",
            "tags": topic.split()[-1:],
        }
    return metadata
