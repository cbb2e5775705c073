"""Whether to try again, and after how long.

The rule about money: what may have been accepted is not sent again, because the service has no
way to tell a repetition from a second order. So a submission is repeated only when it cannot have
been accepted: it did not arrive whole, or the service itself said that it had not taken it.
"""

from __future__ import annotations

import math
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from .._json import is_object
from .response import Failure, Response

if TYPE_CHECKING:
    from .._config import RetrySubmissions
    from .routes import Effect

_LONGEST = 1e8  # three years, in seconds; clocks cannot sleep for much longer

# 429: the limiter runs before anything is accepted. 408, 500, 503: the service says it failed.
# The rest of 5xx (502, 504, 52x) comes from the edge, behind which the job may well exist.
_NOT_ACCEPTED = (408, 429, 500, 503)


def is_transient(outcome: Response | Failure) -> bool:
    """Whether the same request may well succeed later."""
    if isinstance(outcome, Failure):
        return outcome.error is None
    if outcome.headers.get("x-ratelimit-type") == "ip-not-allowed":
        return False  # each further attempt from a wrong address prolongs the ban
    return outcome.status_code in _NOT_ACCEPTED or outcome.status_code >= 500


def may_be_accepted(outcome: Response | Failure) -> bool:
    """Whether a submission with this outcome may have become a job all the same."""
    if isinstance(outcome, Failure):
        return outcome.sent
    return outcome.status_code >= 500 and outcome.status_code not in _NOT_ACCEPTED


def may_repeat(
    outcome: Response | Failure, *, effect: Effect | None, submissions: RetrySubmissions
) -> bool:
    """Whether a request with this outcome may be sent again."""
    if not is_transient(outcome):
        return False
    if effect is None or (effect == "charge" and submissions == "always"):
        return True
    return submissions != "never" and not may_be_accepted(outcome)


def pause(attempt: int, asked: float | None, chance: float) -> float:
    """Seconds before the next attempt: what the service asked for, else 1, 2, 4, 8, 8, ...

    Args:
        attempt: How many attempts have been made before the one that failed.
        asked: What ``Retry-After`` says, in seconds.
        chance: A random number from 0 to 1. It adds up to a quarter, so that many clients that
            failed together do not come back together.
    """
    if asked:
        return asked + chance * min(asked, 1.0) / 4
    delay = float(min(2**attempt, 8))
    return delay + chance * delay / 4


def retry_after(outcome: Response | Failure, now: float) -> float | None:
    """The seconds that a 429 or 503 asks to wait, given as seconds or as an HTTP date.

    Some refusals of the service have them in the body instead.

    Args:
        outcome: What came back.
        now: The wall-clock time in seconds since the epoch, to count from it to a date.
    """
    if isinstance(outcome, Failure) or outcome.status_code not in (429, 503):
        return None
    value = outcome.headers.get("retry-after", "").strip() or _in_body(outcome)
    try:
        wait = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
            wait = (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
        wait = max(wait, 0.0)
    return min(wait, _LONGEST) if math.isfinite(wait) and wait >= 0 else None


def _in_body(response: Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    return str(body.get("retry_after", "")) if is_object(body) else ""
