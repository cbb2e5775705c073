"""What it costs to import the package and to make clients, each in a new interpreter."""

from __future__ import annotations

import statistics

from .measure import Row, fresh, take_turns

_TIMED = """
import json, sys
from time import perf_counter
modules, start = len(sys.modules), perf_counter()
{statement}
print(json.dumps([perf_counter() - start, len(sys.modules) - modules]))
"""

_STATEMENTS = {
    "nothing": "pass",
    "deapi": "import deapi",
    "deapi client": "import deapi; deapi.DeapiClient(api_key='k')",
    "async client": "import deapi; deapi.AsyncDeapiClient(api_key='k')",
    "httpx": "import httpx",
    "asyncio and httpx": "import asyncio, httpx",
    "httpx client": "import httpx; httpx.Client()",
    "deapi call": "import deapi; deapi.DeapiClient(api_key='k', base_url='{url}').balance()",
    "httpx call": "import httpx; httpx.Client().get('{url}/balance').json()",
}

# A first client makes a call, which loads and builds all that is built once; then a second one.
_SECOND = """
import json
from time import perf_counter
from {module} import {name}
first = {make}
{call}
start = perf_counter()
second = {make}
built = perf_counter()
{second_call}
done = perf_counter()
{second_call}
again = perf_counter()
print(json.dumps([built - start, done - built - (again - done)]))
"""


def _program(code):
    return lambda: fresh("-c", code)


def _second(module, name, make, call):
    return _program(
        _SECOND.format(
            module=module,
            name=name,
            make=make,
            call=call.format(client="first"),
            second_call=call.format(client="second"),
        )
    )


def run(url, rounds):
    """The rows about imports and clients."""
    runs = take_turns(
        {
            name: _program(_TIMED.format(statement=statement.format(url=url)))
            for name, statement in _STATEMENTS.items()
        },
        rounds,
        measure=lambda function: function(),
    )
    ms = {name: statistics.median(run[0] for run in runs[name]) * 1000 for name in runs}
    modules = {name: runs[name][0][1] for name in runs}
    balance = f"{{client}}.get('{url}/balance').json()"
    second = take_turns(
        {
            "deapi": _second(
                "deapi",
                "DeapiClient",
                f"DeapiClient(api_key='k', base_url='{url}')",
                "{client}.balance()",
            ),
            "httpx": _second("httpx", "Client", "Client()", balance),
        },
        rounds,
        measure=lambda function: function(),
    )
    built, used = (
        {name: statistics.median(run[part] for run in second[name]) * 1000 for name in second}
        for part in (0, 1)
    )
    return [
        Row(
            "`import deapi`; bare: a statement `pass`",
            f"{ms['deapi']:.1f} ms",
            f"{ms['nothing']:.1f} ms",
            f"+{ms['deapi'] - ms['nothing']:.1f} ms",
            "+25 ms",
            ms["deapi"] - ms["nothing"] > 25,
        ),
        Row(
            "the modules that it loads",
            str(modules["deapi"]),
            str(modules["nothing"]),
            f"+{modules['deapi'] - modules['nothing']}",
            "+70",
            modules["deapi"] - modules["nothing"] > 70,
        ),
        *(
            Row(
                f"import and build {kind}; bare: `import {bare.replace(' and', ',')}`",
                f"{ms[name]:.0f} ms",
                f"{ms[bare]:.0f} ms",
                f"{ms[name] - ms[bare]:+.1f} ms",
                "+25 ms",
                ms[name] - ms[bare] > 25,
            )
            for kind, name, bare in (
                ("DeapiClient", "deapi client", "httpx"),
                ("AsyncDeapiClient", "async client", "asyncio and httpx"),
            )
        ),
        Row(
            "import and build DeapiClient; bare: `httpx.Client` likewise",
            f"{ms['deapi client']:.0f} ms",
            f"{ms['httpx client']:.0f} ms",
            f"{ms['deapi client'] - ms['httpx client']:+.1f} ms",
        ),
        Row(
            "import, build DeapiClient and make a first call; bare: likewise",
            f"{ms['deapi call']:.0f} ms",
            f"{ms['httpx call']:.0f} ms",
            f"{ms['deapi call'] - ms['httpx call']:+.1f} ms",
        ),
        Row(
            "a second client",
            f"{built['deapi']:.2f} ms",
            f"{built['httpx']:.1f} ms",
            "",
            "1 ms",
            built["deapi"] > 1,
        ),
        Row(
            "what its first call costs more than its second",
            f"{used['deapi']:.2f} ms",
            f"{used['httpx']:.2f} ms",
            "",
        ),
    ]
