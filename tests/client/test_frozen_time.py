"""freezegun works where deapi is installed, imported or used, and deapi works in frozen time."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import datetime, sys
import pydantic
from freezegun import freeze_time

pydantic.create_model("Model", number=(int, 1))  # loads all of pydantic, with the real classes

def check():
    with freeze_time("2020-01-01"):
        assert datetime.date.today().year == 2020
    assert datetime.date.today().year > 2020

check()
{imports}
check()
with freeze_time("2020-01-01"):
    {use}
check()
"""
USES = {
    "nothing": "pass",
    "every name": """import deapi, deapi.types, deapi.webhook
    for module in (deapi, deapi.types, deapi.webhook):
        for name in module.__all__: getattr(module, name)""",
    "dates": """import deapi
    from deapi.types import ApiKey, Usage
    usage = Usage.model_validate({"from": "2026-01-02", "to": "2026-01-03T00:00:00Z", "totals": []})
    assert (usage.start.isoformat(), usage.end.isoformat()) == ("2026-01-02", "2026-01-03")
    key = ApiKey.model_validate({"id": 1, "created_at": "2026-01-02T03:04:05Z"})
    assert key.created_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert usage.model_dump(mode="json")["start"] == "2026-01-02"
    assert Usage.model_json_schema()["properties"]["from"]["anyOf"][0]["format"] == "date\"""",
    "a call": """import deapi, httpx
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=RESPONSE))
    RESPONSE = {"data": {"balance": 1.5}}
    with deapi.DeapiClient(api_key="k", http_client=httpx.Client(transport=transport)) as client:
        assert client.balance().balance == 1.5""",
    "a wait": """import deapi, httpx
    statuses = iter(["pending", "pending", "done"])
    respond = lambda request: httpx.Response(200, json={"data": {"status": next(statuses)}})
    transport = httpx.MockTransport(respond)
    with deapi.DeapiClient(api_key="k", http_client=httpx.Client(transport=transport)) as client:
        assert client.job("an id").wait(poll_interval=0.01).status == "done"
        statuses = iter(["pending"] * 1000)
        try: client.job("another id").wait(poll_interval=0.01, max_wait=0.05)
        except deapi.JobTimeoutError: pass""",
    "a webhook": """from deapi import webhook
    body = b'{"event": "job.completed", "delivery_id": "d", "timestamp": 1577836800, "data": {}}'
    headers = webhook.sign(payload=body, secret="s" * 32)
    try: webhook.unwrap(payload=body, headers=headers, secret="s" * 32)
    except webhook.InvalidPayloadError: pass""",
}


@pytest.mark.parametrize("imports", ["", "import deapi, deapi.types, deapi.webhook"])
@pytest.mark.parametrize("use", USES)
def test_freezegun_works_whether_deapi_is_used_outside_or_inside_frozen_time(imports, use):
    program = PROGRAM.format(imports=imports, use=USES[use])
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=90
    )
    assert run.returncode == 0, run.stderr


def test_a_test_run_with_the_pytest_plugin_can_freeze_time(tmp_path):
    (tmp_path / "test_invoice.py").write_text(
        "import datetime, pydantic\n"
        "pydantic.create_model('Model', number=(int, 1))\n"
        "from freezegun import freeze_time\n"
        "@freeze_time('2020-01-01')\n"
        "def test_today(): assert datetime.date.today().year == 2020\n"
    )
    options = ["-q", "-p", "no:cacheprovider", "-p", "deapi.emulator.pytest_plugin"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, tmp_path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
    )
    assert "1 passed" in run.stdout, run.stdout + run.stderr


INSPECTIONS = {
    "dir": "for module in MODULES: dir(module)",
    "getmembers": "for module in MODULES: inspect.getmembers(module)",
    "dir of a client": "dir(client), dir(deapi.DeapiClient)",
    "doctest": "for module in MODULES: doctest.DocTestFinder(exclude_empty=False).find(module)",
    "copy": "copy.copy(client)",
    "pickle": "pickle.loads(pickle.dumps(deapi.DeapiClient))",
    "attributes": "for module in MODULES: hasattr(module, '__warningregistry__')",
    "unwrap": "for module in MODULES:\n    for value in list(vars(module).values()):\n"
    "        inspect.isroutine(inspect.unwrap(value)) if callable(value) else 0\n"
    "        hasattr(value, '__wrapped__')",
}


@pytest.mark.parametrize("name", INSPECTIONS)
def test_tools_that_inspect_modules_load_nothing(name):
    program = f"""
import copy, doctest, inspect, pickle, sys
import deapi, deapi.resources, deapi.types, deapi.webhook, deapi._client
MODULES = [deapi, deapi.types, deapi.resources, deapi.webhook, deapi._client]
client = deapi.DeapiClient(api_key="k")
before = set(sys.modules)
{INSPECTIONS[name]}
print(sorted(m for m in set(sys.modules) - before if not m.startswith("encodings")))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "[]", run.stdout + run.stderr
