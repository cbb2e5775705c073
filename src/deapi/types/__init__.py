"""What the calls return: pydantic models that keep every field the service sends.

Answers are read generously: fields may be missing, null, or of a shape that PHP gives to an empty
object; a field that is not understood is None rather than the loss of a paid result; and what this
package has no name for yet stays readable as an attribute and in ``model_extra``.
"""

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

__all__ = [
    "Balance",
    "EnhancePromptResult",
    "EnhanceSpeechPromptResult",
    "JobPrice",
    "JobResult",
    "JobSubmission",
    "Language",
    "Lora",
    "LoraWeight",
    "ModelInfo",
    "ModelsResponse",
    "PaginationLinks",
    "PaginationMeta",
    "PriceResult",
    "PromptBoost",
    "SamplePromptResult",
    "Transcript",
    "TranscriptSegment",
    "TranscriptWord",
    "TranscriptionInfo",
    "Voice",
    "WebhookEvent",
    "WebhookEventData",
]
