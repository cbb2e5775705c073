"""Video: what the video jobs yield, and how uploaded videos are measured."""

# Pillow's stubs name types of numpy, which is not needed here.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from . import containers, images, motion, mp4, uploads
from .frames import frame, image
from .probing import Video, probe

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Video",
    "animated",
    "generated",
    "probe",
    "referenced",
    "replaced",
    "synced",
    "upscaled",
    "without_background",
]

_GREEN = (0, 177, 64)


def generated(prompt: str, *, width: int, height: int, frames: int, fps: float, seed: int) -> bytes:
    """Make a video of an abstract picture that is slowly zoomed into.

    Args:
        prompt: Decides, with `seed`, on the picture; its first words are written on it.
        width: Width in pixels.
        height: Height in pixels.
        frames: Number of pictures, at least 1.
        fps: Pictures a second.
        seed: Any integer.

    Returns:
        The content of an MP4 file without sound (see `mp4.write` on odd sizes).
    """
    first = images.generated(prompt, width, height, seed)
    moving = motion.zoom(first, None, frames, prompt, seed)
    return mp4.write(moving, count=frames, width=width, height=height, fps=_rate(fps))


def animated(
    first_frame: bytes,
    *,
    prompt: str,
    width: int,
    height: int,
    frames: int,
    fps: float,
    seed: int,
    last_frame: bytes | None = None,
) -> bytes:
    """Make a video that begins as one picture and, if there is another, ends as that.

    Args:
        first_frame: The uploaded picture to begin with; it is scaled and cropped to the size.
        prompt: Decides, with `seed`, on where the video zooms to.
        width: Width in pixels.
        height: Height in pixels.
        frames: Number of pictures, at least 1.
        fps: Pictures a second.
        seed: Any integer.
        last_frame: The uploaded picture to end with.

    Returns:
        The content of an MP4 file without sound (see `mp4.write` on odd sizes).

    Raises:
        ValueError: A picture cannot be decoded.
    """
    first = _fitted(first_frame, width, height)
    last = _fitted(last_frame, width, height) if last_frame is not None else None
    moving = motion.zoom(first, last, frames, prompt, seed)
    return mp4.write(moving, count=frames, width=width, height=height, fps=_rate(fps))


def referenced(
    pictures: list[bytes],
    videos: list[bytes],
    sounds: list[bytes],
    *,
    prompt: str,
    width: int,
    height: int,
    frames: int,
    fps: float,
    seed: int,
) -> bytes:
    """Make a video of what the prompt refers to.

    It begins as the uploaded pictures and ends as the first uploaded video begins; the first
    sound goes along, or else that of the video.

    Args:
        pictures: The uploaded pictures.
        videos: The uploaded videos; there is one at least if there are no pictures.
        sounds: The uploaded sounds.
        prompt: Decides, with `seed`, on the tint of the pictures and where the video zooms to.
        width: Width in pixels.
        height: Height in pixels.
        frames: Number of pictures, at least 1.
        fps: Pictures a second.
        seed: Any integer.

    Returns:
        The content of an MP4 file (see `mp4.write` on odd sizes).

    Raises:
        ValueError: A file cannot be decoded.
    """
    stills = [images.edited(pictures, prompt, width, height, seed)] if pictures else []
    stills += [_first_picture(video, width, height) for video in videos[:1]]
    moving = motion.zoom(stills[0], stills[-1], frames, prompt, seed)
    heard = [*sounds, *(video for video in videos if probe(video).has_audio)]
    return mp4.write(
        moving,
        count=frames,
        width=width,
        height=height,
        fps=_rate(fps),
        sound=heard[0] if heard else None,
    )


