"""The fields of a status response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..catalogue.models import CATALOGUE
from ..operations.registry import OPERATIONS

if TYPE_CHECKING:
    from .jobs import Job
    from .results import Results


async def build_status(
    job: Job, results: Results, base_url: str, now: float, *, full: bool, price_is_final: bool
) -> dict[str, Any]:
    """Build a status response. A full one has every field, including those that are null.

    `base_url` is the emulator's URL as the client sees it, and `now` is emulated time. The price of
    a partner model is an estimate until it is final.
    """
    state = job.status
    status: dict[str, Any] = {
        "status": state,
        "preview": None,
        "result_url": None,
        "results_alt_formats": None,
        "result": None,
        "progress": job.progress,
    }
    if state == "done":
        status["result_url"], status["results_alt_formats"] = results.urls(job, base_url, now)
    if state == "error" or full:
        status |= failure_fields(job)
    if full:
        status |= _full_status_fields(job, price_is_final=price_is_final)
    # These take time. The job may advance meanwhile, so all other fields are read before.
    if state == "processing":
        status["preview"] = await results.preview(job)
    elif state == "done" and job.fields.get("return_result_in_response"):
        status["result"] = await results.text(job)
    return status


def failure_fields(job: Job) -> dict[str, Any]:
    """Return why a job failed, or nulls if it did not fail."""
    failure = job.failure if job.status == "error" else None
    names = ("error_code", "error_message", "error_reason", "retryable", "refunded")
    return {name: getattr(failure, name, None) for name in names}


def _full_status_fields(job: Job, *, price_is_final: bool) -> dict[str, Any]:
    failed_at = job.finished_at if job.status == "error" else None
    prompt_boost = job.prompt_boost if job.started_at else None
    fields: dict[str, Any] = {
        "metadata": None,
        "failed_at": failed_at and failed_at.isoformat(timespec="seconds"),
        "price": _price(job, price_is_final=price_is_final) if job.is_terminal else None,
        "prompt_boosted": prompt_boost is not None,
        "prompt_boost": prompt_boost and dict(prompt_boost),
    }
    details = OPERATIONS[job.operation].details
    if details and job.status == "done":
        fields |= details(job.fields)
    return fields


def _price(job: Job, *, price_is_final: bool) -> dict[str, Any]:
    if job.status == "error":
        return {"amount": 0, "is_estimated": False}
    is_estimated = CATALOGUE[job.model].partner and not price_is_final
    return {"amount": job.price, "is_estimated": is_estimated}
