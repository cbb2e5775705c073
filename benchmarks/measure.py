"""Taking turns, medians, peak memory, and the table."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import platform
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
    """What one turn took, in seconds: on the clock, and of this process's CPU (all threads)."""

    wall: float
    cpu: float


def timed(function):
    """Call ``function`` and say what it took."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def take_turns(contenders, rounds, measure=timed):
    """Measure every contender once a round, each round beginning with another one.

    So whatever else the machine does falls on all of them alike.

    Returns:
        The measurements of each contender, in the order of the rounds.
    """
    names = list(contenders)
    taken = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            taken[name].append(measure(contenders[name]))
    return taken


def median(timings, what):
    """The median of one attribute."""
    return statistics.median(getattr(timing, what) for timing in timings)


def ratio(ours, bare, what):
    """The median of the ratios within each round, which drift less than either side."""
    pairs = zip(ours, bare, strict=True)
    return statistics.median(getattr(our, what) / getattr(their, what) for our, their in pairs)


def fresh(*arguments):
    """Run a new interpreter from the root of the repository and read the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], stdout=subprocess.PIPE, cwd=ROOT, check=True
    )
    return json.loads(done.stdout)


def memory():
    """The resident memory of this process and the most it has been, in bytes."""
    status = Path("/proc/self/status")
    if not status.exists():  # not Linux: only the most is known
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        most *= 1 if sys.platform == "darwin" else 1024
        return most, most
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return tuple(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))


def forget_peak():
    """Let the most memory be counted from now on, where the system can do that."""
    gc.collect()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _queued():
    """The seconds that this thread has been ready to run while others had the processors."""
    try:
        with Path("/proc/thread-self/schedstat").open() as file:
            return int(file.read().split()[1]) / 1e9
    except OSError:
        return 0.0


class Ticker:
    """A task that wants to run every millisecond, and how late it once was, in seconds.

    What the machine gave to other threads meanwhile is not the event loop's doing, and taken off.
    """

    held = 0.0

    async def tick(self):
        while True:
            before, queued = time.perf_counter(), _queued()
            await asyncio.sleep(0.001)
            late = time.perf_counter() - before - 0.001 - (_queued() - queued)
            self.held = max(self.held, late)

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.tick())
        await asyncio.sleep(0.01)
        self.held = 0.0
        try:
            yield self
        finally:
            await asyncio.sleep(0.002)  # so that a tick that is due is counted
            task.cancel()


@dataclass
class Row:
    """One line of the table. ``over`` is None where there is no budget."""

    what: str
    ours: str
    bare: str
    compared: str
    budget: str = ""
    over: bool | None = None


def print_table(rows):
    """Print rows as a Markdown table that is also easy to read as text."""
    lines = [("what", "deapi", "bare", "compared", "budget", "")]
    marks = {None: "", False: "within", True: "OVER"}
    lines += [
        (row.what, row.ours, row.bare, row.compared, row.budget, marks[row.over]) for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    lines.insert(1, tuple("-" * width for width in widths))
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("|", " | ".join(cells), "|", flush=True)
    print()


def machine():
    """What this was measured on, and with which versions, in a line."""
    names = ("httpx", "httpcore", "anyio", "httpx2", "pydantic", "deapi-python-sdk")
    found = [f"{name} {_version(name)}" for name in names]
    found.insert(0, f"{os.cpu_count()} cores, {sys.platform}, Python {platform.python_version()}")
    return ", ".join(found)


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
