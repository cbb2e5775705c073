"""Submissions whose outcome is in doubt, and the trace that an interrupted one leaves."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - for typing.get_type_hints()
from typing import TYPE_CHECKING, NamedTuple

from .._text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_ENTRIES = 1000


class UnsettledSubmission(NamedTuple):
    """A submission that may have been accepted and charged, although its call did not return.

    Attributes:
        operation: Operation that was called, for example ``images.generate``.
        idempotency_key: The ``Idempotency-Key`` header of the request, or None if there was none.
        started_at: Start of the call, in UTC.
        request_id: ID of the job, if the response arrived and contains one, otherwise None;
            ``client.job(request_id)`` resumes it.
        accepted: True if the service accepted the request, False if this is unknown.
    """

    operation: str
    idempotency_key: str | None
    started_at: datetime
    request_id: str | None = None
    accepted: bool = False


class Unsettled:
    """The unsettled submissions of this process, the most recent 1000.

    Threads share an instance without a lock, because a fork could leave a lock held, and a signal
    handler may use the instance: each access to the dict is atomic.
    """

    def __init__(self, process_id: Callable[[], int]) -> None:
        self._process_id = process_id
        self._process = process_id()
        self._entries: dict[tuple[str, str | None], UnsettledSubmission] = {}

    def add(self, entry: UnsettledSubmission) -> None:
        """Add a submission, or replace an earlier attempt of it."""
        entries = self._own_entries()
        entries[entry.operation, entry.idempotency_key] = entry
        for key in list(entries)[:-_MAX_ENTRIES]:
            entries.pop(key, None)

    def settle(self, operation: str, idempotency_key: str | None) -> None:
        """Remove a submission that has succeeded."""
        if self._entries:
            self._own_entries().pop((operation, idempotency_key), None)

    def entries(self) -> tuple[UnsettledSubmission, ...]:
        """Return the unsettled submissions, the oldest first."""
        return tuple(self._own_entries().values())

    def _own_entries(self) -> dict[tuple[str, str | None], UnsettledSubmission]:
        if self._process != self._process_id():  # after a fork: these belong to the parent process
            self._entries, self._process = {}, self._process_id()
        return self._entries


def describe_interruption(entry: UnsettledSubmission, error: BaseException, hint: str) -> str:
    """Describe a submission that an exception interrupted.

    Args:
        entry: The submission.
        error: The exception.
        hint: What may have happened and what to do, if there is no job to resume.
    """
    if entry.request_id is not None:
        label = sanitize(entry.request_id, 100)
        result = f"Job {label} was accepted. Resume it with client.job({label!r})."
    elif entry.accepted:
        result = f"The service accepted it. {hint}"
    else:
        result = hint
    return (
        f"{entry.operation} was interrupted by {type(error).__name__}. {result} "
        f"(started at {entry.started_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"Idempotency-Key {entry.idempotency_key})"
    )
