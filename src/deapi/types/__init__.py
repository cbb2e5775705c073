"""Results of API calls, as pydantic models that keep unknown fields.

Parsing is lenient. Fields may be missing or null, and PHP may encode an empty object as an array.
An optional field with an invalid value becomes None or its default instead of failing the whole
response. Unknown fields are available as attributes and in ``model_extra``.
"""

from typing import TYPE_CHECKING

from .common import (
    Balance,
    JobPrice,
    JobResult,
    JobSubmission,
    Language,
    Lora,
    ModelInfo,
    ModelsResponse,
    PaginationLinks,
    PaginationMeta,
    PriceResult,
    PromptBoost,
    Transcript,
    TranscriptionInfo,
    TranscriptSegment,
    TranscriptWord,
    Voice,
)
from .v1 import EnhancePromptResult, EnhanceSpeechPromptResult, LoraWeight, SamplePromptResult
from .webhooks import WebhookEvent, WebhookEventData

if TYPE_CHECKING:
    from .account import (
        ApiKey,
        AutoTopUp,
        Billing,
        KeysPage,
        NewApiKey,
        Payment,
        PaymentsPage,
        Usage,
        UsageGroup,
        UsageTotals,
    )
    from .descriptions import VideoDescription, VideoDescriptionMeta, VideoEvent
    from .sources import SourceMetadata, Thumbnail

__all__ = [
    "ApiKey",
    "AutoTopUp",
    "Balance",
    "Billing",
    "EnhancePromptResult",
    "EnhanceSpeechPromptResult",
    "JobPrice",
    "JobResult",
    "JobSubmission",
    "KeysPage",
    "Language",
    "Lora",
    "LoraWeight",
    "ModelInfo",
    "ModelsResponse",
    "NewApiKey",
    "PaginationLinks",
    "PaginationMeta",
    "Payment",
    "PaymentsPage",
    "PriceResult",
    "PromptBoost",
    "SamplePromptResult",
    "SourceMetadata",
    "Thumbnail",
    "Transcript",
    "TranscriptSegment",
    "TranscriptWord",
    "TranscriptionInfo",
    "Usage",
    "UsageGroup",
    "UsageTotals",
    "VideoDescription",
    "VideoDescriptionMeta",
    "VideoEvent",
    "Voice",
    "WebhookEvent",
    "WebhookEventData",
]

# Models take their time to be made, and few programs ask for these: they are loaded when used.
_HOMES = {
    "account": (
        "ApiKey",
        "AutoTopUp",
        "Billing",
        "KeysPage",
        "NewApiKey",
        "Payment",
        "PaymentsPage",
        "Usage",
        "UsageGroup",
        "UsageTotals",
    ),
    "descriptions": ("VideoDescription", "VideoDescriptionMeta", "VideoEvent"),
    "sources": ("SourceMetadata", "Thumbnail"),
}

if not TYPE_CHECKING:  # or every name would seem to be there

    def __getattr__(name: str) -> object:
        from importlib import import_module

        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{home}", __name__), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
