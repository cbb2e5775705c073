"""The Python snippets of a page: how they are found, and how they run against the emulator.

The tests run every snippet, and the documentation shows the files that some of them write.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from PIL import Image

from deapi import DeapiClient
from deapi.emulator import Emulator
from deapi.emulator.media import audio, video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SNIPPET = re.compile(r"^( *)```python\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def find_snippets(text: str) -> Iterator[tuple[int, str]]:
    """Yield each Python snippet of a page in Markdown with the number of its first line."""
    for match in _SNIPPET.finditer(text):
        indent = len(match[1])
        code = "\n".join(line[indent:] for line in match[2].splitlines())
        yield text[: match.start(2)].count("\n") + 1, code


def write_inputs(directory: Path) -> None:
    """Write the files that the snippets send: two images, a recording and a video."""
    Image.new("RGB", (512, 512), "teal").save(directory / "photo.png")
    Image.new("RGB", (512, 512), "navy").save(directory / "room.png")
    # Long enough to clone a voice (5 to 15 s), short enough for a video with audio (1 to 11 s).
    text = "Hello there. This is a talk about lighthouses, and about the people who kept them."
    speech = audio.synthesize_speech(
        text, voice="a", speed=1, format="mp3", sample_rate=24000
    )
    (directory / "talk.mp3").write_bytes(speech)
    clip = video.generate(
        "a clip", width=320, height=240, frames=48, fps=24, seed=1
    )
    (directory / "clip.mp4").write_bytes(clip)


def run_snippets(
    text: str,
    page: str,
    after_each: Callable[[dict[str, Any]], None] = lambda names: None,  # noqa: ARG005
) -> None:
    """Run all snippets of a page in one namespace, in the working directory.

    Args:
        text: The page in Markdown.
        page: Its path, for tracebacks.
        after_each: Called with the namespace after each snippet.
    """
    names: dict[str, Any] = {"__name__": "snippet"}
    loop = asyncio.new_event_loop()
    with Emulator(polls_per_state=0, legacy_prompts=False) as emulator:
        settings = {
            "DEAPI_BASE_URL": emulator.url,
            "DEAPI_API_KEY": emulator.api_key,
            "DEAPI_WEBHOOK_SECRET": "a-secret-of-at-least-32-characters",
        }
        profiles = _write_profile("work", emulator.api_key)
        with (
            mock.patch.dict(os.environ, settings),
            mock.patch(
                "deapi._profiles.credentials_path", return_value=profiles
            ),
        ):
            try:
                for line, code in find_snippets(text):
                    where = f"{page}:{line}"
                    compiled = compile(
                        "\n" * line + code,
                        where,
                        "exec",
                        ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
                    )
                    outcome = eval(compiled, names)  # noqa: S307
                    if inspect.iscoroutine(outcome):
                        loop.run_until_complete(outcome)
                    after_each(names)
            finally:
                with contextlib.closing(loop):
                    for value in names.values():
                        if isinstance(value, DeapiClient):
                            value.close()
                    loop.run_until_complete(loop.shutdown_default_executor())


def _write_profile(name: str, key: str) -> Path:
    """Write the file that `deapi login --profile NAME` writes, and return its path."""
    path = Path("settings", "credentials.json").resolve()
    path.parent.mkdir(exist_ok=True)
    path.touch(0o600)
    path.write_text(json.dumps({"profiles": {name: {"api_key": key}}}))
    return path
