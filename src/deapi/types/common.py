"""Models that all API versions share."""

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
    """Price of a request. Requesting a price is free.

    Attributes:
        price: Price in credits; one credit is one US dollar.
        is_estimated: Whether the final price is only known after the job, as for partner models.
            None if the service does not report it.
        estimate_basis: Basis of an estimated price, for example ``request_params``, or None.
    """

    price: float = Field(allow_inf_nan=False)
    is_estimated: Annotated[bool | None, Lenient] = None
    estimate_basis: Annotated[str | None, Lenient] = None


class Balance(Model):
    """Balance of the account.

    Attributes:
        balance: Balance in credits; one credit is one US dollar.
    """

    balance: float = Field(allow_inf_nan=False)
