"""Command line: run ``python -m benchmarks`` from the root of the repository."""

from __future__ import annotations

import argparse
import datetime
import sys
import time

from . import imports, small_calls, transfers, waiting
from .measure import MIB, machine, print_table
from .server import Server

_PARTS = ("imports", "calls", "transfers", "waiting")


def main():
    """Run the selected benchmarks and print the table."""
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
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in _PARTS:
            parser.error(f"unknown part: {part}")
    rounds = {
        "imports": arguments.rounds or (5 if arguments.quick else 21),
        "calls": arguments.rounds or (5 if arguments.quick else 21),
        "transfers": arguments.rounds or (1 if arguments.quick else 7),
    }
    started = time.monotonic()
    print(f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}, {machine()}\n")
    rows = []
    with Server() as server:
        measure = {
            "imports": lambda: imports.run(server.url, rounds["imports"]),
            "calls": lambda: small_calls.run(server.url, rounds["calls"], 500),
            "transfers": lambda: transfers.run(
                server.url, rounds["transfers"], arguments.size * MIB
            ),
        }
        parts = arguments.parts or _PARTS
        for part in (part for part in parts if part != "waiting"):
            for row in measure[part]():
                print(f"{time.monotonic() - started:4.0f} s  {row.what}", file=sys.stderr)
                rows.append(row)
    if rows:
        print_table(rows)
    if "waiting" in parts:
        print(waiting.tables(), end="\n\n")
    print(f"{rounds} rounds, {time.monotonic() - started:.0f} s in total")


if __name__ == "__main__":
    main()
