"""CPU and wall time of small calls, sequential and concurrent."""

from __future__ import annotations

import asyncio
import statistics

import httpx

from deapi import AsyncDeapiClient, DeapiClient, DeapiError

from .measure import Row, alternate, median, ratio, timed
from .server import SLOW

try:
    import httpx2
except ImportError:
    httpx2 = None

_PATH = "/api/v1/client/"
_HEADERS = {"accept": "application/json", "authorization": "Bearer k", "user-agent": "benchmark"}
_IMAGE = {"prompt": "a lighthouse", "model": "m", "width": 768, "height": 768, "seed": 1}

# Timeout in seconds of each concurrent call. The responses arrive after SLOW seconds.
_SHORT_TIMEOUT = 1.0


def _row(what, ours, bare, calls, budget):
    """Return one row: CPU and wall time per call, and the ratios to bare httpx."""

    def cell(timings):
        cpu, wall = (median(timings, name) / calls * 1e6 for name in ("cpu", "wall"))
        return f"{cpu:.0f} us ({wall:.0f})"

    cpu, wall = ratio(ours, bare, "cpu"), ratio(ours, bare, "wall")
    return Row(
        what,
        cell(ours),
        cell(bare),
        f"{cpu:.2f} x ({wall:.2f})",
        f"{budget} x",
        cpu > budget,
        ratio=cpu,
    )


def sequential(url, rounds, calls):
    """Yield the rows of the sync client."""
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
                lambda: client.images.generate(**_IMAGE),
                lambda: http.post(generate, json=_IMAGE).raise_for_status().json()["data"],
            ),
        }
        for operation, pair in pairs.items():
            batches = {
                name: lambda call=call: [call() for _ in range(calls)]
                for name, call in zip(("deapi", "bare"), pair, strict=True)
            }
            for batch in batches.values():
                batch()
            timings = alternate(batches, rounds)
            yield _row(f"{operation}, sync", timings["deapi"], timings["bare"], calls, 1.05)


