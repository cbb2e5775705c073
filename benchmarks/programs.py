"""Whole programs: import, make one call and end, compared with the same programs on bare httpx."""

from __future__ import annotations

import compileall
import sys

from .measure import ROOT, Row, alternate, median, ratio, timed_process
from .server import SLOW

_PATH = "/api/v1/client/"
_IMAGE = {"prompt": "a lighthouse", "model": "m", "width": 768, "height": 768, "seed": 1}

_ASYNC_DEAPI = """
import asyncio
from deapi import AsyncDeapiClient
async def main():
    async with AsyncDeapiClient(api_key="k", base_url="{url}") as client:
        await client.balance()
asyncio.run(main())
"""

_ASYNC_HTTPX = """
import asyncio, httpx
async def main():
    async with httpx.AsyncClient() as http:
        (await http.get("{url}{path}balance")).raise_for_status().json()
asyncio.run(main())
"""

_DEAPI = """
from deapi import DeapiClient
with DeapiClient(api_key="k", base_url="{url}") as client:
    client.{call}
"""

_HTTPX = """
import httpx
with httpx.Client() as http:
    http.{call}.raise_for_status().json()
"""

_HTTPX_AND_PYDANTIC = """
import httpx, pydantic
class Balance(pydantic.BaseModel):
    balance: float
with httpx.Client() as http:
    response = http.get("{url}{path}balance").raise_for_status()
    Balance.model_validate(response.json()["data"])
"""

_SAVE_HTTPX = """
import httpx
with httpx.Client() as http:
    http.post("{url}{path}txt2img", json={image}).raise_for_status().json()
    status = http.get("{url}{path}request-status/1000").raise_for_status().json()["data"]
    with open("{target}", "wb") as file:
        file.write(http.get(status["result_url"]).raise_for_status().content)
"""

# The programs with deapi and with httpx, and the maximum ratio of their time.
_PROGRAMS = {
    "balance": (
        _DEAPI.replace("{call}", "balance()"),
        _HTTPX.replace("{call}", "get('{url}{path}balance')"),
        1.4,
    ),
    f"balance, with a response after {SLOW * 1000:.0f} ms": (
        _DEAPI.replace("{url}", "{url}/slow").replace("{call}", "balance()"),
        _HTTPX.replace("{call}", "get('{url}/slow{path}balance')"),
        1.4,
    ),
    "balance; bare: httpx and one model of pydantic": (
        _DEAPI.replace("{call}", "balance()"),
        _HTTPX_AND_PYDANTIC,
        None,
    ),
    "images.generate": (
        _DEAPI.replace("{call}", "images.generate(**{image})"),
        _HTTPX.replace("{call}", "post('{url}{path}txt2img', json={image})"),
        1.4,
    ),
    "images.generate, and save the result": (
        _DEAPI.replace(
            "{call}", "images.generate(**{image})\n    client.job('1000').save('{target}')"
        ),
        _SAVE_HTTPX,
        None,
    ),
    "balance, async": (_ASYNC_DEAPI, _ASYNC_HTTPX, None),
}


def run(url, rounds, directory):
    """Yield the rows about programs.

    Args:
        url: URL of the server.
        rounds: Number of runs of each program.
        directory: Where the programs save files.
    """
    compileall.compile_dir(ROOT / "src" / "deapi", quiet=1)
    values = {"{url}": url, "{path}": _PATH, "{image}": repr(_IMAGE)}
    values["{target}"] = str(directory / "result.png")
    for name, (ours, bare, budget) in _PROGRAMS.items():
        programs = {"deapi": ours, "bare": bare}
        for placeholder, value in values.items():
            programs = {key: code.replace(placeholder, value) for key, code in programs.items()}
        timings = alternate(
            {key: timed_process([sys.executable, "-c", code]) for key, code in programs.items()},
            rounds,
            measure=lambda function: function(),
        )
        wall, cpu = (ratio(timings["deapi"], timings["bare"], each) for each in ("wall", "cpu"))
        yield Row(
            f"program: {name}",
            _cell(timings["deapi"]),
            _cell(timings["bare"]),
            f"{wall:.2f} x ({cpu:.2f})",
            "" if budget is None else f"{budget} x",
            None if budget is None else wall > budget,
            ratio=wall,
        )


def _cell(timings):
    """Return the time of a program and, in parentheses, its CPU time."""
    wall, cpu = (median(timings, name) * 1000 for name in ("wall", "cpu"))
    return f"{wall:.0f} ms ({cpu:.0f})"
