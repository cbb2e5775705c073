"""Results of image jobs.

Sizes are in pixels, and a seed is any integer. Images are in mode RGB unless stated otherwise.
A source is the content of an uploaded file. If it is not a decodable image, ValueError is raised.
"""

# Pillow's stubs name types of numpy, which is not needed here.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from . import drawing, uploads
from .rng import seeded_random

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREVIEW_SIDE = 64
_MAX_SMOOTH_PIXELS = 16_000_000
"""Larger images are upscaled without smoothing, which would make noisy ones slow to encode."""

_PREVIEW_BLUR = 10.0
# A pixel is background if its color differs by less than the first value from that of the
# border, and foreground if it differs by more than the second.
_SAME, _OTHER = 24, 72
_ALPHA = [max(0, min(255, (step - _SAME) * 255 // (_OTHER - _SAME))) for step in range(256)]


def generate(
    prompt: str, width: int, height: int, seed: int, *, later: bool = False, caption: bool = True
) -> Image.Image:
    """Draw a landscape that depends on prompt and seed, with the prompt as its caption.

    With `later`, the same landscape has the colors of another time of day.
    """
    random = seeded_random("image", prompt, seed)
    image = drawing.draw_landscape(width, height, random, later=later)
    if caption:
        drawing.draw_caption(image, prompt)
    return image


def edit(
    sources: Sequence[bytes], prompt: str, width: int | None, height: int | None, seed: int
) -> Image.Image:
    """Tint the first source, put the others at its top, and add the prompt as a caption.

    The tint depends on prompt and seed. The default size is the size of the first source.

    Raises:
        ValueError: There is no source, or one cannot be decoded.
    """
    if not sources:
        raise ValueError("at least one image is needed")
    first, *others = [uploads.flatten(uploads.open_image(source)) for source in sources]
    size = (width or first.width, height or first.height)
    tint = Image.new("RGB", size, drawing.random_color(seeded_random("edit", prompt, seed)))
    image = Image.blend(ImageOps.fit(first, size), tint, 0.3)
    for index, other in enumerate(others, start=1):
        side = max(3, min(min(size) // 4, size[0] // len(others)))
        inset = ImageOps.expand(ImageOps.fit(other, (side - 2, side - 2)), 1, "white")
        image.paste(inset, (size[0] - side * index, 0))
    drawing.draw_caption(image, prompt)
    return image


def upscale(source: bytes, factor: int) -> Image.Image:
    """Multiply width and height of a source. An image with transparency stays RGBA."""
    image = uploads.open_image(source)
    size = (image.width * factor, image.height * factor)
    is_large = size[0] * size[1] > _MAX_SMOOTH_PIXELS
    resampling = Image.Resampling.NEAREST if is_large else Image.Resampling.BICUBIC
    return image.resize(size, resampling)


def remove_background(source: bytes) -> Image.Image:
    """Make the prevailing color of the border transparent. The result is in mode RGBA."""
    image = uploads.open_image(source)
    alpha = foreground_mask(image.convert("RGB"))
    if image.mode == "RGBA":
        alpha = ImageChops.darker(alpha, image.getchannel("A"))
    image.putalpha(alpha)
    return image


def foreground_mask(image: Image.Image) -> Image.Image:
    """Separate an RGB image from the median color of its border.

    The mask is in mode L: 255 in the foreground, 0 in the background, and between them where the
    colors are similar.
    """
    width, height = image.size
    rows = (0, 0, width, 1), (0, height - 1, width, height)
    columns = (0, 0, 1, height), (width - 1, 0, width, height)
    pixels = b"".join(image.crop(side).tobytes() for side in (*rows, *columns))
    border = Image.frombytes("RGB", (2 * (width + height), 1), pixels)
    median = tuple(int(value) for value in ImageStat.Stat(border).median)
    background = Image.new("RGB", image.size, median)
    red, green, blue = ImageChops.difference(image, background).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue).point(_ALPHA)


def preview(image: Image.Image, progress: float) -> str:
    """Encode the small, blurred image of a running job as a JPEG in base64.

    It has sides of at most 64 pixels and becomes sharper as the progress rises from 0 to 100.
    """
    small = uploads.flatten(image, "white")
    small.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE))
    remaining = 1 - max(0.0, min(100.0, progress)) / 100
    blurred = small.filter(ImageFilter.GaussianBlur(_PREVIEW_BLUR * remaining))
    return base64.b64encode(encode(blurred, "jpg")).decode("ascii")


def encode(image: Image.Image, extension: str) -> bytes:
    """Encode an image in mode RGB or RGBA as `png`, `jpg` or `webp`.

    In a JPG, transparent parts become white.
    """
    file = io.BytesIO()
    if extension == "jpg":
        uploads.flatten(image, "white").save(file, "JPEG", quality=88)
    elif extension == "webp":
        # The format limits the size of a part of the file, which noise in a large image exceeds.
        is_large = image.width * image.height > _MAX_SMOOTH_PIXELS
        options = {"quality": 10, "method": 0} if is_large else {"quality": 80, "method": 1}
        image.save(file, "WEBP", **options)
    else:
        image.save(file, "PNG", compress_level=1)
    return file.getvalue()
