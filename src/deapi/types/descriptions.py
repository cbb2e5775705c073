"""Descriptions of what is seen in a video."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BeforeValidator, Field

from .._json import is_object
from ._base import Lenient, Model, lenient, rows


class VideoEvent(Model):
    """Something that happens in a video, or a scene of it.

    Attributes:
        start: When it begins, in seconds.
        end: When it ends, in seconds.
        description: What is seen.
    """

    start: Annotated[float, lenient(float)] = 0.0
    end: Annotated[float, lenient(float)] = 0.0
    description: Annotated[str, lenient(str)] = ""


class VideoDescriptionMeta(Model):
    """How a description was made.

    Attributes:
        duration: How long the video is, in seconds.
        preset: How much care was taken: ``fast``, ``balanced`` or ``detail``.
    """

    duration: Annotated[float | None, Lenient] = None
    preset: Annotated[str | None, Lenient] = None


class VideoDescription(Model):
    """What is seen in a video.

    Attributes:
        events: What happens, in order. Where the service says more of an event, such as whether it
            was ``merged`` from several, that is in its ``model_extra``.
        scenes: The scenes, in order.
        meta: How the description was made.
    """

    events: Annotated[list[VideoEvent], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[VideoEvent]
    )
    scenes: Annotated[list[VideoEvent], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[VideoEvent]
    )
    meta: Annotated[VideoDescriptionMeta, lenient(VideoDescriptionMeta)] = Field(
        default_factory=VideoDescriptionMeta
    )

    @classmethod
    def parse(cls, text: str | bytes) -> VideoDescription:
        """Read a description from an inline result or from a file that was saved.

        Args:
            text: The whole result or file, which is JSON.

        Returns:
            The description.

        Raises:
            ValueError: It is not JSON, or that of something else.
            TypeError: It is not text; of a file, pass what is in it.
        """
        if isinstance(text, str):
            text = text.removeprefix("\ufeff")
        elif not isinstance(text, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"text must be a str or bytes, not {type(text).__name__}.")
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("This is not JSON, so it is no description of a video.") from None
        if not is_object(content) or not {"events", "scenes"} & content.keys():
            raise ValueError("This is JSON, but no description of a video: no events, no scenes.")
        return cls.model_validate(content)
