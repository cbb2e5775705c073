"""Metadata of recordings on platforms such as YouTube and TikTok."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ._base import Lenient, Model, UtcDatetime, lenient, list_of_objects, list_of_strings


class Thumbnail(Model):
    """A thumbnail of a recording."""

    url: Annotated[str | None, Lenient] = None
    """URL of the image."""
    width: Annotated[int | None, Lenient] = None
    """Width of the image in pixels."""
    height: Annotated[int | None, Lenient] = None
    """Height of the image in pixels."""


class SourceMetadata(Model):
    """Metadata of the recording that was transcribed or described.

    YouTube fills only the first eight fields, TikTok fills all. A field that the platform does not
    report is None or an empty list.
    """

    id: Annotated[str | None, Field(coerce_numbers_to_str=True), Lenient] = None
    """ID of the recording on the platform."""
    title: Annotated[str | None, Lenient] = None
    """Title of the recording."""
    description: Annotated[str | None, Lenient] = None
    """Description by the author."""
    channel: Annotated[str | None, Lenient] = None
    """Name of the channel."""
    duration_seconds: Annotated[float | None, Lenient] = None
    """Duration in seconds."""
    extractor: Annotated[str | None, Lenient] = None
    """Name of the platform, for example ``tiktok``."""
    view_count: Annotated[int | None, Lenient] = None
    """Number of views."""
    like_count: Annotated[int | None, Lenient] = None
    """Number of likes."""
    comment_count: Annotated[int | None, Lenient] = None
    """Number of comments."""
    repost_count: Annotated[int | None, Lenient] = None
    """Number of reposts."""
    save_count: Annotated[int | None, Lenient] = None
    """Number of times that users saved the recording."""
    uploader: Annotated[str | None, Lenient] = None
    """Name of the author."""
    uploader_url: Annotated[str | None, Lenient] = None
    """URL of the author's page."""
    channel_id: Annotated[str | None, Field(coerce_numbers_to_str=True), Lenient] = None
    """ID of the channel on the platform."""
    channel_url: Annotated[str | None, Lenient] = None
    """URL of the channel."""
    webpage_url: Annotated[str | None, Lenient] = None
    """URL of the recording's page."""
    timestamp: UtcDatetime = None
    """Publication time, in UTC."""
    upload_date: Annotated[str | None, Field(coerce_numbers_to_str=True), Lenient] = None
    """Publication date as ``YYYYMMDD``."""
    thumbnails: Annotated[list[Thumbnail], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[Thumbnail]
    )
    """Thumbnails of the recording."""
    fulltitle: Annotated[str | None, Lenient] = None
    """Complete title of the recording."""
    has_audio: Annotated[bool | None, Lenient] = None
    """Whether the recording has an audio track."""
    is_live: Annotated[bool | None, Lenient] = None
    """Whether the recording is a live stream in progress."""
    language: Annotated[str | None, Lenient] = None
    """Language code of the recording."""
    tags: Annotated[list[str], BeforeValidator(list_of_strings)] = Field(default_factory=list[str])
    """Tags of the recording."""
    categories: Annotated[list[str], BeforeValidator(list_of_strings)] = Field(
        default_factory=list[str]
    )
    """Categories of the recording."""
    chapters: Annotated[list[dict[str, Any]], BeforeValidator(list_of_objects), lenient(list)] = (
        Field(default_factory=list[dict[str, Any]])
    )
    """Chapters as JSON objects, whose fields depend on the platform."""
    heatmap: Annotated[list[dict[str, Any]], BeforeValidator(list_of_objects), lenient(list)] = (
        Field(default_factory=list[dict[str, Any]])
    )
    """Viewing frequency over time as JSON objects, whose fields depend on the platform."""
    availability: Annotated[str | None, Lenient] = None
    """Visibility of the recording, for example ``public``."""
    channel_follower_count: Annotated[int | None, Lenient] = None
    """Number of followers of the channel."""
