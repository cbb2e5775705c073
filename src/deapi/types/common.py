"""Models that all API versions share."""

# ruff: noqa: PLC0414 - "X as X" exports a name for type checkers
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ._base import Lenient, Model
from .jobs import JobPrice as JobPrice
from .jobs import JobResult as JobResult
from .jobs import JobSubmission as JobSubmission
from .jobs import PromptBoost as PromptBoost
from .jobs import TranscriptionInfo as TranscriptionInfo
from .models import Language as Language
from .models import Lora as Lora
from .models import ModelInfo as ModelInfo
from .models import ModelsResponse as ModelsResponse
from .models import Voice as Voice
from .pages import PaginationLinks as PaginationLinks
from .pages import PaginationMeta as PaginationMeta
from .transcripts import Transcript as Transcript
from .transcripts import TranscriptSegment as TranscriptSegment
from .transcripts import TranscriptWord as TranscriptWord


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

    def _notebook_html(self) -> str | None:
        from . import _notebook

        return _notebook.table([self])
