"""Making, changing, enlarging and cutting out videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._async_form import AsyncForm
from .._transport.request import Request
from ._base import JobT, LateJob, LatePrice, PriceT, both_or_neither, one_of, source_or_size
from ._video_generation import VideoGeneration

if TYPE_CHECKING:
    from .._types import FileInput


class Video(VideoGeneration[JobT, PriceT]):
    """Videos: ``client.video``."""

    def replace(
        self,
        *,
        video: FileInput,
        ref_image: FileInput,
        model: str,
        prompt: str | None = None,
        width: int | None = None,
        height: int | None = None,
        steps: int | None = None,
        seed: int | None = None,
        webhook_url: str | None = None,
    ) -> JobT:
        """Put the character of an image in the place of the one in a video.

        Args:
            video: The video: at most 50 MB, and as long as the model takes.
            ref_image: The character: at most 10 MB, 64 to 5,000 pixels a side.
            model: The slug of a model with inference type ``video-replace``.
            prompt: What the character is like.
            width: Of the result, in pixels, only together with ``height``; by default the video's.
            height: Of the result, likewise.
            steps: The number of inference steps; by default 4.
            seed: The same seed gives the same video; by default one is drawn.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or a file cannot be sent.

        Endpoint: ``POST videos/replace``.
        """
        both_or_neither(width, height)
        return self._transport.job(
            Request(
                "video.replace",
                {
                    "model": model,
                    "prompt": prompt,
                    "width": width,
                    "height": height,
                    "steps": steps,
                    "seed": seed,
                    "webhook_url": webhook_url,
                },
                {"video": video, "ref_image": ref_image},
            )
        )

    def replace_price(
        self,
        *,
        model: str,
        video: FileInput | None = None,
        duration: float | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Ask what ``replace()`` would cost, for a video or for its duration. Asking is free.

        Args:
            model: The slug of the model.
            video: The video, or else:
            duration: its duration in seconds.
            width: Of the result, in pixels, only together with ``height``.
            height: Of the result, likewise.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; of ``video`` and
                ``duration`` exactly one must be given.

        Endpoint: ``POST videos/replace/price``.
        """
        one_of(video=video, duration=duration)
        both_or_neither(width, height)
        return self._transport.price(
            Request(
                "video.replace_price",
                {"model": model, "duration": duration, "width": width, "height": height},
                {"video": video},
            )
        )

    def upscale(self, *, video: FileInput, model: str, webhook_url: str | None = None) -> JobT:
        """Enlarge a video, by a factor that belongs to the model.

        Args:
            video: The video: at most 50 MB, and as long as the model takes.
            model: The slug of a model with inference type ``vid-upscale``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST vid-upscale``.
        """
        return self._transport.job(
            Request("video.upscale", {"model": model, "webhook_url": webhook_url}, {"video": video})
        )

    def upscale_price(
        self,
        *,
        model: str,
        video: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Ask what ``upscale()`` would cost, for a video or for its size. Asking is free.

        The price grows with the duration, which the service only knows from the video: for a size
        alone it may answer 0.

        Args:
            model: The slug of the model.
            video: The video, or else:
            width: Its width in pixels, and
            height: its height in pixels.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST vid-upscale/price-calculation``.
        """
        source_or_size("video", video, width, height)
        return self._transport.price(
            Request(
                "video.upscale_price",
                {"model": model, "width": width, "height": height},
                {"video": video},
            )
        )

    def remove_background(
        self, *, video: FileInput, model: str, webhook_url: str | None = None
    ) -> JobT:
        """Cut out what a video shows.

        Args:
            video: The video: at most 50 MB, and as long as the model takes.
            model: The slug of a model with inference type ``vid-rmbg``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST vid-rmbg``.
        """
        return self._transport.job(
            Request(
                "video.remove_background",
                {"model": model, "webhook_url": webhook_url},
                {"video": video},
            )
        )

    def remove_background_price(
        self,
        *,
        model: str,
        video: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Ask what ``remove_background()`` would cost, for a video or for its size. It is free.

        Args:
            model: The slug of the model.
            video: The video, or else:
            width: Its width in pixels, and
            height: its height in pixels.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST vid-rmbg/price-calculation``.
        """
        source_or_size("video", video, width, height)
        return self._transport.price(
            Request(
                "video.remove_background_price",
                {"model": model, "width": width, "height": height},
                {"video": video},
            )
        )


class AsyncVideo(AsyncForm, Video[LateJob, LatePrice]):
    """Videos: ``client.video`` of the asynchronous client."""
