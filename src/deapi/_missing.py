"""Errors for attributes that do not exist, with the name of the one that was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING


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
            if not name.startswith("_"):
                public = [each for each in dir(cls) if not each.startswith("_")]
                similar = get_close_matches(name, public, n=1, cutoff=0.7)
                suggestion = dict(cls._suggestions).get(name, *similar)
                message += f". Did you mean {suggestion!r}?" if suggestion else ""
            # Without the object, tracebacks do not add a suggestion of their own.
            raise AttributeError(message, name=name)
