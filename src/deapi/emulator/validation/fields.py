"""The fields of a request: their definition, and uploaded files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

FieldType = Literal["string", "integer", "number", "boolean", "strings", "loras", "file", "files"]
FileType = Literal["image", "audio", "video"]
Fields = dict[str, Any]
"""Validated values by field name. A field that was not sent is None."""


@dataclass(frozen=True)
class Field:
    """A field that an operation accepts, and its rules.

    Attributes:
        name: Name in the request.
        type: Type of the value.
        required: Whether the field is required.
        default: Value if the field was not sent.
        minimum: Minimum value of a number, or minimum length of a string.
        maximum: Maximum value of a number, or maximum length of a string.
        choices: Allowed values. Empty allows all.
        limit: Name of the model's limits `min_<limit>` and `max_<limit>` that apply.
        options: Name of the model's limit that lists the allowed values. The field is ignored
            if the model does not have it.
        feature: Name of a feature of the model. The field is ignored if the model does not have
            it.
        snapped: Whether the number is rounded down to a multiple of the model's step.
        file_types: Allowed file types of a file.
        max_bytes: Maximum size of a file. None applies the default of its file type.
        min_bytes: Minimum size of a file.
        allow_matroska: Whether a video may be a WebM or MKV file.
        not_in_v1: Whether version 1 of the API ignores the field.
    """

    name: str
    type: FieldType
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str | int, ...] = ()
    limit: str | None = None
    options: str | None = None
    feature: str | None = None
    snapped: bool = False
    file_types: tuple[FileType, ...] = ()
    max_bytes: int | None = None
    min_bytes: int = 0
    allow_matroska: bool = False
    not_in_v1: bool = False


@dataclass
class Upload:
    """A file uploaded with a request.

    Attributes:
        filename: Filename sent by the client.
        content_type: Content type sent by the client.
        size: Size in bytes.
        sha256: SHA-256 digest of the content, hexadecimal.
        path: Path of the emulator's copy. It exists while a job needs it.
        file_type: Detected type: "image", "audio" or "video". None before validation.
        width: Width in pixels (images and videos).
        height: Height in pixels (images and videos).
        duration: Duration in seconds (audio and videos).
        has_audio: Whether the file has an audio stream.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    path: Path
    file_type: FileType | None = None
    width: int = 0
    height: int = 0
    duration: float = 0.0
    has_audio: bool = False

    def read(self) -> bytes:
        """Read the content of the file."""
        return self.path.read_bytes()
