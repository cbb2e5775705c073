"""The catalogue of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast

from typing_extensions import TypeVar

from .._async_form import AsyncForm
from .._exceptions import NotFoundError
from .._transport import response as responses
from .._transport.flows import call
from .._transport.request import Request
from ._base import JobT, LateJob, LatePrice, PriceT, Resource, texts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence

    from .._transport.flows import Core, Flow
    from ..types import ModelInfo, ModelsResponse

LatePage: TypeAlias = "Coroutine[Any, Any, ModelsResponse]"
LateModel: TypeAlias = "Coroutine[Any, Any, ModelInfo]"

PageT = TypeVar("PageT", default="ModelsResponse")
ModelT = TypeVar("ModelT", default="ModelInfo")

_LARGEST_PAGE = 50


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

        Endpoint: ``GET models``.
        """
        request = _page_request(per_page, page, inference_types)
        return cast("PageT", self._transport.value(request, responses.models))

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

        Endpoint: ``GET models``.
        """
        if not isinstance(slug, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"slug must be a str, not {type(slug).__name__}.")
        if not slug:
            raise ValueError("slug is an empty text.")
        return cast("ModelT", self._transport.run(_find(self._transport.core, slug)))


class Models(_Models[JobT, PriceT, PageT, ModelT]):
    """The catalogue of models: ``client.models``."""

    def iterate(
        self, *, per_page: int = _LARGEST_PAGE, inference_types: Sequence[str] | None = None
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

        Endpoint: ``GET models``.
        """
        return self._walk(_page_request(per_page, 1, inference_types))

    def _walk(self, request: Request | None) -> Iterator[ModelInfo]:
        while request is not None:
            page: ModelsResponse = self._transport.value(request, responses.models)
            yield from page.data
            request = _next_request(request, page)


class AsyncModels(AsyncForm, _Models[LateJob, LatePrice, LatePage, LateModel]):
    """The catalogue of models: ``client.models`` of the asynchronous client."""

    def iterate(
        self, *, per_page: int = _LARGEST_PAGE, inference_types: Sequence[str] | None = None
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

        Endpoint: ``GET models``.
        """
        return self._walk(_page_request(per_page, 1, inference_types))

    async def _walk(self, request: Request | None) -> AsyncIterator[ModelInfo]:
        while request is not None:
            page: ModelsResponse = await self._transport.value(request, responses.models)
            for model in page.data:
                yield model
            request = _next_request(request, page)


def _page_request(per_page: int, page: int, inference_types: Sequence[str] | None) -> Request:
    _check_number("per_page", per_page)
    _check_number("page", page)
    types = None if inference_types is None else texts("inference_types", inference_types)
    return Request(
        "models.list",
        {
            "per_page": per_page,
            "limit": per_page,  # per_page is ignored by some versions of the service
            "page": page,
            "filter[inference_types]": None if types is None else ",".join(types),
        },
    )


def _check_number(name: str, given: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be an int, not {type(given).__name__}.")
    if given < 1:
        raise ValueError(f"{name} must be 1 or more; got {given}.")


def _next_request(request: Request, answer: ModelsResponse) -> Request | None:
    """The request for the page after this one, None at the end."""
    page = cast("int", request.fields["page"])
    if page >= answer.meta.last_page or not answer.data:
        return None
    return Request(request.operation, {**request.fields, "page": page + 1})


def _find(core: Core, slug: str) -> Flow[ModelInfo]:
    request: Request | None = _page_request(_LARGEST_PAGE, 1, None)
    known: dict[str, str] = {}
    while request is not None:
        answer = yield from call(core, request, responses.models)
        for model in answer.data:
            if model.slug == slug:
                return model
            if model.slug:
                known.update({model.slug.lower(): model.slug, model.name.lower(): model.slug})
        request = _next_request(request, answer)
    from difflib import get_close_matches

    word = slug.lower()
    alike = [name for name in known if word and word in name] or get_close_matches(word, known)
    close = [known[name] for name in alike[:3]]
    hint = " or ".join(dict.fromkeys(repr(name) for name in close))
    raise NotFoundError(
        f"There is no model {slug!r} among those that this account may use."
        + (f" Did you mean {hint}?" if hint else " client.models.iterate() walks them all.")
    )
