"""The emulator's videos decode, have the requested properties and derive from the uploads."""

from __future__ import annotations

import io
import itertools

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from deapi.emulator.media import audio, images, uploads, video
from deapi.emulator.media.uploads import VideoInfo

RED, BLUE, GREEN = (200, 30, 30), (20, 40, 210), (0, 177, 64)
OPTIONS = {"width": 96, "height": 64, "frames": 12, "fps": 24, "seed": 1}
AUDIO = audio.synthesize_speech("hello " * 20, voice="v", speed=1, format="mp3", sample_rate=24000)


def plain(color, width=96, height=64):
    return images.encode(Image.new("RGB", (width, height), color), "png")


def red_square():
    """A red square on a blue background."""
    image = Image.new("RGB", (96, 64), BLUE)
    image.paste(RED, (32, 16, 64, 48))
    return images.encode(image, "png")


@pytest.fixture(scope="module")
def silent():
    return video.generate("", first_frame=red_square(), last_frame=red_square(), **OPTIONS)


@pytest.fixture(scope="module")
def with_audio():
    square = red_square()
    return video.generate("", audio=AUDIO, first_frame=square, last_frame=square, **OPTIONS)


def decode(content: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(content)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def difference(first: Image.Image, second: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)


def is_near(pixel, color, tolerance=30):
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, color, strict=True))


@pytest.mark.parametrize(
    ("width", "height", "frames", "fps"),
    [(512, 512, 120, 30), (256, 128, 49, 24), (64, 64, 1, 25), (101, 77, 5, 12), (96, 65, 7, 60)],
)
def test_a_generated_video_has_the_requested_size_frames_and_rate(width, height, frames, fps):
    content = video.generate("waves", width=width, height=height, frames=frames, fps=fps, seed=1)
    with av.open(io.BytesIO(content)) as container:
        (stream,) = container.streams
        assert (stream.width, stream.height) == (width, height)
        assert (stream.frames, stream.average_rate) == (frames, fps)
        assert stream.codec_context.name == "h264"
        assert float(stream.duration * stream.time_base) == pytest.approx(frames / fps)
        sizes = [frame.to_image().size for frame in container.decode(stream)]
    assert sizes == [(width, height)] * frames
    assert uploads.probe_video(content) == VideoInfo(
        width, height, frames, fps, frames / fps, False
    )


def test_even_sizes_have_the_pixel_format_that_all_browsers_play(silent):
    with av.open(io.BytesIO(silent)) as container:
        assert container.streams.video[0].pix_fmt == "yuv420p"


