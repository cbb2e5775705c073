"""Uploaded pictures: read with care, since anything may have been sent."""

# Pillow's stubs name types of numpy, which is not needed here.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 50_000_000
"""More than this is taken for a decompression bomb; the service accepts half of it."""

_BLACK = (0, 0, 0)
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,  # a GIF's frames are checked by Pillow itself
    Image.DecompressionBombWarning,
)


def picture(content: bytes) -> Image.Image:
    """Decode an uploaded picture, whose transparent parts stay transparent.

    Args:
        content: A JPG, PNG, GIF, BMP or WebP file. Of an animation the first frame counts.

    Returns:
        The picture in mode RGB, or RGBA when it has transparency.

    Raises:
        ValueError: It is none of these, is truncated, or has more than `MAX_PIXELS`.
    """
    try:
        image = _opened(content)
        image.load()
        if image.mode.startswith("I"):  # 16 bits a channel
            return image.convert("I").point(lambda value: value * (1 / 256)).convert("RGB")
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except _BROKEN as error:
        raise ValueError(f"not a decodable image: {error}") from error


def opaque(content: bytes) -> Image.Image:
    """Decode an uploaded picture onto black, as the service does with transparent input.

    Args:
        content: A JPG, PNG, GIF, BMP or WebP file.

    Returns:
        The picture in mode RGB.

    Raises:
        ValueError: As in `picture`.
    """
    return flattened(picture(content), _BLACK)


def flattened(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """Lay a picture onto a plain background.

    Args:
        image: A picture of any mode.
        colour: Red, green and blue of the background, 0-255.

    Returns:
        The picture in mode RGB.
    """
    if image.mode != "RGBA":
        return image.convert("RGB")
    background = Image.new("RGB", image.size, colour)
    background.paste(image, mask=image.getchannel("A"))
    return background


def size(content: bytes) -> tuple[int, int]:
    """Measure an uploaded picture, decoding no more than it takes to see that it is whole.

    Args:
        content: A JPG, PNG, GIF, BMP or WebP file.

    Returns:
        Width and height in pixels.

    Raises:
        ValueError: As in `picture`.
    """
    try:
        image = _opened(content)
        width_height = image.size
        if isinstance(image, PngImageFile):
            image.verify()  # checks the sums of all chunks without decoding them
        else:
            image.draft("L", (1, 1))  # lets a JPEG be decoded at an eighth of its size
            image.load()
    except _BROKEN as error:
        raise ValueError(f"not a decodable image: {error}") from error
    return width_height


def _opened(content: bytes) -> ImageFile:
    # Not Image.open: its check for bombs warns through process-wide state of the user's program.
    image = _plugin(content)(io.BytesIO(content))
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width}x{height} pixels are too many")
    return image


def _plugin(content: bytes) -> type[ImageFile]:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    if content.startswith(b"\xff\xd8\xff"):
        return JpegImageFile
    if content.startswith((b"GIF87a", b"GIF89a")):
        return GifImageFile
    if content.startswith(b"BM"):
        return BmpImageFile
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WebPImageFile
    raise ValueError("the file has the signature of no known format")
