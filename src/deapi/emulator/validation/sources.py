"""Where recordings come from: platforms, made-up durations, and the rules of a source."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deapi.emulator.validation.fields import NOT_IN_V1, Field, Fields, Upload
from deapi.emulator.validation.validator import add, label

if TYPE_CHECKING:
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors
    from deapi.emulator.operations.operation import Rule

TIKTOK = "tiktok"
MAX_SECONDS = 36_000
"""Longest recording: 600 minutes."""

_PLATFORMS = {
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "x.com": "twitter",
    "twitter.com": "twitter",
    "twitch.tv": "twitch",
    "kick.com": "kick",
    "tiktok.com": TIKTOK,
}
_SPACES = "/i/spaces/"
_NAMES = ("source_url", "source_file", "video_url", "video_file", "audio_url", "audio", "video")

DURATION = Field("duration_seconds", "number", minimum=0.1, maximum=MAX_SECONDS)
"""The length of a recording that is not there, in a request for a price."""

METADATA = Field("include_metadata", "boolean", default=False, unknown_to=NOT_IN_V1)

PLATFORM = Field(
    "platform",
    "string",
    choices=("youtube", "twitter", "twitch", "kick", TIKTOK),
    unknown_to=NOT_IN_V1,
)


def platform_of(url: str) -> str | None:
    """The platform that a source URL belongs to: "spaces", "tiktok", "youtube" ...; or None."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    for domain, name in _PLATFORMS.items():
        if host == domain or host.endswith(f".{domain}"):
            return "spaces" if name == "twitter" and _SPACES in parts.path else name
    return None


def source_of(fields: Fields) -> str | Upload | None:
    """The recording, a URL or a file, under whichever name it came."""
    return next((fields[name] for name in _NAMES if fields.get(name) is not None), None)


def seconds_of(fields: Fields) -> float:
    """Duration of the source; the emulator fetches no URL, so its duration is made up of it."""
    source = source_of(fields)
    if source is None:
        return float(fields["duration_seconds"])
    if isinstance(source, Upload):
        return source.duration
    return 30.0 + hashlib.sha256(source.encode()).digest()[0] * 2


def seed_of(fields: Fields) -> str:
    """What decides on everything that is made up of the source."""
    source = source_of(fields)
    return source.sha256 if isinstance(source, Upload) else str(source)


def on_tiktok(fields: Fields) -> bool:
    """Whether the source is on TikTok, or the price of one that is there is asked for."""
    source = source_of(fields)
    if isinstance(source, str):
        return platform_of(source) == TIKTOK
    return source is None and fields.get("platform") == TIKTOK


def one_source(*names: str) -> Rule:
    """Exactly one of the fields is given."""

    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        del model
        given = [name for name in names if fields.get(name) is not None]
        if set(names) & errors.keys():
            return
        first, others = label(names[0]), label(" / ".join(names[1:]))
        if not given:
            add(errors, names[0], f"The {first} field is required when {others} is not present.")
        elif len(given) > 1:
            word, other = (label(name) for name in given[:2])
            add(errors, given[0], f"The {word} field prohibits {other} from being present.")

    return check


def supported_url(name: str, *, spaces: bool | None) -> Rule:
    """A URL leads to a platform that can be read; `spaces` says whether it is an X Space."""

    def check(fields: Fields, model: Model | None, errors: Errors) -> None:
        del model
        url = fields.get(name)
        if url is None or name in errors:
            return
        platform = platform_of(url)
        if platform is None or spaces not in (None, platform == "spaces"):
            add(errors, name, f"The {label(name)} field must be a supported URL.")

    return check


def platform_fits(fields: Fields, model: Model | None, errors: Errors) -> None:
    """A platform is named only where there is no source to tell it."""
    del model
    if fields.get("platform") is not None and fields.get("duration_seconds") is None:
        message = "The platform field is prohibited unless duration seconds is present."
        add(errors, "platform", message)
