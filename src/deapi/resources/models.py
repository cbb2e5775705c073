"""The catalogue of models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from .. import types
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.calls import call
from .._core.operation import Operation, Route
from .._exceptions import NotFoundError
from .._text import sanitize
from .._types import Task
from ._arguments import string_list
from ._base import Resource
from ._paging import aiterate_pages, iterate_pages, next_request, page_request

if TYPE_CHECKING:
    from .._core.request import Request
    from .._core.steps import Flow

_MAX_PAGE_SIZE = 50

PageT = TypeVar("PageT")
ModelT = TypeVar("ModelT")


class _Models(Resource, Generic[PageT, ModelT]):
    _LIST = Operation(
        "models.list",
        v1=Route("models", "GET"),
        v2=Route("models", "GET"),
        returns="ModelsResponse",
    )

    def list(
        self,
        *,
        per_page: int = 15,
        page: int = 1,
        inference_types: Sequence[Task] | None = None,
    ) -> PageT:
        """List one page of the models that the account can use.

        Args:
            per_page: Maximum number of models on a page, 1 to 50. The service reduces larger
                values and may use another number. ``meta.per_page`` has the actual one.
            page: Number of the page, from 1. ``meta.last_page`` has the number of pages.
            inference_types: Only models with one of these inference types: strings such as
                ``["txt2img"]``, or members of ``InferenceType``.

        Returns:
            The page. Use ``iterate()`` for all pages.

        Endpoint: ``GET models`` (v1), ``GET models`` (v2).
        """
        return cast("PageT", self._send(self._page_request(per_page, page, inference_types)))

    def get(self, slug: str) -> ModelT:
        """Find a model by its slug, on all pages of the catalogue.

        Args:
            slug: The slug, as other methods accept it as ``model``.

        Returns:
            The model.

        Raises:
            NotFoundError: The model does not exist, or the account cannot use it.
            ValueError: ``slug`` is empty.

        Endpoint: ``GET models`` (v1), ``GET models`` (v2).
        """
        if not isinstance(slug, str):
            raise TypeError(f"slug must be a str, not {type(slug).__name__}.")
        if not slug:
            raise ValueError("slug must not be an empty string.")
        return cast("ModelT", self._driver.run(self._find(slug)))

    def _page_request(
        self, per_page: int, page: int, inference_types: Sequence[Task] | None
    ) -> Request:
        joined = None
        if inference_types is not None:
            joined = ",".join(string_list("inference_types", inference_types))
        return page_request(self._LIST, per_page, page, **{"filter[inference_types]": joined})

    def _fetch(self, request: Request) -> Flow[types.ModelsResponse]:
        """Request a page. Its models are kept for the messages of later errors."""
        page: types.ModelsResponse = yield from call(self._driver.context, request)
        self._driver.context.catalogue.record(page)
        return page

    def _find(self, slug: str) -> Flow[types.ModelInfo]:
        request: Request | None = self._page_request(_MAX_PAGE_SIZE, 1, None)
        while request is not None:
            page = yield from self._fetch(request)
            for model in page:
                if model.slug == slug:
                    object.__setattr__(model, "_response", page.response)  # as for other results
                    return model
            request = next_request(request, page)
        raise NotFoundError(
            f"Model {sanitize(slug, 100)!r} was not found among the models that this account can "
            f"use. {self._driver.context.catalogue.suggest(slug)}"
        )


class Models(ConcreteMethods, _Models["types.ModelsResponse", "types.ModelInfo"]):
    """The catalogue of models: ``client.models``.

    Each method may raise a subclass of ``DeapiError``. An argument that is out of range raises
    ``ValueError`` or ``TypeError`` before anything is sent.
    """

    def iterate(
        self, *, per_page: int = 50, inference_types: Sequence[Task] | None = None
    ) -> Iterator[types.ModelInfo]:
        """Iterate over the models of all pages. Each page is requested when it is needed.

        Args:
            per_page: Maximum number of models on a page, 1 to 50.
            inference_types: Only models with one of these inference types: strings such as
                ``["txt2img"]``, or members of ``InferenceType``.

        Yields:
            The models.

        Endpoint: ``GET models`` (v1), ``GET models`` (v2).
        """
        first = self._page_request(per_page, 1, inference_types)
        return iterate_pages(self._driver, first, self._fetch)


class AsyncModels(AsyncMethods, _Models[Coro["types.ModelsResponse"], Coro["types.ModelInfo"]]):
    """The catalogue of models, in the async client: ``client.models``. See ``Models``."""

    def iterate(
        self, *, per_page: int = 50, inference_types: Sequence[Task] | None = None
    ) -> AsyncIterator[types.ModelInfo]:
        """Iterate over the models of all pages. Each page is requested when it is needed.

        Args:
            per_page: Maximum number of models on a page, 1 to 50.
            inference_types: Only models with one of these inference types: strings such as
                ``["txt2img"]``, or members of ``InferenceType``.

        Yields:
            The models.

        Endpoint: ``GET models`` (v1), ``GET models`` (v2).
        """
        first = self._page_request(per_page, 1, inference_types)
        return aiterate_pages(self._driver, first, self._fetch)
