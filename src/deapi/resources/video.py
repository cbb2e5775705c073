"""Making, changing, enlarging, cutting out and describing videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._async_form import AsyncForm
from .._core.request import Request
from ._arguments import both_or_neither, check_platform, one_of, source_or_size, webhook
from ._base import JobT, LateJob, LatePrice, PriceT
from ._video_animation import VideoAnimation
from ._video_generation import VideoGeneration

if TYPE_CHECKING:
    from .._types import FileInput


class Video(VideoGeneration[JobT, PriceT], VideoAnimation[JobT, PriceT]):
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
        webhook_secret: str | None = None,
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
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or a file cannot be sent.

        Endpoint: ``POST videos/replace`` (v1), ``POST videos/replacements`` (v2).
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
                    **webhook(webhook_url, webhook_secret),
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

        Endpoint: ``POST videos/replace/price`` (v1), ``POST videos/replacements/price`` (v2).
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

    def upscale(
        self,
        *,
        video: FileInput,
        model: str,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        scale: int | None = None,
    ) -> JobT:
        """Enlarge a video.

        Args:
            video: The video: at most 50 MB, and as long as the model takes.
            model: The slug of a model with inference type ``vid-upscale``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.
            scale: By how much, 1 to 16, for models that have ``info.limits.min_scale`` and
                ``max_scale``, which require it; others have a factor of their own and refuse it.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST vid-upscale`` (v1), ``POST videos/upscales`` (v2).
        """
        return self._transport.job(
            Request(
                "video.upscale",
                {"model": model, "scale": scale, **webhook(webhook_url, webhook_secret)},
                {"video": video},
            )
        )

    def upscale_price(
        self,
        *,
        model: str,
        video: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
        scale: int | None = None,
        duration: float | None = None,
    ) -> PriceT:
        """Ask what ``upscale()`` would cost, for a video or for its size. Asking is free.

        The price grows with the duration: for a size without one, the service may answer 0.

        Args:
            model: The slug of the model.
            video: The video, or else:
            width: Its width in pixels, and
            height: its height in pixels.
            scale: By how much to enlarge it, for models that take it.
            duration: In seconds, beside ``width`` and ``height``; a video has its own.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST vid-upscale/price-calculation`` (v1), ``POST videos/upscales/price`` (v2).
        """
        source_or_size("video", video, width, height)
        if video is not None and duration is not None:
            raise ValueError("Give duration with width and height only; a video has its own.")
        return self._transport.price(
            Request(
                "video.upscale_price",
                {
                    "model": model,
                    "width": width,
                    "height": height,
                    "scale": scale,
                    "duration": duration,
                },
                {"video": video},
            )
        )

    def remove_background(
        self,
        *,
        video: FileInput,
        model: str,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Cut out what a video shows.

        Args:
            video: The video: at most 50 MB, and as long as the model takes.
            model: The slug of a model with inference type ``vid-rmbg``.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent.

        Endpoint: ``POST vid-rmbg`` (v1), ``POST videos/background-removals`` (v2).
        """
        return self._transport.job(
            Request(
                "video.remove_background",
                {"model": model, **webhook(webhook_url, webhook_secret)},
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

        Endpoint: ``POST vid-rmbg/price-calculation`` (v1),
        ``POST videos/background-removals/price`` (v2).
        """
        source_or_size("video", video, width, height)
        return self._transport.price(
            Request(
                "video.remove_background_price",
                {"model": model, "width": width, "height": height},
                {"video": video},
            )
        )

    def describe(
        self,
        *,
        model: str,
        video_url: str | None = None,
        video_file: FileInput | None = None,
        preset: str | None = None,
        include_metadata: bool | None = None,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Put what a video shows into words, event by event and scene by scene. API v2 only.

        Args:
            model: The slug of a model with inference type ``video2desc`` for a video on the web,
                ``video_file2desc`` for a file.
            video_url: A video on the web; one on TikTok of at most 10 minutes; or else:
            video_file: a file of at most 50 MB.
            preset: How closely to look, for models that support it: one of the model's
                ``info.limits.available_presets``, such as ``fast``, ``balanced`` and ``detail``.
                The closer, the dearer.
            include_metadata: Whether the job's state shall tell of the source in ``metadata``: its
                title, channel, duration and so on; a file has none.
            return_result_in_response: Whether the job's state shall hold the description, for
                ``JobResult.description()`` to read, beside the file at ``result_url``; by default
                it does not.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters.

        Returns:
            The job. Its result is a JSON file of events and scenes.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; of ``video_url``
                and ``video_file`` exactly one must be given.

        Endpoint: ``POST videos/descriptions`` (v2).
        """
        one_of(video_url=video_url, video_file=video_file)
        return self._transport.job(
            Request(
                "video.describe",
                {
                    "model": model,
                    "video_url": video_url,
                    "preset": preset,
                    "include_metadata": include_metadata,
                    "return_result_in_response": return_result_in_response,
                    **webhook(webhook_url, webhook_secret),
                },
                {"video_file": video_file},
            )
        )

    def describe_price(
        self,
        *,
        model: str,
        video_url: str | None = None,
        video_file: FileInput | None = None,
        duration_seconds: float | None = None,
        platform: str | None = None,
        preset: str | None = None,
        include_metadata: bool | None = None,
    ) -> PriceT:
        """Ask what ``describe()`` would cost, for a video or its duration. Free. API v2 only.

        Args:
            model: The slug of the model.
            video_url: A video on the web, though not on TikTok, or else:
            video_file: a file, or else:
            duration_seconds: its duration in seconds.
            platform: Where a video of ``duration_seconds`` is: ``tiktok``, say; only with that
                argument.
            preset: How closely to look, as for ``describe()``.
            include_metadata: Whether to tell of the source.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError, OSError: An argument or the file cannot be sent; of
                ``video_url``, ``video_file`` and ``duration_seconds`` exactly one must be given.

        Endpoint: ``POST videos/descriptions/price`` (v2).
        """
        one_of(video_url=video_url, video_file=video_file, duration_seconds=duration_seconds)
        check_platform(platform, duration_seconds)
        return self._transport.price(
            Request(
                "video.describe_price",
                {
                    "model": model,
                    "video_url": video_url,
                    "duration_seconds": duration_seconds,
                    "platform": platform,
                    "preset": preset,
                    "include_metadata": include_metadata,
                },
                {"video_file": video_file},
            )
        )


class AsyncVideo(AsyncForm, Video[LateJob, LatePrice]):
    """Videos: ``client.video`` of the asynchronous client."""
