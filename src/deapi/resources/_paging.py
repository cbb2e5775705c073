"""Lists that come in pages: asking for one, and walking them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._core.request import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .._core.readers import Reader
    from ..types.pages import Page
    from ._base import Transport

ItemT = TypeVar("ItemT")

LARGEST_PAGE = 50


def page_request(operation: str, per_page: int, page: int, **others: object) -> Request:
    """The request for a page.

    Args:
        operation: Which list.
        per_page: How many items a page shall hold.
        page: The number of the page, from 1.
        others: Further fields.

    Raises:
        ValueError, TypeError: A number is out of range.
    """
    _check_number("per_page", per_page)
    _check_number("page", page)
    return Request(
        operation,
        {
            "per_page": per_page,
            "limit": per_page,  # per_page is ignored by some versions of the service
            "page": page,
            **others,
        },
    )


def next_request(request: Request, answer: Page[Any]) -> Request | None:
    """The request for the page after this one, None at the end."""
    page = cast("int", request.fields["page"])
    last = page >= answer.meta.last_page and answer.links.next is None
    if last or not answer.data:
        return None
    return Request(request.operation, {**request.fields, "page": page + 1})


def walk(
    transport: Transport[Any, Any], first: Request, read: Reader[Page[ItemT]]
) -> Iterator[ItemT]:
    """Walk the items of all pages, asking for each page when it is needed."""
    request: Request | None = first
    while request is not None:
        page: Page[ItemT] = transport.value(request, read)
        yield from page.data
        request = next_request(request, page)


async def walk_later(
    transport: Transport[Any, Any], first: Request, read: Reader[Page[ItemT]]
) -> AsyncIterator[ItemT]:
    """The same in the asynchronous client."""
    request: Request | None = first
    while request is not None:
        page: Page[ItemT] = await transport.value(request, read)
        for item in page.data:
            yield item
        request = next_request(request, page)


def _check_number(name: str, given: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be an int, not {type(given).__name__}.")
    if given < 1:
        raise ValueError(f"{name} must be 1 or more; got {given}.")
