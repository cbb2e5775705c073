"""What the functions of a caller observe: validation of the functions, and the events of a call."""

from __future__ import annotations

import inspect
import itertools
import logging
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from .._response import Response
from ..events import AttemptFinished, CallFinished, CallStarted, RetryScheduled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._response import Failure
    from ..events import Event
    from .steps import Send

log = logging.getLogger("deapi")

OnEvent: TypeAlias = "Callable[[Event], object]"
"""What a client calls with its events."""

_call_ids = itertools.count(1)


def validate_on_event(on_event: object) -> OnEvent:
    """Return a callback that can be called without awaiting it.

    Raises:
        TypeError: It is not callable, or a coroutine function.
    """
    if _is_async("on_event", on_event):
        raise TypeError(
            "on_event must not be a coroutine function, because events are not awaited. Pass a "
            "function, which may create a task."
        )
    return cast("OnEvent", on_event)


def validate_on_update(on_update: object, *, may_be_async: bool) -> None:
    """Reject an ``on_update`` that cannot be called, or whose coroutines would not be awaited.

    Raises:
        TypeError: It is not callable, or a coroutine function for the sync client.
    """
    if on_update is not None and _is_async("on_update", on_update) and not may_be_async:
        raise TypeError(
            "on_update must not be a coroutine function, because the sync client cannot await it. "
            "Pass a function, or use AsyncDeapiClient."
        )


def _is_async(name: str, callback: object) -> bool:
    if not callable(callback):
        raise TypeError(f"{name} must be a function, not {type(callback).__name__}.")
    functions = (callback, type(callback).__call__)
    return any(map(inspect.iscoroutinefunction, functions))


def emit(on_event: OnEvent, event: Event) -> None:
    """Call ``on_event``. What it raises is logged."""
    try:
        on_event(event)
    except Exception:
        log.warning("on_event failed for %s", type(event).__name__, exc_info=True)


class CallEvents:
    """Emits the events of one call. Without ``on_event``, no instance is created.

    Args:
        observers: The ``on_event`` of each client that receives the events.
        monotonic: Clock, in seconds.
        send: The request.
    """

    def __init__(
        self,
        observers: Sequence[OnEvent],
        monotonic: Callable[[], float],
        send: Send,
    ) -> None:
        self._observers = observers
        self._monotonic = monotonic
        self._operation = send.operation.name
        self._id = next(_call_ids)
        self._attempts = 0
        self._is_finished = False
        self._status_code: int | None = None
        self._start = self._attempt_start = monotonic()
        url = send.url.partition("?")[0]
        self._emit(CallStarted(self._id, self._operation, send.method, url))

    def _emit(self, event: Event) -> None:
        for on_event in self._observers:
            emit(on_event, event)

    def attempt_finished(self, outcome: Response | Failure) -> None:
        """Report the outcome of a request."""
        self._attempts += 1
        head: Any = outcome if isinstance(outcome, Response) else None
        self._status_code = None if head is None else head.status_code
        self._emit(
            AttemptFinished(
                self._id,
                self._operation,
                self._attempts,
                self._monotonic() - self._attempt_start,
                self._status_code,
                None if head is None else head.http_request_id,
            )
        )

    def retry_scheduled(self, delay: float) -> None:
        """Report a retry, which begins after ``delay`` seconds."""
        self._emit(RetryScheduled(self._id, self._operation, self._attempts, delay))

    def attempt_started(self) -> None:
        """Begin to measure a request."""
        self._attempt_start = self._monotonic()

    def finished(self, error: BaseException | None = None) -> None:
        """Report the end of the call, once."""
        if self._is_finished:
            return
        self._is_finished = True
        self._emit(
            CallFinished(
                self._id,
                self._operation,
                self._monotonic() - self._start,
                self._attempts,
                self._status_code,
                None if error is None else type(error).__name__,
            )
        )
