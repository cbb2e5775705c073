"""Command line: run ``python -m benchmarks`` from the root of the repository."""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
import time
from pathlib import Path

from . import batch, command, imports, programs, push, results, small_calls, transfers, waiting
from .measure import COLUMNS, MIB, cells, machine, print_table
from .results import Bar, Part
from .server import Server

_PARTS = ("imports", "programs", "command", "calls", "transfers", "push", "batch", "waiting")

# Rounds of each part, and those with --quick.
_ROUNDS = {
    "imports": (21, 5),
    "programs": (21, 5),
    "command": (21, 5),
    "calls": (21, 5),
    "transfers": (15, 1),
    "push": (3, 1),
    "batch": (5, 1),
}

# Seconds that the jobs of each run of the part "push" take, and those with --quick. They differ,
# because the time until a poll finds the end depends on where it is between two polls.
_JOB_SECONDS = ((17.0, 20.0, 26.0), (5.0,))

# Numbers of jobs of the part "batch", and those with --quick.
_JOB_COUNTS = ((100, 10_000), (100,))

_CAPTIONS = {
    "programs": "Time of a program that makes one call; bare httpx is 1",
    "command": "CPU time of the command; that of the other program is 1",
    "calls": "CPU time of a call; bare httpx is 1",
    "transfers": "Time of a transfer; bare httpx is 1",
}


def _compare(name, measured):
    """Return the part whose rows compare deapi with bare httpx."""
    rows = list(measured)
    bars = [
        Bar(row.what.partition(";")[0], row.ratio, f"{row.ratio:.2f} x", bool(row.over))
        for row in rows
        if row.ratio is not None
    ]
    return list(COLUMNS), [cells(row) for row in rows], _CAPTIONS.get(name, ""), bars, 1.0


def _measure_push(rounds, seconds):
    rows, bars = [], []
    for count, schedule, cost in push.run(rounds, seconds):
        rows.append(push.cells(count, schedule, cost))
        label = f"{count:,} job{'s' * (count > 1)}, {schedule}"
        bars.append(Bar(label, cost.median, f"{cost.median * 1000:,.0f} ms"))
    caption = "From the end of a job until its wait ends, median"
    return list(push.COLUMNS), rows, caption, bars, None


def _measure_batch(url, rounds, counts):
    rows, bars = [], []
    for count, program, cost in batch.run(url, rounds, counts):
        rows.append(batch.cells(count, program, cost))
        label = f"{count:,} jobs, {program}"
        bars.append(Bar(label, cost.cpu, f"{cost.cpu * 1000:.2f} ms", batch.is_over(cost)))
    return list(batch.COLUMNS), rows, "CPU time of a job", bars, batch.MAX_CPU


def _measure_all(names, rounds, size, seconds, counts):
    """Measure parts, and yield each with its name."""
    with Server() as server, tempfile.TemporaryDirectory() as directory:
        measure = {
            "imports": lambda: _compare("imports", imports.run(server.url, rounds["imports"])),
            "programs": lambda: _compare(
                "programs", programs.run(server.url, rounds["programs"], Path(directory))
            ),
            "command": lambda: _compare(
                "command", command.run(server.url, rounds["command"], Path(directory))
            ),
            "calls": lambda: _compare("calls", small_calls.run(server.url, rounds["calls"], 500)),
            "transfers": lambda: _compare(
                "transfers", transfers.run(server.url, rounds["transfers"], size)
            ),
            "push": lambda: _measure_push(rounds["push"], seconds),
            "batch": lambda: _measure_batch(server.url, rounds["batch"], counts),
        }
        for name in names:
            columns, rows, caption, bars, line = measure[name]()
            today = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}"
            yield name, Part(today, machine(), columns, rows, caption, bars, line)


def main():
    """Run the selected benchmarks and print their tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Benchmark deapi against bare httpx in one run. The contenders alternate, and "
        "the results are medians. Nothing is asserted.",
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"parts to run (default: all): {', '.join(_PARTS)}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="run fewer rounds; results are less precise"
    )
    parser.add_argument("--rounds", type=int, help="number of rounds of each part")
    parser.add_argument(
        "--size", type=int, default=512, help="size of the large file in MiB (default: 512)"
    )
    parser.add_argument(
        "--save", action="store_true", help=f"save the results to {results.FILE.name}"
    )
    parser.add_argument(
        "--render",
        action="store_true",
        help="write the saved results to docs/performance.md; without --save, measure nothing",
    )
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in _PARTS:
            parser.error(f"unknown part: {part}")
    if not arguments.render or arguments.save:
        _run(arguments)
    if arguments.render:
        results.render()


def _run(arguments):
    quick = arguments.quick
    rounds = {name: arguments.rounds or each[quick] for name, each in _ROUNDS.items()}
    names = arguments.parts or _PARTS
    started = time.monotonic()
    print(f"{machine()}\n")
    measured = _measure_all(
        [name for name in names if name != "waiting"],
        rounds,
        arguments.size * MIB,
        _JOB_SECONDS[quick],
        _JOB_COUNTS[quick],
    )
    for name, part in measured:
        print_table(part.columns, part.rows)
        if arguments.save:
            results.save({name: part})
        print(f"{time.monotonic() - started:4.0f} s  {name}", file=sys.stderr)
    if "waiting" in names:
        print(waiting.tables(), end="\n\n")
    print(f"{rounds} rounds, {time.monotonic() - started:.0f} s in total")


if __name__ == "__main__":
    main()
