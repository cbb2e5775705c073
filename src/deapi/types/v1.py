"""Enhanced and sample prompts, and LoRA weights. The vendor's package has the same module."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from ._base import Lenient, Model, lenient


class LoraWeight(BaseModel):
    """A LoRA to apply to an image model, with its strength.

    Attributes:
        name: Name of the LoRA, from ``ModelInfo.loras``.
        weight: Strength of the LoRA, 0 or more; 1.0 is full strength.
    """

    name: str
    weight: float = Field(ge=0)


class EnhancePromptResult(Model):
    """An enhanced prompt.

    Attributes:
        prompt: Enhanced prompt.
        negative_prompt: Enhanced negative prompt, or None if the service returned none.
    """

    prompt: str
    negative_prompt: Annotated[str | None, Lenient] = None


class EnhanceSpeechPromptResult(Model):
    """An enhanced text for speech synthesis.

    Attributes:
        prompt: Enhanced text.
    """

    prompt: str


class SamplePromptResult(Model):
    """A sample prompt.

    Attributes:
        type: Task of the prompt: ``text2image`` or ``text2speech``.
        prompt: Sample prompt.
    """

    type: Annotated[str, lenient(str)] = ""
    prompt: str
