"""All operations by their name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from deapi.emulator.operations.audio import AUDIO_OPERATIONS
from deapi.emulator.operations.description import DESCRIPTION_OPERATIONS
from deapi.emulator.operations.image import IMAGE_OPERATIONS
from deapi.emulator.operations.text import TEXT_OPERATIONS
from deapi.emulator.operations.transcription import TRANSCRIPTION_OPERATIONS
from deapi.emulator.operations.video import VIDEO_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deapi.emulator.operations.operation import Operation

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
