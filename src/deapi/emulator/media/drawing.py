"""The few drawing operations that pictures and videos share."""

# Pillow's stubs name types of numpy, which is not needed here.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    import random

_CAPTION_LETTERS = 36
_CAPTION_MIN_SIDE = 24


def colour(random: random.Random, hue: float) -> tuple[int, int, int]:
    """Pick a clear, not too dark colour near a hue.

    Args:
        random: Where the choice comes from.
        hue: Position on the colour wheel; only the fraction counts.

    Returns:
        Red, green and blue, 0-255.
    """
    red, green, blue = colorsys.hsv_to_rgb(
        (hue + random.uniform(-0.09, 0.09)) % 1,
        random.uniform(0.45, 0.85),
        random.uniform(0.55, 0.95),
    )
    return round(red * 255), round(green * 255), round(blue * 255)


def gradient(random: random.Random, width: int, height: int) -> Image.Image:
    """Draw a soft field of related colours.

    Args:
        random: Where the colours come from.
        width: Width in pixels.
        height: Height in pixels.

    Returns:
        A picture in mode RGB.
    """
    hue = random.random()
    colours = [colour(random, hue + random.choice((0, 0, 0.12, 0.45))) for _ in range(16)]
    # Resizing a handful of pixels makes Pillow's C code do the blending.
    few = Image.new("RGB", (4, 4))
    few.putdata(colours)
    return few.resize((width, height), Image.Resampling.BICUBIC)


def shapes(image: Image.Image, random: random.Random, count: int) -> None:
    """Draw translucent discs and polygons onto a picture.

    Args:
        image: The picture, in mode RGB; it is changed.
        random: Where places, sizes and colours come from.
        count: How many shapes.
    """
    draw = ImageDraw.Draw(image, "RGBA")
    width, height = image.size
    hue = random.random()
    for _ in range(count):
        x, y = random.random() * width, random.random() * height
        radius = random.uniform(0.06, 0.28) * min(width, height)
        fill = (*colour(random, hue), random.randrange(70, 150))
        corners = random.choice((0, 3, 4, 6))
        if corners:
            draw.regular_polygon((x, y, max(radius, 1)), corners, random.randrange(360), fill)
        else:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill)


def caption(image: Image.Image, text: str) -> None:
    """Write the first words of a text on a dark band along the bottom of a picture.

    Args:
        image: The picture, in mode RGB; it is changed. One that is too small to carry legible
            text is left as it is.
        text: Any text.
    """
    words = _first_words(text)
    width, height = image.size
    if not words or min(width, height) < _CAPTION_MIN_SIDE:
        return
    at_100 = ImageFont.load_default(100).getlength(words)
    points = max(7, min(height * 0.09, 100 * width * 0.92 / at_100))
    band = points * 1.6
    draw = ImageDraw.Draw(image, "RGBA")
    draw.rectangle((0, height - band, width, height), (0, 0, 0, 190))
    font = ImageFont.load_default(points)
    middle = (width / 2, height - band / 2)
    draw.text(middle, words, (255, 255, 255, 255), font, anchor="mm")


def _first_words(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:400])
    shown = ""
    for word in printable.split():
        if shown and len(shown) + 1 + len(word) > _CAPTION_LETTERS:
            break
        shown = f"{shown} {word}" if shown else word[:_CAPTION_LETTERS]
    return shown
