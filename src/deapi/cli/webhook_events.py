"""The webhooks of an account, from what its socket announces and what status requests return.

Nothing here performs I/O, or reads a clock: times are Unix times in seconds.

The socket does not announce failures. A job that has been silent for a while is therefore polled,
at growing intervals, because status requests are rate-limited.
"""

from __future__ import annotations

import json
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..types import JobResult

_EVENTS = {"processing": "job.processing", "done": "job.completed", "error": "job.failed"}
_PREVIOUS = {"processing": "pending", "done": "processing", "error": "processing"}

# The IDs of deliveries are derived from jobs and events, so that a replay has the same ID.
_NAMESPACE = uuid.UUID("6f0c3a52-6f0e-5a0b-9f43-0d8f3c1b7a11")

# Seconds of silence before the first poll of a job, and the maximum before a later one.
_FIRST_POLL = 30.0
_MAX_POLL = 600.0

_MAX_JOBS = 10_000


@dataclass
class _Job:
    """A job that the socket has announced.

    Attributes:
        started_at: When the first update arrived.
        interval: Seconds of silence before the next poll.
        due: Time of the next poll, or None once the job has finished.
    """

    started_at: float
    interval: float
    due: float | None = None


class AnnouncedJobs:
    """The jobs that the socket has announced. Its methods return the bodies of webhooks."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, _Job] = OrderedDict()
        self._held_until = 0.0

    def update(self, request_id: str, data: Mapping[str, Any], now: float) -> list[bytes]:
        """Use an update of the socket.

        Args:
            request_id: ID of the job.
            data: The update, with ``status`` and ``result_url``.
            now: The current time.
        """
        bodies: list[bytes] = []
        status, result_url = data.get("status"), data.get("result_url")
        is_new = request_id not in self._jobs
        job = self._jobs.setdefault(request_id, _Job(now, _FIRST_POLL))
        if len(self._jobs) > _MAX_JOBS:
            self._jobs.popitem(last=False)
        if not is_new and job.due is None:
            return bodies  # a late update of a job that has finished
        if status == "done" and isinstance(result_url, str):
            job.due = None
            bodies.append(_completed(request_id, result_url, None if is_new else job, now))
        elif status in ("processing", "in_progress"):
            job.interval = _FIRST_POLL
            job.due = now + job.interval
            if is_new:
                bodies.append(_encode(request_id, "processing", {"started_at": _time(now)}, now))
        else:
            job.due = now  # a poll returns the rest
        return bodies

    def next_poll(self) -> tuple[float, str] | None:
        """Return the time of the next poll and the ID of its job, or None."""
        waiting = [(job.due, name) for name, job in self._jobs.items() if job.due is not None]
        if not waiting:
            return None
        due, request_id = min(waiting)
        return max(due, self._held_until), request_id

    def polled(self, request_id: str, result: JobResult, now: float) -> list[bytes]:
        """Use the status that a poll has returned."""
        job = self._jobs[request_id]
        if result.status.is_terminal:
            job.due = None
            return [webhook_body(request_id, result, now, job)]
        self._wait_longer(job, now)
        return []

    def poll_failed(self, request_id: str, now: float, *, retry_after: float = 0.0) -> None:
        """Poll later, after ``retry_after`` seconds at the earliest."""
        self._held_until = max(self._held_until, now + retry_after)
        self._wait_longer(self._jobs[request_id], now)

    def forget(self, request_id: str) -> None:
        """Poll a job no more."""
        self._jobs[request_id].due = None

    def _wait_longer(self, job: _Job, now: float) -> None:
        job.interval = min(2 * job.interval, _MAX_POLL)
        job.due = now + job.interval


def webhook_body(request_id: str, result: JobResult, now: float, job: _Job | None = None) -> bytes:
    """Return the body of the webhook about the status of a job.

    Args:
        request_id: ID of the job.
        result: The status: processing, done or error.
        now: The current time.
        job: What is known of the job, or None.
    """
    if result.status == "done":
        return _completed(request_id, result.result_url, job, now)
    if result.status == "error":
        price = result.price
        details: dict[str, Any] = {
            "failed_at": result.failed_at or _time(now),
            "error_code": result.error_code,
            "error_message": result.error_message,
            "error_reason": result.error_reason,
            "retryable": result.retryable,
            "refunded": result.refunded,
            "price": None if price is None else price.model_dump(mode="json"),
        }
        return _encode(request_id, "error", details, now)
    return _encode(request_id, "processing", {"started_at": _time(now)}, now)


def _completed(request_id: str, result_url: str | None, job: _Job | None, now: float) -> bytes:
    started_at = now if job is None else job.started_at
    details = {
        "completed_at": _time(now),
        "result_url": result_url,
        "processing_time_ms": round((now - started_at) * 1000),
    }
    return _encode(request_id, "done", details, now)


def _encode(request_id: str, status: str, details: Mapping[str, Any], now: float) -> bytes:
    """Return the body of a webhook, in which slashes are escaped, as by the service."""
    event = _EVENTS[status]
    body = {
        "event": event,
        "delivery_id": str(uuid.uuid5(_NAMESPACE, f"{request_id} {event}")),
        "timestamp": _time(now),
        "data": {
            "job_request_id": request_id,
            "status": status,
            "previous_status": _PREVIOUS[status],
            "job_type": None,  # neither the socket nor the status contains it
            **details,
        },
    }
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def _time(now: float) -> str:
    return datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="seconds")
