"""Counts and sums of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


_PRICE_DIGITS = 10
"""Digits after the point of the smallest prices. What a sum of floats has after them is noise."""


@dataclass(frozen=True)
class BatchSummary:
    """What a batch has done so far, in all runs with its journal.

    Attributes:
        total: Number of items.
        planned: Number of items that have not been sent.
        submitted: Number of jobs that are running, including those that are being sent.
        done: Number of jobs that have succeeded, including those that are saved.
        saved: Number of jobs whose results are saved.
        failed: Number of items that failed.
        unknown: Number of items that may have been accepted and charged.
        spent: What all submissions cost in US dollars, also those that are running or unknown: the
            price that the service reported, otherwise the estimate. Refunds are subtracted.
        stopped: Why the last run ended although items are left, or None.
    """

    total: int
    planned: int
    submitted: int
    done: int
    saved: int
    failed: int
    unknown: int
    spent: float
    stopped: str | None

    def __str__(self) -> str:
        counts = {
            "done": self.done,
            "failed": self.failed,
            "unknown": self.unknown,
            "submitted": self.submitted,
            "planned": self.planned,
        }
        shown = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        stopped = f" {self.stopped}" if self.stopped else ""
        return f"{self.total} items: {shown or 'nothing'}; ${self.spent:.4f} spent.{stopped}"


def summarize(
    counts: Mapping[str, int], spent: float, *, unrecorded: int = 0, stopped: str | None = None
) -> BatchSummary:
    """Return the summary of a journal.

    Args:
        counts: Number of items in the journal by state.
        spent: What all submissions cost in US dollars.
        unrecorded: Number of items that are not in the journal yet.
        stopped: Why the last run ended although items are left, or None.
    """
    return BatchSummary(
        total=sum(counts.values()) + unrecorded,
        planned=counts.get("planned", 0) + unrecorded,
        submitted=counts.get("submitted", 0) + counts.get("sending", 0),
        done=counts.get("done", 0) + counts.get("saved", 0),
        saved=counts.get("saved", 0),
        failed=counts.get("failed", 0),
        unknown=counts.get("unknown", 0),
        spent=round(spent, _PRICE_DIGITS),
        stopped=stopped,
    )
