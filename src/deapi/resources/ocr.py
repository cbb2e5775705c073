"""Text recognition in images (OCR)."""

from __future__ import annotations

from .. import types  # noqa: F401 - named in the annotations of the concrete classes
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._jobs import AsyncJob, Job
from .._types import FileInput, TextFormat
from ._arguments import require_source_or_size, webhook_fields
from ._base import JobResource, JobT, PriceT


class _OCR(JobResource[JobT, PriceT]):
    _suggestions = (("create", "extract"), ("read", "extract"))

    _EXTRACT = Operation(
        "ocr.extract",
        v1=Route("img2txt"),
        v2=Route("images/ocr", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("image", "model"),
        booleans=("return_result_in_response",),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _EXTRACT_PRICE = _EXTRACT.price(required=("model",), multipart=True)

    def extract(
        self,
        *,
        image: FileInput,
        model: str,
        language: str | None = None,
        format: TextFormat | None = None,  # noqa: A002 - named like the field of the API
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Extract the text from an image.

        Args:
            image: The image, at most 10 MB. The model limits its width and height.
            model: Slug of a model with inference type ``img2txt``.
            language: Language of the text, as a hint.
            format: Format of the result: ``text`` (the default) or ``json``.
            return_result_in_response: Include the text in the job's status, as
                ``JobResult.result``. By default it is only in the file at ``result_url``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a text or JSON file.

        Endpoint: ``POST img2txt`` (v1), ``POST images/ocr`` (v2).
        """
        return self._submit(
            self._EXTRACT,
            {
                "model": model,
                "language": language,
                "format": format,
                "return_result_in_response": return_result_in_response,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"image": image},
        )

    def extract_price(
        self,
        *,
        model: str,
        image: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Get the price of ``extract()`` for an image or for its size. Prices are free.

        Args:
            model: See ``extract()``.
            image: See ``extract()``. Pass either this or ``width`` and ``height``.
            width: Width of the image in pixels. Requires ``height``.
            height: Height of the image in pixels. Requires ``width``.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of the image and its size are passed.

        Endpoint: ``POST img2txt/price-calculation`` (v1), ``POST images/ocr/price`` (v2).
        """
        require_source_or_size("image", image, width, height)
        return self._price(
            self._EXTRACT_PRICE,
            {"model": model, "width": width, "height": height},
            {"image": image},
        )


class OCR(ConcreteMethods, _OCR[Job, "types.PriceResult"]):
    """Text recognition in images: ``client.ocr``.

    Each method may raise a subclass of ``DeapiError``, such as ``ValidationError`` or
    ``InsufficientBalanceError``. If its ``possibly_accepted`` is True, the job may exist and be
    charged. An argument that cannot be sent raises ``ValueError``, ``TypeError`` or ``OSError``
    before anything is sent. ``_price`` methods are free and start no job.
    """


class AsyncOCR(AsyncMethods, _OCR[Coro[AsyncJob], Coro["types.PriceResult"]]):
    """Text recognition of the async client: ``client.ocr``. See ``OCR``."""
