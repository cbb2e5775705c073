"""Enhanced and sample prompts, and LoRA weights. The vendor's package has the same module."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ._base import Documented, Lenient, Model, lenient


class LoraWeight(Documented):
    """A LoRA to apply to an image model, with its strength."""

    name: str
    """Name of the LoRA, from ``ModelInfo.loras``."""
    weight: float = Field(ge=0)
    """Strength of the LoRA, 0 or more; 1.0 is full strength."""


class EnhancePromptResult(Model):
    """An enhanced prompt."""

    prompt: str
    """Enhanced prompt."""
    negative_prompt: Annotated[str | None, Lenient] = None
    """Enhanced negative prompt, or None if the service returned none."""


class EnhanceSpeechPromptResult(Model):
    """An enhanced text for speech synthesis."""

    prompt: str
    """Enhanced text."""


class SamplePromptResult(Model):
    """A sample prompt."""

    type: Annotated[str, lenient(str)] = ""
    """Task of the prompt: ``text2image`` or ``text2speech``."""
    prompt: str
    """Sample prompt."""
