"""What a batch with a journal costs, beside a program with ``asyncio.gather()`` and a semaphore.

Each run has a process of its own (``python -m benchmarks.batch``), so that CPU time and memory are
only those of one program. One job is submitted and saved before the measurement: it loads all
modules and opens the connections.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from .measure import MIB, alternate, memory, reset_peak_memory, run_interpreter

PROGRAMS = ("batch", "batch, async", "gather and semaphore")
CONCURRENCY = 100

# Budgets for a batch: seconds of CPU time for each job, and bytes over the memory of the client.
MAX_CPU = 0.003
MAX_MEMORY = 64 * MIB

_IMAGE = {"model": "m", "width": 512, "height": 512, "steps": 4}


class Cost(NamedTuple):
    """What the jobs of one program cost.

    Attributes:
        wall: Seconds in total.
        cpu: CPU time per job in seconds.
        memory: Increase of the peak memory in bytes.
        journal: Size of the journal per job in bytes; 0 without a journal.
    """

    wall: float
    cpu: float
    memory: int
    journal: float


class _Meter:
    """Measures the cost of this process, from now on."""

    def __init__(self):
        reset_peak_memory()
        self._memory, self._cpu, self._wall = memory()[0], time.process_time(), time.perf_counter()

    def cost(self, count):
        """Return the cost of ``count`` jobs."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        journal = sum(path.stat().st_size for path in Path.cwd().glob("*.db*"))
        return Cost(wall, cpu / count, memory()[1] - self._memory, journal / count)


def _plan(batch, count):
    for number in range(count):
        image = batch.images.generate(prompt=f"image {number}", seed=number, **_IMAGE)
        image.save(f"out/{number}.png")


def _run_batch(settings, count):
    from deapi import DeapiClient

    with DeapiClient(**settings) as client:
        client.images.generate(prompt="first", seed=0, **_IMAGE).save("first.png")
        meter = _Meter()
        with client.batch("journal.db", concurrency=CONCURRENCY, budget=1e6) as batch:
            _plan(batch, count)
            saved = sum(item.state == "saved" for item in batch.run())
        return saved, meter.cost(count)


async def _run_async_batch(settings, count):
    from deapi import AsyncDeapiClient

    async with AsyncDeapiClient(**settings) as client:
        await (await client.images.generate(prompt="first", seed=0, **_IMAGE)).save("first.png")
        meter = _Meter()
        async with client.batch("journal.db", concurrency=CONCURRENCY, budget=1e6) as batch:
            _plan(batch, count)
            saved = sum([item.state == "saved" async for item in batch.run()])
        return saved, meter.cost(count)


async def _run_gather(settings, count):
    from deapi import AsyncDeapiClient

    semaphore = asyncio.Semaphore(CONCURRENCY)
    async with AsyncDeapiClient(**settings) as client:

        async def generate(number):
            async with semaphore:
                job = await client.images.generate(prompt=f"image {number}", seed=number, **_IMAGE)
                return await job.save(f"out/{number}.png")

        await (await client.images.generate(prompt="first", seed=0, **_IMAGE)).save("first.png")
        meter = _Meter()
        paths = await asyncio.gather(*map(generate, range(count)))
        return len(paths), meter.cost(count)


def _main(program, url, count):
    """Run a program in a directory of its own, and print its cost."""
    settings = {"api_key": "k", "base_url": f"{url}/limited"}
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        Path("out").mkdir()
        if program == "batch":
            saved, cost = _run_batch(settings, count)
        else:
            run = _run_async_batch if program == "batch, async" else _run_gather
            saved, cost = asyncio.run(run(settings, count))
        assert saved == count, f"{saved} of {count} results were saved"
        os.chdir("/")
    print(json.dumps(cost))


def run(url, rounds, counts):
    """Yield the results, each as the number of jobs, the program and the median costs.

    Args:
        url: URL of the server.
        rounds: Number of runs of each program; one for thousands of jobs.
        counts: Numbers of jobs.
    """
    for count in counts:
        contenders = {program: (program, url, str(count)) for program in PROGRAMS}
        costs = alternate(
            contenders,
            rounds if count < 1000 else 1,
            measure=lambda arguments: run_interpreter("-m", "benchmarks.batch", *arguments),
        )
        for program, measured in costs.items():
            medians = (statistics.median(each) for each in zip(*measured, strict=True))
            yield count, program, Cost(*medians)


COLUMNS = (
    "jobs",
    "program",
    "time",
    "jobs a second",
    "CPU a job",
    "memory",
    "journal a job",
    "budget",
    "",
)


def is_over(cost):
    """Whether a batch exceeds its budget. A program without a journal has none."""
    return cost.journal > 0 and (cost.cpu > MAX_CPU or cost.memory > MAX_MEMORY)


def cells(count, program, cost):
    """Return one row of the table as strings."""
    has_journal = cost.journal > 0
    return [
        f"{count:,}",
        program,
        f"{cost.wall:.1f} s",
        f"{count / cost.wall:,.0f}",
        f"{cost.cpu * 1000:.2f} ms",
        f"{cost.memory / MIB:.1f} MiB",
        f"{cost.journal:,.0f} bytes" if has_journal else "",
        f"{MAX_CPU * 1000:g} ms, {MAX_MEMORY // MIB} MiB" if has_journal else "",
        ("OVER" if is_over(cost) else "within") if has_journal else "",
    ]


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
