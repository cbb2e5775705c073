"""The models that belong to the first version of the API."""

from __future__ import annotations

from pydantic import BaseModel, Field


class LoraWeight(BaseModel):
    """A LoRA to apply to an image model, and how strongly.

    Attributes:
        name: The LoRA's name, from ``ModelInfo.loras``.
        weight: Its strength, zero or more; 1 is full.
    """

    name: str
    weight: float = Field(ge=0)
