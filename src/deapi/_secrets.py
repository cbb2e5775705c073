"""Secrets in arguments, which error reports with local variables must not show."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FunctionT = TypeVar("FunctionT", bound="Callable[..., Any]")

SECRET_ARGUMENTS = frozenset(("api_key", "webhook_secret"))
"""Arguments of methods that are secrets."""


class Secret:
    """A value that its repr does not show.

    Debuggers, rich and Sentry show the local variables of each function in a traceback. A function
    that may raise therefore has a ``Secret``, and stores its ``value`` in no variable.

    Attributes:
        value: The secret, or what was passed in its place.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<secret>"


def to_secret(value: object) -> Secret:
    """Return a value as a ``Secret``, unless it is one already."""
    return value if isinstance(value, Secret) else Secret(value)


def hide(arguments: dict[str, Any], names: Iterable[str]) -> None:
    """Replace keyword arguments by ``Secret`` objects, except those that are missing or None."""
    for name in names:
        if arguments.get(name) is not None:
            arguments[name] = to_secret(arguments[name])


def hides(*names: str) -> Callable[[FunctionT], FunctionT]:
    """Decorate a function that receives its keyword arguments ``names`` as ``Secret`` objects."""

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            hide(kwargs, names)
            return function(*args, **kwargs)

        return call

    return decorate
