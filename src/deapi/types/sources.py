"""What a platform such as YouTube or TikTok tells of a recording."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ._base import Lenient, Model, Moment, lenient, rows, texts


class Thumbnail(Model):
    """A small picture of a recording.

    Attributes:
        url: Where it is.
        width: In pixels.
        height: In pixels.
    """

    url: Annotated[str | None, Lenient] = None
    width: Annotated[int | None, Lenient] = None
    height: Annotated[int | None, Lenient] = None


class SourceMetadata(Model):
    """What a platform tells of a recording. YouTube tells no more than the first eight; TikTok all.

    What a platform does not tell is None, or an empty list.

    Attributes:
        id: The platform's id of it.
        title: Its title.
        description: What its author writes about it.
        channel: The name of the channel.
        duration_seconds: How long it is.
        extractor: The platform.
        view_count: How often it was seen.
        like_count: How many like it.
        comment_count: How many comments it has.
        repost_count: How often it was passed on.
        save_count: How often it was saved.
        uploader: The name of its author.
        uploader_url: The author's page.
        channel_id: The platform's id of the channel.
        channel_url: The channel's page.
        webpage_url: Its own page.
        timestamp: When it was published.
        upload_date: The day of that, as ``YYYYMMDD``.
        thumbnails: Small pictures of it.
        fulltitle: Its title in full.
        has_audio: Whether it has sound.
        is_live: Whether it is going on now.
        language: Its language.
        tags: Its tags.
        categories: Its categories.
        chapters: Its chapters, which are open JSON.
        heatmap: How often its parts were seen, which is open JSON.
        availability: Who can see it.
        channel_follower_count: How many follow the channel.
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
    timestamp: Moment = None
    upload_date: Annotated[str | None, Field(coerce_numbers_to_str=True), Lenient] = None
    thumbnails: Annotated[list[Thumbnail], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[Thumbnail]
    )
    fulltitle: Annotated[str | None, Lenient] = None
    has_audio: Annotated[bool | None, Lenient] = None
    is_live: Annotated[bool | None, Lenient] = None
    language: Annotated[str | None, Lenient] = None
    tags: Annotated[list[str], BeforeValidator(texts)] = Field(default_factory=list[str])
    categories: Annotated[list[str], BeforeValidator(texts)] = Field(default_factory=list[str])
    chapters: Annotated[list[dict[str, Any]], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[dict[str, Any]]
    )
    heatmap: Annotated[list[dict[str, Any]], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[dict[str, Any]]
    )
    availability: Annotated[str | None, Lenient] = None
    channel_follower_count: Annotated[int | None, Lenient] = None
