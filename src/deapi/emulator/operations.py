"""Every operation of the platform, by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from deapi.emulator.audio_operations import AUDIO_OPERATIONS
from deapi.emulator.descriptions import DESCRIPTION_OPERATIONS
from deapi.emulator.image_operations import IMAGE_OPERATIONS
from deapi.emulator.text_operations import TEXT_OPERATIONS
from deapi.emulator.transcriptions import TRANSCRIPTION_OPERATIONS
from deapi.emulator.video_operations import VIDEO_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deapi.emulator.operation import Operation

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
