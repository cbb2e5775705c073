"""The catalogue of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast

from typing_extensions import TypeVar

from .._async_form import AsyncForm
from .._core import readers
from .._core.flows import call
from .._exceptions import NotFoundError
from ._arguments import texts
from ._base import JobT, LateJob, LatePrice, PriceT, Resource
from ._paging import LARGEST_PAGE, next_request, page_request, walk, walk_later

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence

    from .._core.flows import Core, Flow
    from .._core.request import Request
    from ..types import ModelInfo, ModelsResponse

LatePage: TypeAlias = "Coroutine[Any, Any, ModelsResponse]"
LateModel: TypeAlias = "Coroutine[Any, Any, ModelInfo]"

PageT = TypeVar("PageT", default="ModelsResponse")
ModelT = TypeVar("ModelT", default="ModelInfo")


class _Models(Resource[JobT, PriceT], Generic[JobT, PriceT, PageT, ModelT]):
    def list(
        self,
        *,
        per_page: int = 15,
        page: int = 1,
        inference_types: Sequence[str] | None = None,
    ) -> PageT:
        """List a page of the models that the account may use.

        Args:
            per_page: How many models a page holds, 1 to 50. The service takes more for its own
                maximum, and may decide otherwise: ``meta.per_page`` and ``meta.last_page`` tell.
            page: The number of the page, from 1.
            inference_types: Only models that can do one of these tasks: ``["txt2img"]``, or members
                of ``InferenceType``.

        Returns:
            The page. ``iterate()`` walks all of them.

        Raises:
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET models`` (v1), ``GET models`` (v2).
        """
        request = _page_request(per_page, page, inference_types)
        return cast("PageT", self._transport.value(request, readers.models))

    def get(self, slug: str) -> ModelT:
        """Look a model up by its slug, on all pages of the catalogue.

        Args:
            slug: The slug, as the other resources take it for ``model``.

        Returns:
            The model.

        Raises:
            NotFoundError: There is none, or the account may not use it.
            DeapiError: The service could not be asked.
            ValueError, TypeError: It cannot be a slug.

        Endpoint: ``GET models`` (v1), ``GET models`` (v2).
        """
        if not isinstance(slug, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"slug must be a str, not {type(slug).__name__}.")
        if not slug:
            raise ValueError("slug is an empty text.")
        return cast("ModelT", self._transport.run(_find(self._transport.core, slug)))


class Models(_Models[JobT, PriceT, PageT, ModelT]):
    """The catalogue of models: ``client.models``."""

    def iterate(
        self, *, per_page: int = LARGEST_PAGE, inference_types: Sequence[str] | None = None
    ) -> Iterator[ModelInfo]:
        """Walk the models of all pages, asking for each page when it is needed.

        Args:
            per_page: How many models a page holds, 1 to 50.
            inference_types: Only models that can do one of these tasks, as for ``list()``.

        Yields:
            The models.

        Raises:
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET models`` (v1), ``GET models`` (v2).
        """
        first = _page_request(per_page, 1, inference_types)
        return walk(self._transport, first, readers.models)


class AsyncModels(AsyncForm, _Models[LateJob, LatePrice, LatePage, LateModel]):
    """The catalogue of models: ``client.models`` of the asynchronous client."""

    def iterate(
        self, *, per_page: int = LARGEST_PAGE, inference_types: Sequence[str] | None = None
    ) -> AsyncIterator[ModelInfo]:
        """Walk the models of all pages, asking for each page when it is needed.

        Args:
            per_page: How many models a page holds, 1 to 50.
            inference_types: Only models that can do one of these tasks, as for ``list()``.

        Yields:
            The models.

        Raises:
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument is out of range.

        Endpoint: ``GET models`` (v1), ``GET models`` (v2).
        """
        first = _page_request(per_page, 1, inference_types)
        return walk_later(self._transport, first, readers.models)


def _page_request(per_page: int, page: int, inference_types: Sequence[str] | None) -> Request:
    types = None if inference_types is None else ",".join(texts("inference_types", inference_types))
    return page_request("models.list", per_page, page, **{"filter[inference_types]": types})


def _find(core: Core, slug: str) -> Flow[ModelInfo]:
    request: Request | None = _page_request(LARGEST_PAGE, 1, None)
    known: dict[str, str] = {}
    while request is not None:
        answer = yield from call(core, request, readers.models)
        for model in answer.data:
            if model.slug == slug:
                return model
            if model.slug:
                known.update({model.slug.lower(): model.slug, model.name.lower(): model.slug})
        request = next_request(request, answer)
    from difflib import get_close_matches

    word = slug.lower()
    alike = [name for name in known if word and word in name] or get_close_matches(word, known)
    close = [known[name] for name in alike[:3]]
    hint = " or ".join(dict.fromkeys(repr(name) for name in close))
    raise NotFoundError(
        f"There is no model {slug!r} among those that this account may use."
        + (f" Did you mean {hint}?" if hint else " client.models.iterate() walks them all.")
    )