def synced(
    audio: bytes,
    *,
    prompt: str,
    width: int,
    height: int,
    frames: int,
    fps: float,
    seed: int,
    first_frame: bytes | None = None,
    last_frame: bytes | None = None,
) -> bytes:
    """Make a video with the uploaded sound, cut to the length of the pictures.

    Args:
        audio: The uploaded sound.
        prompt: As in `animated`, or as in `generated` when there is no first picture.
        width: Width in pixels.
        height: Height in pixels.
        frames: Number of pictures, at least 1.
        fps: Pictures a second.
        seed: Any integer.
        first_frame: The uploaded picture to begin with.
        last_frame: The uploaded picture to end with.

    Returns:
        The content of an MP4 file with an AAC track (see `mp4.write` on odd sizes).

    Raises:
        ValueError: The sound or a picture cannot be decoded.
    """
    if first_frame is None:
        first = images.generated(prompt, width, height, seed)
    else:
        first = _fitted(first_frame, width, height)
    last = _fitted(last_frame, width, height) if last_frame is not None else None
    moving = motion.zoom(first, last, frames, prompt, seed)
    return mp4.write(moving, count=frames, width=width, height=height, fps=_rate(fps), sound=audio)


def upscaled(video: bytes, factor: int) -> bytes:
    """Enlarge an uploaded video.

    Args:
        video: The uploaded video.
        factor: How many times as wide and as high, at least 1.

    Returns:
        The content of an MP4 file with as many pictures and the sound, if there was any.

    Raises:
        ValueError: It is not a decodable video.
    """
    source = probe(video)
    return _remade(video, source, source.width * factor, source.height * factor, None)


def without_background(video: bytes) -> bytes:
    """Make the colour that prevails along the border of an uploaded video green.

    MP4 has no transparency; green is what video editors key out.

    Args:
        video: The uploaded video.

    Returns:
        The content of an MP4 file with as many pictures and the sound, if there was any.

    Raises:
        ValueError: It is not a decodable video.
    """
    source = probe(video)

    def keyed(scene: Image.Image) -> Image.Image:
        green = Image.new("RGB", scene.size, _GREEN)
        return Image.composite(scene, green, images.foreground(scene))

    return _remade(video, source, source.width, source.height, keyed)


def replaced(video: bytes, ref_image: bytes, *, width: int | None, height: int | None) -> bytes:
    """Put a picture into the middle of an uploaded video, where its character would be.

    Args:
        video: The uploaded video.
        ref_image: The uploaded picture of the new character.
        width: Width in pixels, or None for that of the video.
        height: Height in pixels, or None for that of the video.

    Returns:
        The content of an MP4 file with as many pictures and the sound, if there was any.

    Raises:
        ValueError: The video or the picture cannot be decoded.
    """
    source = probe(video)
    wanted = (width or source.width, height or source.height)
    figure = uploads.picture(ref_image).convert("RGBA")
    figure = ImageOps.contain(figure, (max(1, wanted[0] * 2 // 3), max(1, wanted[1] * 2 // 3)))
    place = ((wanted[0] - figure.width) // 2, (wanted[1] - figure.height) // 2)

    def acted(scene: Image.Image) -> Image.Image:
        resized = scene.resize(wanted)
        resized.paste(figure, place, figure)
        return resized

    return _remade(video, source, *wanted, acted)


def _remade(
    video: bytes,
    source: Video,
    width: int,
    height: int,
    change: Callable[[Image.Image], Image.Image] | None,
) -> bytes:
    with containers.opened(video, containers.VIDEO_FORMATS) as container:
        pictures = containers.pictures(container)
        if change is not None:
            pictures = (frame(change(image(picture))) for picture in pictures)
        return mp4.write(
            pictures,
            count=source.frames,
            width=width,
            height=height,
            fps=_rate(source.fps),
            sound=video if source.has_audio else None,
        )


def _first_picture(video: bytes, width: int, height: int) -> Image.Image:
    with containers.opened(video, containers.VIDEO_FORMATS) as container:
        return ImageOps.fit(image(next(containers.pictures(container))), (width, height))


def _fitted(content: bytes, width: int, height: int) -> Image.Image:
    return ImageOps.fit(uploads.opaque(content), (width, height))


def _rate(fps: float) -> Fraction:
    # Broadcast rates are fractions of 1001.
    return Fraction(fps).limit_denominator(1001)
