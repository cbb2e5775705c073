"""CPU and wall time of small calls: one after another, and many at once."""

from __future__ import annotations

import asyncio
import statistics

import httpx

from deapi import AsyncDeapiClient, DeapiClient, DeapiError

from .measure import Row, median, ratio, take_turns, timed
from .server import SLOW

try:
    import httpx2
except ImportError:
    httpx2 = None

_PATH = "/api/v1/client/"
_HEADERS = {"accept": "application/json", "authorization": "Bearer k", "user-agent": "benchmark"}
_PICTURE = {"prompt": "a lighthouse", "model": "m", "width": 768, "height": 768, "seed": 1}

# Seconds that each of many calls at once may take, against answers after SLOW.
_SHORT = 1.0


def _row(what, ours, bare, calls, budget):
    """One row: CPU time a call, and what that is beside bare httpx."""

    def cell(timings):
        cpu, wall = (median(timings, kind) / calls * 1e6 for kind in ("cpu", "wall"))
        return f"{cpu:.0f} us ({wall:.0f})"

    cpu, wall = ratio(ours, bare, "cpu"), ratio(ours, bare, "wall")
    return Row(
        what, cell(ours), cell(bare), f"{cpu:.2f} x ({wall:.2f})", f"{budget} x", cpu > budget
    )


def one_by_one(url, rounds, calls):
    """The rows of the synchronous client."""
    with (
        DeapiClient(api_key="k", base_url=url) as client,
        httpx.Client(headers=_HEADERS) as http,
    ):
        balance, generate = f"{url}{_PATH}balance", f"{url}{_PATH}txt2img"
        pairs = {
            "balance": (
                client.balance,
                lambda: http.get(balance).raise_for_status().json()["data"]["balance"],
            ),
            "images.generate": (
                lambda: client.images.generate(**_PICTURE),
                lambda: http.post(generate, json=_PICTURE).raise_for_status().json()["data"],
            ),
        }
        for name, pair in pairs.items():
            batches = {
                who: lambda call=call: [call() for _ in range(calls)]
                for who, call in zip(("deapi", "bare"), pair, strict=True)
            }
            for batch in batches.values():
                batch()
            taken = take_turns(batches, rounds)
            yield _row(f"{name}, sync", taken["deapi"], taken["bare"], calls, 1.05)


