"""Whether to retry a request, and after which delay.

A submission that may have been accepted is not retried, because the service cannot distinguish a
retry from a new submission and would charge both. A submission is retried only if it did not arrive
completely, or if the service itself reported that it rejected it or failed.
"""

from __future__ import annotations

import math
from datetime import timezone
from email.utils import parsedate_to_datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from .._config import MAX_SECONDS
from .._json import is_object
from .._response import Failure, Response

if TYPE_CHECKING:
    from .._config import RetrySubmissions
    from .operation import SideEffect

# 429: the limiter runs before anything is accepted. 408, 500, 503: the service reports a failure.
# The other 5xx (502, 504, 52x) come from the edge. The job may exist behind it.
_NOT_ACCEPTED = (408, 429, 500, 503)


def is_transient(outcome: Response | Failure) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(outcome, Failure):
        return outcome.error is None and not outcome.permanent
    if outcome.headers.get("x-ratelimit-type") == "ip-not-allowed":
        return False  # every further attempt from this IP address prolongs the ban
    return outcome.status_code in _NOT_ACCEPTED or outcome.status_code >= 500


class Acceptance(IntEnum):
    """Whether a submission without success may have been accepted, by increasing risk."""

    NONE = 0
    """The service rejected it, or it did not arrive completely."""

    FAILED = 1
    """The service reported that it failed. This is retried, but a charge cannot be excluded."""

    UNKNOWN = 2
    """It may have been accepted."""


def acceptance_of(outcome: Response | Failure) -> Acceptance:
    """Return whether an attempt without success may have been accepted."""
    if isinstance(outcome, Failure):
        return Acceptance.UNKNOWN if outcome.sent else Acceptance.NONE
    if outcome.status_code == 408 or outcome.status_code >= 500:
        return Acceptance.FAILED if outcome.status_code in _NOT_ACCEPTED else Acceptance.UNKNOWN
    return Acceptance.NONE


def should_retry(
    outcome: Response | Failure,
    *,
    side_effect: SideEffect | None,
    retry_submissions: RetrySubmissions,
) -> bool:
    """Whether a request with this outcome may be sent again."""
    if not is_transient(outcome):
        return False
    if side_effect is None or (side_effect == "billable" and retry_submissions == "always"):
        return True
    return retry_submissions != "never" and acceptance_of(outcome) < Acceptance.UNKNOWN


def backoff_delay(attempt: int, retry_after: float | None, jitter: float) -> float:
    """Return the seconds before the next attempt: ``Retry-After``, otherwise 1, 2, 4, 8, 8, ...

    Args:
        attempt: Number of attempts before the one that failed, from 0.
        retry_after: Seconds that the service asked to wait, or None.
        jitter: A random number from 0 to 1. It adds up to a quarter of the delay, so that clients
            that failed together do not retry together.
    """
    if retry_after:
        return retry_after + jitter * min(retry_after, 1.0) / 4
    delay = float(min(2**attempt, 8))
    return delay + jitter * delay / 4


def parse_retry_after(outcome: Response | Failure, now: float) -> float | None:
    """Return the seconds that a 429 or 503 asks to wait, or None.

    ``Retry-After`` is a number of seconds or an HTTP date. Some rejections have it in the body.

    Args:
        outcome: The response or failure.
        now: Wall-clock time in seconds since the epoch, to subtract from a date.
    """
    if isinstance(outcome, Failure) or outcome.status_code not in (429, 503):
        return None
    value = outcome.headers.get("retry-after", "").strip() or _retry_after_in_body(outcome)
    try:
        wait = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
            wait = (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() - now
        except (ValueError, OverflowError):
            return None
        wait = max(wait, 0.0)
    return min(wait, MAX_SECONDS) if math.isfinite(wait) and wait >= 0 else None


def _retry_after_in_body(response: Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    value = body.get("retry_after") if is_object(body) else None
    return str(value) if isinstance(value, (int, float, str)) else ""
