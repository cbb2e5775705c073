"""Making videos from texts and sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.request import Request
from ._arguments import webhook
from ._base import JobT, PriceT, Resource

if TYPE_CHECKING:
    from .._types import FileInput


class VideoGeneration(Resource[JobT, PriceT]):
    """The operations that make a video from a text, with or without a sound to follow."""

    def generate(
        self,
        *,
        prompt: str,
        model: str,
        width: int,
        height: int,
        steps: int | None = None,
        seed: int,
        frames: int,
        fps: int,
        negative_prompt: str | None = None,
        guidance: float | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        enhance_prompt: bool | None = None,
    ) -> JobT:
        """Make a video from a text.

        Args:
            prompt: What the video shows.
            model: The slug of a model with inference type ``txt2video``.
            width: In pixels, within the model's limits; the service rounds down to its step.
            height: In pixels, likewise.
            steps: The number of inference steps, for models that support it.
            seed: The same seed gives the same video; -1 draws one.
            frames: How many frames it has, within the model's limits.
            fps: How many of them are shown a second; most models take one number only.
            negative_prompt: What the video must not show.
            guidance: How closely to follow the prompt, for models that support it.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.
            enhance_prompt: Whether the service shall improve the prompt first, at a charge; the
                result's ``prompt_boost`` tells what it made of it. API v2 only.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST txt2video`` (v1), ``POST videos/generations`` (v2).
        """
        return self._transport.job(
            Request(
                "video.generate",
                {
                    "prompt": prompt,
                    "model": model,
                    "width": width,
                    "height": height,
                    "steps": steps,
                    "seed": seed,
                    "frames": frames,
                    "fps": fps,
                    "negative_prompt": negative_prompt,
                    "guidance": guidance,
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
        steps: int | None = None,
        seed: int,
        frames: int,
        fps: int,
        negative_prompt: str | None = None,
        guidance: float | None = None,
    ) -> PriceT:
        """Ask what ``generate()`` would cost. Asking is free.

        Args:
            prompt: As for ``generate()``, as is everything below. The price depends neither on
                this nor on the seed, the negative prompt and the guidance, so they are not sent.
            model: The slug of the model.
            width: In pixels.
            height: In pixels.
            steps: The number of inference steps, for models that support it.
            seed: The seed.
            frames: How many frames it has.
            fps: How many of them are shown a second.
            negative_prompt: What the video must not show.
            guidance: How closely to follow the prompt.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST txt2video/price-calculation`` (v1), ``POST videos/generations/price`` (v2).
        """
        return self._transport.price(
            Request(
                "video.generate_price",
                {
                    "prompt": prompt,
                    "model": model,
                    "width": width,
                    "height": height,
                    "steps": steps,
                    "seed": seed,
                    "frames": frames,
                    "fps": fps,
                    "negative_prompt": negative_prompt,
                    "guidance": guidance,
                },
            )
        )

    def generate_from_audio(
        self,
        *,
        prompt: str,
        audio: FileInput,
        model: str,
        width: int,
        height: int,
        seed: int,
        frames: int,
        fps: int,
        negative_prompt: str | None = None,
        first_frame_image: FileInput | None = None,
        last_frame_image: FileInput | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Make a video to a sound: a mouth to a speech, a dance to music.

        Args:
            prompt: What the video shows.
            audio: The sound: at most 20 MB, as long as the model takes.
            model: The slug of a model with inference type ``audio2video``.
            width: In pixels, within the model's limits; the service rounds down to its step.
            height: In pixels, likewise.
            seed: The same seed gives the same video; -1 draws one.
            frames: How many frames it has, within the model's limits.
            fps: How many of them are shown a second; most models take one number only.
            negative_prompt: What the video must not show.
            first_frame_image: What it begins with: at most 10 MB, 64 to 5,000 pixels a side.
            last_frame_image: What it ends with, for models that support it; limits as above.
            guidance: How closely to follow the prompt, for models that support it.
            steps: The number of inference steps, for models that support it.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or a file cannot be sent.

        Endpoint: ``POST aud2video`` (v1), ``POST videos/audio-syncs`` (v2).
        """
        return self._transport.job(
            Request(
                "video.generate_from_audio",
                {
                    "prompt": prompt,
                    "model": model,
                    "width": width,
                    "height": height,
                    "seed": seed,
                    "frames": frames,
                    "fps": fps,
                    "negative_prompt": negative_prompt,
                    "guidance": guidance,
                    "steps": steps,
                    **webhook(webhook_url, webhook_secret),
                },
                {
                    "audio": audio,
                    "first_frame_image": first_frame_image,
                    "last_frame_image": last_frame_image,
                },
            )
        )

    def generate_from_audio_price(
        self,
        *,
        model: str,
        width: int,
        height: int,
        frames: int,
        fps: int,
        guidance: float | None = None,
        steps: int | None = None,
    ) -> PriceT:
        """Ask what ``generate_from_audio()`` would cost. Asking is free and takes no file.

        Args:
            model: The slug of the model.
            width: In pixels.
            height: In pixels.
            frames: How many frames it has.
            fps: How many of them are shown a second.
            guidance: As for ``generate_from_audio()``; the price does not depend on it, so it is
                not sent.
            steps: The number of inference steps, for models that support it.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST aud2video/price-calculation`` (v1), ``POST videos/audio-syncs/price`` (v2).
        """
        return self._transport.price(
            Request(
                "video.generate_from_audio_price",
                {
                    "model": model,
                    "width": width,
                    "height": height,
                    "frames": frames,
                    "fps": fps,
                    "guidance": guidance,
                    "steps": steps,
                },
            )
        )
