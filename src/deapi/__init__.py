"""The deAPI inference platform in Python: images, video, audio, text, synchronous and asynchronous.

    from deapi import DeapiClient

    with DeapiClient() as client:
        job = client.images.generate(
            prompt="a lighthouse at dawn",
            model="Flux1schnell",
            width=768,
            height=768,
            steps=4,
            seed=1,
        )
        job.save("lighthouse.png")

Everything here is loaded when it is first used, so that ``import deapi`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._client import AsyncDeapiClient, DeapiClient
    from ._exceptions import (
        AccountSuspendedError,
        AuthenticationError,
        DeapiError,
        EndpointGoneError,
        InsufficientBalanceError,
        InvalidPayloadError,
        InvalidResponseError,
        InvalidSignatureError,
        JobFailedError,
        JobTimeoutError,
        NetworkError,
        NotFoundError,
        PayloadTooLargeError,
        PermissionDeniedError,
        RateLimitError,
        ServerError,
        SpendLimitError,
        ValidationError,
    )
    from ._jobs import AsyncJob, Job
    from ._rate_limits import RateLimit, RateLimitWindow
    from ._types import NOT_GIVEN, FileInput, InferenceType, JobStatus, NotGiven
    from ._version import __version__
    from .types import (
        Balance,
        JobResult,
        JobSubmission,
        PriceResult,
        WebhookEvent,
        WebhookEventData,
    )
    from .webhook import construct_event, verify_signature

__all__ = [
    "NOT_GIVEN",
    "AccountSuspendedError",
    "AsyncDeapiClient",
    "AsyncJob",
    "AuthenticationError",
    "Balance",
    "DeapiClient",
    "DeapiError",
    "EndpointGoneError",
    "FileInput",
    "InferenceType",
    "InsufficientBalanceError",
    "InvalidPayloadError",
    "InvalidResponseError",
    "InvalidSignatureError",
    "Job",
    "JobFailedError",
    "JobResult",
    "JobStatus",
    "JobSubmission",
    "JobTimeoutError",
    "NetworkError",
    "NotFoundError",
    "NotGiven",
    "PayloadTooLargeError",
    "PermissionDeniedError",
    "PriceResult",
    "RateLimit",
    "RateLimitError",
    "RateLimitWindow",
    "ServerError",
    "SpendLimitError",
    "ValidationError",
    "WebhookEvent",
    "WebhookEventData",
    "__version__",
    "construct_event",
    "verify_signature",
]

# Where each name comes from; any other public name is an exception.
_HOMES = {
    "_client": ("AsyncDeapiClient", "DeapiClient"),
    "_jobs": ("AsyncJob", "Job"),
    "_rate_limits": ("RateLimitWindow", "RateLimit"),
    "_types": ("NOT_GIVEN", "FileInput", "InferenceType", "JobStatus", "NotGiven"),
    "_version": ("__version__",),
    "types": (
        "Balance",
        "JobResult",
        "JobSubmission",
        "PriceResult",
        "WebhookEvent",
        "WebhookEventData",
    ),
    "webhook": ("construct_event", "verify_signature"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in ("types", "webhook"):
        return import_module(f".{name}", __name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "_exceptions")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
