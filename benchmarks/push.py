"""How late waits notice the end of a job, and what they cost: with polls and with the socket.

The emulator and the waiting client run in processes of their own (``python -m benchmarks.push``),
so that CPU time and memory are only those of the client.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from itertools import cycle, islice
from typing import NamedTuple

from .measure import MIB, ROOT, memory, reset_peak_memory

COUNTS = (1, 50, 1000)
SCHEDULES = ("fixed intervals", "planned polls", "socket")

# Jobs of the emulator take 2 emulated seconds.
_JOB_SECONDS = 2.0


class Cost(NamedTuple):
    """What the waits for some jobs cost.

    Attributes:
        median: Seconds from the end of a job until its wait ends, median.
        p95: The same, 95th percentile.
        polls: Status requests per job.
        cpu: CPU time per job in seconds, with its submission.
        memory: Increase of the peak memory in bytes.
    """

    median: float
    p95: float
    polls: float
    cpu: float
    memory: int


def _command(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.push", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )


def _serve(seconds):
    """Run the emulator. After the first line of the input, print when each job ended."""
    from deapi.emulator import Emulator

    with Emulator(speed=_JOB_SECONDS / float(seconds)) as emulator:
        print(json.dumps([emulator.url, emulator.api_key, emulator.client_id]), flush=True)
        sys.stdin.readline()
        jobs = {key: (job.finished_at.timestamp(), job.polls) for key, job in emulator.jobs.items()}
        print(json.dumps(jobs), flush=True)
        sys.stdin.readline()


async def _wait(account, count, schedule, seconds):
    """Submit jobs and wait for each. Print when the waits ended, the CPU time and the memory."""
    from deapi import AsyncDeapiClient
    from deapi._core.poll_plans import BACKOFF_FACTOR, MAX_INTERVAL, POLL_INTERVAL

    options = {}
    if schedule == "fixed intervals":
        options = {
            "poll_interval": float(POLL_INTERVAL),
            "backoff_factor": float(BACKOFF_FACTOR),
            "max_interval": float(MAX_INTERVAL),
        }
    url, api_key, client_id = account
    settings = {"client_id": client_id} if schedule == "socket" else {}
    count, seconds = int(count), float(seconds)
    noticed = {}
    async with AsyncDeapiClient(api_key=api_key, base_url=url, **settings) as client:
        create = client.embeddings.create

        async def submit_and_wait(number):
            # The jobs start, and end, one after another.
            await asyncio.sleep(seconds * number / count)
            job = await create(input="a fox", model="Bge_M3_FP16")
            await job.wait(**options)
            noticed[job.request_id] = time.time()

        reset_peak_memory()
        before, cpu = memory()[0], time.process_time()
        await asyncio.gather(*map(submit_and_wait, range(count)))
        cpu, peak = time.process_time() - cpu, memory()[1] - before
    print(json.dumps([noticed, cpu, peak]))


def measure(count, schedule, seconds):
    """Return the cost of ``count`` jobs that each take some seconds, and start within as many."""
    server = _command("serve", seconds)
    try:
        account = json.loads(server.stdout.readline())
        client = _command("wait", *account, count, schedule, seconds)
        noticed, cpu, peak = json.loads(client.communicate()[0])
        server.stdin.write("\n")
        server.stdin.flush()
        jobs = json.loads(server.stdout.readline())
    finally:
        server.communicate("\n")
    late = sorted(max(noticed[key] - jobs[key][0], 0.0) for key in noticed)
    polls = sum(jobs[key][1] for key in noticed) / count
    p95 = late[min(int(0.95 * count), count - 1)]
    return Cost(statistics.median(late), p95, polls, cpu / count, peak)


def run(rounds, seconds):
    """Yield the results, each as the number of jobs, the schedule and the median costs.

    Args:
        rounds: Number of runs of each; one for thousands of jobs.
        seconds: Duration of the jobs in each run; it is repeated if there are more runs.
    """
    for count in COUNTS:
        for schedule in SCHEDULES:
            runs = islice(cycle(seconds), rounds if count < 1000 else 1)
            costs = [measure(count, schedule, each) for each in runs]
            medians = (statistics.median(each) for each in zip(*costs, strict=True))
            yield count, schedule, Cost(*medians)


COLUMNS = (
    "jobs",
    "waits with",
    "done to noticed",
    "95 %",
    "polls a job",
    "CPU a job",
    "memory",
)


def cells(count, schedule, cost):
    """Return one row of the table as strings."""
    return [
        f"{count:,}",
        schedule,
        f"{cost.median * 1000:,.0f} ms",
        f"{cost.p95 * 1000:,.0f} ms",
        f"{cost.polls:.1f}",
        f"{cost.cpu * 1000:.1f} ms",
        f"{cost.memory / MIB:.1f} MiB",
    ]


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve(*sys.argv[2:])
    else:
        asyncio.run(_wait(sys.argv[2:5], *sys.argv[5:]))
