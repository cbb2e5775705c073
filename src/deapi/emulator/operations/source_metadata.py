"""What a platform tells of a recording, made up of its URL."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from deapi.emulator.media import phrases
from deapi.emulator.media.seeding import randomness
from deapi.emulator.validation.sources import TIKTOK, platform_of, seconds_of, source_of

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
_FIRST_DAY = 1_700_000_000
_YEAR = 365 * 86_400


def metadata_of(fields: Fields) -> dict[str, Any] | None:
    """What is told of a job's source.

    Args:
        fields: The job's fields.

    Returns:
        Always the same keys, null where the platform has nothing; None for an uploaded file, or
        if nobody asked for it.
    """
    url = source_of(fields)
    if not fields.get("include_metadata") or not isinstance(url, str):
        return None
    random = randomness("metadata", url)
    topic = random.choice(phrases.TOPICS)
    views = random.randrange(1_000, 1_000_000)
    platform = platform_of(url)
    told: dict[str, Any] = {
        "id": str(random.randrange(10**10, 10**11)),
        "title": f"A visit to {topic}",
        "description": f"We spent a day at {topic}.",
        "channel": f"Emulated channel {random.randrange(1, 100)}",
        "duration_seconds": seconds_of(fields),
        "extractor": platform,
        "view_count": views,
        "like_count": views // random.randrange(10, 40),
        **dict.fromkeys(_TIKTOK_ONLY),
    }
    if platform == TIKTOK:
        uploaded = _FIRST_DAY + random.randrange(_YEAR)
        moment = datetime.datetime.fromtimestamp(uploaded, datetime.timezone.utc)
        home = "https://www.tiktok.com/@emulated"
        told |= {
            "comment_count": views // 90,
            "repost_count": views // 200,
            "save_count": views // 150,
            "uploader": "emulated",
            "uploader_url": home,
            "channel_id": f"MS4w{told['id']}",
            "channel_url": home,
            "webpage_url": url,
            "timestamp": uploaded,
            "upload_date": moment.strftime("%Y%m%d"),
            "thumbnails": [{"url": f"{home}/{told['id']}.jpeg", "width": 540, "height": 960}],
            "fulltitle": told["title"],
            "has_audio": True,
            "is_live": False,
            "language": "en",
            "tags": topic.split()[-1:],
        }
    return told
