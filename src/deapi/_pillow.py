"""Pillow, which is optional and imported when it is needed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ._exceptions import InvalidResponseError
from ._text import end_sentence

if TYPE_CHECKING:
    from PIL.Image import Image as Image  # noqa: PLC0414 - type checkers see it as public


def __getattr__(name: str) -> Any:
    # For typing.get_type_hints(), which also works without Pillow.
    if name != "Image":
        raise AttributeError(name)
    try:
        from PIL.Image import Image as PillowImage
    except ImportError:
        return object
    return PillowImage


def load_pillow() -> Any:
    """Return the module ``PIL.Image``.

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        import PIL.Image
    except ImportError:
        raise ImportError(
            "open_image() needs Pillow. Install it: pip install pillow. save() and read() work "
            "without it."
        ) from None
    return PIL.Image


def decode_image(content: bytes) -> Image:
    """Decode an image file.

    Raises:
        InvalidResponseError: It is not an image that Pillow can decode.
    """
    pillow = load_pillow()
    try:
        image: Image = pillow.open(io.BytesIO(content))
        image.load()
    except Exception as error:  # noqa: BLE001 - Pillow raises exceptions of many classes for invalid files
        reason = f"{type(error).__name__}: {error}"
    else:
        return image
    raise InvalidResponseError(
        f"The result is not an image that Pillow can decode: {end_sentence(reason[:200])}"
    )
