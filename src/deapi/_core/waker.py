"""Wakers, which end the waits of flows, in any thread or event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Waker:
    """Ends the ``WaitFor`` of one flow early. Any thread may wake, whatever the flow runs in.

    Threads share an instance without a lock, because a signal handler or a garbage collection may
    wake at any time: each access to the list is atomic.
    """

    def __init__(self) -> None:
        self._woken = False
        self._callbacks: list[Callable[[], object]] = []

    def wake(self) -> None:
        """End the current wait, otherwise the next one."""
        self._woken = True
        for callback in list(self._callbacks):
            callback()

    def reset(self) -> None:
        """Let the next wait last, although ``wake()`` was called."""
        self._woken = False

    def add_callback(self, callback: Callable[[], object]) -> None:
        """Call a function on ``wake()``, in the thread that wakes, at least once."""
        self._callbacks.append(callback)
        if self._woken:
            callback()

    def remove_callback(self, callback: Callable[[], object]) -> None:
        """Stop calling a function."""
        self._callbacks.remove(callback)
