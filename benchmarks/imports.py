"""Time to import the package and to create clients, each in a new interpreter."""

from __future__ import annotations

import statistics

from .measure import Row, alternate, run_interpreter

_TIMED_STATEMENT = """
import json, sys
from time import perf_counter
modules, start = len(sys.modules), perf_counter()
{statement}
print(json.dumps([perf_counter() - start, len(sys.modules) - modules]))
"""

_STATEMENTS = {
    "pass": "pass",
    "deapi": "import deapi",
    "deapi client": "import deapi; deapi.DeapiClient(api_key='k')",
    "async client": "import deapi; deapi.AsyncDeapiClient(api_key='k')",
    "httpx": "import httpx",
    "asyncio and httpx": "import asyncio, httpx",
    "httpx client": "import httpx; httpx.Client()",
    "deapi call": "import deapi; deapi.DeapiClient(api_key='k', base_url='{url}').balance()",
    "httpx call": "import httpx; httpx.Client().get('{url}/balance').json()",
}

# The first client makes a call, so that everything is loaded. The second client is measured.
_SECOND_CLIENT = """
import json
from time import perf_counter
from {module} import {name}
first = {constructor}
{call}
start = perf_counter()
second = {constructor}
built = perf_counter()
{second_call}
done = perf_counter()
{second_call}
again = perf_counter()
print(json.dumps([built - start, done - built - (again - done)]))
"""


def _program(code):
    return lambda: run_interpreter("-c", code)


def _second_client(module, name, constructor, call):
    return _program(
        _SECOND_CLIENT.format(
            module=module,
            name=name,
            constructor=constructor,
            call=call.format(client="first"),
            second_call=call.format(client="second"),
        )
    )


def run(url, rounds):
    """Return the rows about imports and clients."""
    runs = alternate(
        {
            name: _program(_TIMED_STATEMENT.format(statement=statement.format(url=url)))
            for name, statement in _STATEMENTS.items()
        },
        rounds,
        measure=lambda function: function(),
    )
    ms = {name: statistics.median(run[0] for run in runs[name]) * 1000 for name in runs}
    modules = {name: runs[name][0][1] for name in runs}
    balance = f"{{client}}.get('{url}/balance').json()"
    second_client = alternate(
        {
            "deapi": _second_client(
                "deapi",
                "DeapiClient",
                f"DeapiClient(api_key='k', base_url='{url}')",
                "{client}.balance()",
            ),
            "httpx": _second_client("httpx", "Client", "Client()", balance),
        },
        rounds,
        measure=lambda function: function(),
    )
    creation, first_call = (
        {
            name: statistics.median(run[part] for run in second_client[name]) * 1000
            for name in second_client
        }
        for part in (0, 1)
    )
    return [
        Row(
            "`import deapi`; bare: `pass`",
            f"{ms['deapi']:.1f} ms",
            f"{ms['pass']:.1f} ms",
            f"+{ms['deapi'] - ms['pass']:.1f} ms",
            "+25 ms",
            ms["deapi"] - ms["pass"] > 25,
        ),
        Row(
            "modules that `import deapi` loads",
            str(modules["deapi"]),
            str(modules["pass"]),
            f"+{modules['deapi'] - modules['pass']}",
            "+70",
            modules["deapi"] - modules["pass"] > 70,
        ),
        *(
            Row(
                f"import and create {client}; bare: `import {bare.replace(' and', ',')}`",
                f"{ms[name]:.0f} ms",
                f"{ms[bare]:.0f} ms",
                f"{ms[name] - ms[bare]:+.1f} ms",
                "+25 ms",
                ms[name] - ms[bare] > 25,
            )
            for client, name, bare in (
                ("DeapiClient", "deapi client", "httpx"),
                ("AsyncDeapiClient", "async client", "asyncio and httpx"),
            )
        ),
        Row(
            "import and create DeapiClient; bare: import and create `httpx.Client`",
            f"{ms['deapi client']:.0f} ms",
            f"{ms['httpx client']:.0f} ms",
            f"{ms['deapi client'] - ms['httpx client']:+.1f} ms",
        ),
        Row(
            "import, create DeapiClient and make a first call; bare: the same with `httpx.Client`",
            f"{ms['deapi call']:.0f} ms",
            f"{ms['httpx call']:.0f} ms",
            f"{ms['deapi call'] - ms['httpx call']:+.1f} ms",
        ),
        Row(
            "creating a second client",
            f"{creation['deapi']:.2f} ms",
            f"{creation['httpx']:.1f} ms",
            "",
            "1 ms",
            creation["deapi"] > 1,
        ),
        Row(
            "first call of the second client, minus its second call",
            f"{first_call['deapi']:.2f} ms",
            f"{first_call['httpx']:.2f} ms",
            "",
        ),
    ]
