"""Names of operations: those of their paths, and those of the SDK's methods."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WITH_PRICE = {
    "images.generate": "txt2img",
    "images.transform": "img2img",
    "images.upscale": "img-upscale",
    "images.remove_background": "img-rmbg",
    "ocr.extract": "img2txt",
    "video.generate": "txt2video",
    "video.animate": "img2video",
    "video.generate_from_audio": "aud2video",
    "video.replace": "videos/replace",
    "video.upscale": "vid-upscale",
    "video.remove_background": "vid-rmbg",
    "video.describe": "videos/descriptions",
    "audio.synthesize": "txt2audio",
    "audio.compose": "txt2music",
    "transcription.create": "transcribe",
    "transcription.from_video_url": "vid2txt",
    "transcription.from_audio_url": "aud2txt",
    "transcription.from_audio_file": "audiofile2txt",
    "transcription.from_video_file": "videofile2txt",
    "embeddings.create": "txt2embedding",
    "prompts.enhance": "prompts/enhancements",
    "prompts.enhance_image": "prompt/image",
    "prompts.enhance_video": "prompt/video",
    "prompts.enhance_speech": "prompt/speech",
    "prompts.enhance_image2image": "prompt/image2image",
    "prompts.samples": "prompts/samples",
}
_IN_VERSION_2 = {"transcription": "transcribe", "prompts": "prompts/enhancements"}
"""Operation of version 2 that several methods of a resource use."""

_WITHOUT_PRICE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "jobs.status": ("request-status", ()),
    "jobs.download": ("result", ()),
    "models.list": ("models", ()),
    "account.billing": ("account", ()),
    "account.usage": ("account/usage", ()),
    "account.payments": ("account/payments", ()),
    "current_key.get": ("key", ()),
    "current_key.usage": ("key/usage", ()),
    "keys.list": ("keys", ("GET", "HEAD")),
    "keys.create": ("keys", ("POST",)),
    "keys.get": ("keys/{id}", ("GET", "HEAD")),
    "keys.update": ("keys/{id}", ("PATCH",)),
    "keys.delete": ("keys/{id}", ("DELETE",)),
    "keys.usage": ("keys/{id}/usage", ()),
}


def _sdk_names() -> dict[str, tuple[frozenset[str], tuple[str, ...]]]:
    """Return the operations of each method of the SDK, and their HTTP methods. Empty allows all."""
    names = {name: (frozenset({wire}), methods) for name, (wire, methods) in _WITHOUT_PRICE.items()}
    for name, wire in _WITH_PRICE.items():
        shared = _IN_VERSION_2.get(name.partition(".")[0])
        wires = {wire} if shared is None or name == "prompts.samples" else {wire, shared}
        names[name] = frozenset(wires), ()
        names[f"{name}_price"] = frozenset(f"{each}.price" for each in wires), ()
    return names


_SDK_NAMES = _sdk_names()
_CLOSE = 0.4


class OperationMatcher:
    """Matches the requests of one operation.

    Args:
        name: Name of the operation, or of a method of the SDK.
        wire_names: Name of every operation, by the name itself and by its paths.

    Raises:
        ValueError: No operation has this name.
    """

    def __init__(self, name: str, wire_names: Mapping[str, str]) -> None:
        if name in _SDK_NAMES:
            self._operations, self._methods = _SDK_NAMES[name]
            return
        operation = wire_names.get(name.strip("/"))
        if operation is None:
            raise ValueError(_unknown_operation(name, {*_SDK_NAMES, *wire_names.values()}))
        if operation != name:
            raise ValueError(f"{name!r} is a path; its operation is called {operation!r}")
        self._operations, self._methods = frozenset({operation}), ()

    def matches(self, operation: str | None, method: str) -> bool:
        """Whether a request to an operation matches."""
        return operation in self._operations and (not self._methods or method in self._methods)


def sdk_name(operation: str | None, method: str) -> str | None:
    """Return the name of the SDK's method that uses an operation, or None if there is none.

    If there are several, as with `transcribe`, it is the general one.
    """
    for name, (operations, methods) in _SDK_NAMES.items():
        if operation in operations and (not methods or method in methods):
            return name
    return operation if operation == "balance" else None


def _unknown_operation(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=_CLOSE)
    if close:
        return f"unknown operation {name!r}; did you mean {' or '.join(map(repr, close))}?"
    return f"unknown operation {name!r}; the operations are: {', '.join(names)}"
