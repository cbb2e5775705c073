"""Status requests per job, and how late the end of a job is noticed, on a simulated clock.

The waits are real; the service, its rate limits and the clock are those of
``tests/support/simulation.py``. The results do not depend on the machine.

``python -m benchmarks.waiting`` prints the tables. With ``--write`` it also replaces those in
``docs/performance.md``.
"""

from __future__ import annotations

import logging
import random
import re
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.simulation import Bucket, Simulation, planned, reference  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
_DAY = 86_400


def _honest(part):
    return int(100 * part)


def _queued(part):
    return max(0, int((100 * part - 20) / 0.8))


def _jumping(part):
    return 0 if part < 0.35 else 50 if part < 0.8 else 90


def _absent(part):
    return 0


def _stalling(part):
    return min(99, int(200 * part))


def _incomplete(part):
    return int(60 * part)


PROGRESS = {
    "honest": _honest,
    "0 % for a fifth of the time, then honest": _queued,
    "jumps from 0 to 50 to 90 %": _jumping,
    "none": _absent,
    "at 99 % after half of the time": _stalling,
    "at 60 % when the job finishes": _incomplete,
}


class Cost(NamedTuple):
    """What the waits for some jobs cost.

    Attributes:
        polls: Status requests per job.
        lateness: Seconds from the end of a job until it is noticed, on average.
        maximum: The maximum of these seconds.
    """

    polls: float
    lateness: float
    maximum: float

    def __str__(self):
        return f"{self.polls:.1f} | {self.lateness:.1f} s | {self.maximum:.0f} s"


def measure(progress, schedule, *, earlier, types=120, jobs=8, seed=1):
    """Return the cost of jobs of 1 s to 10 min whose durations vary by 12 % within a type.

    Args:
        progress: Progress in percent by the part of the duration that has passed.
        schedule: When to poll.
        earlier: Whether to measure the jobs after the first of each type, instead of the first.
        types: Number of types of jobs.
        jobs: Number of jobs of each type. They run one after another.
        seed: Seed of the random durations.
    """
    numbers = random.Random(seed)
    measured = []
    for _ in range(types):
        usual = 600 ** numbers.random()
        simulation = Simulation()
        for number in range(jobs if earlier else 1):
            duration = min(max(usual * numbers.lognormvariate(0, 0.12), 1), 600)
            job = simulation.start(duration, progress, schedule=schedule)
            simulation.run()
            if bool(number) == earlier:
                measured.append(job)
    return _cost(measured)


def _cost(jobs):
    lateness = [job.lateness for job in jobs]
    polls = statistics.mean(job.polls for job in jobs)
    return Cost(polls, statistics.mean(lateness), max(lateness))


def jobs_at_once(progress, schedule, count):
    """Return the cost of the first jobs of a type, of about 20 s, which start within 5 s."""
    simulation = Simulation()
    for number in range(count):
        duration = 20 * simulation.random.lognormvariate(0, 0.12)
        simulation.start(duration, progress, schedule=schedule, delay=5 * number / count)
    return _cost(simulation.run())


def images_per_day(schedule):
    """Return how many image jobs of 20 s a basic account finishes with its 200 polls of a day."""
    simulation = Simulation(minute=Bucket(50, 60), day=Bucket(200, _DAY))
    jobs = [
        simulation.start(20, _honest, schedule=schedule, delay=300 * number)
        for number in range(250)
    ]
    simulation.run()
    return sum(job.noticed < 1000 + _DAY for job in jobs)


def many_waits(duration):
    """Return the polls per job, and the rejected ones, of 1,000 waits under 50 polls a minute."""
    simulation = Simulation(minute=Bucket(50, 60))
    for number in range(1000):
        simulation.start(duration(number, simulation.random))
    simulation.run()
    return simulation.statuses[200] / 1000, simulation.statuses[429]


def tables():
    """Return the tables as Markdown."""
    logging.getLogger("deapi").setLevel(logging.ERROR)  # the daily limit is low on purpose
    columns = "polls | late on average | at most | fixed: polls | late on average | at most |"
    lines = [f"| progress | earlier job | {columns}", "|---|---|---|---|---|---|---|---|"]
    for name, progress in PROGRESS.items():
        for earlier in (False, True):
            costs = [measure(progress, each(), earlier=earlier) for each in (planned, reference)]
            lines.append(f"| {name} | {'yes' if earlier else 'no'} | {costs[0]} | {costs[1]} |")
    lines += ["", f"| 50 jobs within 5 s, progress | {columns}", "|---|---|---|---|---|---|---|"]
    for name in ("honest", "0 % for a fifth of the time, then honest", "none"):
        costs = [jobs_at_once(PROGRESS[name], each(), 50) for each in (planned, reference)]
        lines.append(f"| {name} | {costs[0]} | {costs[1]} |")
    lines += ["", "| 1,000 jobs, 50 polls a minute | polls per job | rejected |", "|---|---|---|"]
    for name, duration in {
        "20 s, at once": lambda number, _: 20,
        "10 to 120 s, at once": lambda number, random: random.uniform(10, 120),
        "300 s, at once": lambda number, _: 300,
        "one after another, 1.2 s each": lambda number, _: 1.2 * (number + 1),
    }.items():
        polls, rejected = many_waits(duration)
        lines.append(f"| {name} | {polls:.2f} | {rejected} |")
    lines += [
        "",
        "| 200 polls a day, image jobs of 20 s | jobs |",
        "|---|---|",
        f"| planned | {images_per_day(planned())} |",
        f"| fixed intervals | {images_per_day(reference())} |",
    ]
    return "\n".join(lines)


def main():
    """Print the tables, and write them to the page if requested."""
    text = tables()
    print(text)
    if "--write" in sys.argv[1:]:
        page = PAGE.read_text(encoding="utf-8")
        begin, end = "<!-- waiting: begin -->\n", "<!-- waiting: end -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        page = pattern.sub(lambda _: f"{begin}{text}\n{end}", page)
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
