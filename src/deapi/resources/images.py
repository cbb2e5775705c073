"""Making, editing, enlarging and cutting out images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._async_form import AsyncForm
from .._core.request import Request
from ._arguments import source_or_size, webhook
from ._base import JobT, LateJob, LatePrice, PriceT
from ._images_generation import ImageGeneration

if TYPE_CHECKING:
    from .._types import FileInput


class Images(ImageGeneration[JobT, PriceT]):
    """Images: ``client.images``."""

    def upscale(
        self,
        *,
        image: FileInput,
        model: str,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Enlarge an image. The factor belongs to the model.

        Args:
            image: The image: at most 10 MB, 64 to 5,000 pixels a side.
            model: The slug of a model with inference type ``img-upscale``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a PNG, with JPEG and WebP beside it.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST img-upscale`` (v1), ``POST images/upscales`` (v2).
        """
        return self._transport.job(
            Request(
                "images.upscale",
                {"model": model, **webhook(webhook_url, webhook_secret)},
                {"image": image},
            )
        )

    def upscale_price(
        self,
        *,
        model: str,
        image: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Ask what ``upscale()`` would cost, for an image or for its size. Asking is free.

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

        Endpoint: ``POST img-upscale/price-calculation`` (v1), ``POST images/upscales/price`` (v2).
        """
        source_or_size("image", image, width, height)
        return self._transport.price(
            Request(
                "images.upscale_price",
                {"model": model, "width": width, "height": height},
                {"image": image},
            )
        )

    def remove_background(
        self,
        *,
        image: FileInput,
        model: str,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Cut out what an image shows.

        Args:
            image: The image: at most 10 MB, 64 to 5,000 pixels a side.
            model: The slug of a model with inference type ``img-rmbg``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is a PNG with a transparent background.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST img-rmbg`` (v1), ``POST images/background-removals`` (v2).
        """
        return self._transport.job(
            Request(
                "images.remove_background",
                {"model": model, **webhook(webhook_url, webhook_secret)},
                {"image": image},
            )
        )

    def remove_background_price(
        self,
        *,
        model: str,
        image: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Ask what ``remove_background()`` would cost, for an image or for its size. It is free.

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

        Endpoint: ``POST img-rmbg/price-calculation`` (v1),
        ``POST images/background-removals/price`` (v2).
        """
        source_or_size("image", image, width, height)
        return self._transport.price(
            Request(
                "images.remove_background_price",
                {"model": model, "width": width, "height": height},
                {"image": image},
            )
        )


class AsyncImages(AsyncForm, Images[LateJob, LatePrice]):
    """Images: ``client.images`` of the asynchronous client."""
