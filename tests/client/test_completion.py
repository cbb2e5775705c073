"""Editors and notebooks that use jedi complete resources, methods, arguments and results."""

import json
import subprocess
import sys

import pytest

from support.programs import Program

SYNC = """
from deapi import DeapiClient
client = DeapiClient()
job = client.images.generate(prompt="a fox", model="x", width=512, height=512, seed=1)
price = client.images.generate_price(prompt="a fox", model="x", width=512, height=512, seed=1)
result = job.wait()
page = client.models.list()
"""
ASYNC = """
from deapi import AsyncDeapiClient
client = AsyncDeapiClient()
job = client.job("an id")
new_job = await client.images.generate(prompt="a fox", model="x", width=512, height=512, seed=1)
price = await client.images.generate_price(prompt="a", model="x", width=512, height=512, seed=1)
result = await job.wait()
page = await client.models.list()
path = await job.save("fox.png")
"""
# In a process of its own, which has not imported the package, as an editor's.
PROGRAM = """
import json, jedi, sys
from jedi.api.environment import InterpreterEnvironment

environment = InterpreterEnvironment()
for line in sys.stdin:
    query, code = json.loads(line)
    script = jedi.Script(code, environment=environment)
    if query == "completions":
        found = [completion.name for completion in script.complete()]
    else:
        (signature,) = script.get_signatures()
        found = [parameter.to_string() for parameter in signature.params]
    print(json.dumps(found), flush=True)
"""


@pytest.fixture(scope="module")
def ask_jedi():
    command = [sys.executable, "-c", PROGRAM]
    with Program(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def ask(query, code):
            process.stdin.write(json.dumps([query, code]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask


IN_BOTH_CLIENTS = [
    ("client.", {"images", "current_key", "balance", "job", "with_options"}),
    ("client.images.", {"generate", "transform", "upscale", "upscale_price"}),
    ("client.images.generate(", {"prompt=", "width=", "enhance_prompt="}),
    ("job.", {"wait", "save", "status", "updates", "request_id"}),
    ("price.", {"price", "is_estimated"}),
    ("result.", {"result_url", "progress", "transcript", "raise_for_error"}),
    ("page.", {"data", "meta", "links"}),
]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("import deapi; deapi.", {"DeapiClient", "RateLimitError", "types", "webhook"}),
        ("import deapi.types; deapi.types.", {"JobResult", "Usage"}),
        *IN_BOTH_CLIENTS,
        ("client.keys.create(name='ci').", {"secret", "expires_at"}),
        ("client.job('an id').wait().", {"result_url"}),
        ("client.balance().", {"balance"}),
    ],
)
def test_the_sync_client_completes(ask_jedi, expression, expected):
    assert expected <= set(ask_jedi("completions", SYNC + expression))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        *IN_BOTH_CLIENTS,
        ("new_job.", {"wait", "save", "status", "updates", "request_id"}),
        ("path.", {"read_bytes", "suffix"}),
        ("(await client.balance()).", {"balance"}),
    ],
)
def test_the_async_client_completes(ask_jedi, expression, expected):
    assert expected <= set(ask_jedi("completions", ASYNC + expression))


@pytest.mark.parametrize(
    ("method", "argument"),
    [
        ("images.generate", "prompt: str"),
        ("images.upscale_price", "image: FileInput | None=None"),
        ("keys.create", "name: str"),
    ],
)
def test_a_call_shows_its_arguments(ask_jedi, method, argument):
    assert argument in ask_jedi("signature", f"{SYNC}client.{method}(")
