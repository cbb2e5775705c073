"""Setting images in motion, and making videos after references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.request import Request
from ._arguments import files, webhook
from ._base import JobT, PriceT, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._types import FileInput


class VideoAnimation(Resource[JobT, PriceT]):
    """The operations that make a video from an image, or after references."""

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
        """Set an image in motion, or make a video after references.

        The video begins with ``first_frame_image``. Or it begins with nothing given and follows
        references, at most 12 in all: ``ref_images``, ``ref_videos`` and ``ref_audios``, for models
        that support them (API v2 only). The prompt speaks of them by their place in their lists:
        ``<Picture 1>`` and ``<Picture 2>``, ``<Video 1>``, ``<Audio 1>``. The sound of a reference
        video comes before those of ``ref_audios``: it is ``<Audio 1>``.

        Args:
            prompt: What happens: ``the dog of <Picture 1> barks``, say.
            model: The slug of a model with inference type ``img2video``.
            first_frame_image: What the video begins with: at most 10 MB, 64 to 5,000 pixels a side;
                required unless there are references.
            seed: The same seed gives the same video; -1 draws one.
            width: In pixels, within the model's limits; the service rounds down to its step.
            height: In pixels, likewise.
            frames: How many frames it has, within the model's limits.
            fps: How many of them are shown a second; most models take one number only.
            negative_prompt: What the video must not show.
            last_frame_image: What it ends with, for models that support it; limits as above. Only
                with ``first_frame_image``.
            guidance: How closely to follow the prompt, for models that support it.
            steps: The number of inference steps, for models that support it.
            webhook_url: Where to report the job's progress; https only, at most 2,048 characters.
            webhook_secret: What signs these reports, 32 to 255 characters. API v2 only.
            enhance_prompt: Whether the service shall improve the prompt first, at a charge; the
                result's ``prompt_boost`` tells what it made of it. API v2 only.
            ref_images: What appears in it: at most 9, or as many as the model takes, each of at
                most 10 MB and with sides in a ratio from 1:4 to 4:1. API v2 only.
            ref_videos: How it moves: at most 1, of 2 to 5 seconds unless the model says otherwise.
                API v2 only.
            ref_audios: How it sounds: at most 3, each of at most 15 MB and 1 to 10 seconds unless
                the model says otherwise; only with a reference image or video. API v2 only.

        Returns:
            The job. Its result is an MP4.

        Raises:
            ValidationError: The service refuses an argument.
            InsufficientBalanceError: The balance does not cover the job.
            DeapiError: The job was not accepted; see ``possibly_accepted``.
            ValueError, TypeError, OSError: An argument or a file cannot be sent, or it is not
                clear what the video begins with or follows.

        Endpoint: ``POST img2video`` (v1), ``POST videos/animations`` (v2).
        """
        references = {
            "ref_images": files("ref_images", ref_images),
            "ref_videos": files("ref_videos", ref_videos),
            "ref_audios": files("ref_audios", ref_audios),
        }
        _one_mode(first_frame_image, last_frame_image, references)
        return self._transport.job(
            Request(
                "video.animate",
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
                    **webhook(webhook_url, webhook_secret),
                },
                {
                    "first_frame_image": first_frame_image,
                    "last_frame_image": last_frame_image,
                    **{f"{name}[]": given for name, given in references.items()},
                },
            )
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
        """Ask what ``animate()`` would cost. Asking is free and takes no file.

        Args:
            model: The slug of the model.
            width: In pixels.
            height: In pixels.
            frames: How many frames it has.
            fps: How many of them are shown a second.
            steps: The number of inference steps, for models that support it.
            guidance: As for ``animate()``; the price does not depend on it, so it is not sent.
            ref_images_count: The number of reference images, 0 to 9; more than two raise the price.
                API v2 only.
            ref_videos_count: The number of reference videos, 0 or 1; one raises the price. API v2
                only.
            ref_audios_count: The number of reference sounds, 0 to 3; only with a reference image or
                video. API v2 only.

        Returns:
            The price.

        Raises:
            ValidationError: The service refuses an argument.
            DeapiError: The service could not be asked.
            ValueError, TypeError: An argument cannot be sent.

        Endpoint: ``POST img2video/price-calculation`` (v1), ``POST videos/animations/price`` (v2).
        """
        if ref_audios_count and not (ref_images_count or ref_videos_count):
            raise ValueError(
                "ref_audios_count is given without ref_images_count or ref_videos_count. "
                "Reference sounds go with an image or a video."
            )
        return self._transport.price(
            Request(
                "video.animate_price",
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
        )


def _one_mode(first: object, last: object, references: Mapping[str, object]) -> None:
    """Refuse a video that has nothing to begin with or follow, or both, or sounds alone.

    Raises:
        ValueError: It is not clear what the video begins with or follows.
    """
    given = [name for name, value in references.items() if value is not None]
    if last is not None and first is None:
        raise ValueError("last_frame_image is given without first_frame_image. It needs that one.")
    if first is not None and given:
        names = " and ".join(["first_frame_image", *given])
        raise ValueError(f"Give either first_frame_image or references; {names} are given.")
    if first is None and not given:
        raise ValueError(
            "Give first_frame_image, or ref_images or ref_videos instead; none is given."
        )
    if given == ["ref_audios"]:
        raise ValueError(
            "ref_audios is given without ref_images or ref_videos. "
            "Reference sounds go with an image or a video."
        )
