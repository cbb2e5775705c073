"""The tasks of the command: which method each one calls, and with which main argument."""

from __future__ import annotations

import pkgutil
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        command: Name of the command.
        method: Dotted name of the method of the client.
        main: Argument of the method that the positional argument sets.
        is_file: Whether the main argument is a file. Several files are several jobs.
        inference_types: Inference types of the models that can do the task. If there are none, they
            depend on the arguments.
        formats: Suffixes of the results, the default one first.
        url_argument: Argument of the method for a URL instead of a file, or None.
        presets: Arguments of the method that have a default value in the command.
        model_arguments: Arguments that the method does not require, but whose default the model
            supplies.
        narrower: Summary of the command, if it does less than the method.
    """

    command: str
    method: str
    main: str
    inference_types: tuple[str, ...]
    formats: tuple[str, ...]
    is_file: bool = False
    url_argument: str | None = None
    presets: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    model_arguments: tuple[str, ...] = ()
    narrower: str | None = None

    @property
    def summary(self) -> str:
        """Summary of the command."""
        return self.narrower or summary(self.method)

    @property
    def is_text(self) -> bool:
        """Whether the result is text, which is written to standard output by default."""
        return self.formats[0] in ("txt", "json")

    @property
    def main_name(self) -> str:
        """Name of the main argument in the help."""
        return "FILE" if self.is_file else self.main.upper()

    def explain_main(self, word: str) -> str | None:
        """Return what is wrong if a word is the main argument with a name, such as ``--prompt``."""
        option = word.partition("=")[0]
        if option not in (f"--{self.main.replace('_', '-')}", f"--{self.main_name.lower()}"):
            return None
        return f"{option} is not an option. {self.main_name} is passed without a name."

    def model_types(self, arguments: Mapping[str, object]) -> tuple[str, ...]:
        """Return the inference types of the models that can do the task with these arguments.

        The model of an enhanced prompt is one that the prompt is for.

        Raises:
            ValueError: The type of the prompt is unknown.
        """
        if self.inference_types:
            return self.inference_types
        name = str(arguments.get("type"))
        if name not in _TYPES_OF_PROMPTS:
            raise ValueError(f"--type must be {' or '.join(_TYPES_OF_PROMPTS)}; got {name!r}.")
        return (_TYPES_OF_PROMPTS[name],)


_TYPES_OF_PROMPTS = {
    "images.generations": "txt2img",
    "images.edits": "img2img",
    "videos.generations": "txt2video",
    "videos.animations": "img2video",
    "audio.speech": "txt2audio",
    "audio.music": "txt2music",
}
_IMAGES = ("png", "jpg", "webp")
_AUDIO = ("mp3", "wav", "flac")

TASKS = {
    task.command: task
    for task in (
        Task("image", "images.generate", "prompt", ("txt2img",), _IMAGES),
        Task(
            "edit",
            "images.transform",
            "image",
            ("img2img",),
            _IMAGES,
            is_file=True,
            narrower="Edit an image, following a text prompt.",
        ),
        Task("upscale", "images.upscale", "image", ("img-upscale",), _IMAGES, is_file=True),
        Task(
            "remove-background",
            "images.remove_background",
            "image",
            ("img-rmbg",),
            _IMAGES,
            is_file=True,
        ),
        Task("video", "video.generate", "prompt", ("txt2video",), ("mp4",)),
        Task(
            "animate",
            "video.animate",
            "first_frame_image",
            ("img2video",),
            ("mp4",),
            is_file=True,
            narrower="Animate an image.",
        ),
        Task("lipsync", "video.generate_from_audio", "audio", ("audio2video",), ("mp4",), True),
        Task("replace", "video.replace", "video", ("video-replace",), ("mp4",), True),
        Task(
            "describe",
            "video.describe",
            "video_file",
            ("video2desc", "video_file2desc"),
            ("json",),
            is_file=True,
            url_argument="video_url",
        ),
        Task(
            "speak",
            "audio.synthesize",
            "text",
            ("txt2audio",),
            _AUDIO,
            model_arguments=("mode", "voice"),
        ),
        Task("music", "audio.compose", "caption", ("txt2music",), _AUDIO),
        Task(
            "transcribe",
            "transcription.create",
            "source_file",
            ("video2text", "audio2text", "video_file2text", "audio_file2text"),
            ("txt", "srt", "vtt", "json"),
            is_file=True,
            url_argument="source_url",
            presets={"include_ts": True},
        ),
        Task("ocr", "ocr.extract", "image", ("img2txt",), ("txt", "json"), is_file=True),
        Task(
            "embed",
            "embeddings.create",
            "input",
            ("txt2embedding",),
            ("json",),
            narrower="Create an embedding (a vector) of a text.",
        ),
        Task(
            "enhance",
            "prompts.enhance",
            "prompt",
            (),
            ("txt",),
            presets={"type": "images.generations"},
        ),
    )
}
"""All tasks by command."""


def summary(method: str) -> str:
    """Return the first line of a method's docstring, if possible without importing its module."""
    module, _, name = method.rpartition(".")
    try:
        source = (pkgutil.get_data("deapi", f"resources/{module}.py") or b"").decode()
    except OSError:  # there are only compiled files, as in a program of PyInstaller
        from .._client import DeapiClient
        from .signatures import find_method

        text = (find_method(DeapiClient, method).__doc__ or "").partition("\n\n")[0]
    else:
        found = re.search(rf'    def {name}\(.*?"""(.*?)(?:\n\n|""")', source, re.DOTALL)
        text = found[1] if found else ""
    return " ".join(text.replace("``", "").split())
