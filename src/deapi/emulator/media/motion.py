"""Moving pictures made from still ones."""

# Pillow's stubs name types of numpy, which is not needed here.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from . import frames
from .seeding import randomness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame

_ZOOM = 0.15
_FADE_FROM = 0.5


def zoom(
    first: Image.Image, last: Image.Image | None, count: int, prompt: str, seed: int
) -> Iterator[VideoFrame]:
    """Zoom slowly into a picture and, if there is another, fade over to that.

    Args:
        first: The picture to begin with, in mode RGB.
        last: The picture to end with, of the same size and mode.
        count: Number of pictures to make.
        prompt: Decides, with `seed`, on where the zoom goes to.
        seed: Any integer.

    Yields:
        The pictures.
    """
    random = randomness("motion", prompt, seed)
    focus = random.random(), random.random()
    for index in range(count):
        done = index / max(1, count - 1)
        image = _zoomed(first, done, focus)
        if last is not None and done > _FADE_FROM:
            share = (done - _FADE_FROM) / (1 - _FADE_FROM)
            image = Image.blend(image, _zoomed(last, 1 - done, focus), share)
        yield frames.frame(image)


def _zoomed(image: Image.Image, amount: float, focus: tuple[float, float]) -> Image.Image:
    width, height = image.size
    gone = _ZOOM * amount
    left, top = width * gone * focus[0], height * gone * focus[1]
    box = (left, top, left + width * (1 - gone), top + height * (1 - gone))
    return image.resize(image.size, Image.Resampling.BILINEAR, box)
