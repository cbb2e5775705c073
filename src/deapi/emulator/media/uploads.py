"""Read uploaded images, audio and video, which may contain anything.

Images may be JPG, PNG, GIF, BMP or WebP files. All functions raise ValueError if a file is of
another type or cannot be decoded.
"""

# Pillow's and PyAV's stubs leave some types out.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import av
from av.error import FFmpegError
from av.stream import Disposition
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 50_000_000
"""Larger images are treated as decompression bombs. The service accepts half as many pixels."""

MAX_AUDIO_SECONDS = 36_000
"""Longer audio is not decoded. The service accepts 600 minutes."""

VIDEO_FORMATS = "mov,matroska,avi,asf,ogg,mpeg,mpegts,mpegvideo,flv"
"""FFmpeg demuxers allowed for video."""

AUDIO_FORMATS = f"{VIDEO_FORMATS},wav,mp3,flac,aac,aiff"
"""FFmpeg demuxers allowed for audio, which may also be the audio track of a video."""

_EBML = b"\x1a\x45\xdf\xa3"
_MATROSKA_HEADER_BYTES = 64
_PLUGINS: dict[bytes, type[ImageFile]] = {
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    b"\xff\xd8\xff": JpegImageFile,
    b"GIF87a": GifImageFile,
    b"GIF89a": GifImageFile,
    b"BM": BmpImageFile,
}


@dataclass(frozen=True)
class VideoInfo:
    """Properties of an uploaded video. The size is in pixels, the duration in seconds."""

    width: int
    height: int
    frames: int
    fps: float
    duration: float
    has_audio: bool


def open_image(content: bytes) -> Image.Image:
    """Decode an image to mode RGB, or RGBA if it has transparency.

    Only the first frame of an animation is used. A truncated file or an image with more than
    `MAX_PIXELS` pixels raises ValueError.
    """
    try:
        image = _open_lazily(content)
        return _decode(image)
    except Exception as error:  # Pillow raises many classes for a damaged file
        raise ValueError(f"not a decodable image: {error}") from error


def image_size(content: bytes) -> tuple[int, int]:
    """Return width and height of an image in pixels, and check that its pixels can be decoded."""
    try:
        image = _open_lazily(content)
        size = image.size
        image.draft("L", (1, 1))  # a JPEG can be decoded at an eighth of its size
        _decode(image)
    except Exception as error:
        raise ValueError(f"not a decodable image: {error}") from error
    return size


def flatten(image: Image.Image, background: str = "black") -> Image.Image:
    """Convert an image to mode RGB, with a plain color instead of transparency.

    The default is black, on which the service puts transparent uploads.
    """
    if image.mode != "RGBA":
        return image.convert("RGB")
    flat = Image.new("RGB", image.size, background)
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def matroska_type(content: bytes) -> Literal["webm", "mkv"] | None:
    """Return the document type of a Matroska file, or None for other files."""
    header = content[:_MATROSKA_HEADER_BYTES]
    if not header.startswith(_EBML):
        return None
    return "webm" if b"webm" in header else "mkv"


@contextlib.contextmanager
def open_media(content: bytes, formats: str) -> Generator[InputContainer, None, None]:
    """Open an audio or video file with one of the demuxers in `formats`."""
    # Without these limits a playlist could make FFmpeg read local files or open connections.
    options = {"format_whitelist": formats, "protocol_whitelist": "none"}
    try:
        # PyAV before 18 crashes on MPEG files if these are passed as `options`, because they then
        # reach the streams as well.
        container = av.open(io.BytesIO(content), "r", container_options=options)
        with container:
            yield container
    except FFmpegError as error:
        raise ValueError(f"not a decodable media file: {error.strerror}") from error


def video_frames(container: InputContainer) -> Iterator[VideoFrame]:
    """Decode the first video stream, skipping damaged packets."""
    # Not in frame threads ("AUTO"): PyAV 17 then drops a good frame beside a damaged one.
    stream = container.streams.video[0]
    for packet in container.demux(stream):
        with contextlib.suppress(FFmpegError):
            yield from stream.decode(packet)


def audio_frames(container: InputContainer) -> Iterator[AudioFrame]:
    """Decode the first audio stream, skipping damaged packets."""
    if not container.streams.audio:
        raise ValueError("the file has no audio stream")
    stream = container.streams.audio[0]
    for packet in container.demux(stream):
        with contextlib.suppress(FFmpegError):
            yield from stream.decode(packet)


def probe_video(content: bytes) -> VideoInfo:
    """Return the properties of a video. Frames missing from a truncated file do not count."""
    with open_media(content, VIDEO_FORMATS) as container:
        stream = container.streams.video[0] if container.streams.video else None
        # The cover image of an audio file is also a video stream.
        if stream is None or stream.disposition & Disposition.attached_pic:
            raise ValueError("the file has no video stream")
        first = next(video_frames(container), None)
        fps = stream.average_rate or stream.guessed_rate
        if first is None or not fps:
            raise ValueError("the file has no decodable video frame")
        has_audio = _has_decodable_audio(content)
    with open_media(content, VIDEO_FORMATS) as container:
        packets = container.demux(container.streams.video[0])
        # An edit list may discard frames. The last packet is empty and only marks the end.
        frames = sum(1 for packet in packets if packet.size and not packet.is_discard)
    return VideoInfo(first.width, first.height, frames, float(fps), float(frames / fps), has_audio)


def _has_decodable_audio(content: bytes) -> bool:
    with open_media(content, AUDIO_FORMATS) as container:
        return bool(container.streams.audio) and any(True for _ in audio_frames(container))


def audio_duration(content: bytes) -> float:
    """Return the duration of an audio file, or of the audio of a video, in seconds.

    The file is decoded, so the missing part of a truncated file does not count.
    """
    with open_media(content, AUDIO_FORMATS) as container:
        seconds = 0.0
        for frame in audio_frames(container):
            seconds += frame.samples / frame.sample_rate
            if seconds > MAX_AUDIO_SECONDS:
                raise ValueError("the audio is too long")
    if not seconds:
        raise ValueError("the file has no decodable audio")
    return round(seconds, 6)


def _decode(image: ImageFile) -> Image.Image:
    image.load()
    if image.mode.startswith("I"):  # 16 bits per channel
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _open_lazily(content: bytes) -> ImageFile:
    # Image.open() would report bombs through the warnings settings of the whole process.
    image = _plugin(content)(io.BytesIO(content))
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width}x{height} pixels are too many")
    return image


def _plugin(content: bytes) -> type[ImageFile]:
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WebPImageFile
    for signature, plugin in _PLUGINS.items():
        if content.startswith(signature):
            return plugin
    raise ValueError("the signature does not match a supported format")
