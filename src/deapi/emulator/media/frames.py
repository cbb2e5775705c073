"""Pillow's pictures to PyAV's frames and back, which PyAV's stubs leave untyped."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from av.video.frame import VideoFrame

if TYPE_CHECKING:
    from PIL import Image


def frame(image: Image.Image) -> VideoFrame:
    """Make a video frame of a picture.

    Args:
        image: A picture in mode RGB.

    Returns:
        A frame of the same size.
    """
    return cast("VideoFrame", VideoFrame.from_image(image))  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]


def image(frame: VideoFrame) -> Image.Image:
    """Make a picture of a video frame.

    Args:
        frame: A frame of any colour format.

    Returns:
        A picture of the same size in mode RGB.
    """
    return cast("Image.Image", frame.to_image())  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
