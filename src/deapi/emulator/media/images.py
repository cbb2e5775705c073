"""Pictures: what the image jobs yield, and how uploaded pictures are measured."""

# Pillow's stubs name types of numpy, which is not needed here.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Literal

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from . import drawing, uploads
from .seeding import randomness

if TYPE_CHECKING:
    from collections.abc import Sequence

ImageFormat = Literal["png", "jpg", "webp"]

size = uploads.size

_WHITE = (255, 255, 255)
_PREVIEW_SIDE = 64
_PREVIEW_BLUR = 10.0
# Differences of colour, 0-255, below which a pixel is background and above which it is not.
_SAME, _OTHER = 24, 72
_KEY = [max(0, min(255, (step - _SAME) * 255 // (_OTHER - _SAME))) for step in range(256)]


def generated(prompt: str, width: int, height: int, seed: int) -> Image.Image:
    """Draw an abstract picture with the first words of the prompt on it.

    Args:
        prompt: Decides, with `seed`, on colours and shapes.
        width: Width in pixels, at least 1.
        height: Height in pixels, at least 1.
        seed: Any integer.

    Returns:
        A picture in mode RGB.
    """
    random = randomness("image", prompt, seed)
    image = drawing.gradient(random, width, height)
    drawing.shapes(image, random, random.randrange(5, 9))
    drawing.caption(image, prompt)
    return image


def edited(
    sources: Sequence[bytes], prompt: str, width: int | None, height: int | None, seed: int
) -> Image.Image:
    """Make a picture that shows what it was made from.

    The first source fills the picture, in fewer and tinted colours; the others stand as small
    pictures along its top; the first words of the prompt are written on it.

    Args:
        sources: One or more uploaded pictures.
        prompt: Decides, with `seed`, on the tint.
        width: Width in pixels, or None for that of the first source.
        height: Height in pixels, or None for that of the first source.
        seed: Any integer.

    Returns:
        A picture in mode RGB.

    Raises:
        ValueError: There is no source, or one is not a decodable image.
    """
    if not sources:
        raise ValueError("at least one image is needed")
    first, *others = [uploads.opaque(source) for source in sources]
    random = randomness("edit", prompt, seed)
    wanted = (width or first.width, height or first.height)
    image = ImageOps.posterize(ImageOps.fit(first, wanted), 4)
    tint = Image.new("RGB", wanted, drawing.colour(random, random.random()))
    image = Image.blend(image, tint, 0.25)
    if others:
        _insert(image, others)
    drawing.caption(image, prompt)
    return image


def _insert(image: Image.Image, others: Sequence[Image.Image]) -> None:
    side = max(3, min(min(image.size) // 4, image.width // len(others)))
    for index, other in enumerate(others):
        inset = ImageOps.expand(ImageOps.fit(other, (side - 2, side - 2)), 1, _WHITE)
        image.paste(inset, (image.width - side * (index + 1), 0))


def upscaled(source: bytes, factor: int) -> Image.Image:
    """Enlarge an uploaded picture.

    Args:
        source: The uploaded picture.
        factor: How many times as wide and as high, at least 1.

    Returns:
        A picture in mode RGB, or RGBA when the source has transparency.

    Raises:
        ValueError: The source is not a decodable image.
    """
    image = uploads.picture(source)
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)


def without_background(source: bytes) -> Image.Image:
    """Make the colour that prevails along the border of a picture transparent.

    Args:
        source: The uploaded picture.

    Returns:
        A picture in mode RGBA, of the size of the source. Colours close to that of the border
        are partly transparent.

    Raises:
        ValueError: The source is not a decodable image.
    """
    image = uploads.picture(source)
    alpha = foreground(image.convert("RGB"))
    if image.mode == "RGBA":
        alpha = ImageChops.darker(alpha, image.getchannel("A"))
    image.putalpha(alpha)
    return image


def foreground(image: Image.Image) -> Image.Image:
    """Tell the foreground of a picture from the colour that prevails along its border.

    Args:
        image: A picture in mode RGB.

    Returns:
        A mask in mode L: 255 where the foreground is, 0 where the background is.
    """
    background = Image.new("RGB", image.size, _border_colour(image))
    red, green, blue = ImageChops.difference(image, background).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue).point(_KEY)


def _border_colour(image: Image.Image) -> tuple[int, int, int]:
    width, height = image.size
    border = Image.new("RGB", (2 * width + 2 * height, 1))
    sideways = Image.Transpose.ROTATE_90
    border.paste(image.crop((0, 0, width, 1)), (0, 0))
    border.paste(image.crop((0, height - 1, width, height)), (width, 0))
    border.paste(image.crop((0, 0, 1, height)).transpose(sideways), (2 * width, 0))
    right = image.crop((width - 1, 0, width, height))
    border.paste(right.transpose(sideways), (2 * width + height, 0))
    red, green, blue = ImageStat.Stat(border).median
    return int(red), int(green), int(blue)


def blurred_preview(image: Image.Image, progress: float) -> str:
    """Make the small picture that a running job shows.

    Args:
        image: What the job will yield.
        progress: How far the job is, 0-100; the lower, the more blurred.

    Returns:
        A JPEG of at most 64 pixels a side, in base64 without a data-URI prefix.
    """
    small = uploads.flattened(image, _WHITE)
    small.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE))
    left = 1 - max(0.0, min(100.0, progress)) / 100
    blurred = small.filter(ImageFilter.GaussianBlur(_PREVIEW_BLUR * left))
    return base64.b64encode(encode(blurred, "jpg")).decode("ascii")


def encode(image: Image.Image, format: ImageFormat) -> bytes:  # noqa: A002 - the API's word
    """Write a picture as a file.

    Args:
        image: A picture in mode RGB or RGBA.
        format: `png`, `jpg` (transparent parts become white) or `webp`.

    Returns:
        The content of the file.
    """
    file = io.BytesIO()
    if format == "jpg":
        uploads.flattened(image, _WHITE).save(file, "JPEG", quality=88)
    elif format == "webp":
        image.save(file, "WEBP", quality=80, method=1)
    else:
        image.save(file, "PNG", compress_level=3)
    return file.getvalue()
