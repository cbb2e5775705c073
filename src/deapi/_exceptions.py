"""Every exception that a call can raise, and nothing that raises one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from ._rate_limits import RateLimit
    from ._transport.response import Response
    from .types import JobResult


class DeapiError(Exception):
    """The base of all errors of this package.

    Attributes:
        message: What happened, what it means, and what to do next.
        status_code: The HTTP status of the answer, or None when there was none.
        body: The answer's JSON object, or None when it was anything else.
        code: The machine-readable code of the answer (``"key_expired"``), or None.
        response: The whole answer as it came, or None when there was none.
        possibly_accepted: True when a submission that costs money may have been accepted although
            no job came back. Look at your balance or at the dashboard before you send it again.
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


class AuthenticationError(DeapiError):
    """401: the API key is missing, unknown, expired or revoked."""


class SpendLimitError(DeapiError):
    """402: the spend limit of this API key is used up.

    Attributes:
        limit: What the key may spend in one window, in US dollars, or None.
        used: What it has spent in this one, likewise.
        remaining: What is left, likewise.
        resets_at: When the next window begins, or None when it never does.
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
    """403: this key may not do this, by its role or by its list of IP addresses (see ``code``)."""


class NotFoundError(DeapiError):
    """404: there is no such job, or no such route."""


class EndpointGoneError(DeapiError):
    """410: the service has removed this endpoint.

    Attributes:
        successor: The path of the endpoint that took its place, or None.
        documentation: The address of a page about the change, or None.
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
    """413: the request is larger than the service takes."""


class ValidationError(DeapiError):
    """422: the service refused an argument.

    Attributes:
        errors: Field name to messages, as the service gave them.
    """

    def __init__(
        self, message: str, *, errors: dict[str, list[str]] | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.errors = errors or {}


class InsufficientBalanceError(ValidationError):
    """422: the account has not enough balance for this job."""


class RateLimitError(DeapiError):
    """429: a quota is used up.

    Attributes:
        retry_after: Seconds until the service will take the request (1 when it did not say).
        limit_type: Which quota: ``"minute"``, ``"daily"``, or another word of the service's.
        rate_limit: The quota as the service reported it, or None.
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
    """5xx: the service, or the edge in front of it, failed."""


class InvalidResponseError(DeapiError):
    """The service answered with success, but not with what its contract says."""


class NetworkError(DeapiError):
    """No complete answer: no connection, a timeout, a reset, or a cut body."""


class JobTimeoutError(DeapiError):
    """``wait()`` reached ``max_wait`` before the job finished. The job itself goes on.

    Attributes:
        request_id: The job; ``client.job(request_id)`` takes it up again.
        result: The last state that was seen, or None when none was.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str | None = None,
        result: JobResult | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.request_id = request_id
        self.result = result


class JobFailedError(DeapiError):
    """The job ended in an error, or without anything to save.

    Attributes:
        request_id: The job, where it is known.
        result: The job's last state.
        code: The service's error code (``"WORKER_TIMEOUT"``), or None.
        reason: Its finer reason (``"INPUT_TOO_LARGE"``), an open list, or None.
        retryable: Whether the service expects the same request to succeed later, if it said.
        refunded: Whether the price was given back, if the service said.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str | None = None,
        result: JobResult | None = None,
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


class InvalidSignatureError(DeapiError):
    """A webhook whose signature is not good: not from deAPI, altered, or too old."""

    def __init__(self, message: str = "The webhook's signature is not valid.") -> None:
        super().__init__(message)


class InvalidPayloadError(DeapiError):
    """A webhook whose signature is good, but whose body is not an event."""
