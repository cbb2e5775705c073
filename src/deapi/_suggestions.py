"""Errors for names that do not exist, with the name that was probably meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._text import end_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FunctionType

_UNKNOWN_ARGUMENT = re.compile(r".*got an unexpected keyword argument '(\w+)'")
_POSITIONAL_ARGUMENT = re.compile(r".*takes .* positional arguments? but .* given$")

# Names that other libraries use for arguments, each with those that may be meant.
_OTHER_ARGUMENTS = {
    "callback": ("on_update",),
    "file": ("image", "source_file", "video_file", "audio", "video"),
    "filename": ("path",),
    "image": ("first_frame_image",),
    "input": ("text",),
    "interval": ("poll_interval",),
    "key": ("api_key",),
    "lang": ("language",),
    "language": ("lang",),
    "limit": ("per_page",),
    "max_cost": ("budget",),
    "num_inference_steps": ("steps", "inference_steps"),
    "on_progress": ("on_update",),
    "prompt": ("caption", "text"),
    "proxy": ("http_client",),
    "text": ("input",),
    "timeout": ("max_wait",),
    "timestamps": ("include_ts",),
    "token": ("api_key",),
    "type": ("inference_types",),
    "url": ("base_url", "source_url", "video_url", "audio_url"),
    "video": ("video_file", "source_file"),
}


def similar_names(name: str, names: Iterable[str]) -> list[str]:
    """Return the public name that resembles ``name`` most, or nothing if that is private."""
    if name.startswith("_"):
        return []  # ``from . import _jobs`` also looks for an attribute
    from difflib import get_close_matches

    return get_close_matches(name, (each for each in names if each[:1] != "_"), n=1, cutoff=0.7)


def suggest_argument(error: TypeError, function: FunctionType) -> None:
    """Add the right argument to the error of a call with an unknown or a positional argument."""
    inside = error.__traceback__ is not None and error.__traceback__.tb_next is not None
    if inside:  # the function itself has called something
        return
    code = function.__code__
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    unknown = _UNKNOWN_ARGUMENT.match(str(error))
    if unknown is not None:
        others = [name for name in _OTHER_ARGUMENTS.get(unknown[1], ()) if name in arguments]
        for suggestion in others[:1] or similar_names(unknown[1], arguments):
            error.args = (f"{unknown[0]}. Did you mean {suggestion!r}?",)
    elif code.co_kwonlyargcount and _POSITIONAL_ARGUMENT.match(str(error)):
        first = arguments[code.co_argcount]
        error.args = (
            f"{end_sentence(str(error))} Pass arguments by name, for example {first}=...",
        )


def suggest_attribute(
    name: str, others: Iterable[tuple[str, str]], attributes: Iterable[str]
) -> str:
    """Return the end of a message about an attribute that does not exist; "" without a suggestion.

    Args:
        name: The attribute that does not exist.
        others: Names that other libraries use, each with the suggestion.
        attributes: The attributes that exist.
    """
    suggestion = dict(others).get(name, *similar_names(name, attributes))
    return f". Did you mean {suggestion!r}?" if suggestion else ""


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
            message += suggest_attribute(name, cls._suggestions, dir(cls))
            # Without the object, tracebacks do not add a suggestion of their own.
            raise AttributeError(message, name=name)