class Crowd:
    """So many workers on one event loop, each making one call after another."""

    def __init__(self, url, workers, calls):
        self.url = url
        self.workers = workers
        self.calls = max(calls // workers, 2)
        self.loop = asyncio.new_event_loop()
        self.opened = []

    @property
    def total(self):
        """The calls of one batch."""
        return self.workers * self.calls

    def batch(self, call):
        """A function that makes a batch of calls."""

        async def work():
            for _ in range(self.calls):
                await call()

        async def crowd():
            await asyncio.gather(*(work() for _ in range(self.workers)))

        return lambda: self.loop.run_until_complete(crowd())

    def bare(self, library, limits):
        """A batch through a bare client of httpx or httpx2."""
        http = library.AsyncClient(
            headers=_HEADERS, limits=limits, timeout=library.Timeout(60, pool=None)
        )
        self.opened.append(http.aclose)
        address = f"{self.url}{_PATH}balance"

        async def call():
            return (await http.get(address)).raise_for_status().json()["data"]["balance"]

        return self.batch(call)

    def deapi(self, http_client=None):
        """A batch through this package."""
        client = AsyncDeapiClient(
            api_key="k", base_url=self.url, timeout=60, http_client=http_client
        )
        self.opened.append(client.close)
        return self.batch(client.balance)

    def close(self):
        """Close the clients and the loop."""

        async def close():
            for closing in self.opened:
                await closing()

        self.loop.run_until_complete(close())
        self.loop.close()


def _best_limits(crowd, library, rounds):
    """The pool limits under which a bare client uses least CPU, and how many connections they are.

    The cost has one valley: more connections than the best number make every call dearer, and the
    largest pools take minutes, so the search ends when a size costs twice the best.
    """
    tried = {}
    for size in (1,) if crowd.workers == 1 else (4, 8, 12, 16, 24, 32, 64, 128, 256, 512):
        limits = library.Limits(
            max_connections=size, max_keepalive_connections=size, keepalive_expiry=60
        )
        batch = crowd.bare(library, limits)
        first = timed(batch).cpu
        tried[size] = (first, batch, limits)
        if size >= crowd.workers or first > 2 * min(each[0] for each in tried.values()):
            break
    likely = sorted(tried, key=lambda size: tried[size][0])[:3]
    taken = take_turns({size: tried[size][1] for size in likely}, rounds)
    best = min(taken, key=lambda size: median(taken[size], "cpu"))
    return best, tried[best][2]


def at_once(url, workers, rounds, calls):
    """The row of so many concurrent calls, against the best pool limits of httpx."""
    crowd = Crowd(url, workers, calls)
    size, limits = _best_limits(crowd, httpx, max(rounds // 4, 3))
    batches = {"deapi": crowd.deapi(), "bare": crowd.bare(httpx, limits)}
    for batch in batches.values():
        batch()
    taken = take_turns(batches, rounds)
    crowd.close()
    what = f"balance, async, {workers} at once; bare: pool of {size}"
    # Only 50 at once has a budget of its own; the others are held to the same.
    return _row(what, taken["deapi"], taken["bare"], crowd.total, 1.05)


def through_httpx2(url, workers, rounds, calls):
    """The rows of concurrent calls through a client of httpx2, against that and against httpx."""
    crowd = Crowd(url, workers, calls)
    size, limits = _best_limits(crowd, httpx2, max(rounds // 4, 3))
    given = httpx2.AsyncClient(limits=limits)
    crowd.opened.append(given.aclose)
    batches = {"deapi": crowd.deapi(given), "bare": crowd.bare(httpx2, limits)}
    for batch in batches.values():
        batch()
    taken = take_turns(batches, rounds)
    crowd.close()
    what = f"the same through httpx2, {workers} at once; bare httpx2: pool of {size}"
    return _row(what, taken["deapi"], taken["bare"], crowd.total, 1.1)


def in_a_hurry(url, calls, rounds):
    """The row of many calls at once on a new client, with a short timeout: how many succeed."""

    async def count(call):
        outcomes = await asyncio.gather(*(call() for _ in range(calls)), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(
                outcome, (DeapiError, httpx.HTTPError)
            ):
                raise outcome
        return sum(not isinstance(outcome, BaseException) for outcome in outcomes)

    async def ours():
        async with AsyncDeapiClient(api_key="k", base_url=f"{url}/slow", timeout=_SHORT) as client:
            return await count(client.balance)

    async def bare():
        async with httpx.AsyncClient(timeout=_SHORT) as http:
            return await count(lambda: http.get(f"{url}/slow{_PATH}balance"))

    succeeded = {"deapi": [], "bare": []}

    def keep(name, function):
        return lambda: succeeded[name].append(asyncio.run(function()))

    taken = take_turns({"deapi": keep("deapi", ours), "bare": keep("bare", bare)}, rounds, timed)
    cells = {
        name: f"{statistics.median(succeeded[name]):.0f} of {calls} "
        f"in {median(taken[name], 'wall'):.1f} s"
        for name in taken
    }
    return Row(
        f"balance, {calls} at once, each in {_SHORT:g} s, answers after {SLOW:g} s",
        cells["deapi"],
        cells["bare"],
        f"the fewest: {min(succeeded['deapi'])} and {min(succeeded['bare'])}",
        f"{calls}",
        min(succeeded["deapi"]) < calls,
    )


def run(url, rounds, calls):
    """All rows about small calls."""
    yield from one_by_one(url, rounds, calls)
    for workers in (1, 50, 500):
        yield at_once(url, workers, rounds if workers < 500 else max(rounds // 3, 2), calls)
    if httpx2 is not None:
        yield through_httpx2(url, 50, rounds, calls)
    yield in_a_hurry(url, 500, max(rounds // 4, 2))