def first_part(content: bytes) -> bytes:
    """The index and two thirds of the frames and the audio."""
    start = content.index(b"mdat")
    return content[: start + (len(content) - start) * 2 // 3]


@pytest.mark.parametrize("track", [None, AUDIO], ids=["silent", "with audio"])
def test_the_index_is_before_the_frames(track):
    content = video.generate("waves", audio=track, **OPTIONS)
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    # The first part of the file is enough for the first frames.
    assert 0 < uploads.probe_video(first_part(content)).frames < 12


def test_a_video_can_be_encoded_without_libx264(monkeypatch):
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    content = video.generate("waves", width=97, height=64, frames=9, fps=24, seed=1)
    with av.open(io.BytesIO(content)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"
    assert uploads.probe_video(content) == VideoInfo(97, 64, 9, 24, 9 / 24, False)


def test_a_generated_video_depends_on_prompt_and_seed_only():
    first = video.generate("waves", **OPTIONS)
    assert first == video.generate("waves", **OPTIONS)
    assert first != video.generate("hills", **OPTIONS)
    assert first != video.generate("waves", **{**OPTIONS, "seed": 2})


@pytest.mark.parametrize("seed", range(8))
def test_a_generated_video_starts_with_the_image_of_its_prompt_and_changes(seed):
    frames = decode(video.generate("waves", **{**OPTIONS, "seed": seed}))
    assert difference(frames[0], images.generate("waves", 96, 64, seed)) < 8
    assert difference(frames[0], frames[-1]) > 10
    assert difference(frames[5], frames[6]) > 0.5


def test_broadcast_frame_rates_are_kept():
    content = video.generate("waves", **{**OPTIONS, "fps": 30000 / 1001})
    fps = uploads.probe_video(content).fps
    assert fps == pytest.approx(29.97003, abs=1e-5)
    assert uploads.probe_video(video.upscale(content, 2)).fps == fps


def test_an_animation_starts_with_its_first_frame_and_changes():
    image = images.generate("a fox", 96, 64, 3)
    content = video.generate("", first_frame=images.encode(image, "png"), **OPTIONS)
    frames = decode(content)
    assert difference(frames[0], image) < 8
    assert difference(frames[0], frames[-1]) > 3


def test_an_animation_depends_on_first_frame_prompt_and_seed():
    results = {
        video.generate("waves", first_frame=plain(RED), **OPTIONS),
        video.generate("waves", first_frame=plain(BLUE), **OPTIONS),
        video.generate("hills", first_frame=plain(RED), **OPTIONS),
        video.generate("waves", first_frame=plain(RED), **{**OPTIONS, "seed": 2}),
    }
    assert len(results) == 4
    assert video.generate("waves", first_frame=plain(RED), **OPTIONS) in results


def test_an_animation_ends_with_its_last_frame():
    last = images.generate("a fox", 96, 64, 3)
    content = video.generate(
        "", first_frame=plain(RED), last_frame=images.encode(last, "png"), **OPTIONS
    )
    frames = decode(content)
    assert is_near(frames[0].getpixel((48, 32)), RED)
    assert difference(frames[-1], last) < 8


def test_an_animation_fades_from_its_first_frame_to_its_last():
    content = video.generate("", first_frame=plain(RED), last_frame=plain(BLUE), **OPTIONS)
    frames = decode(content)
    reds = [frame.getpixel((48, 32))[0] for frame in frames]
    assert is_near(frames[0].getpixel((48, 32)), RED)
    assert is_near(frames[-1].getpixel((48, 32)), BLUE)
    assert reds == sorted(reds, reverse=True)
    assert RED[0] - 30 > reds[6] > BLUE[0] + 30


def test_an_image_of_another_size_fills_the_frame():
    frames = decode(video.generate("", first_frame=plain(RED, 300, 80), **OPTIONS))
    assert all(is_near(frames[0].getpixel(at), RED) for at in ((0, 0), (95, 63), (0, 63)))


def test_an_animation_may_have_one_frame():
    content = video.generate(
        "", first_frame=plain(RED), last_frame=plain(BLUE), **{**OPTIONS, "frames": 1}
    )
    (frame,) = decode(content)
    assert is_near(frame.getpixel((48, 32)), RED)


def test_a_video_with_audio_has_it_cut_to_its_duration(with_audio):
    with av.open(io.BytesIO(with_audio)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name == "aac"
        assert float(stream.duration * stream.time_base) == pytest.approx(0.5, abs=0.001)
        decoded = b"".join(bytes(frame.planes[0]) for frame in container.decode(stream))
    assert any(decoded)
    assert uploads.probe_video(with_audio) == VideoInfo(96, 64, 12, 24, 0.5, True)
    assert is_near(decode(with_audio)[0].getpixel((48, 32)), RED)


def test_audio_that_is_shorter_than_the_video_is_not_extended():
    short = audio.synthesize_speech("hi", voice="v", speed=1, format="wav", sample_rate=16000)
    content = video.generate("talk", audio=short, **{**OPTIONS, "frames": 48})
    assert uploads.audio_duration(content) == pytest.approx(0.3, abs=0.03)
    assert uploads.probe_video(content).duration == 2


def test_audio_of_several_seconds_is_kept_to_its_end():
    speech = audio.synthesize_speech("a" * 45, voice="v", speed=1, format="mp3", sample_rate=44100)
    content = video.generate("talk", audio=speech, **{**OPTIONS, "frames": 96})
    assert uploads.audio_duration(content) == pytest.approx(3, abs=0.06)


def test_a_video_with_audio_and_no_images_shows_the_image_of_its_prompt():
    frames = decode(video.generate("talk", audio=AUDIO, **OPTIONS))
    assert difference(frames[0], images.generate("talk", 96, 64, 1)) < 8


def test_a_video_with_audio_may_end_with_an_image():
    content = video.generate("talk", audio=AUDIO, last_frame=plain(GREEN), **OPTIONS)
    assert is_near(decode(content)[-1].getpixel((48, 32)), GREEN)


def test_a_video_from_references_shows_the_image_and_the_video(with_audio):
    content = video.generate_from_references(
        "", [plain(GREEN), plain(GREEN)], [with_audio], [], **OPTIONS
    )
    frames = decode(content)
    red, green, blue = frames[0].getpixel((10, 50))
    assert green > max(red, blue)
    assert is_near(frames[-1].getpixel((48, 32)), RED)
    assert uploads.probe_video(content) == VideoInfo(96, 64, 12, 24, 0.5, True)


def test_reference_audio_replaces_the_audio_of_a_reference_video(silent, with_audio):
    short = audio.synthesize_speech("hi", voice="v", speed=1, format="wav", sample_rate=16000)
    for reference in (silent, with_audio):
        content = video.generate_from_references("", [], [reference], [short], **OPTIONS)
        assert uploads.audio_duration(content) == pytest.approx(0.3, abs=0.03)
    content = video.generate_from_references("", [], [silent], [], **OPTIONS)
    assert not uploads.probe_video(content).has_audio


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_upscaling_multiplies_the_size_and_keeps_frames_and_audio(with_audio, factor):
    content = video.upscale(with_audio, factor)
    expected = VideoInfo(96 * factor, 64 * factor, 12, 24, 0.5, True)
    assert uploads.probe_video(content) == expected
    assert uploads.audio_duration(content) == pytest.approx(0.5, abs=0.03)
    before, after = decode(with_audio), decode(content)
    for index in (0, 11):
        assert difference(before[index], after[index].resize((96, 64))) < 8


def test_background_removal_makes_the_background_green(silent):
    content = video.remove_background(silent)
    assert uploads.probe_video(content) == uploads.probe_video(silent)
    for frame in decode(content):
        assert is_near(frame.getpixel((4, 4)), GREEN)
        assert is_near(frame.getpixel((48, 32)), RED)


def test_a_replaced_character_is_in_the_middle_of_the_video(with_audio):
    yellow = (240, 220, 0)
    content = video.replace_character(with_audio, plain(yellow, 40, 60), width=None, height=None)
    assert uploads.probe_video(content) == uploads.probe_video(with_audio)
    for frame in decode(content):
        assert is_near(frame.getpixel((48, 32)), yellow)
        assert is_near(frame.getpixel((4, 4)), BLUE)


def test_a_replacement_has_the_requested_size(silent):
    info = uploads.probe_video(video.replace_character(silent, plain(GREEN), width=128, height=96))
    assert (info.width, info.height, info.frames) == (128, 96, 12)


@pytest.mark.parametrize(
    ("container_format", "codec"),
    [("mov", "mpeg4"), ("avi", "mpeg4"), ("matroska", "libx264"), ("mpeg", "mpeg2video")],
)
def test_uploaded_videos_of_other_formats_are_measured_and_used(container_format, codec):
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(10):
            frame = av.VideoFrame.from_image(Image.new("RGB", (96, 64), (index * 20, 90, 90)))
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert uploads.probe_video(file.getvalue()) == VideoInfo(96, 64, 10, 25, 0.4, False)
    content = video.upscale(file.getvalue(), 2)
    assert uploads.probe_video(content) == VideoInfo(192, 128, 10, 25, 0.4, False)


def test_missing_frames_of_a_truncated_video_are_not_counted():
    truncated = first_part(video.generate("waves", **OPTIONS))
    frames = uploads.probe_video(truncated).frames
    assert 0 < frames < 12
    # The last of them may be damaged, which is then skipped.
    assert frames - 1 <= len(decode(video.upscale(truncated, 2))) <= frames


def test_a_damaged_frame_is_skipped():
    content = bytearray(video.generate("waves", **OPTIONS))
    with av.open(io.BytesIO(content)) as container:
        packet = next(itertools.islice(container.demux(video=0), 4, None))
        content[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    damaged = bytes(content)
    with av.open(io.BytesIO(damaged)) as container, pytest.raises(av.FFmpegError):
        list(container.decode(video=0))
    assert len(decode(video.upscale(damaged, 2))) == 11


def test_frames_outside_of_the_edit_list_are_not_counted():
    file = io.BytesIO()
    source = av.open(io.BytesIO(video.generate("waves", **OPTIONS)))
    with source, av.open(file, "w", format="mp4") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                early = int(5 / OPTIONS["fps"] / packet.time_base)
                packet.pts, packet.dts = packet.pts - early, packet.dts - early
                packet.stream = stream
                container.mux(packet)
    assert uploads.probe_video(file.getvalue()).frames == 7
    assert len(decode(video.upscale(file.getvalue(), 2))) == 7


@pytest.mark.parametrize(
    "content",
    [b"", b"hello world " * 100, bytes(4000), plain(RED), AUDIO],
    ids=["empty", "text", "zeros", "image", "audio"],
)
def test_a_file_that_is_not_a_video_is_rejected(content):
    for use in (uploads.probe_video, video.remove_background, lambda it: video.upscale(it, 2)):
        with pytest.raises(ValueError, match="file"):
            use(content)


def test_an_index_without_frames_is_rejected(silent):
    with pytest.raises(ValueError, match="no decodable video frame"):
        uploads.probe_video(silent[: silent.index(b"mdat") + 4])


def test_an_audio_file_with_a_cover_image_is_not_a_video():
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic.value
        image = av.VideoFrame.from_image(Image.new("RGB", (96, 64), RED))
        container.mux(cover.encode(image))
        container.mux(cover.encode(None))
        frame = av.AudioFrame("s16", "mono", 48000)
        frame.planes[0].update(bytes(96000))
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert uploads.audio_duration(file.getvalue()) == pytest.approx(1, abs=0.05)
    with pytest.raises(ValueError, match="no video stream"):
        uploads.probe_video(file.getvalue())


def test_images_and_audio_that_cannot_be_decoded_are_rejected(silent):
    with pytest.raises(ValueError, match="not a decodable image"):
        video.generate("", first_frame=b"nonsense", **OPTIONS)
    with pytest.raises(ValueError, match="not a decodable media file"):
        video.generate("", audio=b"nonsense", **OPTIONS)
    with pytest.raises(ValueError, match="no audio stream"):
        video.generate("", audio=silent, **OPTIONS)
    with pytest.raises(ValueError, match="not a decodable image"):
        video.replace_character(silent, b"nonsense", width=None, height=None)
