"""The exception hierarchy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import types
from ._rate_limits import RateLimit
from ._response import Response


class DeapiError(Exception):
    """Base of all exceptions of this package.

    Attributes:
        message: Description of the error, including what to do about it.
        status_code: HTTP status code, or None if there was no response.
        body: Decoded JSON object of the response, or None if the body is not one.
        code: Error code of the service, for example ``key_expired``, or None.
        response: The response, or None if there was none.
        possibly_accepted: True if the request may have taken effect although the call failed: a
            job may exist and be charged, or an API key may exist. Check this before you retry.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        body: dict[str, Any] | None = None,
        code: str | None = None,
        response: Response | None = None,
        possibly_accepted: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.body = body
        self.code = code
        self.response = response
        self.possibly_accepted = possibly_accepted

    def __str__(self) -> str:
        return self.message


class UnsupportedVersionError(DeapiError, ValueError):
    """``api_version`` is not a version that the SDK supports. Nothing was sent."""


class AuthenticationError(DeapiError):
    """401: the API key is unknown, expired or revoked (see ``code``)."""


class SpendLimitError(DeapiError):
    """402: the spend limit of the API key is reached.

    Attributes:
        limit: Spend limit of the key per interval in US dollars, or None if the service does not
            report it.
        used: Amount spent since the last reset in US dollars, or None if the service does not
            report it.
        remaining: Amount that can be spent before the next reset in US dollars, or None if the
            service does not report it.
        resets_at: Time of the next reset, or None if the limit is never reset.
    """

    def __init__(
        self,
        message: str,
        *,
        limit: float | None = None,
        used: float | None = None,
        remaining: float | None = None,
        resets_at: datetime | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.limit = limit
        self.used = used
        self.remaining = remaining
        self.resets_at = resets_at


class AccountSuspendedError(DeapiError):
    """403: the account is suspended."""


class PermissionDeniedError(DeapiError):
    """403: the role or the IP allowlist of the API key forbids the request (see ``code``)."""


class NotFoundError(DeapiError):
    """404: the job, API key, model or endpoint does not exist, or belongs to another account."""


class EndpointGoneError(DeapiError):
    """410: the service has removed the endpoint.

    Attributes:
        successor: Path of the endpoint that replaces it, or None.
        documentation: URL of a page about the change, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        successor: str | None = None,
        documentation: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.successor = successor
        self.documentation = documentation


class PayloadTooLargeError(DeapiError):
    """413: the request is larger than the service accepts."""


class ValidationError(DeapiError):
    """422: the service rejected an argument.

    Attributes:
        errors: Error messages of the service by field name.
    """

    def __init__(
        self, message: str, *, errors: dict[str, list[str]] | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.errors = errors or {}


class InsufficientBalanceError(ValidationError):
    """422: the balance of the account is too low for the job."""


class RateLimitError(DeapiError):
    """429: a rate limit is exceeded.

    Attributes:
        retry_after: Seconds until the service accepts the request; 1.0 if it does not report them.
        limit_type: Type of the limit: ``minute`` or ``daily``. The service may add others.
        rate_limit: Rate limit of the operation, or None if the service does not report it.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float = 1.0,
        limit_type: str = "minute",
        rate_limit: RateLimit | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after
        self.limit_type = limit_type
        self.rate_limit = rate_limit


class ServerError(DeapiError):
    """5xx: the service or a proxy in front of it failed."""


class InvalidResponseError(DeapiError):
    """A 2xx response or an inline result cannot be parsed, or the response is a redirect."""


class NetworkError(DeapiError):
    """No complete response: the connection failed, timed out or was closed early."""


class JobTimeoutError(DeapiError):
    """``wait()`` reached ``max_wait``. The job may still be running.

    Attributes:
        request_id: ID of the job; ``client.job(request_id)`` resumes it.
        result: Most recent status of the job, or None if none was received.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str | None = None,
        result: types.JobResult | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.request_id = request_id
        self.result = result


class JobFailedError(DeapiError):
    """The job failed, or finished without a result to download.

    Attributes:
        request_id: ID of the job, or None if it is unknown.
        result: Final status of the job.
        code: General cause, for example ``WORKER_TIMEOUT``, or None.
        reason: Specific cause, for example ``INPUT_TOO_LARGE``, or None. The service may add
            others.
        retryable: Whether the same request may succeed later, or None if the service does not
            report it.
        refunded: Whether the price was refunded, or None if the service does not report it.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str | None = None,
        result: types.JobResult | None = None,
        reason: str | None = None,
        retryable: bool | None = None,
        refunded: bool | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.request_id = request_id
        self.result = result
        self.reason = reason
        self.retryable = retryable
        self.refunded = refunded


class PriceLimitError(DeapiError):
    """The price of a call is higher than ``max_price``. Nothing was sent, and nothing was charged.

    Attributes:
        price: Price of the call in US dollars.
        max_price: Maximum price of the client in US dollars.
    """

    def __init__(self, message: str, *, price: float, max_price: float, **details: Any) -> None:
        super().__init__(message, **details)
        self.price = price
        self.max_price = max_price


class JournalError(DeapiError):
    """The journal of a batch cannot be used: it is in use, not writable, or not a journal."""


class InvalidSignatureError(DeapiError):
    """A webhook whose signature is invalid: not sent by deAPI, altered, or too old."""

    def __init__(self, message: str = "The signature of the webhook is invalid.") -> None:
        super().__init__(message)


class InvalidPayloadError(DeapiError):
    """A webhook whose signature is valid, but whose body is not an event."""
