"""The calls of ``deapi doctor --live``: each operation with its smallest input."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..._client import DeapiClient
from ..._core.operation import OPERATIONS
from ..._json import is_object
from ..settings import is_partner
from ..signatures import find_method
from ..tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...types import ModelInfo

    Read = Callable[[DeapiClient], object]

_PROMPT = "a red circle on a white background"

# Arguments with which the price increases, and the names of their limits in the catalogue.
_SIZES = {
    "width": "width",
    "height": "height",
    "steps": "steps",
    "frames": "frames",
    "duration": "duration",
    "inference_steps": "steps",
}

_INFERENCE_TYPES = {
    **{task.method: task.inference_types for task in TASKS.values()},
    "video.upscale": ("vid-upscale",),
    "video.remove_background": ("vid-rmbg",),
    "transcription.from_video_url": ("video2text",),
    "transcription.from_audio_url": ("audio2text",),
    "transcription.from_audio_file": ("audio_file2text",),
    "transcription.from_video_file": ("video_file2text",),
    "prompts.enhance": ("txt2img",),
}


@dataclass(frozen=True)
class Submission:
    """An operation that costs money.

    Attributes:
        operation: Dotted name of the method.
        inputs: Arguments of the method, apart from the model and its defaults.
        files: Names of the arguments that are files, each with the file: ``image``, ``audio`` or
            ``video``.
    """

    operation: str
    inputs: Mapping[str, object]
    files: Mapping[str, str] = field(default_factory=dict[str, str])

    def models(self, catalogue: list[ModelInfo]) -> list[ModelInfo | None]:
        """Return the models that can do the task without a plan; None if it needs no model."""
        accepted = {*_INFERENCE_TYPES.get(self.operation, ())}
        if not accepted:
            return [None]
        return [
            model
            for model in catalogue
            if model.slug and not is_partner(model) and accepted & {*model.inference_types}
            # Other modes of speech require a description or a recording of a voice.
            if "mode" not in model.defaults()
        ]

    def arguments(
        self, client: DeapiClient, model: ModelInfo | None, media: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the arguments of the method, with the smallest sizes that the model accepts.

        Args:
            client: A client.
            model: The model, or None.
            media: Files by name.
        """
        accepted = inspect.signature(find_method(client, self.operation)).parameters
        defaults = {} if model is None else smallest(model)
        return {
            **{name: value for name, value in defaults.items() if name in accepted},
            **self.inputs,
            **{argument: media[name] for argument, name in self.files.items()},
        }


def smallest(model: ModelInfo) -> dict[str, Any]:
    """Return the default arguments of a model, with the smallest sizes that it accepts."""
    limits: object = (model.info or {}).get("limits")
    minima = {
        name: limits.get(f"min_{_SIZES[name]}") if is_object(limits) else None
        for name in model.defaults()
        if name in _SIZES
    }
    return model.defaults(**{name: value for name, value in minima.items() if value is not None})


_SOURCE = {"include_ts": True}

SUBMISSIONS = (
    Submission("images.generate", {"prompt": _PROMPT}),
    Submission("images.transform", {"prompt": _PROMPT}, {"image": "image"}),
    Submission("images.upscale", {}, {"image": "image"}),
    Submission("images.remove_background", {}, {"image": "image"}),
    Submission("video.generate", {"prompt": _PROMPT}),
    Submission("video.animate", {"prompt": _PROMPT}, {"first_frame_image": "image"}),
    Submission("video.generate_from_audio", {"prompt": _PROMPT}, {"audio": "audio"}),
    Submission("video.replace", {}, {"video": "video", "ref_image": "image"}),
    Submission("video.upscale", {}, {"video": "video"}),
    Submission("video.remove_background", {}, {"video": "video"}),
    Submission("video.describe", {}, {"video_file": "video"}),
    Submission("audio.synthesize", {"text": "Good morning, this is a test."}),
    Submission("audio.compose", {"caption": "calm piano"}),
    Submission("transcription.create", _SOURCE, {"source_file": "audio"}),
    Submission(
        "transcription.from_video_url",
        {**_SOURCE, "video_url": "https://www.youtube.com/watch?v=jNQXAC9IVRw"},  # 19 seconds
    ),
    Submission(
        "transcription.from_audio_url",
        {**_SOURCE, "audio_url": "https://x.com/i/spaces/1eaKbrPAqbwKX"},
    ),
    Submission("transcription.from_audio_file", _SOURCE, {"audio": "audio"}),
    Submission("transcription.from_video_file", _SOURCE, {"video": "video"}),
    Submission("ocr.extract", {}, {"image": "image"}),
    Submission("embeddings.create", {"input": "a fox"}),
    Submission("prompts.enhance", {"type": "images.generations", "prompt": _PROMPT}),
    Submission("prompts.enhance_image", {"prompt": _PROMPT}),
    Submission("prompts.enhance_video", {"prompt": _PROMPT}),
    Submission("prompts.enhance_speech", {"prompt": _PROMPT}),
    Submission("prompts.enhance_image2image", {"prompt": _PROMPT}, {"image": "image"}),
    Submission("prompts.samples", {"type": "image"}),
)
"""The operations that cost money. Of several with one endpoint, only the first is called."""

READS: dict[str, Read] = {
    "balance": lambda client: client.balance(),
    "models.list": lambda client: client.models.list(),
    "account.billing": lambda client: client.account.billing(),
    "account.usage": lambda client: client.account.usage(),
    "account.payments": lambda client: client.account.payments(),
    "current_key.get": lambda client: client.current_key.get(),
    "current_key.usage": lambda client: client.current_key.usage(),
    "keys.list": lambda client: client.keys.list(),
    "keys.get": lambda client: client.keys.get(client.current_key.get().id),
    "keys.usage": lambda client: client.keys.usage(client.current_key.get().id),
}
"""The operations that are free and change nothing."""

CHANGES = ("keys.create", "keys.update", "keys.delete")
"""The operations that are not called, because they change the account."""


def endpoint(operation: str, version: str) -> str | None:
    """Return the method and path of an operation, or None if the version does not have it."""
    find_method(DeapiClient, operation)  # its module declares the operation
    route = OPERATIONS[operation].routes.get(version)
    return None if route is None else f"{route.method} {route.path}"
