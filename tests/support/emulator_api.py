"""Call an emulator with plain httpx, not with the deapi client, and decode its results."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import av
import httpx
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from deapi.emulator import Emulator

GENERATION = {
    "prompt": "tin robot watering a fern",
    "model": "Flux1schnell",
    "width": 512,
    "height": 512,
    "steps": 4,
    "seed": 7,
}

PREFIXES = {"v1": "/api/v1/client/", "v2": "/api/v2/"}
STATUS_PATHS = {"v1": "request-status", "v2": "jobs"}
GENERATION_PATHS = {"v1": "txt2img", "v2": "images/generations"}


class EmulatorApi:
    """An emulator and the paths of one API version."""

    def __init__(self, emulator: Emulator, version: str) -> None:
        self.emulator = emulator
        self.version = version
        self.http = httpx.Client(
            base_url=f"{emulator.url}{PREFIXES[version]}",
            headers={"Authorization": f"Bearer {emulator.api_key}"},
            timeout=30,
            verify=False,  # loading certificates takes ten times as long as a request
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.http.post(path, json=json, **options)

    def post_form(self, path: str, files: Any, **fields: Any) -> httpx.Response:
        return self.http.post(path, data=fields, files=files)

    def request_v2(
        self, method: str, path: str, json: Any = None, *, key: str | None = None, **options: Any
    ) -> httpx.Response:
        """Send a request to version 2, with the emulator's key unless another one is passed."""
        if key is not None:
            options["headers"] = {"Authorization": f"Bearer {key}", **options.get("headers", {})}
        url = f"{self.emulator.url}/api/v2/{path}"
        return self.http.request(method, url, json=json, **options)

    def create_key(self, **fields: Any) -> dict[str, Any]:
        """Create a key, and return it with its secret."""
        response = self.request_v2("POST", "keys", {"name": "ci", **fields})
        assert response.status_code == 201, response.text
        return response.json()["data"]

    def generate(self, **changes: Any) -> httpx.Response:
        """Submit an image generation. A field that is None is not sent."""
        fields = {**GENERATION, **changes}
        sent = {name: value for name, value in fields.items() if value is not None}
        return self.post(GENERATION_PATHS[self.version], sent)

    def generate_with_key(
        self, key: str, path: str = "v2/images/generations", **changes: Any
    ) -> httpx.Response:
        """Submit an image generation, or request its price, with a key."""
        headers = {"Authorization": f"Bearer {key}"}
        url = f"{self.emulator.url}/api/{path}"
        return self.http.post(url, json={**GENERATION, **changes}, headers=headers)

    def get_job(self, submission: httpx.Response, version: str | None = None) -> dict[str, Any]:
        """Request the status of a submitted job, in this API version or another."""
        version = version or self.version
        assert submission.status_code == 200, submission.text
        request_id = submission.json()["data"]["request_id"]
        path = f"{PREFIXES[version]}{STATUS_PATHS[version]}/{request_id}"
        status = self.get(self.emulator.url + path)
        assert status.status_code == 200, status.text
        return status.json()["data"]

    def wait_for_job(self, submission: httpx.Response) -> dict[str, Any]:
        """Poll a submitted job until it has ended."""
        deadline = time.monotonic() + 30
        while True:
            job = self.get_job(submission)
            if job["status"] in ("done", "error"):
                return job
            assert time.monotonic() < deadline, "the job did not end"
            time.sleep(0.01)

    def download_result(self, submission: httpx.Response) -> httpx.Response:
        """Wait for a submitted job, and download its result."""
        download = httpx.get(self.wait_for_job(submission)["result_url"], timeout=30, verify=False)
        assert download.status_code == 200, download.text
        return download


def errors_of(response: httpx.Response) -> dict[str, list[str]]:
    """The validation errors of a 422, whose message must be the first of them."""
    assert response.status_code == 422, response.text
    body = response.json()
    assert body["message"].split(" (and ")[0] == next(iter(body["errors"].values()))[0]
    return body["errors"]


def files_on_disk(api: EmulatorApi) -> list[Path]:
    """The files in the emulator's directory of uploads and results."""
    return list(api.emulator._service.directory.iterdir())


def decode_image(download: httpx.Response) -> Image.Image:
    """Decode a downloaded image."""
    image = Image.open(io.BytesIO(download.content))
    image.load()
    return image


def stream_properties(download: httpx.Response, file_type: str) -> dict[str, float]:
    """Decode the first audio or video stream of a download, and measure it."""
    with av.open(io.BytesIO(download.content)) as container:
        stream = container.streams.get(**{file_type: 0})[0]
        frames = list(container.decode(stream))
        assert frames
        if file_type == "audio":
            seconds = sum(frame.samples for frame in frames) / stream.rate
            return {"rate": stream.rate, "seconds": seconds}
        return {
            "width": stream.width,
            "height": stream.height,
            "frames": len(frames),
            "fps": float(stream.average_rate),
        }
