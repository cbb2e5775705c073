"""Reading the text in images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._async_form import AsyncForm
from .._core.request import Request
from ._arguments import source_or_size, webhook
from ._base import JobT, LateJob, LatePrice, PriceT, Resource

if TYPE_CHECKING:
    from .._types import FileInput


class OCR(Resource[JobT, PriceT]):
    """Text in images: ``client.ocr``."""

    def extract(
        self,
        *,
        image: FileInput,
        model: str,
        language: str | None = None,
        format: str | None = None,  # noqa: A002 - the reference's name
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Read the text in an image.

        Args:
            image: The image: at most 10 MB, within the model's limits on its sides.
            model: The slug of a model with inference type ``img2txt``.
            language: The language of the text, as a hint.
            format: ``text`` or ``json``; by default text.
            return_result_in_response: Whether ``JobResult.result`` shall hold the text, beside the
                file at ``result_url``; by default it does not.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a text or JSON file.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST img2txt`` (v1), ``POST images/ocr`` (v2).
        """
        return self._transport.job(
            Request(
                "ocr.extract",
                {
                    "model": model,
                    "language": language,
                    "format": format,
                    "return_result_in_response": return_result_in_response,
                    **webhook(webhook_url, webhook_secret),
                },
                {"image": image},
            )
        )

    def extract_price(
        self,
        *,
        model: str,
        image: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Ask what ``extract()`` would cost, for an image or for its size. Asking is free.

        Args:
            model: The slug of the model.
            image: The image, or else:
            width: Its width in pixels, and
            height: its height in pixels.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST img2txt/price-calculation`` (v1), ``POST images/ocr/price`` (v2).
        """
        source_or_size("image", image, width, height)
        return self._transport.price(
            Request(
                "ocr.extract_price",
                {"model": model, "width": width, "height": height},
                {"image": image},
            )
        )


class AsyncOCR(AsyncForm, OCR[LateJob, LatePrice]):
    """Text in images: ``client.ocr`` of the asynchronous client."""
