"""Turning texts into vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._async_form import AsyncForm
from .._core.request import Request
from ._arguments import texts, webhook
from ._base import JobT, LateJob, LatePrice, PriceT, Resource

if TYPE_CHECKING:
    from collections.abc import Sequence


class Embeddings(Resource[JobT, PriceT]):
    """Embeddings: ``client.embeddings``."""

    def create(
        self,
        *,
        input: str | Sequence[str],  # noqa: A002 - the reference's name
        model: str,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Turn a text into a vector, or several texts in one job.

        Args:
            input: One text, or a list of at most 2,048, within the model's limits on tokens.
            model: The slug of a model with inference type ``txt2embedding``.
            return_result_in_response: Whether the job's state shall hold the vectors, for
                ``JobResult.embeddings()`` to read, beside the file at ``result_url``; by default it
                does not.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a JSON file with a list of vectors, in the order of the input.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent; the list or a text in it is empty.

        Endpoint: ``POST txt2embedding`` (v1), ``POST embeddings`` (v2).
        """
        return self._transport.job(
            Request(
                "embeddings.create",
                {
                    "input": _checked(input),
                    "model": model,
                    "return_result_in_response": return_result_in_response,
                    **webhook(webhook_url, webhook_secret),
                },
            )
        )

    def create_price(
        self,
        *,
        input: str | Sequence[str],  # noqa: A002 - the reference's name
        model: str,
        return_result_in_response: bool | None = None,
    ) -> PriceT:
        """Ask what ``create()`` would cost. Asking is free.

        Args:
            input: One text, or a list of them.
            model: The slug of the model.
            return_result_in_response: As for ``create()``; the price does not depend on it.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent; the list or a text in it is empty.

        Endpoint: ``POST txt2embedding/price-calculation`` (v1), ``POST embeddings/price`` (v2).
        """
        return self._transport.price(
            Request(
                "embeddings.create_price",
                {
                    "input": _checked(input),
                    "model": model,
                    "return_result_in_response": return_result_in_response,
                },
            )
        )


def _checked(given: str | Sequence[str]) -> str | list[str]:
    if not isinstance(given, str):
        return texts("input", given)
    if not given:
        raise ValueError("input is an empty text.")
    return given


class AsyncEmbeddings(AsyncForm, Embeddings[LateJob, LatePrice]):
    """Embeddings: ``client.embeddings`` of the asynchronous client."""
