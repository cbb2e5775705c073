"""Uploaded sound and video: opened with care, since anything may have been sent."""

# PyAV's stubs leave some types out.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import av
from av.error import FFmpegError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.video.frame import VideoFrame

VIDEO_FORMATS = "mov,matroska,avi,asf,ogg,mpeg,mpegts,mpegvideo,flv"
"""The demuxers that uploaded videos may ask for."""

AUDIO_FORMATS = f"{VIDEO_FORMATS},wav,mp3,flac,aac,aiff"
"""The demuxers that uploaded sound may ask for; it may be the sound of a video."""


_EBML = b"\x1a\x45\xdf\xa3"
_HEADER_BYTES = 64
"""The type of a Matroska document is told before this."""


def matroska_type(content: bytes) -> Literal["webm", "mkv"] | None:
    """Which kind of Matroska an uploaded file is; None if it is something else."""
    header = content[:_HEADER_BYTES]
    if not header.startswith(_EBML):
        return None
    return "webm" if b"webm" in header else "mkv"


@contextmanager
def opened(content: bytes, formats: str) -> Generator[InputContainer, None, None]:
    """Open an uploaded file.

    Args:
        content: The file.
        formats: The demuxers that may read it, separated by commas.

    Yields:
        The open container.

    Raises:
        ValueError: It is in none of these formats, or cannot be read.
    """
    # Without these lists a playlist could have FFmpeg read local files and open connections.
    options = {"format_whitelist": formats, "protocol_whitelist": "none"}
    try:
        file = io.BytesIO(content)
        # Not "options": PyAV before 18 crashes on MPEG files when those reach the streams, too.
        container = av.open(file, "r", container_options=options)
        with container:
            yield container
    except FFmpegError as error:
        raise ValueError(f"not a decodable media file: {error.strerror}") from error


def pictures(container: InputContainer) -> Iterator[VideoFrame]:
    """Decode the frames of the first video stream, leaving out what is damaged.

    Args:
        container: An open container that has a video stream.

    Yields:
        The frames in the order of display.
    """
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    for packet in container.demux(stream):
        try:
            frames = stream.decode(packet)
        except FFmpegError:
            continue
        yield from frames


def sound(container: InputContainer) -> Iterator[AudioFrame]:
    """Decode the first audio stream, leaving out what is damaged.

    Args:
        container: An open container that has an audio stream.

    Yields:
        The frames in order.
    """
    stream = container.streams.audio[0]
    for packet in container.demux(stream):
        try:
            frames = stream.decode(packet)
        except FFmpegError:
            continue
        yield from frames
