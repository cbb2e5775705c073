"""Pages of paginated lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Generic, SupportsIndex, TypeVar, overload

from pydantic import BeforeValidator, Field, model_validator

from .._json import is_array, is_object
from .._text import describe
from ._base import Lenient, Model, Shown, lenient, list_of_objects

ItemT = TypeVar("ItemT")


class PaginationLinks(Model):
    """URLs of other pages of the same list."""

    first: Annotated[str | None, Lenient] = None
    """URL of the first page, or None."""
    last: Annotated[str | None, Lenient] = None
    """URL of the last page, or None."""
    prev: Annotated[str | None, Lenient] = None
    """URL of the previous page, or None on the first page."""
    next: Annotated[str | None, Lenient] = None
    """URL of the next page, or None on the last page."""


class PaginationMeta(Model):
    """Position of a page within its list."""

    current_page: Annotated[int, lenient(lambda: 1)] = 1
    """Number of this page, counted from 1."""
    last_page: Annotated[int, lenient(lambda: 1)] = 1
    """Number of the last page, counted from 1."""
    per_page: Annotated[int, lenient(int)] = 0
    """Maximum number of items per page, as the service applied it."""
    total: Annotated[int, lenient(int)] = 0
    """Number of items on all pages."""


class Page(Model, Generic[ItemT]):
    """One page of a paginated list.

    It is a sequence of its items: ``len(page)``, ``page[0]``, ``page[-3:]``, ``for item in page``.
    Only the items of this page are included, and an empty page is false. The methods whose name
    starts with ``iterate`` iterate over the items of all pages.
    """

    data: Annotated[list[ItemT], BeforeValidator(list_of_objects)]
    """Items on this page."""
    links: Annotated[PaginationLinks, lenient(PaginationLinks)] = Field(
        default_factory=PaginationLinks
    )
    """URLs of the other pages."""
    meta: Annotated[PaginationMeta, lenient(PaginationMeta)] = Field(default_factory=PaginationMeta)
    """Page number, page size and total number of items."""

    @model_validator(mode="before")
    @classmethod
    def _normalize(cls, body: object) -> object:
        if is_array(body):  # the items without the object around them
            return {"data": body}
        if is_object(body) and is_object(body.get("data")) and "data" in body["data"]:
            return body["data"]  # the page wrapped in {"data": ...}
        return body

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        meta = self.meta
        if meta.total > len(self) or meta.last_page > 1:
            yield "page", Shown(f"<{meta.current_page} of {meta.last_page}>")
            yield "total", Shown(describe(meta.total))
        yield "data", Shown(self._describe_items())

    def _describe_items(self) -> str:
        """Return the number of items, and the names of the first ones."""
        shown: list[str] = []
        for item in self[:5]:
            name = getattr(item, "slug", None) or getattr(item, "name", None)
            if isinstance(name, str) and len("".join(shown)) < 60:
                shown.append(describe(name, 24))
        if len(self) > len(shown) > 0:
            shown.append("…")
        count = f"{len(self)} item{'s' * (len(self) != 1)}"
        return f"<{count}: {', '.join(shown)}>" if shown else f"<{count}>"

    def _notebook_html(self) -> str | None:
        from . import _notebook

        return _notebook.table(self.data)

    # pydantic iterates over the fields of a model. A page iterates over its items instead.
    def __iter__(self) -> Iterator[ItemT]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    @overload
    def __getitem__(self, index: SupportsIndex) -> ItemT: ...

    @overload
    def __getitem__(self, index: slice) -> list[ItemT]: ...

    def __getitem__(self, index: SupportsIndex | slice) -> ItemT | list[ItemT]:
        return self.data[index]
