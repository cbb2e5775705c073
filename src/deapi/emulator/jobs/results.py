"""Results of finished jobs: made on first need, kept as files, served by the emulator."""

from __future__ import annotations

import asyncio
import functools
import secrets
from typing import TYPE_CHECKING, TypeVar

import anyio.to_thread

from deapi.emulator.operations.registry import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deapi.emulator.jobs.jobs import Job
    from deapi.emulator.jobs.links import Links
    from deapi.emulator.operations.operation import Operation

T = TypeVar("T")

CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
}
ALTERNATIVES = ("jpg", "webp")
_WORKERS = 2
_PREVIEWS = 4
"""Different previews in the course of a job."""


class Results:
    """The files that jobs yield.

    Args:
        directory: Where they are kept.
        links: Signs the links to them.
    """

    def __init__(self, directory: Path, links: Links) -> None:
        self.links = links
        self._directory = directory
        self._folder = f"{secrets.randbelow(90_000_000) + 10_000_000}"
        self._jobs: dict[str, Job] = {}
        self._names: dict[str, str] = {}
        self._locks: dict[Path, asyncio.Lock] = {}
        self._previews: dict[tuple[str, int], str] = {}
        self._workers = asyncio.Semaphore(_WORKERS)

    def urls(self, job: Job, base: str, now: float) -> tuple[str, dict[str, str] | None]:
        """Fresh links to a finished job's result.

        Args:
            job: The job.
            base: URL of the emulator.
            now: Emulated seconds since the epoch.

        Returns:
            The main result's link, and those of the alternative formats of an image.
        """
        operation = OPERATIONS[job.operation]
        name = self._name(job)

        def link(extension: str) -> str:
            path = f"/results/{self._folder}/{name}.{extension}"
            return f"{base}{path}?{self.links.query(path, now)}"

        main = operation.extension(job.fields)
        if main != "png":
            return link(main), None
        return link(main), {extension: link(extension) for extension in ALTERNATIVES}

    def find(self, folder: str, filename: str) -> tuple[Job, str] | None:
        """The job and the format that a result's path means, if it means one."""
        name, _, extension = filename.rpartition(".")
        job = self._jobs.get(name)
        if job is None or folder != self._folder:
            return None
        main = OPERATIONS[job.operation].extension(job.fields)
        if extension == main or (main == "png" and extension in ALTERNATIVES):
            return job, extension
        return None

    async def file(self, job: Job, extension: str | None = None) -> Path:
        """The result as a file, made now if nobody needed it before."""
        operation = OPERATIONS[job.operation]
        extension = extension or operation.extension(job.fields)
        path = self._directory / f"{job.request_id}.{extension}"
        async with self._locks.setdefault(path, asyncio.Lock()):
            if not path.exists():
                await self._work(functools.partial(_write, operation, job, extension, path))
        return path

    async def text(self, job: Job) -> str:
        """The result as the status answer holds it inline."""
        path = await self.file(job)
        return await self._work(functools.partial(path.read_text, "utf-8"))

    async def preview(self, job: Job) -> str | None:
        """A blurred picture of an image that is being generated, as base64 JPEG."""
        draft = OPERATIONS[job.operation].preview
        if draft is None or not job.progress:
            return None
        stage = int(job.progress * _PREVIEWS / 100)
        key = (job.request_id, stage)
        if key not in self._previews:
            progress = 100 * (stage + 0.5) / _PREVIEWS
            self._previews[key] = await self._work(functools.partial(draft, job.fields, progress))
        return self._previews[key]

    def _name(self, job: Job) -> str:
        if job.request_id not in self._names:
            name = secrets.token_urlsafe(12).replace("-", "x").replace("_", "y")
            self._names[job.request_id] = name
            self._jobs[name] = job
        return self._names[job.request_id]

    async def _work(self, task: Callable[[], T]) -> T:
        async with self._workers:
            return await anyio.to_thread.run_sync(task, abandon_on_cancel=True)


def _write(operation: Operation, job: Job, extension: str, path: Path) -> None:
    content = operation.produce(job.fields, extension)
    unfinished = path.with_suffix(path.suffix + ".part")
    unfinished.write_bytes(content)
    unfinished.rename(path)
