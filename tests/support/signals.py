"""Ctrl-C after a delay."""

import contextlib
import signal
import sys
from typing import Any

import pytest

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


@contextlib.contextmanager
def interrupted_after(seconds: float) -> Any:
    """Raise KeyboardInterrupt in the main thread after some seconds."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
