"""Models that all API versions share."""

# ruff: noqa: PLC0414 - "X as X" exports a name for type checkers
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ._base import Lenient, Model

if TYPE_CHECKING:
    from .jobs import JobPrice as JobPrice
    from .jobs import JobResult as JobResult
    from .jobs import PromptBoost as PromptBoost
    from .jobs import TranscriptionInfo as TranscriptionInfo
    from .models import Language as Language
    from .models import Lora as Lora
    from .models import ModelInfo as ModelInfo
    from .models import ModelsResponse as ModelsResponse
    from .models import Voice as Voice
    from .pages import PaginationLinks as PaginationLinks
    from .pages import PaginationMeta as PaginationMeta
    from .submissions import JobSubmission as JobSubmission
    from .transcripts import Transcript as Transcript
    from .transcripts import TranscriptSegment as TranscriptSegment
    from .transcripts import TranscriptWord as TranscriptWord

else:  # hidden from type checkers, because __getattr__ makes them accept any name
    from .. import types

    # Loaded when first used, because a program that reads the balance needs none of them.
    _MODULES = ("common", "jobs", "models", "pages", "submissions", "transcripts")
    _NAMES = [name for name, module in types._MODULE_BY_NAME.items() if module in _MODULES]  # noqa: SLF001
    __all__ = list(_NAMES)

    def __getattr__(name: str) -> object:
        if name not in _NAMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(types, name)


class PriceResult(Model):
    """Price of a request. Requesting a price is free."""

    price: float = Field(ge=0)
    """Price in credits; one credit is one US dollar."""
    is_estimated: Annotated[bool | None, Lenient] = None
    """Whether the final price is only known after the job, as for partner models. None if the
    service does not report it."""
    estimate_basis: Annotated[str | None, Lenient] = None
    """Basis of an estimated price, for example ``request_params``, or None."""


class Balance(Model):
    """Balance of the account."""

    balance: float
    """Balance in credits; one credit is one US dollar."""

    def _notebook_html(self) -> str | None:
        from . import _notebook

        return _notebook.table([self])
