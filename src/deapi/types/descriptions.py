"""Video descriptions."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BeforeValidator, Field

from .._json import is_object
from ._base import Lenient, Model, lenient, list_of_objects


class VideoEvent(Model):
    """An event or a scene of a video."""

    start: Annotated[float, lenient(float)] = 0.0
    """Start of the event in seconds."""
    end: Annotated[float, lenient(float)] = 0.0
    """End of the event in seconds."""
    description: Annotated[str, lenient(str)] = ""
    """Description of the event."""


class VideoDescriptionMeta(Model):
    """Details about how a video description was made."""

    duration: Annotated[float | None, Lenient] = None
    """Duration of the video in seconds."""
    preset: Annotated[str | None, Lenient] = None
    """Level of detail: ``fast``, ``balanced`` or ``detail``."""


class VideoDescription(Model):
    """Description of a video."""

    events: Annotated[list[VideoEvent], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[VideoEvent]
    )
    """Events in chronological order. Further fields of an event, for example ``merged``, are in its
    ``model_extra``."""
    scenes: Annotated[list[VideoEvent], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[VideoEvent]
    )
    """Scenes in chronological order."""
    meta: Annotated[VideoDescriptionMeta, lenient(VideoDescriptionMeta)] = Field(
        default_factory=VideoDescriptionMeta
    )
    """Duration of the video and level of detail of the description."""

    @classmethod
    def parse(cls, text: str | bytes) -> VideoDescription:
        """Parse a video description from an inline result or the content of a saved file.

        Args:
            text: Complete JSON content of the result or file, not its path.

        Returns:
            The description.

        Raises:
            ValueError: The content is not JSON, or not a video description.
            TypeError: ``text`` is neither str nor bytes.
        """
        if isinstance(text, str):
            text = text.removeprefix("\ufeff")
        elif not isinstance(text, bytes):
            raise TypeError(f"text must be str or bytes, not {type(text).__name__}.")
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("Not a video description: the content is not JSON.") from None
        if not is_object(content) or not {"events", "scenes"} & content.keys():
            raise ValueError("Not a video description: the JSON has neither 'events' nor 'scenes'.")
        return cls.model_validate(content)
