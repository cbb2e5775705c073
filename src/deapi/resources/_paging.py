"""Paginated lists: requesting one page, and iterating over all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .._core.request import Request
from .._text import describe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .._core.context import Driver
    from .._core.operation import Operation
    from .._core.steps import Flow
    from ..types.pages import Page


def page_request(operation: Operation, per_page: int, page: int, **extra_fields: object) -> Request:
    """Return the request for a page.

    Args:
        operation: The operation that lists.
        per_page: Maximum number of items on a page.
        page: Number of the page, from 1.
        extra_fields: Further fields.

    Raises:
        ValueError, TypeError: A number is out of range.
    """
    _require_positive("per_page", per_page)
    _require_positive("page", page)
    return Request(
        operation,
        {
            "per_page": per_page,
            "limit": per_page,  # some versions of the service ignore per_page
            "page": page,
            **extra_fields,
        },
    )


def next_request(request: Request, page: Page[Any]) -> Request | None:
    """Return the request for the page after ``page``, or None if ``page`` is the last."""
    number = cast("int", request.fields["page"])
    is_last = number >= page.meta.last_page and page.links.next is None
    if is_last or not page.data:
        return None
    return Request(request.operation, {**request.fields, "page": number + 1})


def iterate_pages(
    driver: Driver, first: Request, fetch: Callable[[Request], Flow[Any]]
) -> Iterator[Any]:
    """Iterate over the items of all pages. Each page is requested when it is needed."""
    request: Request | None = first
    while request is not None:
        page: Page[Any] = driver.run(fetch(request))
        yield from page.data
        request = next_request(request, page)


async def aiterate_pages(
    driver: Driver, first: Request, fetch: Callable[[Request], Flow[Any]]
) -> AsyncIterator[Any]:
    """Iterate over the items of all pages, in the async client."""
    request: Request | None = first
    while request is not None:
        page: Page[Any] = await driver.run(fetch(request))
        for item in page.data:
            yield item
        request = next_request(request, page)


def _require_positive(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}.")
    if value < 1:
        raise ValueError(f"{name} must be at least 1; got {describe(value)}.")
