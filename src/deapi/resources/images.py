"""Making, editing, enlarging and cutting out images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._async_form import AsyncForm
from .._transport.request import Request, as_list
from .._transport.request import loras as lora_data
from ._base import JobT, LateJob, LatePrice, PriceT, Resource, one_of, source_or_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._types import FileInput
    from ..types import LoraWeight


class Images(Resource[JobT, PriceT]):
    """Images: ``client.images``."""

    def generate(
        self,
        *,
        prompt: str,
        model: str,
        width: int,
        height: int,
        seed: int,
        negative_prompt: str | None = None,
        loras: Sequence[LoraWeight | Mapping[str, Any]] | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        webhook_url: str | None = None,
    ) -> JobT:
        """Make an image from a text.

        Args:
            prompt: What the image shows.
            model: The slug of a model with inference type ``txt2img``.
            width: In pixels, within the model's limits; the service rounds down to its step.
            height: In pixels, likewise.
            seed: The same seed gives the same image; -1 draws one.
            negative_prompt: What the image must not show.
            loras: LoRAs of the model with their weights, ``[{"name": "...", "weight": 0.8}]``.
            guidance: How closely to follow the prompt, for models that support it.
            steps: The number of inference steps, for models that support it.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.

        Returns:
            The job. Its result is a PNG, with JPEG and WebP beside it.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST txt2img``.
        """
        return self._transport.job(
            Request(
                "images.generate",
                {
                    "prompt": prompt,
                    "model": model,
                    "width": width,
                    "height": height,
                    "seed": seed,
                    "negative_prompt": negative_prompt,
                    "loras": lora_data(loras),
                    "guidance": guidance,
                    "steps": steps,
                    "webhook_url": webhook_url,
                },
            )
        )

    def generate_price(
        self,
        *,
        prompt: str,
        model: str,
        width: int,
        height: int,
        seed: int,
        negative_prompt: str | None = None,
        loras: Sequence[LoraWeight | Mapping[str, Any]] | None = None,
        guidance: float | None = None,
        steps: int | None = None,
    ) -> PriceT:
        """Ask what ``generate()`` would cost. Asking is free.

        Args:
            prompt: As for ``generate()``, as is everything below.
            model: The slug of the model.
            width: In pixels.
            height: In pixels.
            seed: The seed.
            negative_prompt: What the image must not show.
            loras: LoRAs with their weights.
            guidance: How closely to follow the prompt.
            steps: The number of inference steps.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST txt2img/price-calculation``.
        """
        return self._transport.price(
            Request(
                "images.generate_price",
                {
                    "prompt": prompt,
                    "model": model,
                    "width": width,
                    "height": height,
                    "seed": seed,
                    "negative_prompt": negative_prompt,
                    "loras": lora_data(loras),
                    "guidance": guidance,
                    "steps": steps,
                },
            )
        )

    def transform(
        self,
        *,
        prompt: str,
        model: str,
        steps: int,
        seed: int,
        image: FileInput | None = None,
        images: Sequence[FileInput] | None = None,
        negative_prompt: str | None = None,
        loras: Sequence[LoraWeight | Mapping[str, Any]] | None = None,
        width: int | None = None,
        height: int | None = None,
        guidance: float | None = None,
        webhook_url: str | None = None,
    ) -> JobT:
        """Change one image, or join several, as a text says.

        Args:
            prompt: What to do.
            model: The slug of a model with inference type ``img2img``.
            steps: The number of inference steps, within the model's limits.
            seed: The same seed gives the same image; -1 draws one.
            image: The image to change: at most 10 MB, 64 to 5,000 pixels a side.
            images: Several images instead, as many as the model takes.
            negative_prompt: What the image must not show.
            loras: LoRAs of the model with their weights.
            width: Of the result, in pixels; by default that of the first image.
            height: Of the result, likewise.
            guidance: How closely to follow the prompt, for models that support it.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.

        Returns:
            The job. Its result is a PNG, with JPEG and WebP beside it.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or a file cannot be sent; of ``image`` and
                ``images`` exactly one must be given.

        Endpoint: ``POST img2img``.
        """
        one_of(image=image, images=images)
        several = None if images is None else as_list("images", images)
        if several == []:
            raise ValueError("images is an empty list. Give at least one image.")
        return self._transport.job(
            Request(
                "images.transform",
                {
                    "prompt": prompt,
                    "model": model,
                    "steps": steps,
                    "seed": seed,
                    "negative_prompt": negative_prompt,
                    "loras": lora_data(loras),
                    "width": width,
                    "height": height,
                    "guidance": guidance,
                    "webhook_url": webhook_url,
                },
                {"image": image, "images[]": several},
            )
        )

    def transform_price(
        self,
        *,
        prompt: str,
        model: str,
        steps: int,
        seed: int,
        loras: Sequence[LoraWeight | Mapping[str, Any]] | None = None,
        guidance: float | None = None,
    ) -> PriceT:
        """Ask what ``transform()`` would cost. Asking is free and takes no image.

        Args:
            prompt: As for ``transform()``, as is everything below.
            model: The slug of the model.
            steps: The number of inference steps.
            seed: The seed.
            loras: LoRAs with their weights.
            guidance: How closely to follow the prompt.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST img2img/price-calculation``.
        """
        return self._transport.price(
            Request(
                "images.transform_price",
                {
                    "prompt": prompt,
                    "model": model,
                    "steps": steps,
                    "seed": seed,
                    "loras": lora_data(loras),
                    "guidance": guidance,
                },
            )
        )

    def upscale(self, *, image: FileInput, model: str, webhook_url: str | None = None) -> JobT:
        """Enlarge an image. The factor belongs to the model.

        Args:
            image: The image: at most 10 MB, 64 to 5,000 pixels a side.
            model: The slug of a model with inference type ``img-upscale``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.

        Returns:
            The job. Its result is a PNG, with JPEG and WebP beside it.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST img-upscale``.
        """
        return self._transport.job(
            Request(
                "images.upscale", {"model": model, "webhook_url": webhook_url}, {"image": image}
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

        Endpoint: ``POST img-upscale/price-calculation``.
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
        self, *, image: FileInput, model: str, webhook_url: str | None = None
    ) -> JobT:
        """Cut out what an image shows.

        Args:
            image: The image: at most 10 MB, 64 to 5,000 pixels a side.
            model: The slug of a model with inference type ``img-rmbg``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.

        Returns:
            The job. Its result is a PNG with a transparent background.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST img-rmbg``.
        """
        return self._transport.job(
            Request(
                "images.remove_background",
                {"model": model, "webhook_url": webhook_url},
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

        Endpoint: ``POST img-rmbg/price-calculation``.
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
