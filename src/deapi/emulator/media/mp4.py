"""Writing MP4 files that browsers play while they load."""

# PyAV's stubs leave some types out.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import PictureType

from . import containers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_SOUND_RATE = 48000
_STEREO_SAMPLE_BYTES = 4
_AAC_FRAME = 1024
# The index holds at most this much for each frame of picture or sound.
_INDEX_ENTRY, _INDEX_HEAD = 40, 8192


def write(
    frames: Iterable[VideoFrame],
    *,
    count: int,
    width: int,
    height: int,
    fps: Fraction,
    sound: bytes | None = None,
) -> bytes:
    """Write pictures, and sound if there is any, as an MP4 file.

    The pictures are H.264 (MPEG-4 part 2 where FFmpeg lacks libx264), in the colour format
    yuv420p that every browser plays. H.264 has no odd sizes in that format: those are written
    in yuv444p, which some browsers do not play.

    Args:
        frames: The pictures, of any size and colour format.
        count: How many there are; more than there are does no harm.
        width: Width in pixels.
        height: Height in pixels.
        fps: Pictures a second.
        sound: A file whose sound goes along as AAC, cut to the length of the pictures.

    Returns:
        The content of the file.

    Raises:
        ValueError: The sound cannot be decoded.
    """
    seconds = count / fps
    file = io.BytesIO()
    container = av.open(file, "w", format="mp4", options=_options(count, seconds, sound))
    with container:
        video = _video_stream(container, width, height, fps)
        track = container.add_stream("aac", rate=_SOUND_RATE, layout="stereo") if sound else None
        if track and sound:
            _write_sound(container, track, sound, int(seconds * _SOUND_RATE))
        for index, frame in enumerate(frames):
            picture = frame.reformat(width, height, video.pix_fmt)
            picture.pts = index
            picture.time_base = 1 / fps
            # A decoded frame would pass the kind it had in its old file on to the encoder.
            picture.pict_type = PictureType.NONE
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
    return file.getvalue()


def _options(count: int, seconds: Fraction, sound: bytes | None) -> dict[str, str]:
    entries = count + (int(seconds * _SOUND_RATE) // _AAC_FRAME + 2 if sound else 0)
    return {
        # Room for the index before the pictures: the "faststart" option would have to read the
        # file again while it is written, which FFmpeg cannot do in memory.
        "moov_size": str(_INDEX_HEAD + entries * _INDEX_ENTRY),
        # The sound is written first; keep it until the pictures that belong beside it come.
        "max_interleave_delta": "0",
    }


def _video_stream(
    container: OutputContainer, width: int, height: int, fps: Fraction
) -> VideoStream:
    if "libx264" in av.codecs_available:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        stream.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
        # The number of threads shows in the result, so it must not depend on the machine.
        stream.thread_count = 2
    else:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.pix_fmt = "yuv420p"
    stream.width, stream.height = width, height
    return stream


def _write_sound(
    container: OutputContainer, track: AudioStream, sound: bytes, samples: int
) -> None:
    for frame in _cut(_resampled(sound), samples):
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def _resampled(content: bytes) -> Iterator[AudioFrame]:
    resampler = AudioResampler("s16", "stereo", _SOUND_RATE)
    with containers.opened(content, containers.AUDIO_FORMATS) as container:
        if not container.streams.audio:
            raise ValueError("the file has no audio stream")
        for frame in containers.sound(container):
            yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _cut(frames: Iterable[AudioFrame], samples: int) -> Iterator[AudioFrame]:
    written = 0
    for frame in frames:
        length = min(frame.samples, samples - written)
        if length <= 0:
            return
        shorter = AudioFrame("s16", "stereo", length)
        shorter.planes[0].update(bytes(frame.planes[0])[: length * _STEREO_SAMPLE_BYTES])
        shorter.sample_rate = _SOUND_RATE
        shorter.pts = written
        yield shorter
        written += length
