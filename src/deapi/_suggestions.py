"""Errors for names that do not exist, with the name that was probably meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FunctionType

_UNKNOWN_ARGUMENT = re.compile(r"got an unexpected keyword argument '(\w+)'$")


def similar_names(name: str, names: Iterable[str]) -> list[str]:
    """Return the public name that resembles ``name`` most, or nothing if that is private."""
    if name.startswith("_"):
        return []  # ``from . import _jobs`` also looks for an attribute
    from difflib import get_close_matches

    return get_close_matches(name, (each for each in names if each[:1] != "_"), n=1, cutoff=0.7)


def suggest_argument(error: TypeError, function: FunctionType) -> None:
    """Add a similar argument to the error of a call with an argument that does not exist."""
    unknown = _UNKNOWN_ARGUMENT.search(str(error))
    inside = error.__traceback__ is not None and error.__traceback__.tb_next is not None
    if unknown is None or inside:  # the function itself has called something
        return
    code = function.__code__
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for suggestion in similar_names(unknown[1], arguments):
        error.args = (f"{unknown.string}. Did you mean {suggestion!r}?",)


class SuggestsAttributes:
    """Base of classes whose ``AttributeError`` suggests another attribute."""

    _suggestions: tuple[tuple[str, str], ...] = ()
    """Names that other libraries use, each with the suggestion."""

    if not TYPE_CHECKING:  # because __getattr__ makes type checkers accept any name

        def __getattr__(self, name: str) -> object:
            cls = type(self)
            if any(name in vars(base) for base in cls.__mro__):
                # A property raised AttributeError, which must not be replaced.
                return object.__getattribute__(self, name)
            message = f"{cls.__name__!r} object has no attribute {name!r}"
            suggestion = dict(cls._suggestions).get(name, *similar_names(name, dir(cls)))
            message += f". Did you mean {suggestion!r}?" if suggestion else ""
            # Without the object, tracebacks do not add a suggestion of their own.
            raise AttributeError(message, name=name)
