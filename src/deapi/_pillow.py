"""Pillow, which is optional and imported when it is needed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ._exceptions import InvalidResponseError

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


def require_pillow() -> None:
    """Check that Pillow is installed.

    Raises:
        ImportError: It is not.
    """
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        raise ImportError(
            "open_image() needs Pillow. Install it: pip install pillow. save() and read() work "
            "without it."
        ) from None


def decode_image(content: bytes) -> Image:
    """Decode an image file.

    Raises:
        InvalidResponseError: It is not an image that Pillow can decode.
    """
    import PIL.Image

    try:
        image = PIL.Image.open(io.BytesIO(content))
        image.load()
    except Exception as error:  # noqa: BLE001 - Pillow raises exceptions of many classes for invalid files
        reason = f"{type(error).__name__}: {error}"
    else:
        return image
    raise InvalidResponseError(
        f"The result is not an image that Pillow can decode ({reason:.200})."
    )
