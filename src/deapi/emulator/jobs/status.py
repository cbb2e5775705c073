"""What the status answer says of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deapi.emulator.catalogue.models import CATALOGUE
from deapi.emulator.operations.registry import OPERATIONS

if TYPE_CHECKING:
    from deapi.emulator.jobs.jobs import Job
    from deapi.emulator.jobs.results import Results


def common_fields(job: Job, results: Results, base: str, now: float) -> dict[str, Any]:
    """What every version says of every job, but for what has to be made first.

    Args:
        job: The job.
        results: Where its result is.
        base: URL under which the client reaches the emulator.
        now: Emulated seconds since the epoch.
    """
    status: dict[str, Any] = {
        "status": job.status,
        "preview": None,
        "result_url": None,
        "results_alt_formats": None,
        "result": None,
        "progress": job.progress,
    }
    if job.status == "done":
        status["result_url"], status["results_alt_formats"] = results.urls(job, base, now)
    return status


async def with_content(status: dict[str, Any], job: Job, results: Results) -> dict[str, Any]:
    """A status with the preview or the result, which take time to make.

    Args:
        status: What is said of the job besides.
        job: The job, as it is when this begins.
        results: Where its result is.
    """
    if status["status"] == "processing":
        return {**status, "preview": await results.preview(job)}
    if status["status"] == "done" and job.fields.get("return_result_in_response"):
        return {**status, "result": await results.text(job)}
    return status


def failure_fields(job: Job) -> dict[str, Any]:
    """Why a job failed; nulls if it did not."""
    failure = job.failure if job.status == "error" else None
    return {
        "error_code": failure.error_code if failure else None,
        "error_message": failure.error_message if failure else None,
        "error_reason": failure.error_reason if failure else None,
        "retryable": failure.retryable if failure else None,
        "refunded": failure.refunded if failure else None,
    }


def further_fields(job: Job, *, billed: bool) -> dict[str, Any]:
    """What the full status says beyond these.

    Args:
        job: The job.
        billed: Whether the final charge is known of a model that settles afterwards.
    """
    failed = job.status == "error"
    boost = job.boost if job.started_at else None
    fields: dict[str, Any] = {
        "metadata": None,
        "failed_at": job.finished_at.isoformat(timespec="seconds")
        if failed and job.finished_at
        else None,
        "price": _price(job, billed=billed) if job.finished else None,
        "prompt_boosted": boost is not None,
        "prompt_boost": boost and dict(boost),
    }
    details = OPERATIONS[job.operation].details
    if details and job.status == "done":
        fields |= details(job.fields)
    return fields


def _price(job: Job, *, billed: bool) -> dict[str, Any]:
    if job.status == "error":
        return {"amount": 0, "is_estimated": False}
    return {
        "amount": job.price,
        "is_estimated": CATALOGUE[job.model].partner and not billed,
    }
