"""Models of webhook events."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from ._base import Lenient, Model, empty_array_as_object, lenient
from .jobs import JobPrice

_JOB_EVENTS = ("job.processing", "job.completed", "job.failed")


def _normalize_data(value: object) -> object:
    return {} if value is None else empty_array_as_object(value)


class WebhookEventData(Model):
    """Details of a webhook event.

    Each event sends only some of the fields; the others are None. Inline results and alternative
    formats of a finished job are never sent: ``client.job(event.data.job_request_id).status()``
    fetches them.
    """

    job_request_id: Annotated[str, lenient(str)] = ""
    """ID of the job, the same as ``Job.request_id``. Empty only in unknown events."""
    status: Annotated[str, lenient(str)] = ""
    """Status of the job: ``processing``, ``done`` or ``error``."""
    previous_status: Annotated[str | None, Lenient] = None
    """Status of the job before the event: ``pending`` or ``processing``."""
    job_type: Annotated[str | None, Lenient] = None
    """Task of the job; ``InferenceType`` lists the known ones."""
    started_at: Annotated[str | None, Lenient] = None
    """Start time of the job, in ISO 8601. Only in ``job.processing``."""
    completed_at: Annotated[str | None, Lenient] = None
    """Completion time of the job, in ISO 8601. Only in ``job.completed``."""
    result_url: Annotated[str | None, Lenient] = None
    """URL of the result, valid for about 24 hours. Only in ``job.completed``."""
    processing_time_ms: Annotated[int | None, Lenient] = None
    """Processing time in milliseconds. Only in ``job.completed``."""
    failed_at: Annotated[str | None, Lenient] = None
    """Failure time of the job, in ISO 8601. Only in ``job.failed``."""
    error_code: Annotated[str | None, Lenient] = None
    """General cause of the failure, for example ``WORKER_TIMEOUT``. The service may add others.
    Only in ``job.failed``."""
    error_message: Annotated[str | None, Lenient] = None
    """Description of the failure. Only in ``job.failed``."""
    error_reason: Annotated[str | None, Lenient] = None
    """Specific cause of the failure, for example ``INPUT_TOO_LARGE``. The service may add others.
    Only in ``job.failed``."""
    retryable: Annotated[bool | None, Lenient] = None
    """Whether the same request may succeed later. Only in ``job.failed``."""
    refunded: Annotated[bool | None, Lenient] = None
    """Whether the price was refunded. Only in ``job.failed``."""
    price: Annotated[JobPrice | None, Lenient] = None
    """Price of the job, or None if the service does not report it. Only in ``job.failed``."""


class WebhookEvent(Model):
    """A webhook event. Unknown events are accepted too."""

    event: str = Field(min_length=1)
    """Type of the event: ``job.processing``, ``job.completed`` or ``job.failed``. The service may
    add others."""
    delivery_id: str = Field(min_length=1, coerce_numbers_to_str=True)
    """ID of the event, the same in every delivery attempt. Use it to ignore duplicates. Unlike the
    header ``X-DeAPI-Delivery-Id``, it is covered by the signature."""
    timestamp: Annotated[str, Field(coerce_numbers_to_str=True), lenient(str)] = ""
    """Time of the event, in ISO 8601; empty if the service does not send it."""
    data: Annotated[WebhookEventData, BeforeValidator(_normalize_data)] = Field(
        default_factory=WebhookEventData
    )
    """Details of the event."""

    @property
    def type(self) -> str:
        """Alias of ``event``."""
        return self.event

    @model_validator(mode="after")
    def _require_job_id(self) -> WebhookEvent:
        if self.event in _JOB_EVENTS and not self.data.job_request_id:
            raise ValueError(f"a {self.event} event must have data.job_request_id")
        return self
