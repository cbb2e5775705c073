"""Pages of lists that may be long."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from .._json import is_array, is_object
from ._base import Lenient, Model, lenient, rows

ItemT = TypeVar("ItemT")


class PaginationLinks(Model):
    """The addresses of the neighbouring pages, None where there is none.

    Attributes:
        first: The first page.
        last: The last page.
        prev: The page before this one.
        next: The page after this one.
    """

    first: Annotated[str | None, Lenient] = None
    last: Annotated[str | None, Lenient] = None
    prev: Annotated[str | None, Lenient] = None
    next: Annotated[str | None, Lenient] = None


class PaginationMeta(Model):
    """Where a page stands among the others.

    Attributes:
        current_page: Its number, from 1.
        last_page: The number of the last page.
        per_page: How many items a page holds, as the service decided.
        total: How many items there are on all pages.
    """

    current_page: Annotated[int, lenient(lambda: 1)] = 1
    last_page: Annotated[int, lenient(lambda: 1)] = 1
    per_page: Annotated[int, lenient(int)] = 0
    total: Annotated[int, lenient(int)] = 0


class Page(Model, Generic[ItemT]):
    """A page of a list.

    Attributes:
        data: What is on this page.
        links: The addresses of the other pages.
        meta: Where this page stands among them.
    """

    data: Annotated[list[ItemT], BeforeValidator(rows)]
    links: Annotated[PaginationLinks, lenient(PaginationLinks)] = Field(
        default_factory=PaginationLinks
    )
    meta: Annotated[PaginationMeta, lenient(PaginationMeta)] = Field(default_factory=PaginationMeta)

    @model_validator(mode="before")
    @classmethod
    def _as_page(cls, body: object) -> object:
        if is_array(body):  # a list without its page
            return {"data": body}
        if is_object(body) and is_object(body.get("data")) and "data" in body["data"]:
            return body["data"]  # a page wrapped once more
        return body
