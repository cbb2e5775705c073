"""The option ``--profile``, which every command has, before or after its name."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .literals import DELIMITER

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

PROFILE_OPTION = "--profile"

_selected: ContextVar[str | None] = ContextVar("profile", default=None)


def selected_profile() -> str | None:
    """Return the value of the option of the command that runs, or None."""
    return _selected.get()


@contextmanager
def select_profile(arguments: Sequence[str]) -> Generator[list[str]]:
    """Remove the option from the arguments of a command, and select its value in the block.

    Raises:
        ValueError: The value is missing, or is not the name of a profile.
    """
    name, rest = _split(arguments)
    if name is not None:
        from .._profiles import validate_name

        validate_name(name)
    token = _selected.set(name)
    try:
        yield rest
    finally:
        _selected.reset(token)


def _split(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    name = None
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        option, equals, value = word.partition("=")
        if word == DELIMITER:
            return name, [*rest, word, *words]
        if option == PROFILE_OPTION:
            name = value if equals else next(words, "")
        else:
            rest.append(word)
    return name, rest
