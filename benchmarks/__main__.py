"""``python -m benchmarks``, from the root of the repository."""

from __future__ import annotations

import argparse
import datetime
import sys
import time

from . import imports, small_calls, transfers
from .measure import MIB, machine, print_table
from .server import Server

_PARTS = ("imports", "calls", "transfers")


def main():
    """Measure what was asked for and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="deapi beside bare httpx in one run: medians of rounds in which they take "
        "turns. Nothing is asserted.",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(_PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and rougher numbers")
    parser.add_argument("--rounds", type=int, help="the rounds of each part")
    parser.add_argument("--size", type=int, default=512, help="the large file, in MiB (512)")
    given = parser.parse_args()
    for part in given.parts:
        if part not in _PARTS:
            parser.error(f"no such part: {part}")
    rounds = {
        "imports": given.rounds or (5 if given.quick else 21),
        "calls": given.rounds or (5 if given.quick else 21),
        "transfers": given.rounds or (1 if given.quick else 7),
    }
    started = time.monotonic()
    print(f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}, {machine()}\n")
    rows = []
    with Server() as server:
        measure = {
            "imports": lambda: imports.run(server.url, rounds["imports"]),
            "calls": lambda: small_calls.run(server.url, rounds["calls"], 500),
            "transfers": lambda: transfers.run(server.url, rounds["transfers"], given.size * MIB),
        }
        for part in given.parts or _PARTS:
            for row in measure[part]():
                print(f"{time.monotonic() - started:4.0f} s  {row.what}", file=sys.stderr)
                rows.append(row)
    print_table(rows)
    print(f"{rounds} rounds, {time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    main()
