"""The pictures that the emulator makes are real, and made from what was sent."""

from __future__ import annotations

import base64
import io
import struct
import subprocess
import sys

import pytest
from PIL import Image, ImageChops, ImageStat

from deapi.emulator.media import images

RED, BLUE, GREEN = (200, 30, 30), (20, 40, 210), (10, 160, 60)


def file_of(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def plain(colour: tuple[int, ...], width: int = 64, height: int = 48) -> Image.Image:
    return Image.new("RGBA" if len(colour) == 4 else "RGB", (width, height), colour)


def decoded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def detail(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).stddev[0]


def test_importing_the_package_alone_imports_neither_pillow_nor_pyav():
    code = "import sys, deapi.emulator.media; print({'PIL', 'av'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("size", [(1, 1), (64, 65), (512, 512), (2048, 256)])
def test_a_generated_picture_has_exactly_the_size_asked_for(size):
    image = images.generated("a tin robot", *size, 1)
    assert (image.size, image.mode) == (size, "RGB")


def test_the_same_prompt_and_seed_give_the_same_picture_and_any_other_gives_another():
    first = images.generated("a tin robot", 128, 128, 1)
    assert first.tobytes() == images.generated("a tin robot", 128, 128, 1).tobytes()
    assert first.tobytes() != images.generated("a tin robot", 128, 128, 2).tobytes()
    assert first.tobytes() != images.generated("a tin rabbit", 128, 128, 1).tobytes()


def test_the_words_of_the_prompt_are_written_in_white_on_the_picture():
    def whites(prompt):
        band = images.generated(prompt, 512, 512, 5).crop((0, 460, 512, 512)).convert("L")
        return sum(band.histogram()[250:])

    assert whites("watering") > 300
    assert whites("watering a fern at dusk") > whites("watering")
    assert whites(" ") == 0


@pytest.mark.parametrize("prompt", ["", "\n\t", "half a pair \ud83d", "猫が好き", "x" * 9000])
def test_any_prompt_can_be_drawn(prompt):
    assert images.generated(prompt, 96, 64, -1).size == (96, 64)


def test_an_edited_picture_has_the_size_of_the_first_source_unless_told_otherwise():
    sources = [file_of(plain(RED, 80, 60)), file_of(plain(BLUE, 300, 200))]
    assert images.edited(sources, "warmer", None, None, 1).size == (80, 60)
    assert images.edited(sources, "warmer", 128, 96, 1).size == (128, 96)


def test_an_edited_picture_shows_the_first_source_large_and_the_others_small():
    sources = [file_of(plain(colour, 256, 256)) for colour in (RED, BLUE, GREEN)]
    image = images.edited(sources, "warmer", None, None, 1)
    assert image.getpixel((224, 32)) == BLUE
    assert image.getpixel((160, 32)) == GREEN
    red, green, blue = image.getpixel((30, 128))
    assert red > green
    assert red > blue


def test_editing_depends_on_the_source_on_the_prompt_and_on_the_seed():
    first, second = file_of(plain(RED)), file_of(plain(BLUE))
    made = [
        images.edited([first], "warmer", None, None, 1).tobytes(),
        images.edited([second], "warmer", None, None, 1).tobytes(),
        images.edited([first], "colder", None, None, 1).tobytes(),
        images.edited([first], "warmer", None, None, 2).tobytes(),
    ]
    assert len(set(made)) == 4
    assert images.edited([first], "warmer", None, None, 1).tobytes() == made[0]


def test_editing_lays_transparent_sources_on_black():
    seen = images.edited([file_of(plain((255, 255, 255, 0)))], "", None, None, 1)
    opaque = images.edited([file_of(plain((0, 0, 0)))], "", None, None, 1)
    assert seen.tobytes() == opaque.tobytes()


def test_editing_needs_a_source():
    with pytest.raises(ValueError, match="at least one image"):
        images.edited([], "warmer", None, None, 1)


def test_many_sources_fit_on_a_small_picture():
    sources = [file_of(plain(RED, 64, 64))] * 9
    assert images.edited(sources, "all", 32, 32, 1).size == (32, 32)


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_upscaling_multiplies_the_size_and_keeps_colours_and_places(factor):
    source = plain(RED, 40, 30)
    source.paste(BLUE, (20, 0, 40, 30))
    image = images.upscaled(file_of(source), factor)
    assert image.size == (40 * factor, 30 * factor)
    assert image.getpixel((5 * factor, 15 * factor)) == RED
    assert image.getpixel((35 * factor, 15 * factor)) == BLUE


def test_upscaling_keeps_transparency():
    assert images.upscaled(file_of(plain((9, 9, 9, 0))), 2).getpixel((0, 0))[3] == 0


def test_the_colour_of_the_border_becomes_transparent_and_the_rest_stays():
    source = plain(GREEN, 100, 80)
    source.paste(RED, (30, 20, 70, 60))
    image = images.without_background(file_of(source))
    assert (image.mode, image.size) == ("RGBA", (100, 80))
    assert image.getpixel((50, 40)) == (*RED, 255)
    assert [image.getpixel(at)[3] for at in ((0, 0), (99, 79), (50, 5), (15, 40))] == [0] * 4


def test_a_slightly_uneven_background_disappears_and_a_near_colour_is_half_there():
    source = plain((100, 100, 100), 60, 60)
    source.paste((112, 95, 104), (10, 10, 20, 20))
    source.paste((148, 100, 100), (30, 30, 40, 40))
    alpha = images.without_background(file_of(source)).getchannel("A")
    assert alpha.getpixel((15, 15)) == 0
    assert 60 < alpha.getpixel((35, 35)) < 200


def test_what_was_transparent_before_stays_transparent():
    source = plain((255, 255, 255, 255), 60, 60)
    source.paste((200, 0, 0, 0), (20, 20, 40, 40))
    assert images.without_background(file_of(source)).getpixel((30, 30))[3] == 0


def test_a_preview_is_a_small_jpeg_in_plain_base64():
    text = images.blurred_preview(images.generated("a fox", 400, 200, 1), 50)
    image = decoded(base64.b64decode(text, validate=True))
    assert (image.format, image.size) == ("JPEG", (64, 32))


def test_a_preview_gets_sharper_with_progress_and_resembles_the_picture():
    picture = Image.new("L", (8, 8))
    picture.putdata([255 * ((i + i // 8) % 2) for i in range(64)])
    picture = picture.resize((256, 256), Image.Resampling.NEAREST).convert("RGB")

    def preview(progress):
        return decoded(base64.b64decode(images.blurred_preview(picture, progress)))

    sharpness = [detail(preview(progress)) for progress in (-5, 0, 30, 60, 90, 100, 120)]
    assert sharpness[0] == sharpness[1]
    assert sharpness[-1] == sharpness[-2]
    assert sharpness[1] < sharpness[2] < sharpness[3] < sharpness[4] < sharpness[5]
    difference = ImageChops.difference(preview(100), picture.resize((64, 64)).convert("RGB"))
    assert ImageStat.Stat(difference).mean[0] < 25


@pytest.mark.parametrize(("name", "shown"), [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP")])
def test_files_are_of_the_format_asked_for_and_the_same_each_time(name, shown):
    picture = images.generated("a fox", 120, 90, 1)
    content = images.encode(picture, name)
    image = decoded(content)
    assert (image.format, image.size) == (shown, (120, 90))
    assert content == images.encode(picture, name)
    difference = ImageChops.difference(image.convert("RGB"), picture)
    assert max(ImageStat.Stat(difference).mean) < 6


def test_png_and_webp_keep_transparency_and_jpg_becomes_white():
    clear = plain((255, 0, 0, 0))
    assert decoded(images.encode(clear, "png")).getpixel((3, 3))[3] == 0
    assert decoded(images.encode(clear, "webp")).getpixel((3, 3))[3] == 0
    assert decoded(images.encode(clear, "jpg")).getpixel((3, 3)) == (255, 255, 255)


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
    drawn = plain((90, 90, 90), 70, 50)
    image = Image.new("I;16", (70, 50), 30000) if mode == "I;16" else drawn.convert(mode)
    content = file_of(image, file_format)
    assert images.size(content) == (70, 50)
    assert images.upscaled(content, 2).size == (140, 100)


def test_sixteen_bit_greys_keep_their_brightness():
    content = file_of(Image.new("I;16", (64, 64), 128 * 256))
    assert images.upscaled(content, 1).getpixel((9, 9)) == (128, 128, 128)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
def test_a_truncated_upload_is_refused(file_format, share):
    content = file_of(images.generated("a fox", 200, 150, 1), file_format)
    with pytest.raises(ValueError, match="not a decodable image"):
        images.size(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"<svg/>"],
)
def test_what_is_no_picture_is_refused(content):
    for use in (
        images.size,
        images.without_background,
        lambda it: images.upscaled(it, 2),
        lambda it: images.edited([it], "", None, None, 1),
    ):
        with pytest.raises(ValueError, match="not a decodable image"):
            use(content)


def test_a_format_that_the_service_does_not_take_is_refused():
    with pytest.raises(ValueError, match="no known format"):
        images.size(file_of(plain(RED), "TIFF"))


def test_a_decompression_bomb_is_refused_without_being_unpacked():
    header = b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
    bomb = header + struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="too many"):
        images.size(bomb)


def test_a_picture_larger_than_the_service_takes_is_still_measured():
    assert images.size(file_of(Image.new("1", (6000, 5100)))) == (6000, 5100)


def test_of_an_animation_the_first_frame_counts():
    content = file_of(plain(RED), "GIF", save_all=True, append_images=[plain(BLUE)])
    red, _, blue = images.upscaled(content, 1).getpixel((9, 9))
    assert red > 150
    assert blue < 60
