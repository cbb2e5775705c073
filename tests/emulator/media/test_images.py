"""The emulator's images decode, have the requested size and derive from the uploads."""

from __future__ import annotations

import base64
import io
import random
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image, ImageChops, ImageStat

from deapi.emulator.media import drawing, images, uploads

RED, BLUE, GREEN = (200, 30, 30), (20, 40, 210), (10, 160, 60)
LONG_PROMPT = "A watercolor of a lighthouse on a rocky coast, early morning mist, soft light. " * 20


def to_file(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def plain(color: tuple[int, ...], width: int = 64, height: int = 48) -> Image.Image:
    return Image.new("RGBA" if len(color) == 4 else "RGB", (width, height), color)


def decode(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def sharpness(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).stddev[0]


def caption_box(text: str, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Return the bounding box of a caption, which is drawn on black."""
    image = Image.new("RGB", (width, height))
    drawing.draw_caption(image, text)
    return image.getbbox()


def test_importing_the_package_loads_neither_pillow_nor_pyav():
    code = "import sys, deapi.emulator.media; print({'PIL', 'av'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("size", [(1, 1), (64, 65), (512, 512), (2048, 256), (40, 600)])
def test_a_generated_image_has_the_requested_size(size):
    image = images.generate("a tin robot", *size, 1)
    assert (image.size, image.mode) == (size, "RGB")


def test_a_generated_image_depends_on_prompt_and_seed_only():
    first = images.generate("a tin robot", 128, 128, 1)
    assert first.tobytes() == images.generate("a tin robot", 128, 128, 1).tobytes()
    assert first.tobytes() != images.generate("a tin robot", 128, 128, 2).tobytes()
    assert first.tobytes() != images.generate("a tin rabbit", 128, 128, 1).tobytes()
    assert len({images.generate("", 64, 64, seed).tobytes() for seed in range(50)}) == 50


def test_the_prompt_is_written_on_a_generated_image_in_white():
    def count_white_pixels(prompt):
        band = images.generate(prompt, 512, 512, 5).crop((0, 450, 512, 512)).convert("L")
        return sum(band.histogram()[230:])

    assert count_white_pixels("watering") > 100
    assert count_white_pixels("watering a fern at dusk") > count_white_pixels("watering")
    assert count_white_pixels(" ") == 0


@pytest.mark.parametrize(
    "size", [(64, 64), (96, 64), (128, 128), (320, 48), (100, 900), (1920, 1080), (1024, 128)]
)
@pytest.mark.parametrize("prompt", [LONG_PROMPT, "x" * 900, "W" * 900, "i i " * 200])
def test_a_long_caption_is_wrapped_and_stays_inside_the_image(size, prompt):
    width, height = size
    left, top, right, bottom = caption_box(prompt, width, height)
    assert 2 <= left < right <= width - 2
    assert height // 2 <= top < bottom <= height - 2


def test_an_image_too_small_for_legible_text_has_no_caption():
    assert caption_box("a fox", 64, 16) is None
    assert caption_box(LONG_PROMPT, 20, 400) is None


@pytest.mark.parametrize("color", [(255, 255, 255), (0, 0, 0), (255, 220, 0)])
def test_the_caption_is_legible_on_every_background(color):
    image = images.edit([to_file(plain(color, 400, 300))], "a fox", None, None, 1)
    assert max(image.getpixel((398, 298))) < 110
    assert image.convert("L").crop((0, 270, 200, 300)).getextrema()[1] > 230


@pytest.mark.parametrize("prompt", ["", "\n\t", "half a pair \ud83d", "猫が好き", "x" * 9000])
def test_every_prompt_can_be_drawn(prompt):
    assert images.generate(prompt, 96, 64, -1).size == (96, 64)


def test_an_edited_image_has_the_size_of_the_first_source_by_default():
    sources = [to_file(plain(RED, 80, 60)), to_file(plain(BLUE, 300, 200))]
    assert images.edit(sources, "warmer", None, None, 1).size == (80, 60)
    assert images.edit(sources, "warmer", 128, 96, 1).size == (128, 96)


def test_an_edited_image_contains_all_sources():
    sources = [to_file(plain(color, 256, 256)) for color in (RED, BLUE, GREEN)]
    image = images.edit(sources, "warmer", None, None, 1)
    assert image.getpixel((224, 32)) == BLUE
    assert image.getpixel((160, 32)) == GREEN
    red, green, blue = image.getpixel((30, 128))
    assert red > green
    assert red > blue


def test_an_edited_image_depends_on_source_prompt_and_seed():
    first, second = to_file(plain(RED)), to_file(plain(BLUE))
    results = [
        images.edit([first], "warmer", None, None, 1).tobytes(),
        images.edit([second], "warmer", None, None, 1).tobytes(),
        images.edit([first], "colder", None, None, 1).tobytes(),
        images.edit([first], "warmer", None, None, 2).tobytes(),
    ]
    assert len(set(results)) == 4
    assert images.edit([first], "warmer", None, None, 1).tobytes() == results[0]


def test_transparent_sources_are_edited_on_black():
    transparent = images.edit([to_file(plain((255, 255, 255, 0)))], "", None, None, 1)
    opaque = images.edit([to_file(plain((0, 0, 0)))], "", None, None, 1)
    assert transparent.tobytes() == opaque.tobytes()


def test_editing_requires_a_source():
    with pytest.raises(ValueError, match="at least one image"):
        images.edit([], "warmer", None, None, 1)


def test_many_sources_fit_on_a_small_image():
    sources = [to_file(plain(RED, 64, 64))] * 9
    assert images.edit(sources, "all", 32, 32, 1).size == (32, 32)


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_upscaling_multiplies_the_size_and_keeps_the_content(factor):
    source = plain(RED, 40, 30)
    source.paste(BLUE, (20, 0, 40, 30))
    image = images.upscale(to_file(source), factor)
    assert image.size == (40 * factor, 30 * factor)
    assert image.getpixel((5 * factor, 15 * factor)) == RED
    assert image.getpixel((35 * factor, 15 * factor)) == BLUE


def test_upscaling_keeps_transparency():
    assert images.upscale(to_file(plain((9, 9, 9, 0))), 2).getpixel((0, 0))[3] == 0


def test_background_removal_makes_the_border_color_transparent():
    source = plain(GREEN, 100, 80)
    source.paste(RED, (30, 20, 70, 60))
    image = images.remove_background(to_file(source))
    assert (image.mode, image.size) == ("RGBA", (100, 80))
    assert image.getpixel((50, 40)) == (*RED, 255)
    assert [image.getpixel(at)[3] for at in ((0, 0), (99, 79), (50, 5), (15, 40))] == [0] * 4


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_an_object_at_one_side_of_the_border_is_not_background(side):
    box = {
        "top": (10, 0, 50, 30),
        "bottom": (10, 30, 50, 60),
        "left": (0, 10, 30, 50),
        "right": (30, 10, 60, 50),
    }[side]
    source = plain(GREEN, 60, 60)
    source.paste(RED, box)
    alpha = images.remove_background(to_file(source)).getchannel("A")
    assert alpha.crop(box).getextrema() == (255, 255)
    assert alpha.getpixel((0, 0)) == 0


def test_background_removal_tolerates_noise_and_keeps_similar_colors_partly():
    source = plain((100, 100, 100), 60, 60)
    source.paste((112, 95, 104), (10, 10, 20, 20))
    source.paste((148, 100, 100), (30, 30, 40, 40))
    alpha = images.remove_background(to_file(source)).getchannel("A")
    assert alpha.getpixel((15, 15)) == 0
    assert 60 < alpha.getpixel((35, 35)) < 200


def test_background_removal_keeps_transparent_parts_transparent():
    source = plain((255, 255, 255, 255), 60, 60)
    source.paste((200, 0, 0, 0), (20, 20, 40, 40))
    assert images.remove_background(to_file(source)).getpixel((30, 30))[3] == 0


def test_a_preview_is_a_small_jpeg_in_base64():
    text = images.preview(images.generate("a fox", 400, 200, 1), 50)
    image = decode(base64.b64decode(text, validate=True))
    assert (image.format, image.size) == ("JPEG", (64, 32))


def test_a_preview_resembles_the_image_and_becomes_sharper_with_progress():
    source = Image.new("L", (8, 8))
    source.putdata([255 * ((i + i // 8) % 2) for i in range(64)])
    source = source.resize((256, 256), Image.Resampling.NEAREST).convert("RGB")

    def preview(progress):
        return decode(base64.b64decode(images.preview(source, progress)))

    values = [sharpness(preview(progress)) for progress in (-5, 0, 30, 60, 90, 100, 120)]
    assert values[0] == values[1]
    assert values[-1] == values[-2]
    assert values[1] < values[2] < values[3] < values[4] < values[5]
    difference = ImageChops.difference(preview(100), source.resize((64, 64)).convert("RGB"))
    assert ImageStat.Stat(difference).mean[0] < 25


@pytest.mark.parametrize(("name", "expected"), [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP")])
def test_a_file_has_the_requested_format_and_is_the_same_each_time(name, expected):
    source = images.generate("a fox", 120, 90, 1)
    content = images.encode(source, name)
    image = decode(content)
    assert (image.format, image.size) == (expected, (120, 90))
    assert content == images.encode(source, name)
    difference = ImageChops.difference(image.convert("RGB"), source)
    assert max(ImageStat.Stat(difference).mean) < 6


def test_png_and_webp_keep_transparency_and_jpg_has_white_instead():
    transparent = plain((255, 0, 0, 0))
    assert decode(images.encode(transparent, "png")).getpixel((3, 3))[3] == 0
    assert decode(images.encode(transparent, "webp")).getpixel((3, 3))[3] == 0
    assert decode(images.encode(transparent, "jpg")).getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("file_format", "mode"),
    [
        *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("JPEG", mode) for mode in ("L", "RGB", "CMYK", "YCbCr")),
        *(("GIF", mode) for mode in ("1", "L", "P", "RGB", "RGBA")),
        *(("BMP", mode) for mode in ("1", "L", "P", "RGB", "RGBA")),
        *(("WEBP", mode) for mode in ("L", "RGB", "RGBA")),
    ],
)
def test_uploads_of_every_format_and_mode_are_measured_and_used(file_format, mode):
    grey = plain((90, 90, 90), 70, 50)
    image = Image.new("I;16", (70, 50), 30000) if mode == "I;16" else grey.convert(mode)
    content = to_file(image, file_format)
    assert uploads.image_size(content) == (70, 50)
    assert images.upscale(content, 2).size == (140, 100)


def test_16_bit_grey_values_keep_their_brightness():
    content = to_file(Image.new("I;16", (64, 64), 128 * 256))
    assert images.upscale(content, 1).getpixel((9, 9)) == (128, 128, 128)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
def test_a_truncated_upload_is_rejected(file_format, share):
    content = to_file(images.generate("a fox", 200, 150, 1), file_format)
    truncated = content[: int(len(content) * share)]
    for use in (uploads.image_size, uploads.open_image):
        with pytest.raises(ValueError, match="not a decodable image"):
            use(truncated)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"<svg/>"],
)
def test_a_file_that_is_not_an_image_is_rejected(content):
    for use in (
        uploads.image_size,
        images.remove_background,
        lambda content: images.upscale(content, 2),
        lambda content: images.edit([content], "", None, None, 1),
    ):
        with pytest.raises(ValueError, match="not a decodable image"):
            use(content)


def test_a_format_that_the_service_does_not_support_is_rejected():
    with pytest.raises(ValueError, match="not match a supported format"):
        uploads.image_size(to_file(plain(RED), "TIFF"))


def test_a_decompression_bomb_is_rejected_before_it_is_decoded():
    header = b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
    bomb = header + struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    for use in (uploads.image_size, uploads.open_image):
        with pytest.raises(ValueError, match="too many"):
            use(bomb)


def test_an_image_larger_than_the_service_accepts_is_still_measured():
    assert uploads.image_size(to_file(Image.new("1", (6000, 5100)))) == (6000, 5100)


def test_only_the_first_frame_of_an_animation_is_used():
    content = to_file(plain(RED), "GIF", save_all=True, append_images=[plain(BLUE)])
    red, _, blue = images.upscale(content, 1).getpixel((9, 9))
    assert red > 150
    assert blue < 60


def _png_chunk(name, data):
    length, checksum = struct.pack(">I", len(data)), struct.pack(">I", zlib.crc32(name + data))
    return length + name + data + checksum


def _png_file(color_type, pixels):
    header = struct.pack(">IIBBBBB", 128, 128, 8, color_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(_png_file(2, b"no zlib stream"), id="undecodable pixels"),
        pytest.param(_png_file(2, zlib.compress(bytes(900))), id="missing pixels"),
        pytest.param(_png_file(3, zlib.compress(bytes(129 * 128))), id="palette without PLTE"),
    ],
)
def test_an_image_with_right_checksums_but_wrong_pixels_is_rejected(content):
    for function in (uploads.image_size, uploads.open_image):
        with pytest.raises(ValueError, match="not a decodable image"):
            function(content)


def test_a_noisy_image_becomes_a_webp_file_after_upscaling():
    noise = Image.frombytes("RGB", (2048, 2048), random.Random(1).randbytes(2048 * 2048 * 3))
    for image in (noise, images.upscale(images.encode(noise, "jpg"), 4)):
        file = images.encode(image, "webp")
        assert Image.open(io.BytesIO(file)).size == image.size
