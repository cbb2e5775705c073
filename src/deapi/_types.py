"""The small types that arguments and results share."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, Union

if TYPE_CHECKING:
    import os

FileInput: TypeAlias = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, BinaryIO]
"""A file to send: a path, bytes, or a file object opened in binary mode."""


class JobStatus(str, Enum):
    """Where a job stands.

    A word that is not listed is no error: other words for these four are read as what they mean,
    and anything else becomes a member of its own, so that a new state of the service's does not
    break a program that waits.
    """

    PENDING = "pending"
    PROCESSING = "processing"
    DONE = "done"
    ERROR = "error"

    @classmethod
    def _missing_(cls, value: object) -> JobStatus | None:
        if not isinstance(value, str):
            return None
        known = _OTHER_WORDS.get(value)
        if known is not None:
            return cls(known)
        member = str.__new__(cls, value)
        member._name_ = value.upper()
        member._value_ = value
        return member

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended, well or badly."""
        return self in (JobStatus.DONE, JobStatus.ERROR)


# Seen in clients of the service and in its socket events, never documented for HTTP.
_OTHER_WORDS = {
    "queued": "pending",
    "waiting": "pending",
    "in_queue": "pending",
    "in_progress": "processing",
    "running": "processing",
    "completed": "done",
    "failed": "error",
}


class NotGiven(Enum):
    """The type of ``NOT_GIVEN``, for the annotations of functions that pass it on."""

    NOT_GIVEN = "not given"

    def __repr__(self) -> str:
        return self.name


NOT_GIVEN = NotGiven.NOT_GIVEN
"""What an argument is that shall change nothing, where None would clear it."""


class InferenceType(str, Enum):
    """The tasks that a model can do, as ``ModelInfo.inference_types`` names them."""

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
