"""The models that every version of the API shares."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ._base import Lenient, Model
from .jobs import JobPrice, JobResult, JobSubmission, PromptBoost, TranscriptionInfo
from .models import (
    Language,
    Lora,
    ModelInfo,
    ModelsResponse,
    Voice,
)
from .pages import PaginationLinks, PaginationMeta
from .transcripts import Transcript, TranscriptSegment, TranscriptWord

__all__ = [
    "Balance",
    "JobPrice",
    "JobResult",
    "JobSubmission",
    "Language",
    "Lora",
    "ModelInfo",
    "ModelsResponse",
    "PaginationLinks",
    "PaginationMeta",
    "PriceResult",
    "PromptBoost",
    "Transcript",
    "TranscriptSegment",
    "TranscriptWord",
    "TranscriptionInfo",
    "Voice",
]


class PriceResult(Model):
    """What a call would cost. Asking is free.

    Attributes:
        price: In credits, which are US dollars.
        is_estimated: Whether a partner's model settles the final price after the job; None where
            the service does not say.
        estimate_basis: What the estimate rests on, None where the service does not say.
    """

    price: float = Field(allow_inf_nan=False)
    is_estimated: Annotated[bool | None, Lenient] = None
    estimate_basis: Annotated[str | None, Lenient] = None


class Balance(Model):
    """The account's balance.

    Attributes:
        balance: In credits, which are US dollars.
    """

    balance: float = Field(allow_inf_nan=False)
