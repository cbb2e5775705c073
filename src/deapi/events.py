"""Events of a client, for logging, metrics and tracing: see ``with_options(on_event=...)``.

No event contains a prompt, a file, a result, an API key or the link of a result.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class CallStarted(NamedTuple):
    """A call begins. Its arguments have been accepted, and nothing has been sent.

    Attributes:
        call_id: Number of the call in this process, which its other events have too.
        operation: The operation, for example ``images.generate``.
        method: HTTP method.
        url: URL without its query.
    """

    call_id: int
    operation: str
    method: str
    url: str


class AttemptFinished(NamedTuple):
    """A request of a call has succeeded or failed.

    Attributes:
        call_id: Number of the call in this process.
        operation: The operation.
        number: Number of the attempt, from 1.
        seconds: Duration of the attempt.
        status_code: HTTP status code, or None without a complete response.
        http_request_id: ID of the HTTP request that the service sent, or None.
    """

    call_id: int
    operation: str
    number: int
    seconds: float
    status_code: int | None
    http_request_id: str | None


class RetryScheduled(NamedTuple):
    """A failed request of a call will be sent again.

    Attributes:
        call_id: Number of the call in this process.
        operation: The operation.
        number: Number of the retry, from 1.
        delay: Seconds until the retry.
    """

    call_id: int
    operation: str
    number: int
    delay: float


class CallFinished(NamedTuple):
    """A call has returned or raised.

    Attributes:
        call_id: Number of the call in this process.
        operation: The operation.
        seconds: Duration of the call, with its retries.
        attempts: Number of requests.
        status_code: HTTP status code of the last complete response, or None.
        error_type: Name of the class of the exception, or None.
    """

    call_id: int
    operation: str
    seconds: float
    attempts: int
    status_code: int | None
    error_type: str | None


class JobSubmitted(NamedTuple):
    """The service has accepted a job.

    Attributes:
        request_id: The job's ID.
        operation: The operation that submitted it.
        model: The model, or None.
    """

    request_id: str
    operation: str
    model: str | None


class JobFinished(NamedTuple):
    """A job handle has received the final status of its job.

    Attributes:
        request_id: The job's ID.
        operation: The operation that submitted it, or None if another process did.
        status: The final status, ``done`` or ``error``.
        seconds: Seconds since the submission, or None if another process submitted the job.
    """

    request_id: str
    operation: str | None
    status: str
    seconds: float | None


class DownloadFinished(NamedTuple):
    """The download of a result has succeeded or failed.

    Attributes:
        request_id: The job's ID.
        seconds: Duration of the download, with its retries.
        size: Bytes that were received.
        error_type: Name of the class of the exception, or None.
        attempts: Number of requests, without those that renewed the link, which are calls.
    """

    request_id: str
    seconds: float
    size: int
    error_type: str | None
    attempts: int


Event: TypeAlias = (
    CallStarted
    | AttemptFinished
    | RetryScheduled
    | CallFinished
    | JobSubmitted
    | JobFinished
    | DownloadFinished
)
