"""How large and how long uploaded videos are."""

from __future__ import annotations

from dataclasses import dataclass

from av.stream import Disposition

from . import containers


@dataclass(frozen=True)
class Video:
    """What an uploaded video is.

    Attributes:
        width: Width in pixels.
        height: Height in pixels.
        frames: Number of pictures.
        fps: Pictures a second.
        duration: Length of the pictures in seconds.
        has_audio: Whether it has a sound track.
    """

    width: int
    height: int
    frames: int
    fps: float
    duration: float
    has_audio: bool


def probe(content: bytes) -> Video:
    """Measure an uploaded video.

    Args:
        content: An MP4, MOV, MKV, WebM, AVI, WMV, OGG, MPEG or FLV file.

    Returns:
        Its measures; the frames that a truncated file lacks are not counted.

    Raises:
        ValueError: It is not a decodable video.
    """
    with containers.opened(content, containers.VIDEO_FORMATS) as container:
        stream = container.streams.video[0] if container.streams.video else None
        # The cover picture of a song is a video stream, too.
        if stream is None or stream.disposition & Disposition.attached_pic:
            raise ValueError("the file has no video stream")
        first = next(containers.pictures(container), None)
        fps = stream.average_rate or stream.guessed_rate
        if first is None or not fps:
            raise ValueError("the file has no decodable pictures")
        has_audio = bool(container.streams.audio)
    with containers.opened(content, containers.VIDEO_FORMATS) as container:
        packets = container.demux(container.streams.video[0])
        # An edit list may leave pictures out; the last packet is empty, it ends the stream.
        frames = sum(1 for packet in packets if packet.size and not packet.is_discard)
    return Video(first.width, first.height, frames, float(fps), float(frames / fps), has_audio)
