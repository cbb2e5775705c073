"""Text embeddings."""

from __future__ import annotations

from collections.abc import Sequence

from .. import types  # noqa: F401 - named in the annotations of the concrete classes
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._jobs import AsyncJob, Job
from ._arguments import string_list, webhook_fields
from ._base import JobResource, JobT, PriceT


class _Embeddings(JobResource[JobT, PriceT]):
    _suggestions = (("embed", "create"), ("generate", "create"))

    _CREATE = Operation(
        "embeddings.create",
        v1=Route("txt2embedding"),
        v2=Route("embeddings", adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("input", "model"),
        booleans=("return_result_in_response",),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _CREATE_PRICE = _CREATE.price(required=("input", "model"), drops=("return_result_in_response",))

    def create(
        self,
        *,
        input: str | Sequence[str],  # noqa: A002 - named like the field of the API
        model: str,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Create an embedding (a vector) of a text, or of several texts in one job.

        Args:
            input: A text, or a list of at most 2,048 texts, within the model's token limits.
            model: Slug of a model with inference type ``txt2embedding``.
            return_result_in_response: Include the vectors in the job's status, where
                ``JobResult.embeddings()`` reads them. By default they are only in the file at
                ``result_url``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a JSON file with a list of vectors, in the order of the input.

        Raises:
            ValueError: The list or a text is empty.

        Endpoint: ``POST txt2embedding`` (v1), ``POST embeddings`` (v2).
        """
        return self._submit(
            self._CREATE,
            {
                "input": _validate_input(input),
                "model": model,
                "return_result_in_response": return_result_in_response,
                **webhook_fields(webhook_url, webhook_secret),
            },
        )

    def create_price(
        self,
        *,
        input: str | Sequence[str],  # noqa: A002 - named like the field of the API
        model: str,
        return_result_in_response: bool | None = None,
    ) -> PriceT:
        """Get the price of ``create()``. Prices are free.

        Args:
            input: See ``create()``.
            model: See ``create()``.
            return_result_in_response: See ``create()``. It does not affect the price.

        Returns:
            The price.

        Raises:
            ValueError: The list or a text is empty.

        Endpoint: ``POST txt2embedding/price-calculation`` (v1), ``POST embeddings/price`` (v2).
        """
        return self._price(
            self._CREATE_PRICE,
            {
                "input": _validate_input(input),
                "model": model,
                "return_result_in_response": return_result_in_response,
            },
        )


def _validate_input(value: object) -> object:
    if isinstance(value, str):
        if not value:
            raise ValueError("input must not be an empty string.")
        return value
    # None is rejected with the other required arguments.
    return None if value is None else string_list("input", value)


class Embeddings(ConcreteMethods, _Embeddings[Job, "types.PriceResult"]):
    """Text embeddings: ``client.embeddings``.

    Each method may raise a subclass of ``DeapiError``, such as ``ValidationError`` or
    ``InsufficientBalanceError``. If its ``possibly_accepted`` is True, the job may exist and be
    charged. An argument that cannot be sent raises ``ValueError`` or ``TypeError`` before anything
    is sent. ``_price`` methods are free and start no job.
    """


class AsyncEmbeddings(AsyncMethods, _Embeddings[Coro[AsyncJob], Coro["types.PriceResult"]]):
    """Text embeddings of the async client: ``client.embeddings``. See ``Embeddings``."""
