"""Alternating measurements, medians, peak memory, and the result table."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
MIB = 1024 * 1024


@dataclass
class Timing:
    """Wall time and CPU time of one measurement in seconds. CPU time covers all threads."""

    wall: float
    cpu: float


def timed(function):
    """Call ``function`` and return its timing."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def alternate(contenders, rounds, measure=timed):
    """Measure every contender once per round, in each round in another order.

    This spreads the effects of other load on the machine over all contenders. The orders are
    random, because a contender may leave caches in a state that makes the next one faster.

    Returns:
        The measurements of each contender, in the order of the rounds.
    """
    orders = random.Random(0)
    measurements = {name: [] for name in contenders}
    for _ in range(rounds):
        for name in orders.sample(list(contenders), len(contenders)):
            measurements[name].append(measure(contenders[name]))
    return measurements


def median(timings, attribute):
    """Return the median of one attribute."""
    return statistics.median(getattr(timing, attribute) for timing in timings)


def ratio(ours, bare, attribute):
    """Return the median of the ratios within each round. Ratios drift less than absolute values."""
    pairs = zip(ours, bare, strict=True)
    return statistics.median(
        getattr(our, attribute) / getattr(other, attribute) for our, other in pairs
    )


def timed_process(command, environment=None):
    """Return a function that runs a program and returns its timing."""

    def run():
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            command,
            check=True,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
        )
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Timing(wall, cpu)

    return run


def process_cell(timings):
    """Return the CPU time of a program and, in parentheses, its wall time."""
    cpu, wall = (median(timings, name) * 1000 for name in ("cpu", "wall"))
    return f"{cpu:.0f} ms ({wall:.0f})"


def run_interpreter(*arguments):
    """Run a new interpreter from the root of the repository and return the JSON that it prints."""
    process = subprocess.run(
        [sys.executable, *arguments], stdout=subprocess.PIPE, cwd=ROOT, check=True
    )
    return json.loads(process.stdout)


def memory():
    """Return the current and the peak resident memory of this process, in bytes."""
    status = Path("/proc/self/status")
    if not status.exists():  # not Linux: only the peak is known
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
        return peak, peak
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return tuple(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))


def reset_peak_memory():
    """Reset the peak memory counter, if the system supports it."""
    gc.collect()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _queued():
    """Return the seconds that this thread has been runnable while waiting for a CPU."""
    try:
        with Path("/proc/thread-self/schedstat").open() as file:
            return int(file.read().split()[1]) / 1e9
    except OSError:
        return 0.0


class Ticker:
    """Measure how long the event loop is blocked, with a task that is due every millisecond.

    Time during which other threads had the CPU is subtracted, because the event loop did not cause
    it.

    Attributes:
        blocked: The maximum delay of the task, in seconds.
    """

    blocked = 0.0

    async def tick(self):
        while True:
            before, queued = time.perf_counter(), _queued()
            await asyncio.sleep(0.001)
            delay = time.perf_counter() - before - 0.001 - (_queued() - queued)
            self.blocked = max(self.blocked, delay)

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.tick())
        await asyncio.sleep(0.01)
        self.blocked = 0.0
        try:
            yield self
        finally:
            await asyncio.sleep(0.002)  # lets a task that is due run
            task.cancel()


@dataclass
class Row:
    """One row of a table.

    Attributes:
        over: Whether it exceeds its budget; None without a budget.
        ratio: The ratio to bare httpx that the chart shows, or None.
    """

    what: str
    ours: str
    bare: str
    compared: str
    budget: str = ""
    over: bool | None = None
    ratio: float | None = None


COLUMNS = ("what", "deapi", "bare", "compared", "budget", "")


def cells(row):
    """Return a row of a table as strings."""
    mark = {None: "", False: "within", True: "OVER"}[row.over]
    return [row.what, row.ours, row.bare, row.compared, row.budget, mark]


def print_table(columns, rows):
    """Print rows as a Markdown table with aligned columns."""
    lines = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("|", " | ".join(padded), "|", flush=True)
    print()


def machine():
    """Return a line with the machine and the versions of the libraries."""
    names = ("httpx", "httpcore", "anyio", "httpx2", "pydantic", "deapi-python-sdk")
    versions = [f"{name} {_version(name)}" for name in names]
    versions.insert(
        0, f"{os.cpu_count()} cores, {sys.platform}, Python {platform.python_version()}"
    )
    return ", ".join(versions)


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
