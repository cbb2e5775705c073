"""Metadata of recordings on platforms such as YouTube and TikTok."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ._base import Lenient, Model, UtcDatetime, lenient, list_of_objects, list_of_strings


class Thumbnail(Model):
    """A thumbnail of a recording.

    Attributes:
        url: URL of the image.
        width: Width of the image in pixels.
        height: Height of the image in pixels.
    """

    url: Annotated[str | None, Lenient] = None
    width: Annotated[int | None, Lenient] = None
    height: Annotated[int | None, Lenient] = None


class SourceMetadata(Model):
    """Metadata of the recording that was transcribed or described.

    YouTube fills only the first eight fields, TikTok fills all. A field that the platform does not
    report is None or an empty list.

    Attributes:
        id: ID of the recording on the platform.
        title: Title of the recording.
        description: Description by the author.
        channel: Name of the channel.
        duration_seconds: Duration in seconds.
        extractor: Name of the platform, for example ``tiktok``.
        view_count: Number of views.
        like_count: Number of likes.
        comment_count: Number of comments.
        repost_count: Number of reposts.
        save_count: Number of times that users saved the recording.
        uploader: Name of the author.
        uploader_url: URL of the author's page.
        channel_id: ID of the channel on the platform.
        channel_url: URL of the channel.
        webpage_url: URL of the recording's page.
        timestamp: Publication time, in UTC.
        upload_date: Publication date as ``YYYYMMDD``.
        thumbnails: Thumbnails of the recording.
        fulltitle: Complete title of the recording.
        has_audio: Whether the recording has an audio track.
        is_live: Whether the recording is a live stream in progress.
        language: Language code of the recording.
        tags: Tags of the recording.
        categories: Categories of the recording.
        chapters: Chapters as JSON objects, whose fields depend on the platform.
        heatmap: Viewing frequency over time as JSON objects, whose fields depend on the platform.
        availability: Visibility of the recording, for example ``public``.
        channel_follower_count: Number of followers of the channel.
    """

    id: Annotated[str | None, Field(coerce_numbers_to_str=True), Lenient] = None
    title: Annotated[str | None, Lenient] = None
    description: Annotated[str | None, Lenient] = None
    channel: Annotated[str | None, Lenient] = None
    duration_seconds: Annotated[float | None, Lenient] = None
    extractor: Annotated[str | None, Lenient] = None
    view_count: Annotated[int | None, Lenient] = None
    like_count: Annotated[int | None, Lenient] = None
    comment_count: Annotated[int | None, Lenient] = None
    repost_count: Annotated[int | None, Lenient] = None
    save_count: Annotated[int | None, Lenient] = None
    uploader: Annotated[str | None, Lenient] = None
    uploader_url: Annotated[str | None, Lenient] = None
    channel_id: Annotated[str | None, Field(coerce_numbers_to_str=True), Lenient] = None
    channel_url: Annotated[str | None, Lenient] = None
    webpage_url: Annotated[str | None, Lenient] = None
    timestamp: UtcDatetime = None
    upload_date: Annotated[str | None, Field(coerce_numbers_to_str=True), Lenient] = None
    thumbnails: Annotated[list[Thumbnail], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[Thumbnail]
    )
    fulltitle: Annotated[str | None, Lenient] = None
    has_audio: Annotated[bool | None, Lenient] = None
    is_live: Annotated[bool | None, Lenient] = None
    language: Annotated[str | None, Lenient] = None
    tags: Annotated[list[str], BeforeValidator(list_of_strings)] = Field(default_factory=list[str])
    categories: Annotated[list[str], BeforeValidator(list_of_strings)] = Field(
        default_factory=list[str]
    )
    chapters: Annotated[list[dict[str, Any]], BeforeValidator(list_of_objects), lenient(list)] = (
        Field(default_factory=list[dict[str, Any]])
    )
    heatmap: Annotated[list[dict[str, Any]], BeforeValidator(list_of_objects), lenient(list)] = (
        Field(default_factory=list[dict[str, Any]])
    )
    availability: Annotated[str | None, Lenient] = None
    channel_follower_count: Annotated[int | None, Lenient] = None
