"""Results of API calls, as pydantic models that keep unknown fields.

Parsing is lenient. Fields may be missing or null, and PHP may encode an empty object as an array.
An optional field with an invalid value becomes None or its default instead of failing the whole
response. Unknown fields are available as attributes and in ``model_extra``.

Each model is loaded when it is first used, so that importing this package does not load pydantic.
``dir()`` lists only the models that have been loaded.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._base import Model as Model
    from .account import ApiKey as ApiKey
    from .account import AutoTopUp as AutoTopUp
    from .account import Billing as Billing
    from .account import KeysPage as KeysPage
    from .account import NewApiKey as NewApiKey
    from .account import Payment as Payment
    from .account import PaymentsPage as PaymentsPage
    from .account import Usage as Usage
    from .account import UsageGroup as UsageGroup
    from .account import UsageTotals as UsageTotals
    from .common import Balance as Balance
    from .common import PriceResult as PriceResult
    from .descriptions import VideoDescription as VideoDescription
    from .descriptions import VideoDescriptionMeta as VideoDescriptionMeta
    from .descriptions import VideoEvent as VideoEvent
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
    from .sources import SourceMetadata as SourceMetadata
    from .sources import Thumbnail as Thumbnail
    from .submissions import JobSubmission as JobSubmission
    from .transcripts import Transcript as Transcript
    from .transcripts import TranscriptSegment as TranscriptSegment
    from .transcripts import TranscriptWord as TranscriptWord
    from .v1 import EnhancePromptResult as EnhancePromptResult
    from .v1 import EnhanceSpeechPromptResult as EnhanceSpeechPromptResult
    from .v1 import LoraWeight as LoraWeight
    from .v1 import SamplePromptResult as SamplePromptResult
    from .webhooks import WebhookEvent as WebhookEvent
    from .webhooks import WebhookEventData as WebhookEventData

else:  # hidden from type checkers, because __getattr__ makes them accept any name
    _MODULE_BY_NAME = {
        name: module
        for module, names in {
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
            "common": (
                "Balance",
                "PriceResult",
            ),
            "descriptions": (
                "VideoDescription",
                "VideoDescriptionMeta",
                "VideoEvent",
            ),
            "jobs": (
                "JobPrice",
                "JobResult",
                "PromptBoost",
                "TranscriptionInfo",
            ),
            "models": (
                "Language",
                "Lora",
                "ModelInfo",
                "ModelsResponse",
                "Voice",
            ),
            "pages": (
                "PaginationLinks",
                "PaginationMeta",
            ),
            "sources": (
                "SourceMetadata",
                "Thumbnail",
            ),
            "submissions": ("JobSubmission",),
            "transcripts": (
                "Transcript",
                "TranscriptSegment",
                "TranscriptWord",
            ),
            "v1": (
                "EnhancePromptResult",
                "EnhanceSpeechPromptResult",
                "LoraWeight",
                "SamplePromptResult",
            ),
            "webhooks": (
                "WebhookEvent",
                "WebhookEventData",
            ),
        }.items()
        for name in names
    }
    __all__ = list(_MODULE_BY_NAME)
    _MODULE_BY_NAME["Model"] = "_base"

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in _MODULE_BY_NAME.values():  # deapi.types.common, for example
            return import_module(f".{name}", __name__)
        if name not in _MODULE_BY_NAME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_MODULE_BY_NAME[name]}", __name__), name)
        globals()[name] = value
        return value
