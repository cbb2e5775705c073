"""A batch whose process is killed several times: no job is lost, and none is submitted twice."""

import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections import Counter
from contextlib import closing

from deapi.emulator import Emulator
from support.batches import FLUX

# Of an image of FLUX, in US dollars.
PRICE = 0.00034
DEADLINE = 600.0

PROGRAM = textwrap.dedent("""
    import asyncio
    import os
    import sys

    from deapi import AsyncDeapiClient, DeapiClient
    from support.batches import FLUX

    url, key, count, budget, client_type = sys.argv[1:]
    settings = {"api_key": key, "base_url": url}
    options = {"concurrency": 32, "budget": float(budget)}

    def plan(batch):
        for number in range(int(count)):
            item = batch.images.generate(prompt=f"fox {number}", seed=number, **FLUX)
            item.save(f"out/{number}.png")

    def run_sync():
        with DeapiClient(**settings) as client, client.batch("run.db", **options) as batch:
            plan(batch)
            for item in batch.run():
                pass

    async def run_async():
        async with AsyncDeapiClient(**settings) as client:
            async with client.batch("run.db", **options) as batch:
                plan(batch)
                async for item in batch.run():
                    pass

    run_sync() if client_type == "sync" else asyncio.run(run_async())
""")


class KilledBatch:
    """A batch of images, its journal and files in a folder, and the emulator that it uses.

    Args:
        folder: An empty folder.
        count: Number of items.
        affordable: Number of items that the budget is sufficient for.
    """

    def __init__(self, folder, count, affordable):
        self.folder = folder
        self.count = count
        self.affordable = affordable
        self.budget = (affordable + 0.5) * PRICE
        self.emulator = Emulator(polls_per_state=0)

    def __enter__(self):
        self.emulator.start()
        return self

    def __exit__(self, *_):
        self.emulator.stop()

    def inject_faults(self, times=1):
        """Let submissions, polls and downloads fail in the ways of real networks."""
        inject, submission = self.emulator.inject_fault, "images.generate"
        inject(operation=submission, status=500, times=times)
        inject(operation=submission, drop=True, accepted=True, times=times)
        inject(operation=submission, drop=True, times=times)
        inject(operation=submission, status=429, headers={"Retry-After": "1"}, times=times)
        inject(operation=submission, delay=0.2, times=times)
        inject(operation="jobs.status", status=503, times=times)
        inject(operation="jobs.status", drop=True, times=times)
        inject(operation="jobs.download", drop=True, after_bytes=100, times=times)

    def start(self, client_type):
        """Start the program."""
        emulator = self.emulator
        arguments = [emulator.url, emulator.api_key, self.count, self.budget, client_type]
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *map(str, arguments)],
            cwd=self.folder,
            env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_and_kill(self, jobs, client_type, delay=0.0):
        """Start the program, and kill it when the emulator has a number of jobs.

        Returns:
            Whether it was killed before its end.
        """
        with self.start(client_type) as program:
            end = time.monotonic() + DEADLINE
            while len(self.emulator.jobs) < jobs and program.poll() is None:
                assert time.monotonic() < end
                time.sleep(0.005)
            time.sleep(delay)
            program.send_signal(signal.SIGKILL)
            program.communicate()
        return program.returncode == -signal.SIGKILL

    def run_to_end(self, client_type):
        """Start the program, and wait for its end."""
        with self.start(client_type) as program:
            _, errors = program.communicate(timeout=DEADLINE)
        assert program.returncode == 0, errors

    def check(self):
        """Compare the emulator's jobs with the journal and the files.

        Returns:
            The number of items by state.
        """
        with closing(sqlite3.connect(self.folder / "run.db")) as database:
            database.row_factory = sqlite3.Row
            items = [dict(row) for row in database.execute("SELECT * FROM items ORDER BY id")]
            submissions = [dict(row) for row in database.execute("SELECT * FROM submissions")]
        jobs = self.emulator.jobs
        by_prompt = Counter(job.fields["prompt"] for job in jobs.values())
        states = Counter(item["state"] for item in items)
        assert len(items) == self.count
        assert set(states) <= {"saved", "unknown", "planned"}, states
        unknown = {f"fox {n}" for n, item in enumerate(items) if item["state"] == "unknown"}
        # None twice, and no job that the journal does not know.
        assert all(count == 1 for count in by_prompt.values()), by_prompt.most_common(3)
        known = {each["request_id"] for each in submissions} - {None}
        lost = {job.fields["prompt"] for job in jobs.values() if job.request_id not in known}
        assert lost <= unknown, lost - unknown
        # Each saved item has its job and its file, and there are no other files.
        for number, item in enumerate(items):
            assert (item["state"] == "saved") == (item["request_id"] is not None)
            if item["state"] == "saved":
                assert jobs[item["request_id"]].fields["prompt"] == f"fox {number}"
        expected = {f"{n}.png" for n, item in enumerate(items) if item["state"] == "saved"}
        assert {path.name for path in (self.folder / "out").iterdir()} == expected
        # The budget, to the cent: everything that may have been charged is reserved.
        charged = sum(job.price for job in jobs.values())
        assert charged <= self.budget
        assert states["saved"] + states["unknown"] == self.affordable
        return states


def soak(folder, *, count, kills, seed):
    """Kill a batch at random times, and check it at the end.

    Returns:
        The number of items by state.
    """
    rng = random.Random(seed)
    with KilledBatch(folder, count, affordable=count * 9 // 10) as batch:
        killed = 0
        while killed < kills:
            batch.inject_faults(times=3)
            jobs = len(batch.emulator.jobs) + rng.randrange(1, max(count // kills, 2))
            was_killed = batch.run_and_kill(
                min(jobs, batch.affordable), rng.choice(["sync", "async"]), rng.random() / 2
            )
            killed += 1
            print(f"{killed}: {len(batch.emulator.jobs)} jobs, killed: {was_killed}", flush=True)
        batch.emulator.clear_faults()
        batch.run_to_end("sync")
        batch.run_to_end("async")  # finds nothing to do
        return batch.check()


assert FLUX["width"] == 256, "PRICE is that of such an image"
