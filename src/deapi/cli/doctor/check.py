"""The outcome of one check."""

from __future__ import annotations

import threading
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class State(str, Enum):
    """State of a check. The value is what the output shows."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    NOT_CHECKED = "not checked"


class Check(NamedTuple):
    """The outcome of one check.

    Attributes:
        name: What was checked.
        state: The state.
        text: What was found.
        advice: What to do, or an empty string.
        is_account: Whether a problem concerns the API key or the balance.
    """

    name: str
    state: State
    text: str
    advice: str = ""
    is_account: bool = False


def call_within(seconds: float, function: Callable[[], T]) -> T:
    """Call a function in a thread, and return its result.

    The timeouts of a client do not limit the resolution of a hostname.

    Args:
        seconds: Maximum seconds to wait. A thread that needs longer is left behind.
        function: The function.

    Raises:
        TimeoutError: The function did not return in time.
    """
    outcome: list[Any] = [None, TimeoutError(f"There was no result within {seconds:g} seconds.")]

    def run() -> None:
        try:
            outcome[:] = [function(), None]
        except Exception as error:  # noqa: BLE001 - raised below
            outcome[1] = error

    thread = threading.Thread(target=run, name="deapi doctor", daemon=True)
    thread.start()
    thread.join(seconds)
    value, error = outcome
    if error is not None:
        raise error
    found: T = value
    return found
