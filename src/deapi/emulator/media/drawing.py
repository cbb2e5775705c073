"""Draw landscapes and captions."""

# Pillow's stubs name types of numpy, which is not needed here.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import math
import textwrap
import unicodedata
from typing import TYPE_CHECKING

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

if TYPE_CHECKING:
    import random

    Color = tuple[int, ...]

_HILLS = 4
_HORIZON = 0.6  # of the height of the image
_CAPTION_LINES = 3
_CAPTION_CHARACTERS = 300
_MIN_CAPTION_POINTS = 8
_MIN_CAPTION_COLUMNS = 6


# Colors of the top and the bottom of the sky, of the sun, and of the nearest hill. A palette and
# the one four places later are two times of day.
_PALETTES = (
    ("#34558b", "#f6c5a0", "#fff1d6", "#1f2a44"),
    ("#1d5c7a", "#cfe8e0", "#fffbe9", "#0e3140"),
    ("#4f7f6b", "#e6d9a8", "#fdf6dc", "#20302a"),
    ("#5f9ea0", "#f2ecd0", "#fff8e0", "#16332b"),
    ("#0d1b3e", "#5a6fa8", "#f2f0e0", "#0a1020"),
    ("#2d1e4f", "#f08a5d", "#ffd9a0", "#24132f"),
    ("#7a4b7c", "#f7c6c7", "#fff0ec", "#32213f"),
    ("#c96f4a", "#fbe3b5", "#fff7e0", "#43261f"),
)


def draw_landscape(
    width: int, height: int, random: random.Random, *, later: bool = False
) -> Image.Image:
    """Draw hills under a sun, as an image in mode RGB.

    With `later`, the same landscape has the colors of another time of day.
    """
    index = random.randrange(len(_PALETTES)) + (4 if later else 0)
    sky, horizon, sun, ground = map(ImageColor.getrgb, _PALETTES[index % len(_PALETTES)])
    column = Image.new("RGB", (1, height), horizon)
    fade = Image.linear_gradient("L").resize((1, round(height * _HORIZON) or 1))
    column.paste(sky, (0, 0), ImageOps.flip(fade))
    image = column.resize((width, height), Image.Resampling.NEAREST)
    radius = min(width, height) * random.uniform(0.07, 0.13)
    center = width * random.uniform(0.2, 0.8), height * random.uniform(0.2, 0.42)
    _draw_disc(image, center, radius, sun)
    for hill in range(_HILLS):
        top = round(height * (0.42 + 0.13 * hill))
        relief = max(1, round(min(width, height) * random.uniform(0.14, 0.22)))
        color = _mix(horizon, ground, 0.2 + 0.8 * hill / (_HILLS - 1))
        _draw_hill(image, top, relief, color, random)
    return image


def draw_caption(image: Image.Image, text: str) -> None:
    """Write a text on a dark band at the bottom of an image in mode RGB.

    The text is wrapped and, if necessary, truncated. Nothing is drawn if the image is too small
    for legible text. Characters that are not in Pillow's built-in font are left out.
    """
    plain = unicodedata.normalize("NFKD", text[:_CAPTION_CHARACTERS])
    plain = plain.encode("ascii", "ignore").decode()
    plain = " ".join("".join(char if char.isprintable() else " " for char in plain).split())
    width, height = image.size
    points = max(_MIN_CAPTION_POINTS, round(math.sqrt(width * height) * 0.034))
    leading = round(points * 1.3)
    max_lines = min(_CAPTION_LINES, int(height * 0.5 / leading - 0.8))
    if not plain or max_lines < 1:
        return
    font = ImageFont.load_default(points)
    lines = _wrap(plain, font, width - 2 * points, max_lines)
    if lines:
        top = height - leading * (len(lines) + 0.8)
        draw = ImageDraw.Draw(image, "RGBA")
        draw.rectangle((0, top, width, height), (0, 0, 0, 150))
        for index, line in enumerate(lines):
            middle = top + leading * (index + 0.9)
            draw.text((points, middle), line, "white", font, anchor="lm")


def random_color(random: random.Random) -> Color:
    """Choose a color between the sky and the horizon of a palette."""
    sky, horizon, *_ = map(ImageColor.getrgb, random.choice(_PALETTES))
    return _mix(sky, horizon, random.random())


def _wrap(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int, max_lines: int
) -> list[str]:
    """Wrap a text to a width in pixels. The result is empty if not even a few letters fit."""
    average = font.getlength(text) / len(text)
    for columns in range(int(width / average), _MIN_CAPTION_COLUMNS - 1, -1):
        lines = textwrap.wrap(text, columns, max_lines=max_lines, placeholder="…")
        if all(font.getlength(line) <= width for line in lines):
            return lines
    return []


def _draw_disc(
    image: Image.Image, center: tuple[float, float], radius: float, color: Color
) -> None:
    side = max(1, round(radius * 2))
    mask = Image.new("L", (side * 4, side * 4))  # drawn larger and reduced for smooth edges
    ImageDraw.Draw(mask).ellipse((0, 0, side * 4 - 1, side * 4 - 1), 255)
    image.paste(color, (round(center[0] - radius), round(center[1] - radius)), mask.reduce(4))


def _draw_hill(
    image: Image.Image, top: int, relief: int, color: Color, random: random.Random
) -> None:
    width, height = image.size
    waves = max(1.0, width / height)  # a wide image shows more hills, not flatter ones
    long, short = random.uniform(0.5, 1.4) * waves, random.uniform(2, 3.5) * waves
    long_phase, short_phase = random.random(), random.random()
    outline: list[tuple[float, float]] = []
    for x in range(0, 2 * width + 24, 24 if width > 384 else 4):
        turn = x / (2 * width)
        y = 0.5 - 0.34 * math.sin(math.tau * (long * turn + long_phase))
        y -= 0.16 * math.sin(math.tau * (short * turn + short_phase))
        outline.append((x, y * relief * 2))
    mask = Image.new("L", (2 * width, 2 * relief))  # drawn larger and reduced for smooth edges
    ImageDraw.Draw(mask).polygon([(0, 2 * relief), *outline, (outline[-1][0], 2 * relief)], 255)
    image.paste(color, (0, top), mask.reduce(2))
    image.paste(color, (0, top + relief, width, max(height, top + relief)))


def _mix(first: Color, second: Color, share: float) -> Color:
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
