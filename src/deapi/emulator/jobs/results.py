"""Results of jobs, stored as files.

A result that takes long to generate is generated as soon as its job starts, any other when it is
first needed.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

from ..operations.registry import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..operations.operation import Operation
    from .jobs import Job
    from .links import SignedLinks

T = TypeVar("T")

_log = logging.getLogger("deapi.emulator")

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
_ALTERNATIVE_FORMATS = ("jpg", "webp")
_FILE_THREADS, _TEXT_THREADS, _PREVIEW_THREADS = 2, 1, 1
_PREVIEWS_PER_JOB = 4
"""Number of different previews of a job."""


class Results:
    """The results of all jobs.

    Args:
        directory: Directory in which the files are stored.
        links: Signs the links to the results.
    """

    def __init__(self, directory: Path, links: SignedLinks) -> None:
        self.links = links
        self._directory = directory
        self._prefix = f"{secrets.randbelow(90_000_000) + 10_000_000}"
        self._jobs_by_name: dict[str, Job] = {}
        self._names: dict[str, str] = {}
        self._locks: dict[Path, asyncio.Lock] = {}
        self._previews: dict[tuple[str, int], str] = {}
        # Separate threads, so that no status response waits for a file.
        self._file_threads = anyio.CapacityLimiter(_FILE_THREADS)
        self._text_threads = anyio.CapacityLimiter(_TEXT_THREADS)
        self._preview_threads = anyio.CapacityLimiter(_PREVIEW_THREADS)
        self._preparing: dict[str, asyncio.Task[None]] = {}

    def urls(self, job: Job, base_url: str, now: float) -> tuple[str, dict[str, str] | None]:
        """Create new links to a finished job's result, and to an image's alternative formats.

        The alternatives are links by extension, or None. `base_url` is the emulator's URL as the
        client sees it, and `now` is emulated time.
        """
        operation = OPERATIONS[job.operation]
        name = self._name(job)

        def link(extension: str) -> str:
            path = f"/results/{self._prefix}/{name}.{extension}"
            return f"{base_url}{path}?{self.links.sign(path, now)}"

        extension = operation.result_extension(job.fields)
        if extension != "png":
            return link(extension), None
        return link(extension), {other: link(other) for other in _ALTERNATIVE_FORMATS}

    def find(self, prefix: str, filename: str) -> tuple[Job, str] | None:
        """Find the job and the extension of a result by its path."""
        name, _, extension = filename.rpartition(".")
        job = self._jobs_by_name.get(name)
        if job is None or prefix != self._prefix:
            return None
        main_extension = OPERATIONS[job.operation].result_extension(job.fields)
        is_alternative = main_extension == "png" and extension in _ALTERNATIVE_FORMATS
        return (job, extension) if extension == main_extension or is_alternative else None

    def prepare(self, job: Job, on_end: Callable[[Job, bool], None]) -> None:
        """Start to generate a job's result in the background, if it takes long.

        `on_end` is called with the job and whether its result was generated.
        """
        if OPERATIONS[job.operation].slow:
            task = asyncio.get_running_loop().create_task(self._prepare(job, on_end))
            self._preparing[job.request_id] = task

    def is_ready(self, job: Job) -> bool:
        """Whether a job's result exists, or can be generated quickly."""
        return job.request_id not in self._preparing

    async def wait_until_ready(self, job: Job) -> None:
        """Wait until the generation of a job's result in the background has ended."""
        task = self._preparing.get(job.request_id)
        if task:
            await asyncio.wait([task])

    async def close(self) -> None:
        """Cancel the generation of results in the background."""
        tasks = list(self._preparing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def file(self, job: Job, extension: str | None = None) -> Path:
        """Return the path of the result's file, which is generated if it does not exist.

        Without an extension it is the file in the main format.
        """
        return await self._file(job, extension, self._file_threads)

    async def text(self, job: Job) -> str:
        """Return the result as text, for the status response."""
        path = await self._file(job, None, self._text_threads)
        read = functools.partial(path.read_text, "utf-8")
        return await _run_in_thread(read, self._text_threads)

    async def preview(self, job: Job) -> str | None:
        """Return a blurred preview of a job's image as base64-encoded JPEG, if there is one."""
        make_preview = OPERATIONS[job.operation].preview
        if make_preview is None or not job.progress:
            return None
        stage = int(job.progress * _PREVIEWS_PER_JOB / 100)
        key = (job.request_id, stage)
        if key not in self._previews:
            progress = 100 * (stage + 0.5) / _PREVIEWS_PER_JOB
            task = functools.partial(make_preview, job.fields, progress)
            self._previews[key] = await _run_in_thread(task, self._preview_threads)
        return self._previews[key]

    def _name(self, job: Job) -> str:
        if job.request_id not in self._names:
            name = secrets.token_urlsafe(12).replace("-", "x").replace("_", "y")
            self._names[job.request_id] = name
            self._jobs_by_name[name] = job
        return self._names[job.request_id]

    async def _prepare(self, job: Job, on_end: Callable[[Job, bool], None]) -> None:
        generated = False
        try:
            await self.file(job)
            generated = True
        except Exception:  # noqa: BLE001 - the job fails instead
            _log.exception("the emulator failed to generate the result of %s", job.operation)
        finally:
            del self._preparing[job.request_id]
        on_end(job, generated)

    async def _file(self, job: Job, extension: str | None, threads: anyio.CapacityLimiter) -> Path:
        operation = OPERATIONS[job.operation]
        extension = extension or operation.result_extension(job.fields)
        path = self._directory / f"{job.request_id}.{extension}"
        async with self._locks.setdefault(path, asyncio.Lock()):
            if not path.exists():
                write = functools.partial(_write, operation, job, extension, path)
                await _run_in_thread(write, threads)
        return path


async def _run_in_thread(task: Callable[[], T], threads: anyio.CapacityLimiter) -> T:
    return await anyio.to_thread.run_sync(task, abandon_on_cancel=True, limiter=threads)


def _write(operation: Operation, job: Job, extension: str, path: Path) -> None:
    content = operation.produce(job.fields, extension)
    partial_path = path.with_suffix(path.suffix + ".part")
    partial_path.write_bytes(content)
    partial_path.rename(path)
