"""The videos that the emulator makes are real, and made from what was sent."""

from __future__ import annotations

import io

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from deapi.emulator.media import audio, images, video

RED, BLUE, GREEN = (200, 30, 30), (20, 40, 210), (0, 177, 64)
SHAPE = {"width": 96, "height": 64, "frames": 12, "fps": 24, "seed": 1}
SOUND = audio.speech("hello " * 20, voice="v", speed=1, format="mp3", sample_rate=24000)


def plain(colour, width=96, height=64):
    return images.encode(Image.new("RGB", (width, height), colour), "png")


def scene():
    """A red square that rests before a blue background."""
    image = Image.new("RGB", (96, 64), BLUE)
    image.paste(RED, (32, 16, 64, 48))
    return images.encode(image, "png")


@pytest.fixture(scope="module")
def silent():
    return video.animated(scene(), prompt="rest", **SHAPE)


@pytest.fixture(scope="module")
def sounding():
    return video.synced(SOUND, prompt="talk", first_frame=scene(), **SHAPE)


def decoded(content: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(content)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def apart(first: Image.Image, second: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)


def near(pixel, colour, by=30):
    return all(abs(one - other) <= by for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize(
    ("width", "height", "frames", "fps"),
    [(512, 512, 120, 30), (256, 128, 49, 24), (64, 64, 1, 25), (101, 77, 5, 12), (96, 65, 7, 60)],
)
def test_a_generated_video_has_exactly_the_shape_asked_for(width, height, frames, fps):
    content = video.generated("waves", width=width, height=height, frames=frames, fps=fps, seed=1)
    with av.open(io.BytesIO(content)) as container:
        (stream,) = container.streams
        assert (stream.width, stream.height) == (width, height)
        assert (stream.frames, stream.average_rate) == (frames, fps)
        assert stream.codec_context.name == "h264"
        assert float(stream.duration * stream.time_base) == pytest.approx(frames / fps)
        seen = [frame.to_image().size for frame in container.decode(stream)]
    assert seen == [(width, height)] * frames
    assert video.probe(content) == video.Video(width, height, frames, fps, frames / fps, False)


def test_even_sizes_have_the_colour_format_that_every_browser_plays(silent):
    with av.open(io.BytesIO(silent)) as container:
        assert container.streams.video[0].pix_fmt == "yuv420p"


@pytest.mark.parametrize("name", ["silent", "sounding"])
def test_the_index_stands_before_the_pictures(name, request):
    content = request.getfixturevalue(name)
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    # Whoever has the first part of the file can already show the first pictures.
    assert video.probe(content[: content.index(b"mdat") + 4000]).frames > 0


def test_a_video_without_libx264_is_still_a_video(monkeypatch):
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    content = video.generated("waves", width=97, height=64, frames=9, fps=24, seed=1)
    with av.open(io.BytesIO(content)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"
    assert video.probe(content) == video.Video(97, 64, 9, 24, 9 / 24, False)


def test_the_same_request_gives_the_same_file_and_any_other_gives_another():
    first = video.generated("waves", **SHAPE)
    assert first == video.generated("waves", **SHAPE)
    assert first != video.generated("hills", **SHAPE)
    assert first != video.generated("waves", **{**SHAPE, "seed": 2})


def test_a_generated_video_shows_the_picture_of_its_prompt_and_moves():
    frames = decoded(video.generated("waves", **SHAPE))
    assert apart(frames[0], images.generated("waves", 96, 64, 1)) < 8
    assert apart(frames[0], frames[-1]) > 3


def test_broadcast_rates_are_kept():
    content = video.generated("waves", **{**SHAPE, "fps": 30000 / 1001})
    assert video.probe(content).fps == pytest.approx(29.97003, abs=1e-5)
    assert video.probe(video.upscaled(content, 2)).fps == video.probe(content).fps


def test_an_animation_begins_as_its_first_picture_and_moves():
    picture = images.generated("a fox", 96, 64, 3)
    frames = decoded(video.animated(images.encode(picture, "png"), prompt="zoom", **SHAPE))
    assert apart(frames[0], picture) < 8
    assert apart(frames[0], frames[-1]) > 3


def test_an_animation_ends_as_its_last_picture():
    last = images.generated("a fox", 96, 64, 3)
    content = video.animated(plain(RED), prompt="", last_frame=images.encode(last, "png"), **SHAPE)
    frames = decoded(content)
    assert near(frames[0].getpixel((48, 32)), RED)
    assert apart(frames[-1], last) < 8


def test_an_animation_fades_from_its_first_picture_to_its_last():
    frames = decoded(video.animated(plain(RED), prompt="", last_frame=plain(BLUE), **SHAPE))
    reds = [frame.getpixel((48, 32))[0] for frame in frames]
    assert near(frames[5].getpixel((48, 32)), RED)
    assert reds[6:] == sorted(reds[6:], reverse=True)
    assert RED[0] - 30 > reds[8] > BLUE[0] + 30


def test_pictures_of_another_size_fill_the_frame():
    frames = decoded(video.animated(plain(RED, 300, 80), prompt="", **SHAPE))
    assert all(near(frames[0].getpixel(at), RED) for at in ((0, 0), (95, 63), (0, 63)))


def test_one_frame_is_enough_for_an_animation():
    shape = {**SHAPE, "frames": 1}
    content = video.animated(plain(RED), prompt="", last_frame=plain(BLUE), **shape)
    assert near(decoded(content)[0].getpixel((48, 32)), RED)


def test_a_synced_video_carries_the_sound_cut_to_its_length(sounding):
    with av.open(io.BytesIO(sounding)) as container:
        track = container.streams.audio[0]
        assert track.codec_context.name == "aac"
        assert float(track.duration * track.time_base) == pytest.approx(0.5, abs=0.001)
        heard = b"".join(bytes(frame.planes[0]) for frame in container.decode(track))
    assert any(heard)
    assert video.probe(sounding) == video.Video(96, 64, 12, 24, 0.5, True)
    assert near(decoded(sounding)[0].getpixel((48, 32)), RED)


def test_sound_that_is_shorter_than_the_pictures_ends_before_them():
    short = audio.speech("hi", voice="v", speed=1, format="wav", sample_rate=16000)
    content = video.synced(short, prompt="talk", **{**SHAPE, "frames": 48})
    assert audio.duration(content) == pytest.approx(0.3, abs=0.03)
    assert video.probe(content).duration == 2


def test_a_synced_video_without_pictures_shows_that_of_its_prompt():
    frames = decoded(video.synced(SOUND, prompt="talk", **SHAPE))
    assert apart(frames[0], images.generated("talk", 96, 64, 1)) < 8


def test_a_synced_video_may_end_as_a_picture():
    content = video.synced(SOUND, prompt="talk", last_frame=plain(GREEN), **SHAPE)
    assert near(decoded(content)[-1].getpixel((48, 32)), GREEN)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_upscaling_multiplies_the_size_and_keeps_all_else(sounding, factor):
    content = video.upscaled(sounding, factor)
    assert video.probe(content) == video.Video(96 * factor, 64 * factor, 12, 24, 0.5, True)
    assert audio.duration(content) == pytest.approx(0.5, abs=0.03)
    before, after = decoded(sounding), decoded(content)
    for index in (0, 11):
        assert apart(before[index], after[index].resize((96, 64))) < 8


def test_the_background_of_a_video_becomes_green_and_the_rest_stays(silent):
    content = video.without_background(silent)
    assert video.probe(content) == video.probe(silent)
    for frame in decoded(content):
        assert near(frame.getpixel((4, 4)), GREEN)
        assert near(frame.getpixel((48, 32)), RED)


def test_a_replaced_character_stands_before_the_old_background(sounding):
    content = video.replaced(sounding, plain((240, 220, 0), 40, 60), width=None, height=None)
    assert video.probe(content) == video.probe(sounding)
    for frame in decoded(content):
        assert near(frame.getpixel((48, 32)), (240, 220, 0))
        assert near(frame.getpixel((4, 4)), BLUE)


def test_a_replacement_may_have_another_size(silent):
    measured = video.probe(video.replaced(silent, plain(GREEN), width=128, height=96))
    assert (measured.width, measured.height, measured.frames) == (128, 96, 12)


@pytest.mark.parametrize(
    ("container_format", "codec"),
    [("mov", "mpeg4"), ("avi", "mpeg4"), ("matroska", "libx264"), ("mpeg", "mpeg2video")],
)
def test_videos_of_other_formats_are_measured_and_used(container_format, codec):
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(10):
            frame = av.VideoFrame.from_image(Image.new("RGB", (96, 64), (index * 20, 90, 90)))
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert video.probe(file.getvalue()) == video.Video(96, 64, 10, 25, 0.4, False)
    content = video.upscaled(file.getvalue(), 2)
    assert video.probe(content) == video.Video(192, 128, 10, 25, 0.4, False)


def test_of_a_truncated_video_the_frames_that_are_left_count(silent):
    cut = silent[: silent.index(b"mdat") + 3000]
    assert 0 < video.probe(cut).frames < 12


@pytest.mark.parametrize(
    "content",
    [b"", b"hello world " * 100, bytes(4000), plain(RED), SOUND],
    ids=["empty", "text", "zeros", "picture", "sound"],
)
def test_what_is_no_video_is_refused(content):
    for use in (video.probe, video.without_background, lambda it: video.upscaled(it, 2)):
        with pytest.raises(ValueError, match="file"):
            use(content)


def test_the_index_alone_is_no_video(silent):
    with pytest.raises(ValueError, match="no decodable pictures"):
        video.probe(silent[: silent.index(b"mdat") + 4])


def test_a_song_with_a_cover_picture_is_no_video():
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        track = container.add_stream("aac", rate=48000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic.value
        picture = av.VideoFrame.from_image(Image.new("RGB", (96, 64), RED))
        container.mux(cover.encode(picture))
        container.mux(cover.encode(None))
        frame = av.AudioFrame("s16", "mono", 48000)
        frame.planes[0].update(bytes(96000))
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(track.encode(frame))
        container.mux(track.encode(None))
    assert audio.duration(file.getvalue()) == pytest.approx(1, abs=0.05)
    with pytest.raises(ValueError, match="no video stream"):
        video.probe(file.getvalue())


def test_pictures_and_sound_that_cannot_be_decoded_are_refused(silent):
    with pytest.raises(ValueError, match="not a decodable image"):
        video.animated(b"nonsense", prompt="", **SHAPE)
    with pytest.raises(ValueError, match="not a decodable media file"):
        video.synced(b"nonsense", prompt="", **SHAPE)
    with pytest.raises(ValueError, match="no audio stream"):
        video.synced(silent, prompt="", **SHAPE)
    with pytest.raises(ValueError, match="not a decodable image"):
        video.replaced(silent, b"nonsense", width=None, height=None)
