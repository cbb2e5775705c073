"""What the tests of the emulator's HTTP side share: plain httpx, never the deapi client."""

from __future__ import annotations

import io
import math
import struct
import time
import wave
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from deapi.emulator import Emulator
from deapi.emulator.media import video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FLUX = {
    "prompt": "tin robot watering a fern",
    "model": "Flux1schnell",
    "width": 512,
    "height": 512,
    "steps": 4,
    "seed": 7,
}


PREFIXES = {"v1": "/api/v1/client/", "v2": "/api/v2/"}
STATUSES = {"v1": "request-status", "v2": "jobs"}
GENERATIONS = {"v1": "txt2img", "v2": "images/generations"}


class Api:
    """An emulator and the paths of one API version."""

    def __init__(self, emulator: Emulator, version: str) -> None:
        self.emulator = emulator
        self.version = version
        self.http = httpx.Client(
            base_url=f"{emulator.url}{PREFIXES[version]}",
            headers={"Authorization": f"Bearer {emulator.api_key}"},
            timeout=30,
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.http.post(path, json=json, **options)

    def call_v2(
        self, method: str, path: str, json: Any = None, *, key: str | None = None, **options: Any
    ) -> httpx.Response:
        """Call a v2 path, with another key than the emulator's if one is given."""
        if key is not None:
            options["headers"] = {"Authorization": f"Bearer {key}", **options.get("headers", {})}
        url = f"{self.emulator.url}/api/v2/{path}"
        return self.http.request(method, url, json=json, **options)

    def make_key(self, **fields: Any) -> dict[str, Any]:
        """Make a key, and return it with its secret."""
        made = self.call_v2("POST", "keys", {"name": "ci", **fields})
        assert made.status_code == 201, made.text
        return made.json()["data"]

    def image(
        self, key: str, path: str = "v2/images/generations", **changes: Any
    ) -> httpx.Response:
        """Order an image, or ask for its price, with a key."""
        headers = {"Authorization": f"Bearer {key}"}
        url = f"{self.emulator.url}/api/{path}"
        return self.http.post(url, json={**FLUX, **changes}, headers=headers)

    def form(self, path: str, files: Any, **fields: Any) -> httpx.Response:
        return self.http.post(path, data=fields, files=files)

    def generate(self, **changes: Any) -> httpx.Response:
        """Order an image; a field that is None is left out."""
        fields = {**FLUX, **changes}
        given = {name: value for name, value in fields.items() if value is not None}
        return self.post(GENERATIONS[self.version], given)

    def job(self, response: httpx.Response, version: str | None = None) -> dict[str, Any]:
        """Read the job that a submission answered with, in this version or another."""
        chosen = version or self.version
        assert response.status_code == 200, response.text
        request_id = response.json()["data"]["request_id"]
        path = f"{PREFIXES[chosen]}{STATUSES[chosen]}/{request_id}"
        status = self.get(self.emulator.url + path)
        assert status.status_code == 200, status.text
        return status.json()["data"]

    def finished(self, response: httpx.Response) -> dict[str, Any]:
        """Read the job until it has ended."""
        for _ in range(600):
            job = self.job(response)
            if job["status"] in ("done", "error"):
                return job
            time.sleep(0.01)
        raise AssertionError("the job did not end")

    def result(self, response: httpx.Response) -> httpx.Response:
        """The result of the job that a submission answered with."""
        download = httpx.get(self.finished(response)["result_url"], timeout=30)
        assert download.status_code == 200, download.text
        return download


@pytest.fixture
def serve() -> Iterator[Callable[..., Api]]:
    """Starts emulators with the given options; jobs are done at their first read by default."""
    with ExitStack() as stack:

        def start(version: str = "v1", **options: Any) -> Api:
            if "speed" not in options:
                options.setdefault("polls_per_state", 0)
            api = Api(stack.enter_context(Emulator(**options)), version)
            stack.callback(api.http.close)
            return api

        yield start


@pytest.fixture
def api(serve: Callable[..., Api]) -> Api:
    """An emulator whose jobs are done at their first read."""
    return serve()


@pytest.fixture
def v2(serve: Callable[..., Api]) -> Api:
    """Version 2 of an emulator whose jobs are done at their first read."""
    return serve("v2")


def _png(width: int = 200, height: int = 160, colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
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
def png() -> Callable[..., bytes]:
    """Makes a PNG of one colour."""
    return _png


@pytest.fixture(scope="session")
def wav() -> Callable[..., bytes]:
    """Makes a WAV with a tone."""
    return _wav


@pytest.fixture(scope="session")
def silent_mp4() -> bytes:
    """A second of video without sound, 160 x 128 pixels."""
    return video.generated("clip", width=160, height=128, frames=24, fps=24, seed=1)


@pytest.fixture(scope="session")
def mp4() -> bytes:
    """A second of video with sound, 160 x 128 pixels."""
    return video.synced(_wav(1), prompt="clip", width=160, height=128, frames=24, fps=24, seed=1)
