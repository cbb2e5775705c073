"""Python SDK for the deAPI inference platform, with a sync and an async client.

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

Every name is loaded on first use, so that ``import deapi`` is fast. ``dir()`` lists only the names
that have been loaded, because tools such as freezegun load everything that it lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import types as types
    from . import webhook as webhook
    from ._client import AsyncDeapiClient as AsyncDeapiClient
    from ._client import DeapiClient as DeapiClient
    from ._core.unsettled import UnsettledSubmission as UnsettledSubmission
    from ._exceptions import AccountSuspendedError as AccountSuspendedError
    from ._exceptions import AuthenticationError as AuthenticationError
    from ._exceptions import DeapiError as DeapiError
    from ._exceptions import EndpointGoneError as EndpointGoneError
    from ._exceptions import InsufficientBalanceError as InsufficientBalanceError
    from ._exceptions import InvalidPayloadError as InvalidPayloadError
    from ._exceptions import InvalidResponseError as InvalidResponseError
    from ._exceptions import InvalidSignatureError as InvalidSignatureError
    from ._exceptions import JobFailedError as JobFailedError
    from ._exceptions import JobTimeoutError as JobTimeoutError
    from ._exceptions import JournalError as JournalError
    from ._exceptions import NetworkError as NetworkError
    from ._exceptions import NotFoundError as NotFoundError
    from ._exceptions import PayloadTooLargeError as PayloadTooLargeError
    from ._exceptions import PermissionDeniedError as PermissionDeniedError
    from ._exceptions import PriceLimitError as PriceLimitError
    from ._exceptions import RateLimitError as RateLimitError
    from ._exceptions import ServerError as ServerError
    from ._exceptions import SpendLimitError as SpendLimitError
    from ._exceptions import UnsupportedVersionError as UnsupportedVersionError
    from ._exceptions import ValidationError as ValidationError
    from ._gateway import OpenAISettings as OpenAISettings
    from ._gateway import openai_settings as openai_settings
    from ._jobs import AsyncJob as AsyncJob
    from ._jobs import Job as Job
    from ._rate_limits import RateLimit as RateLimit
    from ._rate_limits import RateLimitWindow as RateLimitWindow
    from ._response import Response as Response
    from ._response import ResponseHead as ResponseHead
    from ._types import NOT_GIVEN as NOT_GIVEN
    from ._types import FileInput as FileInput
    from ._types import InferenceType as InferenceType
    from ._types import JobStatus as JobStatus
    from ._types import NotGiven as NotGiven
    from ._version import __version__ as __version__
    from .types import Balance as Balance
    from .types import JobResult as JobResult
    from .types import JobSubmission as JobSubmission
    from .types import PriceResult as PriceResult
    from .types import WebhookEvent as WebhookEvent
    from .types import WebhookEventData as WebhookEventData
    from .webhook import construct_event as construct_event
    from .webhook import verify_signature as verify_signature

else:  # hidden from type checkers, because __getattr__ makes them accept any name
    _MODULE_BY_NAME = {
        name: module
        for module, names in {
            "_client": ("AsyncDeapiClient", "DeapiClient"),
            "_exceptions": (
                "AccountSuspendedError",
                "AuthenticationError",
                "DeapiError",
                "EndpointGoneError",
                "InsufficientBalanceError",
                "InvalidPayloadError",
                "InvalidResponseError",
                "InvalidSignatureError",
                "JobFailedError",
                "JobTimeoutError",
                "JournalError",
                "NetworkError",
                "NotFoundError",
                "PayloadTooLargeError",
                "PermissionDeniedError",
                "PriceLimitError",
                "RateLimitError",
                "ServerError",
                "SpendLimitError",
                "UnsupportedVersionError",
                "ValidationError",
            ),
            "_core.unsettled": ("UnsettledSubmission",),
            "_gateway": ("OpenAISettings", "openai_settings"),
            "_jobs": ("AsyncJob", "Job"),
            "_rate_limits": ("RateLimit", "RateLimitWindow"),
            "_response": ("Response", "ResponseHead"),
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
        }.items()
        for name in names
    }
    __all__ = list(_MODULE_BY_NAME)

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in ("batch", "resources", "types", "webhook"):
            return import_module(f".{name}", __name__)
        if name not in _MODULE_BY_NAME:
            from ._suggestions import similar_names

            message = f"module {__name__!r} has no attribute {name!r}"
            for suggestion in similar_names(name, __all__):
                message += f". Did you mean {suggestion!r}?"
            raise AttributeError(message)
        value = getattr(import_module(f".{_MODULE_BY_NAME[name]}", __name__), name)
        globals()[name] = value
        return value
