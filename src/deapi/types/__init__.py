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

if not TYPE_CHECKING:  # for type checkers, __getattr__ would define every name

    def __getattr__(name: str) -> object:
        # Building the models of these modules takes 15 ms, and few programs use them.
        if name in __all__:
            from importlib import import_module

            for module in ("account", "descriptions", "sources"):
                models = vars(import_module(f".{module}", __name__))
                if name in models:
                    return globals().setdefault(name, models[name])
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
