"""The models that belong to the first version of the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from ._base import Lenient, Model, lenient


class LoraWeight(BaseModel):
    """A LoRA to apply to an image model, and how strongly.

    Attributes:
        name: The LoRA's name, from ``ModelInfo.loras``.
        weight: Its strength, zero or more; 1 is full.
    """

    name: str
    weight: float = Field(ge=0)


class EnhancePromptResult(Model):
    """A prompt that was enhanced.

    Attributes:
        prompt: The new prompt.
        negative_prompt: The new negative prompt, if the service made one.
    """

    prompt: str
    negative_prompt: Annotated[str | None, Lenient] = None


class EnhanceSpeechPromptResult(Model):
    """A text to be spoken that was enhanced.

    Attributes:
        prompt: The new text.
    """

    prompt: str


class SamplePromptResult(Model):
    """A prompt that the service made up.

    Attributes:
        type: What it is for, in the service's word: ``text2image`` or ``text2speech``.
        prompt: The prompt.
    """

    type: Annotated[str, lenient(str)] = ""
    prompt: str
