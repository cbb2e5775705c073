"""Types that arguments and results share."""

from __future__ import annotations

import os
from enum import Enum
from typing import Annotated, Any, BinaryIO, Literal, Protocol, TypeAlias

from ._text import describe, sanitize


class BinaryReader(Protocol):
    """A file object opened in binary mode."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes; none at the end of the file."""
        ...


class BinaryWriter(Protocol):
    """A file object opened in binary mode, or anything else that bytes can be written to."""

    def write(self, data: bytes, /) -> object:
        """Write bytes."""


class UploadedFile(Protocol):
    """An upload of a web framework that wraps a file object, such as FastAPI's ``UploadFile``.

    Attributes:
        file: The file object, opened in binary mode.
    """

    file: BinaryIO

    @property
    def filename(self) -> str | None:
        """File name that the sender declared, or None."""
        ...


class PillowImage(Protocol):
    """An image of Pillow, ``PIL.Image.Image``. It is uploaded as PNG."""

    @property
    def mode(self) -> str:
        """Pixel format, for example ``"RGB"``."""
        ...

    def save(self, fp: BinaryIO, format: str | None = None) -> None:  # noqa: A002 - Pillow's name
        """Write the image to a file."""


class _FileInputSchema:
    """Lets pydantic and FastAPI use ``FileInput``. The upload validates the value."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        return {"type": "any"}

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string", "format": "path"}


FileContent: TypeAlias = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | BinaryReader
    | UploadedFile
    | PillowImage
)
"""A file whose name is not passed with it."""

FileInput: TypeAlias = Annotated[
    FileContent | tuple[str, FileContent] | tuple[str, FileContent, str], _FileInputSchema()
]
"""A file to upload: a path, bytes, a file object opened in binary mode, or an image of Pillow.

Pass ``(name, file)`` or ``(name, file, media_type)`` to set the file name and the media type.
"""


# The known values of arguments, which editors offer. The service may accept others, so each of
# these types also accepts any other value.
ApiVersion: TypeAlias = Literal["v1", "v2"] | str
AudioFormat: TypeAlias = Literal["mp3", "wav", "flac"] | str
TextFormat: TypeAlias = Literal["text", "json"] | str
SpeechMode: TypeAlias = Literal["custom_voice", "voice_clone", "voice_design"] | str
TimeSignature: TypeAlias = Literal[2, 3, 4, 6] | int
TimestampLevel: TypeAlias = Literal["segment", "word"] | str
Platform: TypeAlias = Literal["youtube", "twitter", "twitch", "kick", "tiktok"] | str
DetailPreset: TypeAlias = Literal["fast", "balanced", "detail"] | str
EnhancementType: TypeAlias = (
    Literal[
        "images.generations",
        "images.edits",
        "videos.generations",
        "videos.animations",
        "audio.speech",
        "audio.music",
    ]
    | str
)
SampleType: TypeAlias = Literal["image", "speech"] | str
Quality: TypeAlias = Literal["low", "medium", "high", "auto"] | str
UsageGrouping: TypeAlias = Literal["day", "hour", "type", "model", "key"] | str
ResetInterval: TypeAlias = Literal["none", "daily", "weekly", "monthly"] | str
Task: TypeAlias = (
    Literal[
        "txt2img",
        "img2img",
        "img2txt",
        "img-upscale",
        "img-rmbg",
        "txt2video",
        "img2video",
        "audio2video",
        "video-replace",
        "vid-upscale",
        "vid-rmbg",
        "video2desc",
        "video_file2desc",
        "txt2audio",
        "txt2music",
        "video2text",
        "audio2text",
        "video_file2text",
        "audio_file2text",
        "txt2embedding",
    ]
    | str
)


class JobStatus(str, Enum):
    """Status of a job.

    An unknown status is not an error. It becomes a separate member, so that a status that the
    service adds later does not break a program that waits for a job.
    """

    PENDING = "pending"
    PROCESSING = "processing"
    DONE = "done"
    ERROR = "error"

    @classmethod
    def _missing_(cls, value: object) -> JobStatus | None:
        if not isinstance(value, str):
            return None
        if value in _STATUS_ALIASES:
            return cls(_STATUS_ALIASES[value])
        member = str.__new__(cls, value)
        member._name_ = sanitize(value.upper(), 100)
        member._value_ = value
        return member

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self._name_}: {describe(self._value_)}>"

    @property
    def is_terminal(self) -> bool:
        """Whether the job is finished, successfully or not."""
        return self in (JobStatus.DONE, JobStatus.ERROR)


# "in_progress" is documented for socket events only. "completed" and "failed" are undocumented,
# but other clients accept them, and a wait would never end if the service sent them.
_STATUS_ALIASES = {
    "in_progress": "processing",
    "completed": "done",
    "failed": "error",
}


class NotGiven(Enum):
    """Type of ``NOT_GIVEN``, for annotations of functions that pass it on."""

    NOT_GIVEN = "not given"

    def __repr__(self) -> str:
        return self.name


NOT_GIVEN = NotGiven.NOT_GIVEN
"""Default of arguments for which None is a value. It leaves a field unchanged; None clears it."""


class InferenceType(str, Enum):
    """Task of a model, as in ``ModelInfo.inference_types``."""

    TXT2IMG = "txt2img"
    IMG2IMG = "img2img"
    IMG2TXT = "img2txt"
    IMAGE_UPSCALE = "img-upscale"
    IMAGE_REMOVE_BG = "img-rmbg"
    TXT2VIDEO = "txt2video"
    IMG2VIDEO = "img2video"
    AUDIO2VIDEO = "audio2video"
    VIDEO_REPLACE = "video-replace"
    VIDEO_UPSCALE = "vid-upscale"
    VIDEO_REMOVE_BG = "vid-rmbg"
    VIDEO2DESC = "video2desc"
    VIDEO_FILE2DESC = "video_file2desc"
    TXT2AUDIO = "txt2audio"
    TXT2MUSIC = "txt2music"
    VIDEO2TEXT = "video2text"
    AUDIO2TEXT = "audio2text"
    VIDEO_FILE2TEXT = "video_file2text"
    AUDIO_FILE2TEXT = "audio_file2text"
    TXT2EMBEDDING = "txt2embedding"
