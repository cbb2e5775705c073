"""All operations by their name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from .audio import AUDIO_OPERATIONS
from .description import DESCRIPTION_OPERATIONS
from .image import IMAGE_OPERATIONS
from .text import TEXT_OPERATIONS
from .transcription import TRANSCRIPTION_OPERATIONS
from .video import VIDEO_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .operation import Operation

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            *IMAGE_OPERATIONS,
            *VIDEO_OPERATIONS,
            *AUDIO_OPERATIONS,
            *TEXT_OPERATIONS,
            *TRANSCRIPTION_OPERATIONS,
            *DESCRIPTION_OPERATIONS,
        )
    }
)
