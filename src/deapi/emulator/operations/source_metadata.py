"""Metadata of a recording, generated from its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import utc_datetime
from ..media.rng import seeded_random
from ..media.sample_text import TOPICS
from ..validation.sources import TIKTOK, detect_platform, find_source, source_duration

if TYPE_CHECKING:
    from ..validation.fields import Fields

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
    source_id = str(random.randrange(10**10, 10**11))
    title = f"A visit to {topic}"
    timestamp = _FIRST_UPLOAD + random.randrange(_YEAR_SECONDS)
    channel_url = "https://www.tiktok.com/@emulated"
    metadata: dict[str, Any] = {
        "id": source_id,
        "title": title,
        "description": f"We spent a day at {topic}.",
        "channel": f"Emulated channel {random.randrange(1, 100)}",
        "duration_seconds": source_duration(fields),
        "extractor": platform,
        "view_count": views,
        "like_count": views // random.randrange(10, 40),
    }
    tiktok_metadata: dict[str, Any] = {
        "comment_count": views // 90,
        "repost_count": views // 200,
        "save_count": views // 150,
        "uploader": "emulated",
        "uploader_url": channel_url,
        "channel_id": f"MS4w{source_id}",
        "channel_url": channel_url,
        "webpage_url": url,
        "timestamp": timestamp,
        "upload_date": utc_datetime(timestamp).strftime("%Y%m%d"),
        "thumbnails": [{"url": f"{channel_url}/{source_id}.jpeg", "width": 540, "height": 960}],
        "fulltitle": title,
        "has_audio": True,
        "is_live": False,
        "language": "en",
        "tags": topic.split()[-1:],
        "categories": None,
        "chapters": None,
        "heatmap": None,
        "availability": None,
        "channel_follower_count": None,
    }
    return metadata | (tiktok_metadata if platform == TIKTOK else dict.fromkeys(tiktok_metadata))
