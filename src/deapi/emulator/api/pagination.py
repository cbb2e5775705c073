"""Pages of a list, in Laravel's format."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Item = TypeVar("Item")

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100
_MAX_DIGITS = 18


def paginate(
    items: Sequence[Item],
    as_json: Callable[[Item], dict[str, Any]],
    query: Mapping[str, str],
    url: str,
) -> dict[str, Any]:
    """Build one page of a list, with Laravel's `links` and `meta`.

    The query string may have `limit` (or `per_page`) and `page`. The URL has none.
    """
    size = _positive_int(query.get("limit") or query.get("per_page"), DEFAULT_PAGE_SIZE)
    size = min(size, MAX_PAGE_SIZE)
    number = _positive_int(query.get("page"), 1)
    last = max(1, math.ceil(len(items) / size))
    start = (number - 1) * size
    page_items = items[start : start + size]
    other_parameters = {name: value for name, value in query.items() if name != "page"}

    def link(page: int) -> str | None:
        return (
            f"{url}?{urlencode({**other_parameters, 'page': page})}" if 1 <= page <= last else None
        )

    previous, following = link(number - 1), link(number + 1)
    numbered = [
        {"url": link(page), "label": str(page), "page": page, "active": page == number}
        for page in range(1, last + 1)
    ]
    return {
        "data": [as_json(item) for item in page_items],
        "links": {"first": link(1), "last": link(last), "prev": previous, "next": following},
        "meta": {
            "current_page": number,
            "from": start + 1 if page_items else None,
            "last_page": last,
            "links": [
                _adjacent_link(previous, "&laquo; Previous", number - 1),
                *numbered,
                _adjacent_link(following, "Next &raquo;", number + 1),
            ],
            "path": url,
            "per_page": size,
            "to": start + len(page_items) if page_items else None,
            "total": len(items),
        },
    }


def _adjacent_link(url: str | None, label: str, page: int) -> dict[str, Any]:
    return {"url": url, "label": label, "page": page if url else None, "active": False}


def _positive_int(value: str | None, default: int) -> int:
    if not value or not (value.isascii() and value.isdigit()) or len(value) > _MAX_DIGITS:
        return default
    return int(value) or default
