"""The words after ``--``, which are values although they may look like options."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

DELIMITER = "--"

_count: ContextVar[int] = ContextVar("literals", default=0)


def literal_count() -> int:
    """Return how many of the last words of the command that runs follow ``--``."""
    return _count.get()


@contextmanager
def count_literals(arguments: Sequence[str]) -> Generator[None]:
    """Count the words after ``--`` for the command that runs in the block."""
    start = arguments.index(DELIMITER) + 1 if DELIMITER in arguments else len(arguments)
    token = _count.set(len(arguments) - start)
    try:
        yield
    finally:
        _count.reset(token)
