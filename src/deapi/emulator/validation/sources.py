"""Sources of recordings (a URL, a file or a duration): their fields, rules and properties."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .fields import Field, Fields, Upload
from .urls import parse_url
from .validator import add_error, label

if TYPE_CHECKING:
    from ..catalogue.model import Model
    from ..errors import FieldErrors
    from .rules import Rule

TIKTOK = "tiktok"
_MAX_SECONDS = 36_000
"""Maximum duration of a recording: 600 minutes."""

_PLATFORMS = {
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "x.com": "twitter",
    "twitter.com": "twitter",
    "twitch.tv": "twitch",
    "kick.com": "kick",
    "tiktok.com": TIKTOK,
}
_NAMES = ("source_url", "source_file", "video_url", "video_file", "audio_url", "audio", "video")
"""Names of the fields that contain a source, whatever the operation."""

DURATION = Field("duration_seconds", "number", minimum=0.1, maximum=_MAX_SECONDS)
"""Duration of the recording, in a price request without a source."""

INCLUDE_METADATA = Field("include_metadata", "boolean", default=False, not_in_v1=True)

PLATFORM = Field(
    "platform", "string", choices=("youtube", "twitter", "twitch", "kick", TIKTOK), not_in_v1=True
)


def detect_platform(url: str) -> str | None:
    """Detect the platform of a source URL, such as "youtube", "tiktok" or "spaces"."""
    parts = parse_url(url)
    if parts is None or parts.scheme not in ("http", "https"):
        return None
    host = parts.hostname or ""
    for domain, name in _PLATFORMS.items():
        if host == domain or host.endswith(f".{domain}"):
            return "spaces" if name == "twitter" and "/i/spaces/" in parts.path else name
    return None


def find_source(fields: Fields) -> str | Upload | None:
    """Return the source of a request, a URL or a file, whatever the name of its field."""
    return next((fields[name] for name in _NAMES if fields.get(name) is not None), None)


def source_duration(fields: Fields) -> float:
    """Return the duration of the source in seconds.

    That of a URL is the one of the request, or is derived from the URL, which is not fetched.
    """
    source = find_source(fields)
    if source is None or fields.get("duration_seconds") is not None:
        return float(fields["duration_seconds"])
    if isinstance(source, Upload):
        return source.duration
    return 30.0 + hashlib.sha256(source.encode()).digest()[0] * 2


def source_seed(fields: Fields) -> str:
    """Return the seed of all results for the source: the same source has the same results."""
    source = find_source(fields)
    return source.sha256 if isinstance(source, Upload) else str(source)


def is_tiktok(fields: Fields) -> bool:
    """Whether the source is a TikTok URL, or a price request has the platform TikTok."""
    source = find_source(fields)
    if isinstance(source, str):
        return detect_platform(source) == TIKTOK
    return source is None and fields.get("platform") == TIKTOK


def exactly_one_source(*names: str) -> Rule:
    """Require exactly one of several fields."""
    require_one = at_least_one_source(*names)

    def check(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
        present = [name for name in names if fields.get(name) is not None]
        if len(present) > 1 and not set(names) & errors.keys():
            first, second = (label(name) for name in present[:2])
            message = f"The {first} field prohibits {second} from being present."
            add_error(errors, present[0], message)
        require_one(fields, model, errors)

    return check


def at_least_one_source(*names: str) -> Rule:
    """Require one or more of several fields."""

    def check(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
        if set(names) & errors.keys() or any(fields.get(name) is not None for name in names):
            return
        first, others = label(names[0]), label(" / ".join(names[1:]))
        message = f"The {first} field is required when {others} is not present."
        add_error(errors, names[0], message)

    return check


def supported_url(name: str, *, spaces: bool | None) -> Rule:
    """Check that a URL belongs to a supported platform.

    True for `spaces` requires an X Space, False rejects one, None accepts both.
    """

    def check(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
        url = fields.get(name)
        if url is None or name in errors:
            return
        platform = detect_platform(url)
        if platform is None or spaces not in (None, platform == "spaces"):
            add_error(errors, name, f"The {label(name)} field must be a supported URL.")

    return check


def platform_requires_duration(fields: Fields, _model: Model | None, errors: FieldErrors) -> None:
    """Reject `platform` without `duration_seconds`."""
    if fields.get("platform") is not None and fields.get("duration_seconds") is None:
        message = "The platform field is prohibited unless duration seconds is present."
        add_error(errors, "platform", message)
