"""Encode MP4 files that browsers can play while they load."""

# PyAV's stubs leave some types out.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

import av
from av.audio.resampler import AudioResampler

from . import uploads
from .audio import encode_pcm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

    from av.container import OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_SAMPLE_RATE = 48000
_STEREO_SAMPLE_BYTES = 4
_AAC_FRAME_SAMPLES = 1024
# Upper limits of the size of the index: bytes per frame, and bytes for everything else.
_INDEX_BYTES_PER_FRAME, _INDEX_BASE_BYTES = 40, 8192


def encode(
    frames: Iterable[VideoFrame],
    *,
    count: int,
    size: tuple[int, int],
    fps: Fraction,
    audio: bytes | None = None,
    step: int = 1,
) -> bytes:
    """Encode frames, of any size and pixel format, as an MP4 file of at most `count` frames.

    The video is H.264 (MPEG-4 part 2 if FFmpeg lacks libx264) in the pixel format yuv420p, which
    all browsers play. H.264 does not support odd sizes in that format. They are encoded in
    yuv444p, which some browsers do not play. Each frame is shown for `step` times the duration of
    a frame. The audio of a file is cut to the duration of the video, and becomes an AAC stream.

    Raises:
        ValueError: The audio cannot be decoded.
    """
    samples = int(count / fps * _SAMPLE_RATE) if audio else 0
    index_entries = count + samples // _AAC_FRAME_SAMPLES + 2
    options = {
        # Reserves room for the index at the start of the file. The `faststart` option would
        # have to read the file while it is written, which FFmpeg cannot do in memory.
        "moov_size": str(_INDEX_BASE_BYTES + index_entries * _INDEX_BYTES_PER_FRAME),
        # The audio is encoded first. This keeps it until the frames next to it are encoded.
        "max_interleave_delta": "0",
    }
    file = io.BytesIO()
    container = av.open(file, "w", format="mp4", options=options)
    with container:
        video = _add_video_stream(container, size, fps)
        if audio:
            stream = container.add_stream("aac", rate=_SAMPLE_RATE, layout="stereo")
            encode_pcm(container, stream, _decode_pcm(audio, samples))
        for index, frame in enumerate(_convert(frames, size, video.pix_fmt)):
            frame.pts = index * step
            frame.time_base = 1 / fps
            # No frame type. Otherwise the encoder would reuse the one from the decoded file.
            frame.pict_type = 0
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return file.getvalue()


def _convert(
    frames: Iterable[VideoFrame], size: tuple[int, int], pixel_format: str | None
) -> Iterator[VideoFrame]:
    """Convert each frame, but the same frame only once in a row."""
    source = converted = None
    for frame in frames:
        if converted is None or frame is not source:
            source, converted = frame, frame.reformat(*size, pixel_format)
        yield converted


def _add_video_stream(
    container: OutputContainer, size: tuple[int, int], fps: Fraction
) -> VideoStream:
    if "libx264" in av.codecs_available:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        stream.pix_fmt = "yuv444p" if size[0] % 2 or size[1] % 2 else "yuv420p"
        # The result depends on the number of threads, so it must not depend on the machine.
        stream.thread_count = 2
    else:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.pix_fmt = "yuv420p"
    stream.width, stream.height = size
    return stream


def _decode_pcm(content: bytes, samples: int) -> bytearray:
    """Decode the first `samples` samples of a file to 16-bit stereo."""
    resampler = AudioResampler("s16", "stereo", _SAMPLE_RATE)
    size = samples * _STEREO_SAMPLE_BYTES
    pcm = bytearray()
    with uploads.open_media(content, uploads.AUDIO_FORMATS) as container:
        for frame in itertools.chain(uploads.audio_frames(container), [None]):
            try:
                resampled_frames = resampler.resample(frame)
            except ValueError:  # the format changes within the file
                break
            for resampled in resampled_frames:
                pcm += bytes(resampled.planes[0])[: resampled.samples * _STEREO_SAMPLE_BYTES]
            if len(pcm) >= size:
                break
    del pcm[size:]
    return pcm
