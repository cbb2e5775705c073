"""Results of video jobs.

Sizes are in pixels, `fps` is frames per second, and a seed is any integer. Uploads are the
contents of files, and ValueError is raised if one cannot be decoded. All results are MP4 files.
See `mp4.encode()` about odd sizes.
"""

# Pillow's stubs name types of numpy, which is not needed here.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from . import images, mp4, uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_GREEN = (0, 177, 64)
_FADE_STEPS = 16
_MAX_ENCODED_PIXELS = 350_000_000
"""Pixels of all frames. Every video that a model generates has fewer."""


def generate(
    prompt: str,
    *,
    width: int,
    height: int,
    frames: int,
    fps: float,
    seed: int,
    first_frame: bytes | None = None,
    last_frame: bytes | None = None,
    audio: bytes | None = None,
) -> bytes:
    """Make a video that fades from one image to another.

    Without a first frame, it shows the landscape of prompt and seed. Without a last frame, the
    landscape changes to another time of day, or the first frame to an edited one. The audio is
    cut to the duration of the video.
    """
    if first_frame is None:
        first = images.generate(prompt, width, height, seed)
    else:
        first = _open_fitted(first_frame, width, height)
    if last_frame is not None:
        last = _open_fitted(last_frame, width, height)
    elif first_frame is not None:
        last = images.edit([first_frame], prompt, width, height, seed)
    else:
        last = images.generate(prompt, width, height, seed, later=True)
    return _encode_fade(first, last, frames, fps, audio)


def generate_from_references(
    prompt: str,
    ref_images: Sequence[bytes],
    ref_videos: Sequence[bytes],
    ref_audios: Sequence[bytes],
    *,
    width: int,
    height: int,
    frames: int,
    fps: float,
    seed: int,
) -> bytes:
    """Make a video that fades from the images to the first frame of the first video.

    There must be an image or a video. The audio is the first audio file, otherwise that of the
    video.
    """
    ends = [images.edit(ref_images, prompt, width, height, seed)] if ref_images else []
    for video in ref_videos[:1]:
        with uploads.open_media(video, uploads.VIDEO_FORMATS) as container:
            frame = next(uploads.video_frames(container))
            ends.append(ImageOps.fit(_to_image(frame), (width, height)))
    audios = [*ref_audios, *(video for video in ref_videos if uploads.probe_video(video).has_audio)]
    return _encode_fade(ends[0], ends[-1], frames, fps, audios[0] if audios else None)


def upscale(video: bytes, factor: int) -> bytes:
    """Multiply width and height of a video. Frame count, frame rate and audio stay the same."""
    info = uploads.probe_video(video)
    return _convert(video, info, (info.width * factor, info.height * factor))


def remove_background(video: bytes) -> bytes:
    """Make the prevailing color of the border of a video green.

    MP4 does not support transparency, and green is what video editors key out.
    """
    info = uploads.probe_video(video)
    green = Image.new("RGB", (info.width, info.height), _GREEN)

    def replace_background(image: Image.Image) -> Image.Image:
        return Image.composite(image, green, images.foreground_mask(image))

    return _convert(video, info, green.size, replace_background)


def replace_character(
    video: bytes, ref_image: bytes, *, width: int | None, height: int | None
) -> bytes:
    """Put an image into the middle of a video. The default size is the size of the video."""
    info = uploads.probe_video(video)
    size = (width or info.width, height or info.height)
    character = uploads.open_image(ref_image).convert("RGBA")
    character = character.resize((max(1, size[0] // 2), max(1, size[1] // 2)))

    def add_character(image: Image.Image) -> Image.Image:
        result = image.resize(size)
        result.paste(character, (size[0] // 4, size[1] // 4), character)
        return result

    return _convert(video, info, size, add_character)


def _encode_fade(
    first: Image.Image, last: Image.Image, count: int, fps: float, audio: bytes | None
) -> bytes:
    frames = _fade(first, last, count)
    return mp4.encode(frames, count=count, size=first.size, fps=_to_fraction(fps), audio=audio)


def _fade(first: Image.Image, last: Image.Image, count: int) -> Iterator[VideoFrame]:
    """Fade in a few steps, each of which several frames show, because encoding them is faster."""
    steps = max(1, min(count, _FADE_STEPS) - 1)
    for step in range(steps + 1):
        frame = _to_frame(Image.blend(first, last, step / steps))
        start, end = (math.ceil(count * share / (steps + 1)) for share in (step, step + 1))
        for _ in range(start, end):
            yield frame


def _convert(
    video: bytes,
    info: uploads.VideoInfo,
    size: tuple[int, int],
    change: Callable[[Image.Image], Image.Image] | None = None,
) -> bytes:
    """Encode a video again, in another size or with changed frames.

    A very large video has fewer frames, each of which is shown for longer.
    """
    step = math.ceil(size[0] * size[1] * info.frames / _MAX_ENCODED_PIXELS)
    audio = video if info.has_audio else None
    with uploads.open_media(video, uploads.VIDEO_FORMATS) as container:
        frames: Iterator[VideoFrame] = itertools.islice(
            uploads.video_frames(container), 0, None, step
        )
        if change is not None:
            frames = (_to_frame(change(_to_image(frame))) for frame in frames)
        fps = _to_fraction(info.fps)
        return mp4.encode(frames, count=info.frames, size=size, fps=fps, audio=audio, step=step)


def _open_fitted(content: bytes, width: int, height: int) -> Image.Image:
    return ImageOps.fit(uploads.flatten(uploads.open_image(content)), (width, height))


def _to_fraction(fps: float) -> Fraction:
    return Fraction(fps).limit_denominator(1001)  # broadcast rates such as 30000/1001


# PyAV's stubs do not annotate these two methods.
def _to_frame(image: Image.Image) -> VideoFrame:
    return cast("VideoFrame", VideoFrame.from_image(image))  # type: ignore[no-untyped-call]


def _to_image(frame: VideoFrame) -> Image.Image:
    return cast("Image.Image", frame.to_image())  # type: ignore[no-untyped-call]
