"""The annotations of everything public resolve at run time."""

import json
import subprocess
import sys

import pytest

MODULES = [
    "deapi._exceptions",
    "deapi._rate_limits",
    "deapi._types",
    "deapi.types",
    "deapi.types.common",
    "deapi.types.v1",
    "deapi.webhook",
]

PROGRAM = """
import enum, importlib, inspect, json, sys, typing

resolved = []


def resolve(name, value):
    typing.get_type_hints(value)
    if not (inspect.isclass(value) and issubclass(value, enum.Enum)):
        inspect.signature(value, eval_str=True)
    resolved.append(name)


def functions_of(cls):
    members = {name: value for base in cls.__mro__[::-1] for name, value in vars(base).items()}
    for name, member in members.items():  # dir() of an enum lists no methods
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        own = inspect.isfunction(function) and function.__module__.startswith("deapi")
        if own and (not name.startswith("_") or name == "__init__"):
            yield name, function


module = importlib.import_module(sys.argv[1])
names = getattr(module, "__all__", None) or dir(module)
for name in names:
    value = getattr(module, name)
    public = not name.startswith("_") and getattr(value, "__module__", "").startswith("deapi")
    if public and (inspect.isclass(value) or inspect.isfunction(value)):
        resolve(name, value)
        if inspect.isclass(value):
            for method, function in functions_of(value):
                resolve(f"{name}.{method}", function)
print(json.dumps(resolved))
"""


def run(program, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("module", MODULES)
def test_annotations_resolve_in_a_fresh_interpreter(module):
    expected = {
        "deapi._exceptions": {"DeapiError.__init__", "RateLimitError", "JobFailedError.__init__"},
        "deapi._rate_limits": {"RateLimit", "RateLimits.record"},
        "deapi._types": {"JobStatus", "JobStatus.is_terminal"},
        "deapi.types": {"JobResult.description", "JobResult.source_metadata", "Transcript.parse"},
        "deapi.types.common": {"JobResult.transcript", "PriceResult"},
        "deapi.types.v1": {"LoraWeight"},
        "deapi.webhook": {"construct_event", "unwrap", "sign", "WebhookEvent.type"},
    }
    assert expected[module] <= set(run(PROGRAM, module))


@pytest.mark.parametrize("use", ["deapi.DeapiError", "deapi.webhook.verify_signature"])
def test_exceptions_and_webhooks_load_no_models(use):
    program = f"import json, sys, deapi\n{use}\nprint(json.dumps(sorted(sys.modules)))"
    loaded = set(run(program))
    assert "deapi._exceptions" in loaded
    assert not loaded & {"pydantic", "httpx", "dataclasses"}


def test_a_misspelled_name_is_an_attribute_error():
    program = (
        "import json, deapi, deapi.types, deapi.webhook\n"
        "modules = (deapi, deapi.types, deapi.webhook)\n"
        "print(json.dumps([hasattr(module, 'JobResutl') for module in modules]))"
    )
    assert run(program) == [False, False, False]
