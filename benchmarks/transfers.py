"""Large files: time, peak memory and how long the event loop was blocked.

Each transfer runs in a new process (``python -m benchmarks.transfers NAME ...``), because a process
does not always return freed memory to the system.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from .measure import (
    MIB,
    Row,
    Ticker,
    alternate,
    median,
    memory,
    ratio,
    reset_peak_memory,
    run_interpreter,
)

# Chunk sizes of bare httpx in KiB. The table shows the best one.
_CHUNKS = (64, 256, 1024)

_FORM_START = (
    b"--b\r\nContent-Disposition: form-data; name=image; filename=image.png\r\n"
    b"Content-Type: image/png\r\n\r\n"
)
_FORM_END = b"\r\n--b--\r\n"


@dataclass
class Transfer:
    """Result of one transfer.

    Attributes:
        wall: Wall time in seconds.
        cpu: CPU time in seconds.
        memory: Increase of the peak memory in bytes.
        blocked: Maximum time in seconds for which the event loop was blocked.
    """

    wall: float
    cpu: float
    memory: int
    blocked: float


def _form(path, chunk):
    yield _FORM_START
    with path.open("rb") as file:
        while data := file.read(chunk):
            yield data
    yield _FORM_END


async def _async_form(path, chunk):
    # Reads on the event loop on purpose, because this is the fastest method.
    for data in _form(path, chunk):
        yield data


def _form_headers(path):
    return {
        "authorization": "Bearer k",
        "content-type": "multipart/form-data; boundary=b",
        "content-length": str(len(_FORM_START) + path.stat().st_size + len(_FORM_END)),
    }


@contextmanager
def _source(path, variant):
    """Return the file as a path or as an open file object."""
    if variant == "path":
        yield path
        return
    with path.open("rb") as file:
        yield file


def upload(url, variant):
    """Return a function that uploads a file and a function that closes the client."""
    if variant.isdigit():
        http = httpx.Client(timeout=60)

        def send(path):
            body = _form(path, int(variant) * 1024)
            http.post(url, content=body, headers=_form_headers(path)).raise_for_status().json()

        return send, http.close
    from deapi import DeapiClient
    from deapi._core import multipart

    multipart.MAX_SIZE = sys.maxsize

    client = DeapiClient(api_key="k", base_url=url, timeout=60)

    def send(path):
        with _source(path, variant) as image:
            client.images.upscale(image=image, model="m")

    return send, client.close


def upload_async(url, variant):
    """Return the async equivalents of ``upload()``."""
    if variant.isdigit():
        http = httpx.AsyncClient(timeout=60)

        async def send(path):
            body = _async_form(path, int(variant) * 1024)
            response = await http.post(url, content=body, headers=_form_headers(path))
            response.raise_for_status().json()

        return send, http.aclose
    from deapi import AsyncDeapiClient
    from deapi._core import multipart

    multipart.MAX_SIZE = sys.maxsize

    client = AsyncDeapiClient(api_key="k", base_url=url, timeout=60)

    async def send(path):
        with _source(path, variant) as image:
            await client.images.upscale(image=image, model="m")

    return send, client.close


def save(url, variant):
    """Return a function that downloads to a path and a function that closes the client.

    The size of the download is the size of the existing file.
    """
    if variant == "bare":
        http = httpx.Client(timeout=60)

        def fetch(path):
            with (
                http.stream("GET", f"{url}/file/{path.stat().st_size}") as response,
                path.with_suffix(".new").open("wb") as file,
            ):
                for data in response.raise_for_status().iter_raw():
                    file.write(data)
            path.with_suffix(".new").replace(path)

        return fetch, http.close
    from deapi import DeapiClient

    client = DeapiClient(api_key="k", base_url=url, timeout=60)

    def fetch(path):
        client.job(str(path.stat().st_size)).save(path)

    return fetch, client.close


def save_async(url, variant):
    """Return the async equivalents of ``save()``."""
    if variant == "bare":
        http = httpx.AsyncClient(timeout=60)

        async def fetch(path):
            with path.with_suffix(".new").open("wb") as file:
                async with http.stream("GET", f"{url}/file/{path.stat().st_size}") as response:
                    async for data in response.raise_for_status().aiter_raw():
                        file.write(data)
            path.with_suffix(".new").replace(path)

        return fetch, http.aclose
    from deapi import AsyncDeapiClient

    client = AsyncDeapiClient(api_key="k", base_url=url, timeout=60)

    async def fetch(path):
        await client.job(str(path.stat().st_size)).save(path)

    return fetch, client.close


def _start():
    return memory()[0], time.perf_counter(), time.process_time()


def _finish(started):
    before, wall, cpu = started
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Transfer(wall, cpu, memory()[1] - before, 0.0)


def transfer(make, url, variant, small, large):
    """Transfer a small file to load all modules and to connect, then measure the large file."""
    transfer_file, close = make(url, variant)
    transfer_file(small)
    reset_peak_memory()
    started = _start()
    transfer_file(large)
    result = _finish(started)
    close()
    return result


async def transfer_async(make, url, variant, small, large):
    """Do the same as ``transfer()``, and measure how long the event loop is blocked."""
    transfer_file, close = make(url, variant)
    await transfer_file(small)
    reset_peak_memory()
    async with Ticker().running() as ticker:
        started = _start()
        await transfer_file(large)
        result = _finish(started)
    result.blocked = ticker.blocked
    await close()
    return result


def idle(url, variant):
    """Return functions without a transfer, to measure an idle event loop."""

    async def wait(path):
        await asyncio.sleep(0.5)

    async def close():
        pass

    return wait, close


_SYNC = {"upload": upload, "save": save}
_ASYNC = {"upload_async": upload_async, "save_async": save_async, "idle": idle}


def main(name, *arguments):
    """Run one transfer and print its result as JSON."""
    url, variant, small, large = arguments
    files = (Path(small), Path(large))
    if name in _SYNC:
        result = transfer(_SYNC[name], url, variant, *files)
    else:
        result = asyncio.run(transfer_async(_ASYNC[name], url, variant, *files))
    print(json.dumps(vars(result)))


def _fill(path, size):
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(block[: min(MIB, size - start)])


def _least_blocked(transfers):
    """Return the milliseconds of the best round, because other load disturbs most rounds."""
    return min(item.blocked for item in transfers) * 1000


def _cell(transfers, *, is_async):
    wall, cpu = median(transfers, "wall"), median(transfers, "cpu")
    text = f"{wall:.2f} s (CPU {cpu:.2f}), {median(transfers, 'memory') / MIB:.1f} MiB"
    if is_async:
        blocked = median(transfers, "blocked") * 1000
        text += f", {blocked:.0f} ms (minimum {_least_blocked(transfers):.0f})"
    return text


def _row(what, ours, bare, *, is_async):
    time_ratio = ratio(ours, bare, "wall")
    memory_mib = median(ours, "memory") / MIB
    return Row(
        what,
        _cell(ours, is_async=is_async),
        _cell(bare, is_async=is_async),
        f"{time_ratio:.2f} x (CPU {ratio(ours, bare, 'cpu'):.2f})",
        "1.1 x, 8 MiB" + (", 10 ms" if is_async else ""),
        time_ratio > 1.1 or memory_mib > 8 or _least_blocked(ours) > 10,
        ratio=time_ratio,
    )


def _measure(name, variants, url, rounds, files):
    """Return the measurements of one transfer by variant: the source of the file or the client."""

    def measure(variant):
        return lambda: Transfer(
            **run_interpreter("-m", "benchmarks.transfers", name, url, variant, *map(str, files))
        )

    contenders = {variant: measure(variant) for variant in variants}
    return alternate(contenders, rounds, measure=lambda function: function())


def run(url, rounds, size):
    """Yield all rows about large files."""
    with tempfile.TemporaryDirectory(prefix="deapi-benchmark-") as directory:
        files = Path(directory, "small.png"), Path(directory, "large.png")
        _fill(files[0], 1024)
        _fill(files[1], size)
        mib = f"{size // MIB} MiB"
        chunks = [str(chunk) for chunk in _CHUNKS]
        for name, mode in (("upload", "sync"), ("upload_async", "async")):
            results = _measure(name, ["path", "file object", *chunks], url, rounds, files)
            best = min(chunks, key=lambda chunk: median(results[chunk], "wall"))
            for variant in ("path", "file object"):
                what = f"upload {mib} from a {variant}, {mode}; bare: chunks of {best} KiB"
                yield _row(what, results[variant], results[best], is_async=mode == "async")
        for name, mode in (("save", "sync"), ("save_async", "async")):
            results = _measure(name, ["deapi", "bare"], url, rounds, files)
            what = f"save {mib}, {mode}"
            yield _row(what, results["deapi"], results["bare"], is_async=mode == "async")
        idle_loop = _measure("idle", ["-"], url, rounds, files)["-"]
        blocked, minimum = median(idle_loop, "blocked") * 1000, _least_blocked(idle_loop)
        yield Row(
            "for comparison: idle event loop", "", f"{blocked:.0f} ms (minimum {minimum:.0f})", ""
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
