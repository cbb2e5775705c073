"""HTML for notebooks: players and images of results, and tables."""

from __future__ import annotations

import base64
import datetime
from html import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel

from .._json import is_array
from .._text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .jobs import JobResult

_IMAGES = frozenset({"png", "jpg", "jpeg", "webp", "gif", "avif"})
_AUDIO = frozenset({"mp3", "wav", "flac", "m4a", "ogg", "opus", "aac"})
_VIDEOS = frozenset({"mp4", "webm", "mov", "m4v"})

_MAX_ROWS = 100
_MAX_TEXT = 5000


def result_html(result: JobResult) -> str | None:
    """Return the image, the player or the text of a result, or None if there is none yet."""
    from .jobs import VECTORS

    text = result.result
    if text is not None and not (result.result_url and VECTORS.match(text)):
        text = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
        return f'<pre style="white-space: pre-wrap">{escape(text)}</pre>'
    if result.result_url is not None:
        return _media(result.result_url)
    preview = result.preview_image()
    if preview is not None:
        encoded = base64.b64encode(preview).decode()
        status = escape(f"{sanitize(result.status.value, 40)}, {result.progress:g} %")
        return (
            f'<figure><img src="data:;base64,{encoded}"><figcaption>{status}</figcaption></figure>'
        )
    return None


def table(items: Iterable[object]) -> str | None:
    """Return a table of models of one class, with a column for each field that has a short value.

    Unknown fields are not shown, because they may contain a secret.
    """
    rows = [
        {name: shown for name in type(item).model_fields if (shown := _cell(getattr(item, name)))}
        for item in items
        if isinstance(item, BaseModel)
    ]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        return None
    head = _row("th", columns)
    body = "".join(
        _row("td", [row.get(column, "") for column in columns]) for row in rows[:_MAX_ROWS]
    )
    more = len(rows) - _MAX_ROWS
    caption = f"<caption>and {more} more</caption>" if more > 0 else ""
    return f"<table>{caption}<thead>{head}</thead><tbody>{body}</tbody></table>"


def _media(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    source = escape(url)
    suffix = PurePosixPath(parts.path).suffix.lower().removeprefix(".")
    if suffix in _IMAGES:
        return f'<img src="{source}" style="max-width: 100%; max-height: 32em">'
    if suffix in _AUDIO:
        return f'<audio controls src="{source}"></audio>'
    if suffix in _VIDEOS:
        return f'<video controls src="{source}" style="max-width: 100%; max-height: 32em"></video>'
    name = sanitize(PurePosixPath(parts.path).name, 100) or "result"
    return f'<a href="{source}" rel="noreferrer">{escape(name)}</a>'


def _cell(value: object) -> str:
    """Return a value as text; an empty string for None and for values that do not fit a cell."""
    if isinstance(value, (str, int, float, datetime.date)):
        return sanitize(str(value), 100)
    if is_array(value) and all(isinstance(item, str) for item in value):
        return sanitize(", ".join(value), 100)
    return ""


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
