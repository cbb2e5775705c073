"""What a request may contain: a field of an operation, and an uploaded file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["string", "integer", "number", "boolean", "strings", "loras", "file", "files"]
MediaKind = Literal["image", "audio", "video"]
Fields = dict[str, Any]
"""Validated values by field name; a field that was not given is None."""

NOT_IN_V1 = frozenset({"v1"})
"""`unknown_to` of the fields that came with version 2."""


@dataclass(frozen=True)
class Field:
    """A field that an operation accepts, and its rules.

    Attributes:
        name: Name in the request.
        kind: What the value has to be.
        required: Whether it has to be given.
        default: Value if it is not given.
        minimum: Least number, or least length of a string.
        maximum: Greatest number, or greatest length of a string.
        choices: The only allowed values.
        limit: The model's `min_<limit>` and `max_<limit>` apply.
        options: Name of the model's limit that lists the allowed values; a model without it
            has the field dropped unread.
        feature: Flag of the model without which the field is dropped unread.
        snapped: Whether the number is rounded down to the model's step.
        media: Kinds of media that a file may be.
        max_bytes: Greatest size of a file; None for the usual one of its kind.
        min_bytes: Least size of a file.
        matroska: Whether a video may be WebM or MKV, too.
        unknown_to: Names of the API versions that do not know the field, and ignore it.
    """

    name: str
    kind: Kind
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str | int, ...] = ()
    limit: str | None = None
    options: str | None = None
    feature: str | None = None
    snapped: bool = False
    media: tuple[MediaKind, ...] = ()
    max_bytes: int | None = None
    min_bytes: int = 0
    matroska: bool = False
    unknown_to: frozenset[str] = frozenset()


@dataclass
class Upload:
    """A file that came with a request.

    Attributes:
        filename: Name as the client gave it.
        content_type: Content type of its part, as the client gave it.
        size: Bytes.
        sha256: Digest of the content, hexadecimal.
        path: Where the emulator keeps the content.
        media: What it proved to be, once checked.
        width: Pixels (images and videos).
        height: Pixels (images and videos).
        duration: Seconds (audio and videos).
        has_audio: Whether it can be heard.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    path: Path
    media: MediaKind | None = None
    width: int = 0
    height: int = 0
    duration: float = 0.0
    has_audio: bool = False

    def read(self) -> bytes:
        """The content."""
        return self.path.read_bytes()
