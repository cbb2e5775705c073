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
from support.programs import Program

# Of an image of FLUX, in US dollars.
PRICE = 0.00034
DEADLINE = 600.0

# With one of these the service rejects a request. There is no job.
REJECTED = (429, 500, 503)

PNG_END = b"IEND\xaeB`\x82"

PROGRAM = textwrap.dedent("""
    import asyncio
    import sys

    from deapi import AsyncDeapiClient, DeapiClient
    from support.batches import FLUX

    url, key, count, budget, concurrency, client_type = sys.argv[1:]
    settings = {"api_key": key, "base_url": url}
    options = {"concurrency": int(concurrency), "budget": float(budget), "retries": 20}

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
    """A batch of images, its journal and files in a directory, and the emulator that it uses.

    Args:
        directory: An empty directory.
        count: Number of items.
        affordable: Number of items that the budget is sufficient for.
        concurrency: Number of jobs at once.
    """

    def __init__(self, directory, count, affordable, concurrency):
        self.directory = directory
        self.count = count
        self.affordable = affordable
        self.concurrency = concurrency
        self.budget = (affordable + 0.5) * PRICE
        self.kills = 0
        # A minute of the emulator takes a second.
        self.emulator = Emulator(plan="premium", speed=60)
        self._requests = {}  # those that submitted an image, by idempotency key
        self._last_request = None

    def __enter__(self):
        self.emulator.start()
        return self

    def __exit__(self, *_):
        self.emulator.stop()

    def inject_faults(self, times=1):
        """Let submissions, polls, downloads and jobs fail in the ways of real services."""
        inject, submission = self.emulator.inject_fault, "images.generate"
        inject(operation=submission, status=500, times=times)
        inject(operation=submission, drop=True, accepted=True, times=times)
        inject(operation=submission, drop=True, times=times)
        inject(operation=submission, edge="timeout", accepted=True, times=times)
        inject(operation=submission, edge="bad_gateway", times=times)
        inject(operation=submission, status=429, headers={"Retry-After": "1"}, times=times)
        inject(operation=submission, delay=0.2, times=times)
        inject(operation="jobs.status", status=503, times=times)
        inject(operation="jobs.status", drop=True, times=times)
        inject(operation="jobs.download", drop=True, after_bytes=100, times=times)
        self.emulator.fail_jobs(times=times, retryable=True, refunded=True)

    def run_and_kill(self, jobs, client_type, delay=0.0):
        """Start the program, and kill it when the emulator has a number of jobs.

        Args:
            jobs: The number of jobs.
            client_type: "sync" or "async".
            delay: Seconds from then to the kill.

        Returns:
            Whether it was killed before its end.
        """
        with self._start(client_type) as program:
            self._watch(program, lambda: len(self.emulator.jobs) >= jobs)
            time.sleep(delay)
            program.send_signal(signal.SIGKILL)
            program.communicate()
        self._record_requests()
        self.kills += 1
        return program.returncode == -signal.SIGKILL

    def run_to_end(self, client_type):
        """Start the program, and wait for its end."""
        with self._start(client_type) as program:
            self._watch(program, lambda: False)
            errors = program.stderr.read()
        self._record_requests()
        assert program.returncode == 0, errors

    def check(self):
        """Compare the emulator's jobs and requests with the journal and the files.

        Returns:
            The number of items by state.
        """
        with closing(sqlite3.connect(self.directory / "run.db")) as database:
            database.row_factory = sqlite3.Row
            items = [dict(row) for row in database.execute("SELECT * FROM items ORDER BY id")]
            submissions = [
                dict(row)
                for row in database.execute("SELECT * FROM submissions ORDER BY item, attempt")
            ]
        states = Counter(item["state"] for item in items)
        assert len(items) == self.count
        assert set(states) <= {"saved", "unknown", "planned"}, states
        self._check_submissions(items, submissions)
        self._check_jobs(items, submissions)
        self._check_files(items)
        assert states["saved"] + states["unknown"] == self.affordable
        return states

    def _check_submissions(self, items, submissions):
        """Compare each submission of the journal with the requests that arrived."""
        # Nothing was sent before it was in the journal.
        by_key = {each["idempotency_key"]: each for each in submissions}
        assert len(by_key) == len(submissions)
        assert self._requests.keys() <= by_key.keys()
        interrupted = 0
        for key, submission in by_key.items():
            statuses = [request.status for request in self._requests.get(key, [])]
            assert all(status in REJECTED for status in statuses[:-1]), (submission, statuses)
            last = statuses[-1] if statuses else None
            outcome = submission["outcome"]
            if outcome in ("done", "failed"):
                assert last == 200, (submission, statuses)
            elif outcome == "refused":
                assert not statuses or last in REJECTED, (submission, statuses)
            elif outcome == "unknown":
                assert statuses, submission
                assert last not in (200, *REJECTED), (submission, statuses)
            else:
                assert outcome is None, submission
                interrupted += 1
        assert interrupted <= self.kills * self.concurrency
        # Exactly the items are unknown whose last submission may have been accepted.
        last_of = {each["item"]: each for each in submissions}
        assert {item["id"] for item in items if item["state"] == "unknown"} == {
            number for number, each in last_of.items() if each["outcome"] in (None, "unknown")
        }

    def _check_jobs(self, items, submissions):
        """Compare the jobs with the items and the budget."""
        jobs = self.emulator.jobs
        charged = [job for job in jobs.values() if job.failure is None]
        by_prompt = Counter(job.fields["prompt"] for job in charged)
        assert all(count == 1 for count in by_prompt.values()), by_prompt.most_common(3)
        known = {each["request_id"] for each in submissions} - {None}
        assert known <= jobs.keys()
        lost = {job.fields["prompt"] for job in jobs.values() if job.request_id not in known}
        unknown = {f"fox {n}" for n, item in enumerate(items) if item["state"] == "unknown"}
        assert lost <= unknown, lost - unknown
        for number, item in enumerate(items):
            if item["state"] == "saved":
                assert jobs[item["request_id"]].fields["prompt"] == f"fox {number}"
        # All that may have been charged is reserved.
        reserved = sum(
            each["estimate"] for each in submissions if each["outcome"] in (None, "unknown", "done")
        )
        assert sum(job.price for job in charged) <= reserved + PRICE / 2
        assert reserved <= self.budget

    def _check_files(self, items):
        """Compare the files with the items: each is complete, and there are no other files."""
        files = {path.name: path.read_bytes() for path in (self.directory / "out").iterdir()}
        assert files.keys() == {
            f"{number}.png" for number, item in enumerate(items) if item["state"] == "saved"
        }
        assert all(content.endswith(PNG_END) for content in files.values())

    def _start(self, client_type):
        emulator = self.emulator
        numbers = map(str, [self.count, self.budget, self.concurrency])
        return Program(
            [sys.executable, "-c", PROGRAM, emulator.url, emulator.api_key, *numbers, client_type],
            cwd=self.directory,
            env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _watch(self, program, condition):
        """Wait for a condition, or the end of the program."""
        end = time.monotonic() + DEADLINE
        recorded = time.monotonic()
        while not condition() and program.poll() is None:
            assert time.monotonic() < end
            if time.monotonic() > recorded + 1:
                self._record_requests()
                recorded = time.monotonic()
            time.sleep(0.005)

    def _record_requests(self):
        """Keep the submissions among the requests, because the emulator removes the oldest."""
        requests = self.emulator.requests
        new = next(
            (n for n in range(len(requests), 0, -1) if requests[n - 1] is self._last_request), 0
        )
        assert new or self._last_request is None, "requests were removed before they were recorded"
        for request in requests[new:]:
            self._last_request = request
            if request.sdk_operation == "images.generate":
                self._requests.setdefault(request.headers["idempotency-key"], []).append(request)


def soak(directory, *, count, kills, seed):
    """Kill a batch at random times, and check it at the end.

    Args:
        directory: An empty directory.
        count: Number of items. The budget is sufficient for nine of ten.
        kills: Number of kills.
        seed: Of the random times.

    Returns:
        The number of items by state.
    """
    rng = random.Random(seed)
    with KilledBatch(directory, count, affordable=count * 9 // 10, concurrency=32) as batch:
        # Not up to the last job that is affordable, because unknown items may have no job.
        thresholds = sorted(rng.randrange(batch.affordable * 4 // 5) for _ in range(kills))
        for number, threshold in enumerate(thresholds, 1):
            batch.inject_faults(times=3)
            client_type = rng.choice(["sync", "async"])
            if rng.random() < 0.2:  # soon after the start: while the items are planned, for example
                was_killed = batch.run_and_kill(0, client_type, 4 * rng.random())
            else:
                was_killed = batch.run_and_kill(threshold, client_type, rng.random())
            assert was_killed, "The batch ended before the kill. Use more items or fewer kills."
            print(f"kill {number} ({client_type}): {len(batch.emulator.jobs)} jobs", flush=True)
        batch.emulator.clear_faults()
        batch.run_to_end("sync")
        batch.run_to_end("async")  # finds nothing to do
        return batch.check()


assert FLUX["width"] == 256, "PRICE is that of such an image"
