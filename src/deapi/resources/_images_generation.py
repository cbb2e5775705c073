"""Making images from texts and from other images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._core.request import Request
from .._core.request import loras as lora_data
from ._arguments import files, one_of, webhook
from ._base import JobT, PriceT, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._types import FileInput
    from ..types import LoraWeight


class ImageGeneration(Resource[JobT, PriceT]):
    """The operations that make a new image."""

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
        webhook_secret: str | None = None,
        quality: str | None = None,
        enhance_prompt: bool | None = None,
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
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.
            quality: A tier of the model's ``info.limits.quality_options``. API v2 only.
            enhance_prompt: Whether the service shall improve the prompt first, at a charge; the
                result's ``prompt_boost`` tells what it made of it. API v2 only.

        Returns:
            The job. Its result is a PNG, with JPEG and WebP beside it.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST txt2img`` (v1), ``POST images/generations`` (v2).
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
                    "quality": quality,
                    "enhance_prompt": enhance_prompt,
                    **webhook(webhook_url, webhook_secret),
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
        quality: str | None = None,
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
            steps: The number of inference steps, for models that support it.
            quality: A tier of the model's ``info.limits.quality_options``. API v2 only.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST txt2img/price-calculation`` (v1), ``POST images/generations/price`` (v2).
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
                    "quality": quality,
                },
            )
        )

    def transform(
        self,
        *,
        prompt: str,
        model: str,
        steps: int | None = None,
        seed: int,
        image: FileInput | None = None,
        images: Sequence[FileInput] | None = None,
        negative_prompt: str | None = None,
        loras: Sequence[LoraWeight | Mapping[str, Any]] | None = None,
        width: int | None = None,
        height: int | None = None,
        guidance: float | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        quality: str | None = None,
        enhance_prompt: bool | None = None,
    ) -> JobT:
        """Change one image, or join several, as a text says.

        Args:
            prompt: What to do.
            model: The slug of a model with inference type ``img2img``.
            steps: The number of inference steps, for models that support it.
            seed: The same seed gives the same image; -1 draws one.
            image: The image to change: at most 10 MB, 64 to 5,000 pixels a side.
            images: Several images instead, as many as the model takes.
            negative_prompt: What the image must not show.
            loras: LoRAs of the model with their weights.
            width: Of the result, in pixels; by default that of the first image.
            height: Of the result, likewise.
            guidance: How closely to follow the prompt, for models that support it.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.
            quality: A tier of the model's ``info.limits.quality_options``. API v2 only.
            enhance_prompt: Whether the service shall improve the prompt first, at a charge; the
                result's ``prompt_boost`` tells what it made of it. API v2 only.

        Returns:
            The job. Its result is a PNG, with JPEG and WebP beside it.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or a file cannot be sent; of ``image`` and
                ``images`` exactly one must be given.

        Endpoint: ``POST img2img`` (v1), ``POST images/edits`` (v2).
        """
        one_of(image=image, images=images)
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
                    "quality": quality,
                    "enhance_prompt": enhance_prompt,
                    **webhook(webhook_url, webhook_secret),
                },
                {"image": image, "images[]": files("images", images)},
            )
        )

    def transform_price(
        self,
        *,
        prompt: str,
        model: str,
        steps: int | None = None,
        seed: int,
        loras: Sequence[LoraWeight | Mapping[str, Any]] | None = None,
        guidance: float | None = None,
        quality: str | None = None,
    ) -> PriceT:
        """Ask what ``transform()`` would cost. Asking is free and takes no image.

        Args:
            prompt: As for ``transform()``, as is everything below.
            model: The slug of the model.
            steps: The number of inference steps, for models that support it.
            seed: The seed.
            loras: LoRAs with their weights.
            guidance: How closely to follow the prompt.
            quality: A tier of the model's ``info.limits.quality_options``. API v2 only.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST img2img/price-calculation`` (v1), ``POST images/edits/price`` (v2).
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
                    "quality": quality,
                },
            )
        )
