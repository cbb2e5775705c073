"""Fixtures of the emulator's tests: emulators called over HTTP, and media files to upload."""

from __future__ import annotations

import io
import math
import struct
import wave
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from deapi.emulator import Emulator
from deapi.emulator.media import video
from support.emulator_api import EmulatorApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def start_emulator() -> Iterator[Callable[..., EmulatorApi]]:
    """Start emulators with the passed arguments.

    By default, jobs are done at their first status request.
    """
    with ExitStack() as stack:

        def start(version: str = "v1", **options: Any) -> EmulatorApi:
            if "speed" not in options:
                options.setdefault("polls_per_state", 0)
            api = EmulatorApi(stack.enter_context(Emulator(**options)), version)
            stack.callback(api.http.close)
            return api

        yield start


@pytest.fixture
def v1(start_emulator: Callable[..., EmulatorApi]) -> EmulatorApi:
    """Version 1 of an emulator whose jobs are done at their first status request."""
    return start_emulator("v1")


@pytest.fixture
def v2(start_emulator: Callable[..., EmulatorApi]) -> EmulatorApi:
    """Version 2 of an emulator whose jobs are done at their first status request."""
    return start_emulator("v2")


def _png(width: int = 200, height: int = 160, color: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, "PNG")
    return file.getvalue()


def _wav(seconds: float = 3, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        samples = (int(9000 * math.sin(index / 10)) for index in range(int(rate * seconds)))
        writer.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


@pytest.fixture(scope="session")
def make_png() -> Callable[..., bytes]:
    """Create a PNG file of one color."""
    return _png


@pytest.fixture(scope="session")
def make_wav() -> Callable[..., bytes]:
    """Create a WAV file with a tone."""
    return _wav


@pytest.fixture(scope="session")
def video_without_audio() -> bytes:
    """One second of video without audio, 160 x 128 pixels."""
    return video.generate("clip", width=160, height=128, frames=24, fps=24, seed=1)


@pytest.fixture(scope="session")
def video_with_audio() -> bytes:
    """One second of video with audio, 160 x 128 pixels."""
    return video.generate(
        audio=_wav(1), prompt="clip", width=160, height=128, frames=24, fps=24, seed=1
    )
