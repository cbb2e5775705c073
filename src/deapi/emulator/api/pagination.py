"""Laravel's pages of a list."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Item = TypeVar("Item")

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100
_MOST_DIGITS = 18


def page_of(
    items: Sequence[Item],
    as_json: Callable[[Item], dict[str, Any]],
    query: Mapping[str, str],
    url: str,
) -> dict[str, Any]:
    """A page of a list, with Laravel's `links` and `meta`.

    Args:
        items: What is to be paged.
        as_json: Makes the entry of an item.
        query: Query string of the request; `limit` (or `per_page`), `page`.
        url: URL of the list without its query string.

    Returns:
        The body of the answer.
    """
    size = _positive(query.get("limit") or query.get("per_page"), DEFAULT_PAGE_SIZE)
    size = min(size, MAX_PAGE_SIZE)
    number = _positive(query.get("page"), 1)
    last = max(1, math.ceil(len(items) / size))
    start = (number - 1) * size
    shown = items[start : start + size]
    kept = {name: value for name, value in query.items() if name != "page"}

    def link(page: int) -> str | None:
        return f"{url}?{urlencode({**kept, 'page': page})}" if 1 <= page <= last else None

    previous, following = link(number - 1), link(number + 1)
    numbered = [
        {"url": link(page), "label": str(page), "page": page, "active": page == number}
        for page in range(1, last + 1)
    ]
    return {
        "data": [as_json(item) for item in shown],
        "links": {"first": link(1), "last": link(last), "prev": previous, "next": following},
        "meta": {
            "current_page": number,
            "from": start + 1 if shown else None,
            "last_page": last,
            "links": [
                _step(previous, "&laquo; Previous", number - 1),
                *numbered,
                _step(following, "Next &raquo;", number + 1),
            ],
            "path": url,
            "per_page": size,
            "to": start + len(shown) if shown else None,
            "total": len(items),
        },
    }


def _step(url: str | None, label: str, page: int) -> dict[str, Any]:
    return {"url": url, "label": label, "page": page if url else None, "active": False}


def _positive(text: str | None, default: int) -> int:
    if not text or not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        return default
    return int(text) or default
