"""Events that end sleeps, in any thread or event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Event:
    """Ends sleeps. It may be set from any thread and waited for in any thread or event loop.

    Threads share an instance without a lock, because a signal handler or a garbage collection may
    set it at any time: each access to the list is atomic.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._callbacks: list[Callable[[], object]] = []

    def set(self) -> None:
        """End the current sleep, otherwise the next one."""
        self._is_set = True
        for callback in list(self._callbacks):
            callback()

    def clear(self) -> None:
        """Forget that the event was set."""
        self._is_set = False

    def add_callback(self, callback: Callable[[], object]) -> None:
        """Call a function when the event is set, in the thread that sets it, at least once."""
        self._callbacks.append(callback)
        if self._is_set:
            callback()

    def remove_callback(self, callback: Callable[[], object]) -> None:
        """Stop calling a function."""
        self._callbacks.remove(callback)
