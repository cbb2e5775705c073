"""Image generation, editing, upscaling and background removal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import types
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._jobs import AsyncJob, Job
from .._types import FileInput, Quality
from ._arguments import (
    file_list,
    lora_list,
    require_exactly_one,
    require_source_or_size,
    webhook_fields,
)
from ._base import JobResource, JobT, PriceT


class _Images(JobResource[JobT, PriceT]):
    _suggestions = (("create", "generate"), ("edit", "transform"))

    _GENERATE = Operation(
        "images.generate",
        v1=Route("txt2img"),
        v2=Route("images/generations", adds=("webhook_secret", "quality", "enhance_prompt")),
        returns="JobSubmission",
        required=("prompt", "model", "width", "height", "seed"),
        booleans=("enhance_prompt",),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _GENERATE_PRICE = _GENERATE.price(required=("prompt", "model", "width", "height", "seed"))

    def generate(
        self,
        *,
        prompt: str,
        model: str,
        width: int,
        height: int,
        seed: int,
        negative_prompt: str | None = None,
        loras: Sequence[types.LoraWeight | Mapping[str, Any]] | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        quality: Quality | None = None,
        enhance_prompt: bool | None = None,
    ) -> JobT:
        """Generate an image from a text prompt.

        Args:
            prompt: Description of the image.
            model: Slug of a model with inference type ``txt2img``.
            width: Width in pixels, within the model's limits. The service rounds it down to the
                model's resolution step.
            height: Height in pixels, within the model's limits. The service rounds it down to the
                model's resolution step.
            seed: Random seed; -1 picks one. The same seed reproduces the image.
            negative_prompt: Description of what the image must not contain.
            loras: LoRAs of the model with their weights, ``[{"name": "...", "weight": 0.8}]``.
            guidance: Guidance scale: how closely the image follows the prompt. For models that
                support it.
            steps: Number of inference steps, for models that support it.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.
            quality: Quality level, one of the model's ``info.limits.quality_options``. API v2 only.
            enhance_prompt: Enhance the prompt before generating, for an extra charge. The result's
                ``prompt_boost`` has the enhanced prompt. API v2 only.

        Returns:
            The job. Its result is a PNG, also available as JPEG and WebP.

        Endpoint: ``POST txt2img`` (v1), ``POST images/generations`` (v2).
        """
        return self._submit(
            self._GENERATE,
            {
                "prompt": prompt,
                "model": model,
                "width": width,
                "height": height,
                "seed": seed,
                "negative_prompt": negative_prompt,
                "loras": lora_list(loras),
                "guidance": guidance,
                "steps": steps,
                "quality": quality,
                "enhance_prompt": enhance_prompt,
                **webhook_fields(webhook_url, webhook_secret),
            },
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
        loras: Sequence[types.LoraWeight | Mapping[str, Any]] | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        quality: Quality | None = None,
    ) -> PriceT:
        """Get the price of ``generate()``. Prices are free.

        Args:
            prompt: See ``generate()``.
            model: See ``generate()``.
            width: See ``generate()``.
            height: See ``generate()``.
            seed: See ``generate()``.
            negative_prompt: See ``generate()``.
            loras: See ``generate()``.
            guidance: See ``generate()``.
            steps: See ``generate()``.
            quality: See ``generate()``. API v2 only.

        Returns:
            The price.

        Endpoint: ``POST txt2img/price-calculation`` (v1), ``POST images/generations/price`` (v2).
        """
        return self._price(
            self._GENERATE_PRICE,
            {
                "prompt": prompt,
                "model": model,
                "width": width,
                "height": height,
                "seed": seed,
                "negative_prompt": negative_prompt,
                "loras": lora_list(loras),
                "guidance": guidance,
                "steps": steps,
                "quality": quality,
            },
        )

    _TRANSFORM = Operation(
        "images.transform",
        v1=Route("img2img"),
        v2=Route(
            "images/edits", multipart=True, adds=("webhook_secret", "quality", "enhance_prompt")
        ),
        returns="JobSubmission",
        required=("prompt", "model", "seed"),
        booleans=("enhance_prompt",),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _TRANSFORM_PRICE = _TRANSFORM.price(required=("prompt", "model", "seed"))

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
        loras: Sequence[types.LoraWeight | Mapping[str, Any]] | None = None,
        width: int | None = None,
        height: int | None = None,
        guidance: float | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        quality: Quality | None = None,
        enhance_prompt: bool | None = None,
    ) -> JobT:
        """Edit one image, or combine several, following a text prompt.

        Args:
            prompt: Description of the edit.
            model: Slug of a model with inference type ``img2img``.
            steps: Number of inference steps, for models that support it.
            seed: Random seed; -1 picks one. The same seed reproduces the image.
            image: The image to edit, at most 10 MB and 64 to 5,000 pixels per side. Pass either
                this or ``images``.
            images: Images to combine, as many as the model accepts, each at most 10 MB and 64 to
                5,000 pixels per side. Pass either this or ``image``.
            negative_prompt: Description of what the image must not contain.
            loras: LoRAs of the model with their weights, ``[{"name": "...", "weight": 0.8}]``.
            width: Width of the result in pixels. By default it is the width of the first image.
            height: Height of the result in pixels. By default it is the height of the first image.
            guidance: Guidance scale: how closely the image follows the prompt. For models that
                support it.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.
            quality: Quality level, one of the model's ``info.limits.quality_options``. API v2 only.
            enhance_prompt: Enhance the prompt before generating, for an extra charge. The result's
                ``prompt_boost`` has the enhanced prompt. API v2 only.

        Returns:
            The job. Its result is a PNG, also available as JPEG and WebP.

        Raises:
            ValueError: Both or neither of ``image`` and ``images`` are passed.

        Endpoint: ``POST img2img`` (v1), ``POST images/edits`` (v2).
        """
        require_exactly_one(image=image, images=images)
        return self._submit(
            self._TRANSFORM,
            {
                "prompt": prompt,
                "model": model,
                "steps": steps,
                "seed": seed,
                "negative_prompt": negative_prompt,
                "loras": lora_list(loras),
                "width": width,
                "height": height,
                "guidance": guidance,
                "quality": quality,
                "enhance_prompt": enhance_prompt,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"image": image, "images[]": file_list("images", images)},
        )

    def transform_price(
        self,
        *,
        prompt: str,
        model: str,
        steps: int | None = None,
        seed: int,
        loras: Sequence[types.LoraWeight | Mapping[str, Any]] | None = None,
        guidance: float | None = None,
        quality: Quality | None = None,
    ) -> PriceT:
        """Get the price of ``transform()``. Prices are free, and no image is uploaded.

        Args:
            prompt: See ``transform()``.
            model: See ``transform()``.
            steps: See ``transform()``.
            seed: See ``transform()``.
            loras: See ``transform()``.
            guidance: See ``transform()``.
            quality: See ``transform()``. API v2 only.

        Returns:
            The price.

        Endpoint: ``POST img2img/price-calculation`` (v1), ``POST images/edits/price`` (v2).
        """
        return self._price(
            self._TRANSFORM_PRICE,
            {
                "prompt": prompt,
                "model": model,
                "steps": steps,
                "seed": seed,
                "loras": lora_list(loras),
                "guidance": guidance,
                "quality": quality,
            },
        )

    _UPSCALE = Operation(
        "images.upscale",
        v1=Route("img-upscale"),
        v2=Route("images/upscales", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("image", "model"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _UPSCALE_PRICE = _UPSCALE.price(required=("model",), multipart=True)

    def upscale(
        self,
        *,
        image: FileInput,
        model: str,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Upscale an image. The model determines the factor.

        Args:
            image: The image to upscale, at most 10 MB and 64 to 5,000 pixels per side.
            model: Slug of a model with inference type ``img-upscale``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a PNG, also available as JPEG and WebP.

        Endpoint: ``POST img-upscale`` (v1), ``POST images/upscales`` (v2).
        """
        return self._submit(
            self._UPSCALE,
            {"model": model, **webhook_fields(webhook_url, webhook_secret)},
            {"image": image},
        )

    def upscale_price(
        self,
        *,
        model: str,
        image: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Get the price of ``upscale()`` for an image or for its size. Prices are free.

        Args:
            model: See ``upscale()``.
            image: See ``upscale()``. Pass either this or ``width`` and ``height``.
            width: Width of the image in pixels. Requires ``height``.
            height: Height of the image in pixels. Requires ``width``.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of the image and its size are passed.

        Endpoint: ``POST img-upscale/price-calculation`` (v1), ``POST images/upscales/price`` (v2).
        """
        require_source_or_size("image", image, width, height)
        return self._price(
            self._UPSCALE_PRICE,
            {"model": model, "width": width, "height": height},
            {"image": image},
        )

    _REMOVE_BACKGROUND = Operation(
        "images.remove_background",
        v1=Route("img-rmbg"),
        v2=Route("images/background-removals", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("image", "model"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _REMOVE_BACKGROUND_PRICE = _REMOVE_BACKGROUND.price(required=("model",), multipart=True)

    def remove_background(
        self,
        *,
        image: FileInput,
        model: str,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Remove the background from an image.

        Args:
            image: The image, at most 10 MB and 64 to 5,000 pixels per side.
            model: Slug of a model with inference type ``img-rmbg``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a PNG with a transparent background.

        Endpoint: ``POST img-rmbg`` (v1), ``POST images/background-removals`` (v2).
        """
        return self._submit(
            self._REMOVE_BACKGROUND,
            {"model": model, **webhook_fields(webhook_url, webhook_secret)},
            {"image": image},
        )

    def remove_background_price(
        self,
        *,
        model: str,
        image: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Get the price of ``remove_background()`` for an image or for its size. Prices are free.

        Args:
            model: See ``remove_background()``.
            image: See ``remove_background()``. Pass either this or ``width`` and ``height``.
            width: Width of the image in pixels. Requires ``height``.
            height: Height of the image in pixels. Requires ``width``.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of the image and its size are passed.

        Endpoint: ``POST img-rmbg/price-calculation`` (v1),
        ``POST images/background-removals/price`` (v2).
        """
        require_source_or_size("image", image, width, height)
        return self._price(
            self._REMOVE_BACKGROUND_PRICE,
            {"model": model, "width": width, "height": height},
            {"image": image},
        )


class Images(ConcreteMethods, _Images[Job, "types.PriceResult"]):
    """Image generation, editing, upscaling and background removal: ``client.images``.

    Each method may raise a subclass of ``DeapiError``, such as ``ValidationError`` or
    ``InsufficientBalanceError``. If its ``possibly_accepted`` is True, the job may exist and be
    charged. An argument that cannot be sent raises ``ValueError``, ``TypeError`` or ``OSError``
    before anything is sent. ``_price`` methods are free and start no job.
    """


class AsyncImages(AsyncMethods, _Images[Coro[AsyncJob], Coro["types.PriceResult"]]):
    """Image operations of the async client: ``client.images``. See ``Images``."""
