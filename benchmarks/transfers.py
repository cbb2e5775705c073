"""Large files: time, peak memory and how long the event loop was held.

Each transfer runs in a new process (``python -m benchmarks.transfers NAME ...``), because memory
that has once been used is not always given back.
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

from .measure import MIB, Row, Ticker, forget_peak, fresh, median, memory, ratio, take_turns

# How much bare httpx is given at a time, in KiB; the table takes the best.
_CHUNKS = (64, 256, 1024)

_HEAD = (
    b"--b\r\nContent-Disposition: form-data; name=image; filename=image.png\r\n"
    b"Content-Type: image/png\r\n\r\n"
)
_TAIL = b"\r\n--b--\r\n"


@dataclass
class Transfer:
    """What one transfer took: seconds, seconds of CPU, bytes, and seconds."""

    wall: float
    cpu: float
    memory: int
    held: float


def _form(path, chunk):
    yield _HEAD
    with path.open("rb") as file:
        while data := file.read(chunk):
            yield data
    yield _TAIL


async def _async_form(path, chunk):
    # Nothing is quicker than to read on the event loop, which is what this does.
    for data in _form(path, chunk):
        yield data


def _form_headers(path):
    return {
        "authorization": "Bearer k",
        "content-type": "multipart/form-data; boundary=b",
        "content-length": str(len(_HEAD) + path.stat().st_size + len(_TAIL)),
    }


@contextmanager
def _source(path, kind):
    """The same file as a path or as an open file."""
    if kind == "path":
        yield path
        return
    with path.open("rb") as file:
        yield file


def upload(url, kind):
    """A function that uploads a file and one that ends the client."""
    if kind.isdigit():
        http = httpx.Client(timeout=60)

        def send(path):
            body = _form(path, int(kind) * 1024)
            http.post(url, content=body, headers=_form_headers(path)).raise_for_status().json()

        return send, http.close
    from deapi import DeapiClient

    client = DeapiClient(api_key="k", base_url=url, timeout=60)

    def send(path):
        with _source(path, kind) as image:
            client.images.upscale(image=image, model="m")

    return send, client.close


def upload_async(url, kind):
    """The same, asynchronous."""
    if kind.isdigit():
        http = httpx.AsyncClient(timeout=60)

        async def send(path):
            body = _async_form(path, int(kind) * 1024)
            answer = await http.post(url, content=body, headers=_form_headers(path))
            answer.raise_for_status().json()

        return send, http.aclose
    from deapi import AsyncDeapiClient

    client = AsyncDeapiClient(api_key="k", base_url=url, timeout=60)

    async def send(path):
        with _source(path, kind) as image:
            await client.images.upscale(image=image, model="m")

    return send, client.close


def save(url, kind):
    """A function that downloads a file of the size of the path it is given, over that path."""
    if kind == "bare":
        http = httpx.Client(timeout=60)

        def fetch(path):
            with (
                http.stream("GET", f"{url}/file/{path.stat().st_size}") as answer,
                path.with_suffix(".new").open("wb") as file,
            ):
                for data in answer.raise_for_status().iter_raw():
                    file.write(data)
            path.with_suffix(".new").replace(path)

        return fetch, http.close
    from deapi import DeapiClient

    client = DeapiClient(api_key="k", base_url=url, timeout=60)

    def fetch(path):
        client.job(str(path.stat().st_size)).save(path)

    return fetch, client.close


def save_async(url, kind):
    """The same, asynchronous."""
    if kind == "bare":
        http = httpx.AsyncClient(timeout=60)

        async def fetch(path):
            with path.with_suffix(".new").open("wb") as file:
                async with http.stream("GET", f"{url}/file/{path.stat().st_size}") as answer:
                    async for data in answer.raise_for_status().aiter_raw():
                        file.write(data)
            path.with_suffix(".new").replace(path)

        return fetch, http.aclose
    from deapi import AsyncDeapiClient

    client = AsyncDeapiClient(api_key="k", base_url=url, timeout=60)

    async def fetch(path):
        await client.job(str(path.stat().st_size)).save(path)

    return fetch, client.close


def _begin():
    return memory()[0], time.perf_counter(), time.process_time()


def _taken(begun, held=0.0):
    before, wall, cpu = begun
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Transfer(wall, cpu, memory()[1] - before, held)


def transfer(make, url, kind, small, large):
    """A small file, by which everything is loaded and connected, and then the large one."""
    transfer_file, close = make(url, kind)
    transfer_file(small)
    forget_peak()
    begun = _begin()
    transfer_file(large)
    taken = _taken(begun)
    close()
    return taken


async def transfer_async(make, url, kind, small, large):
    """The same, with a ticker beside it."""
    transfer_file, close = make(url, kind)
    await transfer_file(small)
    forget_peak()
    async with Ticker().running() as ticker:
        begun = _begin()
        await transfer_file(large)
        taken = _taken(begun)
    taken.held = ticker.held
    await close()
    return taken


def idle(url, kind):
    """No transfer: what a ticker sees on an event loop that has nothing else to do."""

    async def wait(path):
        await asyncio.sleep(0.5)

    async def close():
        pass

    return wait, close


_SYNC = {"upload": upload, "save": save}
_ASYNC = {"upload_async": upload_async, "save_async": save_async, "idle": idle}


def main(name, *arguments):
    """Make one transfer and print what it took."""
    url, kind, small, large = arguments
    files = (Path(small), Path(large))
    if name in _SYNC:
        taken = transfer(_SYNC[name], url, kind, *files)
    else:
        taken = asyncio.run(transfer_async(_ASYNC[name], url, kind, *files))
    print(json.dumps(vars(taken)))


def _fill(path, size):
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(block[: min(MIB, size - start)])


def _least(taken, what):
    """What it took in the quietest round: a large file is long enough to be disturbed in most."""
    return min(getattr(each, what) for each in taken)


def _cell(taken, *, ticked):
    wall, cpu = median(taken, "wall"), median(taken, "cpu")
    text = f"{wall:.2f} s (CPU {cpu:.2f}), {median(taken, 'memory') / MIB:.1f} MiB"
    if ticked:
        text += (
            f", {median(taken, 'held') * 1000:.0f} ms (least {_least(taken, 'held') * 1000:.0f})"
        )
    return text


def _row(what, ours, bare, *, ticked):
    slower = _least(ours, "wall") / _least(bare, "wall")
    grown = median(ours, "memory") / MIB
    held = _least(ours, "held") * 1000
    return Row(
        what,
        _cell(ours, ticked=ticked),
        _cell(bare, ticked=ticked),
        f"{slower:.2f} x (CPU {ratio(ours, bare, 'cpu'):.2f})",
        "1.1 x, 8 MiB" + (", 10 ms" if ticked else ""),
        slower > 1.1 or grown > 8 or held > 10,
    )


def _measure(name, kinds, url, rounds, files):
    """Measurements of one kind of transfer, by what is sent or who does it."""

    def measure(kind):
        return lambda: Transfer(
            **fresh("-m", "benchmarks.transfers", name, url, kind, *map(str, files))
        )

    contenders = {kind: measure(kind) for kind in kinds}
    return take_turns(contenders, rounds, measure=lambda function: function())


def run(url, rounds, size):
    """All rows about large files."""
    with tempfile.TemporaryDirectory(prefix="deapi-benchmark-") as directory:
        files = Path(directory, "small.png"), Path(directory, "large.png")
        _fill(files[0], 1024)
        _fill(files[1], size)
        mib = f"{size // MIB} MiB"
        chunks = [str(chunk) for chunk in _CHUNKS]
        for name, colour in (("upload", "sync"), ("upload_async", "async")):
            taken = _measure(name, ["path", "handle", *chunks], url, rounds, files)
            best = min(chunks, key=lambda chunk: _least(taken[chunk], "wall"))
            for kind in ("path", "handle"):
                what = f"upload {mib} from a {kind}, {colour}; bare: by {best} KiB"
                yield _row(what, taken[kind], taken[best], ticked=colour == "async")
        for name, colour in (("save", "sync"), ("save_async", "async")):
            taken = _measure(name, ["deapi", "bare"], url, rounds, files)
            what = f"save {mib}, {colour}"
            yield _row(what, taken["deapi"], taken["bare"], ticked=colour == "async")
        nothing = _measure("idle", ["-"], url, rounds, files)["-"]
        held, least = median(nothing, "held") * 1000, _least(nothing, "held") * 1000
        yield Row(
            "for comparison: an idle event loop", "", f"{held:.0f} ms (least {least:.0f})", ""
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
