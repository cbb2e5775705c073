"""Signals during a run, which ends so that a later run can continue."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def exit_on_sigterm() -> Generator[None, None, None]:
    """Raise ``SystemExit`` on SIGTERM, unless the program handles the signal."""
    if not _is_sigterm_unhandled():
        yield
        return

    def handle(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        with suppress(ValueError):  # the iterator is finalized in another thread
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def cancel_on_signals() -> Generator[None, None, None]:
    """Cancel the task on SIGTERM and raise ``SystemExit``, unless the program handles it.

    On Python 3.10 the same is done for Ctrl-C. Otherwise it would raise in any line of any task.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    received: list[int] = []

    def handle(number: int) -> None:
        received.append(number)
        if task is not None:
            task.cancel()

    numbers = [signal.SIGTERM] if _is_sigterm_unhandled() else []
    if sys.version_info < (3, 11) and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        numbers.append(signal.SIGINT)
    for number in numbers:
        with suppress(NotImplementedError, RuntimeError, ValueError):  # on Windows, or in a thread
            loop.add_signal_handler(number, handle, number)
    try:
        yield
    except asyncio.CancelledError:
        if received[:1] == [signal.SIGINT]:
            raise KeyboardInterrupt from None
        if received:
            raise SystemExit(128 + received[0]) from None
        raise
    finally:
        for number in numbers:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)


def _is_sigterm_unhandled() -> bool:
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
