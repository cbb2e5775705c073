"""Video generation, animation, character replacement, upscaling and description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import types  # noqa: F401 - named in the annotations of the concrete classes
from .._concrete import AsyncMethods, ConcreteMethods, Coro
from .._core.operation import Operation, Route
from .._jobs import AsyncJob, Job
from .._types import DetailPreset, FileInput, Platform
from ._arguments import (
    file_list,
    require_both_or_neither,
    require_duration_for_platform,
    require_exactly_one,
    require_source_or_size,
    webhook_fields,
)
from ._base import JobResource, JobT, PriceT


class _Video(JobResource[JobT, PriceT]):
    _suggestions = (("create", "generate"),)

    _GENERATE = Operation(
        "video.generate",
        v1=Route("txt2video"),
        v2=Route("videos/generations", adds=("webhook_secret", "enhance_prompt")),
        returns="JobSubmission",
        required=("prompt", "model", "width", "height", "seed", "frames", "fps"),
        booleans=("enhance_prompt",),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _GENERATE_PRICE = _GENERATE.price(
        required=("prompt", "model", "width", "height", "seed", "frames", "fps"),
        drops=("prompt", "seed", "negative_prompt", "guidance"),
    )

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
        """Generate a video from a text prompt.

        Args:
            prompt: Description of the video.
            model: Slug of a model with inference type ``txt2video``.
            width: Width in pixels, within the model's limits. The service rounds it down to the
                model's resolution step.
            height: Height in pixels, within the model's limits. The service rounds it down to the
                model's resolution step.
            steps: Number of inference steps, for models that support it.
            seed: Random seed; -1 picks one. The same seed reproduces the video.
            frames: Number of frames, within the model's limits.
            fps: Frames per second. Most models accept a single value.
            negative_prompt: Description of what the video must not contain.
            guidance: Guidance scale: how closely the video follows the prompt. For models that
                support it.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.
            enhance_prompt: Enhance the prompt before generating, for an extra charge. The result's
                ``prompt_boost`` has the enhanced prompt. API v2 only.

        Returns:
            The job. Its result is an MP4.

        Endpoint: ``POST txt2video`` (v1), ``POST videos/generations`` (v2).
        """
        return self._submit(
            self._GENERATE,
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
        steps: int | None = None,
        seed: int,
        frames: int,
        fps: int,
        negative_prompt: str | None = None,
        guidance: float | None = None,
    ) -> PriceT:
        """Get the price of ``generate()``. Prices are free.

        Args:
            prompt: See ``generate()``. It does not affect the price and is not sent.
            model: See ``generate()``.
            width: See ``generate()``.
            height: See ``generate()``.
            steps: See ``generate()``.
            seed: See ``generate()``. It does not affect the price and is not sent.
            frames: See ``generate()``.
            fps: See ``generate()``.
            negative_prompt: See ``generate()``. It does not affect the price and is not sent.
            guidance: See ``generate()``. It does not affect the price and is not sent.

        Returns:
            The price.

        Endpoint: ``POST txt2video/price-calculation`` (v1), ``POST videos/generations/price`` (v2).
        """
        return self._price(
            self._GENERATE_PRICE,
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

    _ANIMATE = Operation(
        "video.animate",
        v1=Route("img2video"),
        v2=Route(
            "videos/animations",
            multipart=True,
            adds=("webhook_secret", "enhance_prompt", "ref_images", "ref_videos", "ref_audios"),
        ),
        returns="JobSubmission",
        required=("prompt", "model", "seed", "width", "height", "frames", "fps"),
        booleans=("enhance_prompt",),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _ANIMATE_PRICE = _ANIMATE.price(
        required=("model", "width", "height", "frames", "fps"),
        drops=("guidance",),
        v2=Route(
            "videos/animations/price",
            adds=("ref_images_count", "ref_videos_count", "ref_audios_count"),
            drops=("guidance",),
        ),
    )

    def animate(
        self,
        *,
        prompt: str,
        model: str,
        first_frame_image: FileInput | None = None,
        seed: int,
        width: int,
        height: int,
        frames: int,
        fps: int,
        negative_prompt: str | None = None,
        last_frame_image: FileInput | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        enhance_prompt: bool | None = None,
        ref_images: Sequence[FileInput] | None = None,
        ref_videos: Sequence[FileInput] | None = None,
        ref_audios: Sequence[FileInput] | None = None,
    ) -> JobT:
        """Animate an image, or generate a video from reference media.

        Pass either ``first_frame_image`` or references. References are ``ref_images``,
        ``ref_videos`` and ``ref_audios``, at most 12 files in total. Only some models support them,
        and they require API v2. The prompt refers to each by type and position: ``<Picture 1>``,
        ``<Picture 2>``, ``<Video 1>``, ``<Audio 1>``. The audio track of a reference video is
        ``<Audio 1>``. The files of ``ref_audios`` are numbered after it.

        Args:
            prompt: Description of the video. It names references, for example ``<Picture 1>``.
            model: Slug of a model with inference type ``img2video``.
            first_frame_image: Image for the first frame, at most 10 MB and 64 to 5,000 pixels per
                side. Pass either this or references.
            seed: Random seed; -1 picks one. The same seed reproduces the video.
            width: Width in pixels, within the model's limits. The service rounds it down to the
                model's resolution step.
            height: Height in pixels, within the model's limits. The service rounds it down to the
                model's resolution step.
            frames: Number of frames, within the model's limits.
            fps: Frames per second. Most models accept a single value.
            negative_prompt: Description of what the video must not contain.
            last_frame_image: Image for the last frame, for models that support it, at most 10 MB
                and 64 to 5,000 pixels per side. Requires ``first_frame_image``.
            guidance: Guidance scale: how closely the video follows the prompt. For models that
                support it.
            steps: Number of inference steps, for models that support it.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.
            enhance_prompt: Enhance the prompt before generating, for an extra charge. The result's
                ``prompt_boost`` has the enhanced prompt. API v2 only.
            ref_images: Reference images for the content of the video: at most 9, within the
                model's limit, each at most 10 MB with an aspect ratio of 1:4 to 4:1. API v2 only.
            ref_videos: Reference videos for motion: at most 1, with a duration of 2 to 5 seconds
                unless the model has other limits, and at most 50 MB. API v2 only.
            ref_audios: Reference audio files: at most 3, each at most 15 MB with a duration of 1 to
                10 seconds unless the model has other limits. Requires ``ref_images`` or
                ``ref_videos``. API v2 only.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValueError: Both or neither of ``first_frame_image`` and references are passed, or
                ``last_frame_image`` without ``first_frame_image``, or ``ref_audios`` without
                ``ref_images`` or ``ref_videos``.

        Endpoint: ``POST img2video`` (v1), ``POST videos/animations`` (v2).
        """
        references = {
            "ref_images": file_list("ref_images", ref_images),
            "ref_videos": file_list("ref_videos", ref_videos),
            "ref_audios": file_list("ref_audios", ref_audios),
        }
        _require_first_frame_or_references(first_frame_image, last_frame_image, references)
        return self._submit(
            self._ANIMATE,
            {
                "prompt": prompt,
                "model": model,
                "seed": seed,
                "width": width,
                "height": height,
                "frames": frames,
                "fps": fps,
                "negative_prompt": negative_prompt,
                "guidance": guidance,
                "steps": steps,
                "enhance_prompt": enhance_prompt,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {
                "first_frame_image": first_frame_image,
                "last_frame_image": last_frame_image,
                **{f"{name}[]": files for name, files in references.items()},
            },
        )

    def animate_price(
        self,
        *,
        model: str,
        width: int,
        height: int,
        frames: int,
        fps: int,
        steps: int | None = None,
        guidance: float | None = None,
        ref_images_count: int | None = None,
        ref_videos_count: int | None = None,
        ref_audios_count: int | None = None,
    ) -> PriceT:
        """Get the price of ``animate()``. Prices are free, and no file is uploaded.

        Args:
            model: See ``animate()``.
            width: See ``animate()``.
            height: See ``animate()``.
            frames: See ``animate()``.
            fps: See ``animate()``.
            steps: See ``animate()``.
            guidance: See ``animate()``. It does not affect the price and is not sent.
            ref_images_count: Number of reference images, 0 to 9. More than 2 increase the price.
                API v2 only.
            ref_videos_count: Number of reference videos, 0 or 1. A video increases the price. API
                v2 only.
            ref_audios_count: Number of reference audio files, 0 to 3. Requires at least one
                reference image or video. API v2 only.

        Returns:
            The price.

        Raises:
            ValueError: ``ref_audios_count`` is passed without ``ref_images_count`` or
                ``ref_videos_count``.

        Endpoint: ``POST img2video/price-calculation`` (v1), ``POST videos/animations/price`` (v2).
        """
        if _is_count(ref_audios_count) and not (
            _is_count(ref_images_count) or _is_count(ref_videos_count)
        ):
            raise ValueError(
                "Reference audio requires at least one reference image or video. Pass "
                "ref_images_count or ref_videos_count in addition to ref_audios_count."
            )
        return self._price(
            self._ANIMATE_PRICE,
            {
                "model": model,
                "width": width,
                "height": height,
                "frames": frames,
                "fps": fps,
                "steps": steps,
                "guidance": guidance,
                "ref_images_count": ref_images_count,
                "ref_videos_count": ref_videos_count,
                "ref_audios_count": ref_audios_count,
            },
        )

    _GENERATE_FROM_AUDIO = Operation(
        "video.generate_from_audio",
        v1=Route("aud2video"),
        v2=Route("videos/audio-syncs", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("prompt", "audio", "model", "width", "height", "seed", "frames", "fps"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _GENERATE_FROM_AUDIO_PRICE = _GENERATE_FROM_AUDIO.price(
        required=("model", "width", "height", "frames", "fps"),
        v2=Route("videos/audio-syncs/price", drops=("guidance",)),
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
        """Generate a video that is synchronized to audio: lips to speech, or a dance to music.

        Args:
            prompt: Description of the video.
            audio: Audio file to synchronize to, at most 20 MB and within the model's duration
                limits.
            model: Slug of a model with inference type ``audio2video``.
            width: Width in pixels, within the model's limits. The service rounds it down to the
                model's resolution step.
            height: Height in pixels, within the model's limits. The service rounds it down to the
                model's resolution step.
            seed: Random seed; -1 picks one. The same seed reproduces the video.
            frames: Number of frames, within the model's limits.
            fps: Frames per second. Most models accept a single value.
            negative_prompt: Description of what the video must not contain.
            first_frame_image: Image for the first frame, at most 10 MB and 64 to 5,000 pixels per
                side.
            last_frame_image: Image for the last frame, for models that support it, at most 10 MB
                and 64 to 5,000 pixels per side.
            guidance: Guidance scale: how closely the video follows the prompt. For models that
                support it.
            steps: Number of inference steps, for models that support it.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is an MP4.

        Endpoint: ``POST aud2video`` (v1), ``POST videos/audio-syncs`` (v2).
        """
        return self._submit(
            self._GENERATE_FROM_AUDIO,
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
                **webhook_fields(webhook_url, webhook_secret),
            },
            {
                "audio": audio,
                "first_frame_image": first_frame_image,
                "last_frame_image": last_frame_image,
            },
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
        """Get the price of ``generate_from_audio()``. Prices are free, and no file is uploaded.

        Args:
            model: See ``generate_from_audio()``.
            width: See ``generate_from_audio()``.
            height: See ``generate_from_audio()``.
            frames: See ``generate_from_audio()``.
            fps: See ``generate_from_audio()``.
            guidance: See ``generate_from_audio()``. It does not affect the price and is not sent
                with API v2.
            steps: See ``generate_from_audio()``.

        Returns:
            The price.

        Endpoint: ``POST aud2video/price-calculation`` (v1), ``POST videos/audio-syncs/price`` (v2).
        """
        return self._price(
            self._GENERATE_FROM_AUDIO_PRICE,
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

    _REPLACE = Operation(
        "video.replace",
        v1=Route("videos/replace"),
        v2=Route("videos/replacements", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("video", "ref_image", "model"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _REPLACE_PRICE = _REPLACE.price(
        required=("model",), multipart=True, v1=Route("videos/replace/price", drops=("steps",))
    )

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
        """Replace the character in a video with the one in an image.

        Args:
            video: The video to edit, at most 50 MB and within the model's maximum duration.
            ref_image: Image of the new character, at most 10 MB and 64 to 5,000 pixels per side.
            model: Slug of a model with inference type ``video-replace``.
            prompt: Description of the new character.
            width: Width of the result in pixels. By default it is the width of the video. Requires
                ``height``.
            height: Height of the result in pixels. By default it is the height of the video.
                Requires ``width``.
            steps: Number of inference steps; by default 4.
            seed: Random seed; by default one is picked. The same seed reproduces the video.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValueError: Only one of ``width`` and ``height`` is passed.

        Endpoint: ``POST videos/replace`` (v1), ``POST videos/replacements`` (v2).
        """
        require_both_or_neither(width, height)
        return self._submit(
            self._REPLACE,
            {
                "model": model,
                "prompt": prompt,
                "width": width,
                "height": height,
                "steps": steps,
                "seed": seed,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"video": video, "ref_image": ref_image},
        )

    def replace_price(
        self,
        *,
        model: str,
        video: FileInput | None = None,
        duration: float | None = None,
        width: int | None = None,
        height: int | None = None,
        steps: int | None = None,
    ) -> PriceT:
        """Get the price of ``replace()`` for a video or for its duration. Prices are free.

        Args:
            model: See ``replace()``.
            video: See ``replace()``. Pass either this or ``duration``.
            duration: Duration of the video in seconds. Pass either this or ``video``.
            width: See ``replace()``. Requires ``height``.
            height: See ``replace()``. Requires ``width``.
            steps: See ``replace()``. It is not sent with API v1.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of ``video`` and ``duration`` are passed, or only one of
                ``width`` and ``height``.

        Endpoint: ``POST videos/replace/price`` (v1), ``POST videos/replacements/price`` (v2).
        """
        require_exactly_one(video=video, duration=duration)
        require_both_or_neither(width, height)
        return self._price(
            self._REPLACE_PRICE,
            {
                "model": model,
                "duration": duration,
                "width": width,
                "height": height,
                "steps": steps,
            },
            {"video": video},
        )

    _UPSCALE = Operation(
        "video.upscale",
        v1=Route("vid-upscale"),
        v2=Route("videos/upscales", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("video", "model"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _UPSCALE_PRICE = _UPSCALE.price(required=("model",), multipart=True)

    def upscale(
        self,
        *,
        video: FileInput,
        model: str,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        scale: int | None = None,
    ) -> JobT:
        """Upscale a video.

        Args:
            video: The video to upscale, at most 50 MB and within the model's maximum duration.
            model: Slug of a model with inference type ``vid-upscale``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.
            scale: Upscaling factor, 1 to 16. Models with ``info.limits.min_scale`` and
                ``max_scale`` require it. Other models have a fixed factor and reject it.

        Returns:
            The job. Its result is an MP4.

        Endpoint: ``POST vid-upscale`` (v1), ``POST videos/upscales`` (v2).
        """
        return self._submit(
            self._UPSCALE,
            {"model": model, "scale": scale, **webhook_fields(webhook_url, webhook_secret)},
            {"video": video},
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
        """Get the price of ``upscale()`` for a video or for its size. Prices are free.

        The price is proportional to the duration of the video.

        Args:
            model: See ``upscale()``.
            video: See ``upscale()``. Pass either this or ``width`` and ``height``.
            width: Width of the video in pixels. Requires ``height``.
            height: Height of the video in pixels. Requires ``width``.
            scale: See ``upscale()``.
            duration: Duration of the video in seconds, only with ``width`` and ``height``. Without
                a duration, the service may return a price of 0, although it charges more.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of the video and its size are passed, or both the video and
                its duration.

        Endpoint: ``POST vid-upscale/price-calculation`` (v1), ``POST videos/upscales/price`` (v2).
        """
        require_source_or_size("video", video, width, height)
        if video is not None and duration is not None:
            raise ValueError(
                "Pass duration only with width and height. For a video it is detected "
                "automatically."
            )
        return self._price(
            self._UPSCALE_PRICE,
            {
                "model": model,
                "width": width,
                "height": height,
                "scale": scale,
                "duration": duration,
            },
            {"video": video},
        )

    _REMOVE_BACKGROUND = Operation(
        "video.remove_background",
        v1=Route("vid-rmbg"),
        v2=Route("videos/background-removals", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("video", "model"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _REMOVE_BACKGROUND_PRICE = _REMOVE_BACKGROUND.price(required=("model",), multipart=True)

    def remove_background(
        self,
        *,
        video: FileInput,
        model: str,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Remove the background from a video.

        Args:
            video: The video, at most 50 MB and within the model's maximum duration.
            model: Slug of a model with inference type ``vid-rmbg``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is an MP4.

        Endpoint: ``POST vid-rmbg`` (v1), ``POST videos/background-removals`` (v2).
        """
        return self._submit(
            self._REMOVE_BACKGROUND,
            {"model": model, **webhook_fields(webhook_url, webhook_secret)},
            {"video": video},
        )

    def remove_background_price(
        self,
        *,
        model: str,
        video: FileInput | None = None,
        width: int | None = None,
        height: int | None = None,
    ) -> PriceT:
        """Get the price of ``remove_background()`` for a video or for its size. Prices are free.

        Args:
            model: See ``remove_background()``.
            video: See ``remove_background()``. Pass either this or ``width`` and ``height``.
            width: Width of the video in pixels. Requires ``height``.
            height: Height of the video in pixels. Requires ``width``.

        Returns:
            The price.

        Raises:
            ValueError: Both or neither of the video and its size are passed.

        Endpoint: ``POST vid-rmbg/price-calculation`` (v1),
        ``POST videos/background-removals/price`` (v2).
        """
        require_source_or_size("video", video, width, height)
        return self._price(
            self._REMOVE_BACKGROUND_PRICE,
            {"model": model, "width": width, "height": height},
            {"video": video},
        )

    _DESCRIBE = Operation(
        "video.describe",
        v2=Route("videos/descriptions", multipart=True, adds=("webhook_secret",)),
        returns="JobSubmission",
        required=("model",),
        booleans=("include_metadata", "return_result_in_response"),
        secrets=("webhook_secret",),
        side_effect="billable",
    )
    _DESCRIBE_PRICE = _DESCRIBE.price(required=("model",), multipart=True)

    def describe(
        self,
        *,
        model: str,
        video_url: str | None = None,
        video_file: FileInput | None = None,
        preset: DetailPreset | None = None,
        include_metadata: bool | None = None,
        return_result_in_response: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> JobT:
        """Describe the events and scenes of a video. API v2 only.

        Args:
            model: Slug of a model with inference type ``video2desc`` for a URL, or
                ``video_file2desc`` for a file.
            video_url: URL of a video on a platform such as YouTube; on TikTok, of at most 10
                minutes. Pass either this or ``video_file``.
            video_file: Video file, at most 50 MB. Pass either this or ``video_url``.
            preset: Level of detail, for models that support it: one of the model's
                ``info.limits.available_presets``, such as ``fast``, ``balanced`` or ``detail``.
                More detail costs several times as much.
            include_metadata: Include metadata about the source in the job's status, such as title,
                channel and duration. ``JobResult.source_metadata()`` parses it. There is none for a
                file.
            return_result_in_response: Include the description in the job's status, where
                ``JobResult.description()`` parses it. By default it is only in the file at
                ``result_url``.
            webhook_url: URL that receives webhooks about the job; https only, at most 2,048
                characters.
            webhook_secret: Secret used to sign the webhook payloads, 32 to 255 characters. API v2
                only.

        Returns:
            The job. Its result is a JSON file of events and scenes.

        Raises:
            ValueError: Both or neither of ``video_url`` and ``video_file`` are passed.

        Endpoint: ``POST videos/descriptions`` (v2).
        """
        require_exactly_one(video_url=video_url, video_file=video_file)
        return self._submit(
            self._DESCRIBE,
            {
                "model": model,
                "video_url": video_url,
                "preset": preset,
                "include_metadata": include_metadata,
                "return_result_in_response": return_result_in_response,
                **webhook_fields(webhook_url, webhook_secret),
            },
            {"video_file": video_file},
        )

    def describe_price(
        self,
        *,
        model: str,
        video_url: str | None = None,
        video_file: FileInput | None = None,
        duration_seconds: float | None = None,
        platform: Platform | None = None,
        preset: DetailPreset | None = None,
        include_metadata: bool | None = None,
    ) -> PriceT:
        """Get the price of ``describe()`` for a video or its duration. Free. API v2 only.

        Args:
            model: See ``describe()``.
            video_url: See ``describe()``, but not on TikTok. Pass exactly one of this,
                ``video_file`` and ``duration_seconds``.
            video_file: See ``describe()``. Pass exactly one of this, ``video_url`` and
                ``duration_seconds``.
            duration_seconds: Duration of the video in seconds. Pass exactly one of this,
                ``video_url`` and ``video_file``.
            platform: Platform that hosts the video, for example ``tiktok``. Requires
                ``duration_seconds``.
            preset: See ``describe()``.
            include_metadata: See ``describe()``.

        Returns:
            The price.

        Raises:
            ValueError: Not exactly one of ``video_url``, ``video_file`` and ``duration_seconds`` is
                passed, or ``platform`` without ``duration_seconds``.

        Endpoint: ``POST videos/descriptions/price`` (v2).
        """
        require_exactly_one(
            video_url=video_url, video_file=video_file, duration_seconds=duration_seconds
        )
        require_duration_for_platform(platform, duration_seconds)
        return self._price(
            self._DESCRIBE_PRICE,
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


class Video(ConcreteMethods, _Video[Job, "types.PriceResult"]):
    """Video generation, editing, upscaling and description: ``client.video``.

    Each method may raise a subclass of ``DeapiError``, such as ``ValidationError`` or
    ``InsufficientBalanceError``. If its ``possibly_accepted`` is True, the job may exist and be
    charged. An argument that cannot be sent raises ``ValueError``, ``TypeError`` or ``OSError``
    before anything is sent. ``_price`` methods are free and start no job.
    """


class AsyncVideo(AsyncMethods, _Video[Coro[AsyncJob], Coro["types.PriceResult"]]):
    """Video operations of the async client: ``client.video``. See ``Video``."""


def _require_first_frame_or_references(
    first_frame_image: object, last_frame_image: object, references: Mapping[str, object]
) -> None:
    """Reject an animation unless it has either a first frame or references.

    Raises:
        ValueError: It has both, or neither, or a last frame only, or reference audio only.
    """
    passed = [name for name, files in references.items() if files is not None]
    if last_frame_image is not None and first_frame_image is None:
        raise ValueError("last_frame_image requires first_frame_image.")
    if first_frame_image is not None and passed:
        raise ValueError(
            "Pass either first_frame_image or references, not both "
            f"{' and '.join(['first_frame_image', *passed])}."
        )
    if first_frame_image is None and not passed:
        raise ValueError("Either 'first_frame_image' or 'ref_images' or 'ref_videos' is required.")
    if passed == ["ref_audios"]:
        raise ValueError(
            "Reference audio requires at least one reference image or video. Pass ref_images or "
            "ref_videos in addition to ref_audios."
        )


def _is_count(value: object) -> bool:
    # Values of other types are rejected with the other fields.
    return isinstance(value, int) and value > 0