class Workers:
    """Workers on one event loop, each of which makes calls one after another."""

    def __init__(self, url, count, calls):
        self.url = url
        self.count = count
        self.calls = max(calls // count, 2)
        self.loop = asyncio.new_event_loop()
        self.close_functions = []

    @property
    def total(self):
        """The number of calls of one batch."""
        return self.count * self.calls

    def batch(self, call):
        """Return a function that runs one batch of calls."""

        async def work():
            for _ in range(self.calls):
                await call()

        async def all_workers():
            await asyncio.gather(*(work() for _ in range(self.count)))

        return lambda: self.loop.run_until_complete(all_workers())

    def bare(self, library, limits):
        """Return a batch that uses a bare client of httpx or httpx2."""
        http = library.AsyncClient(
            headers=_HEADERS, limits=limits, timeout=library.Timeout(60, pool=None)
        )
        self.close_functions.append(http.aclose)
        url = f"{self.url}{_PATH}balance"

        async def call():
            return (await http.get(url)).raise_for_status().json()["data"]["balance"]

        return self.batch(call)

    def deapi(self, http_client=None):
        """Return a batch that uses deapi."""
        client = AsyncDeapiClient(
            api_key="k", base_url=self.url, timeout=60, http_client=http_client
        )
        self.close_functions.append(client.close)
        return self.batch(client.balance)

    def close(self):
        """Close the clients and the loop."""

        async def close():
            for close_client in self.close_functions:
                await close_client()

        self.loop.run_until_complete(close())
        self.loop.close()


def _best_limits(workers, library, rounds):
    """Return the pool size and limits with which a bare client uses the least CPU time.

    The cost has one minimum. Pools larger than the best make every call slower, and the largest
    take minutes, so the search ends at a size that costs twice the best.
    """
    tried = {}
    for size in (1,) if workers.count == 1 else (4, 8, 12, 16, 24, 32, 64, 128, 256, 512):
        limits = library.Limits(
            max_connections=size, max_keepalive_connections=size, keepalive_expiry=60
        )
        batch = workers.bare(library, limits)
        first = timed(batch).cpu
        tried[size] = (first, batch, limits)
        if size >= workers.count or first > 2 * min(each[0] for each in tried.values()):
            break
    best_sizes = sorted(tried, key=lambda size: tried[size][0])[:3]
    timings = alternate({size: tried[size][1] for size in best_sizes}, rounds)
    best = min(timings, key=lambda size: median(timings[size], "cpu"))
    return best, tried[best][2]


def concurrent(url, count, rounds, calls):
    """Return the row of concurrent calls, compared with httpx and its best pool limits."""
    workers = Workers(url, count, calls)
    size, limits = _best_limits(workers, httpx, max(rounds // 4, 3))
    batches = {"deapi": workers.deapi(), "bare": workers.bare(httpx, limits)}
    for batch in batches.values():
        batch()
    timings = alternate(batches, rounds)
    workers.close()
    what = f"balance, async, {count} concurrent; bare: pool of {size}"
    budget = 0.6 if count == 50 else 1.05
    return _row(what, timings["deapi"], timings["bare"], workers.total, budget)


def through_httpx2(url, count, rounds, calls):
    """Return the row of concurrent calls with ``http_client=`` of httpx2, compared with httpx2."""
    workers = Workers(url, count, calls)
    size, limits = _best_limits(workers, httpx2, max(rounds // 4, 3))
    http_client = httpx2.AsyncClient(limits=limits)
    workers.close_functions.append(http_client.aclose)
    batches = {"deapi": workers.deapi(http_client), "bare": workers.bare(httpx2, limits)}
    for batch in batches.values():
        batch()
    timings = alternate(batches, rounds)
    workers.close()
    what = f"balance, async, through httpx2, {count} concurrent; bare httpx2: pool of {size}"
    return _row(what, timings["deapi"], timings["bare"], workers.total, 1.1)


def short_timeout(url, calls, rounds):
    """Return the row of concurrent calls on a new client with a short timeout: how many succeed."""

    async def count(call):
        outcomes = await asyncio.gather(*(call() for _ in range(calls)), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(
                outcome, (DeapiError, httpx.HTTPError)
            ):
                raise outcome
        return sum(not isinstance(outcome, BaseException) for outcome in outcomes)

    async def ours():
        async with AsyncDeapiClient(
            api_key="k", base_url=f"{url}/slow", timeout=_SHORT_TIMEOUT
        ) as client:
            return await count(client.balance)

    async def bare():
        async with httpx.AsyncClient(timeout=_SHORT_TIMEOUT) as http:
            return await count(lambda: http.get(f"{url}/slow{_PATH}balance"))

    succeeded = {"deapi": [], "bare": []}

    def count_successes(name, function):
        return lambda: succeeded[name].append(asyncio.run(function()))

    timings = alternate(
        {"deapi": count_successes("deapi", ours), "bare": count_successes("bare", bare)},
        rounds,
        timed,
    )
    cells = {
        name: f"{statistics.median(succeeded[name]):.0f} of {calls} "
        f"in {median(timings[name], 'wall'):.1f} s"
        for name in timings
    }
    return Row(
        f"balance, {calls} concurrent, timeout {_SHORT_TIMEOUT:g} s, responses after {SLOW:g} s",
        cells["deapi"],
        cells["bare"],
        f"minimum: {min(succeeded['deapi'])} and {min(succeeded['bare'])}",
        f"{calls}",
        min(succeeded["deapi"]) < calls,
    )


def run(url, rounds, calls):
    """Yield all rows about small calls."""
    yield from sequential(url, rounds, calls)
    for count in (1, 50, 500):
        yield concurrent(url, count, rounds if count < 500 else max(rounds // 3, 2), calls)
    if httpx2 is not None:
        yield through_httpx2(url, 50, rounds, calls)
    yield short_timeout(url, 500, max(rounds // 4, 2))
