"""What a webhook tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, model_validator

from ._base import Lenient, Model, lenient, object_or_empty
from .jobs import JobPrice  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from typing_extensions import Self

_JOB_EVENTS = ("job.processing", "job.completed", "job.failed")


def _data(value: object) -> object:
    return {} if value is None else object_or_empty(value)


class WebhookEventData(Model):
    """What happened to a job.

    An event sends the fields that it has; the others are None. A finished job's further formats and
    inline results are not among them: ``client.job(event.data.job_request_id)`` reads those.

    Attributes:
        job_request_id: The job's id, as ``Job.request_id``. Empty only in an event that this
            package does not know.
        status: Where the job stands: processing, done or error.
        previous_status: Where it stood before: pending or processing.
        job_type: The task, as ``InferenceType`` names it: txt2img, vid-upscale and so on.
        started_at: When the work began, in ISO 8601 (processing).
        completed_at: When it ended, in ISO 8601 (completed).
        result_url: Where the finished file is (completed); the link expires after about a day.
        processing_time_ms: How long the work took, in milliseconds (completed).
        failed_at: When the job failed, in ISO 8601 (failed).
        error_code: Why, coarsely: ``WORKER_TIMEOUT`` and the like, an open list (failed).
        error_message: The same in words (failed).
        error_reason: The same finely: ``INPUT_TOO_LARGE`` and the like, an open list (failed).
        retryable: Whether the same request may succeed later (failed).
        refunded: Whether the price was given back (failed).
        price: What the job cost, where the service says so (failed).
    """

    job_request_id: Annotated[str, lenient(str)] = ""
    status: Annotated[str, lenient(str)] = ""
    previous_status: Annotated[str | None, Lenient] = None
    job_type: Annotated[str | None, Lenient] = None
    started_at: Annotated[str | None, Lenient] = None
    completed_at: Annotated[str | None, Lenient] = None
    result_url: Annotated[str | None, Lenient] = None
    processing_time_ms: Annotated[int | None, Lenient] = None
    failed_at: Annotated[str | None, Lenient] = None
    error_code: Annotated[str | None, Lenient] = None
    error_message: Annotated[str | None, Lenient] = None
    error_reason: Annotated[str | None, Lenient] = None
    retryable: Annotated[bool | None, Lenient] = None
    refunded: Annotated[bool | None, Lenient] = None
    price: Annotated[JobPrice | None, Lenient] = None


class WebhookEvent(Model):
    """One notification of the service's. Events that this package does not know are kept too.

    Attributes:
        event: What happened: ``job.processing``, ``job.completed``, ``job.failed``, or a word that
            is newer than this package.
        delivery_id: The notification's id, the same each time it is sent: de-duplicate by it. It is
            signed, which the header ``X-DeAPI-Delivery-Id`` is not.
        timestamp: When it happened, in ISO 8601; empty where the service does not say.
        data: The job, and what became of it.
    """

    event: str = Field(min_length=1)
    delivery_id: str = Field(min_length=1, coerce_numbers_to_str=True)
    timestamp: Annotated[str, Field(coerce_numbers_to_str=True), lenient(str)] = ""
    data: Annotated[WebhookEventData, BeforeValidator(_data)] = Field(
        default_factory=WebhookEventData
    )

    @property
    def type(self) -> str:
        """The same as ``event``."""
        return self.event

    @model_validator(mode="after")
    def _names_its_job(self) -> Self:
        if self.event in _JOB_EVENTS and not self.data.job_request_id:
            raise ValueError(f"a {self.event} event must carry data.job_request_id")
        return self
