"""The change that docs/contributing.md shows adds an operation that works in both clients."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.call_table import ID, respond_successfully
from support.faulty_server import FaultyServer
from support.received import parse_request

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
DIFF = re.search(r"```diff\n(.*?)```", PAGE, re.DOTALL)[1]
PROGRAM = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
ERROR = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1]

ASYNC_PROGRAM = """
import asyncio
from deapi import AsyncDeapiClient

async def main():
    image = b"any bytes"
    async with AsyncDeapiClient(api_version="v2") as client:
        job = await client.images.vectorize(image=image, model="Tracer", keep_colors=True)
        print(job.request_id)
        price = await client.images.vectorize_price(model="Tracer", width=640, height=480)
        print(price.price)
    async with AsyncDeapiClient(api_version="v1") as client:
        try:
            await client.images.vectorize(image=image, model="Tracer")
        except ValueError as error:
            print(error)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def changed_source(tmp_path_factory):
    """A copy of the source with the change applied."""
    directory = tmp_path_factory.mktemp("changed")
    shutil.copytree(ROOT / "src" / "deapi", directory / "src" / "deapi")
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=directory, input=DIFF.encode(), check=True)
    return directory / "src"


def run(program, source, url):
    environment = {
        **os.environ,
        "PYTHONPATH": str(source),
        "DEAPI_BASE_URL": url,
        "DEAPI_API_KEY": "1|key",
    }
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def test_the_change_is_one_file_and_at_most_90_lines():
    files = re.findall(r"^\+\+\+ b/(.*)$", DIFF, re.MULTILINE)
    assert files == ["src/deapi/resources/images.py"]
    added = [line for line in DIFF.splitlines() if line.startswith("+")][1:]
    removed = [line for line in DIFF.splitlines() if line.startswith("-")][1:]
    assert (len(added) <= 90, removed) == (True, [])


@pytest.mark.parametrize("program", [PROGRAM, ASYNC_PROGRAM], ids=["sync", "async"])
def test_the_program_runs_with_the_change(changed_source, program):
    with FaultyServer(respond_successfully) as server:
        output = run(program, changed_source, server.url).stdout.splitlines()
    assert output[:2] == [ID, "0.25"]
    assert " ".join(output[2:]) == " ".join(ERROR.split())
    submission, price = (parse_request(request) for request in server.requests)
    assert (submission.method, submission.path) == ("POST", "/api/v2/images/vectorizations")
    assert submission.fields == {"model": "Tracer", "keep_colors": "1", "image": b"any bytes"}
    assert (price.method, price.path) == ("POST", "/api/v2/images/vectorizations/price")
    assert price.fields == {"model": "Tracer", "width": "640", "height": "480"}
    keys = [request.header("Idempotency-Key") for request in server.requests]
    assert [bool(key) for key in keys] == [True, False]


def test_both_clients_have_the_operation_with_names_of_real_types(changed_source):
    program = (
        "import inspect, json, deapi\n"
        "print(json.dumps([str(inspect.signature(client.images.vectorize).return_annotation)\n"
        "                  for client in (deapi.DeapiClient, deapi.AsyncDeapiClient)]))"
    )
    output = run(program, changed_source, "http://127.0.0.1:9").stdout
    assert json.loads(output) == ["Job", "AsyncJob"]
