"""Responses to job submissions, apart from ``jobs`` so that programs that submit start fast."""

from __future__ import annotations

from pydantic import Field

from ._base import Model


class JobSubmission(Model):
    """Response to a job submission."""

    request_id: str = Field(min_length=1, coerce_numbers_to_str=True)
    """ID of the new job."""
