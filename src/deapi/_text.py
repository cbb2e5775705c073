"""Strings from the server, and values of any type, made safe and short enough to show."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, cast

_MAX_BITS = 4096


def sanitize(text: str, limit: int = 500) -> str:
    """Return ``text`` as one line of at most ``limit`` characters, all of them printable."""
    text = " ".join(text[: 4 * limit].split())
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def end_sentence(text: str) -> str:
    """Return ``text`` with a full stop, unless it ends with a sentence that has one."""
    return text if text.rstrip("\"')")[-1:] in (".", "!", "?", "…") else f"{text}."


def describe(value: object, limit: int = 40) -> str:
    """Return a value for a message or a repr, in at most about ``limit`` characters.

    The query string of a URL is not shown, because it may contain a signature.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        if value.startswith(("https://", "http://")):
            url, separator, _query = value[: 4 * limit].partition("?")
            # The path of a long URL is shortened rather than the mark of the query.
            return repr(sanitize(url, limit - len(separator)) + ("?…" if separator else ""))
        return repr(sanitize(value, limit))
    if isinstance(value, (datetime.date, datetime.time)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{format_size(len(cast('bytes', value)))}>"
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return _describe_items(cast("Collection[Any]", value), limit)
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        value = float("inf" if value > 0 else "-inf")  # repr() of a huge int raises ValueError
    return sanitize(repr(cast("Any", value)), limit)


def _describe_items(items: Collection[Any], limit: int) -> str:
    count = len(items)
    noun = "keys" if isinstance(items, Mapping) else "items"
    if count <= 10 and all(isinstance(item, (str, int, float)) for item in items):
        shown = ", ".join(describe(item, limit) for item in items)
        if len(shown) <= limit:
            return f"<{noun} {shown}>" if noun == "keys" else f"[{shown}]"
    return f"<{count} {noun if count != 1 else noun[:-1]}>"


def format_size(size: float) -> str:
    """Return a number of bytes with a unit, for example ``2.0 kB``."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000 or unit == "MB":
            break
        size /= 1000
    return f"{size:.0f} bytes" if unit == "bytes" else f"{size:.1f} {unit}"


def format_call(name: str, arguments: Mapping[str, str], limit: int = 160) -> str:
    """Return ``name(argument=value, ...)`` with the first arguments that fit in ``limit``."""
    shown: list[str] = []
    length = len(name) + 2
    for argument, value in arguments.items():
        item = f"{argument}={value}"
        length += len(item) + 2
        if length > limit - 3:  # for the ellipsis
            shown.append("…")
            break
        shown.append(item)
    return f"{name}({', '.join(shown)})"


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an exception, unless it has the note already."""
    notes: list[str] = getattr(error, "__notes__", [])
    if note in notes:
        return
    with suppress(AttributeError, TypeError):  # an exception with __slots__
        if sys.version_info >= (3, 11):
            error.add_note(note)
        else:
            vars(error)["__notes__"] = [*notes, note]
