"""Imports: public names and paths, and the modules that importing loads."""

import json
import subprocess
import sys

import pytest

import deapi


def modules_after(code):
    """Return the modules that some code loads in a new interpreter."""
    program = (
        "import sys, json; before = set(sys.modules)\n"
        f"{code}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    run = [sys.executable, "-c", program]
    return set(json.loads(subprocess.run(run, capture_output=True, check=True).stdout))


def test_importing_the_package_loads_few_modules():
    loaded = modules_after("import deapi")
    assert len(loaded) <= 40
    assert not loaded & {"httpx", "pydantic", "anyio", "ssl", "asyncio"}


@pytest.mark.parametrize(
    ("call", "models"),
    [
        ("client.balance()", {"_base", "common"}),
        ("client.job('j').status()", {"_base", "jobs"}),
        ("client.account.usage()", {"_base", "account", "pages"}),
        # These need no model, so that they do not load pydantic.
        ("client.images.generate(prompt='p', model='m', width=8, height=8, seed=1)", set()),
        ("client.keys.delete(7)", set()),
    ],
)
def test_a_call_loads_only_the_models_of_its_response(call, models):
    loaded = modules_after(
        "import deapi, httpx\n"
        "body = {'balance': 1, 'request_id': 'j', 'status': 'done', 'totals': {}}\n"
        "respond = lambda request: httpx.Response(200, json={'data': body})\n"
        "http_client = httpx.Client(transport=httpx.MockTransport(respond))\n"
        "client = deapi.DeapiClient(api_key='k', http_client=http_client, api_version='v2')\n"
        f"{call}"
    )
    prefix = "deapi.types."
    names = {name.removeprefix(prefix) for name in loaded if name.startswith(prefix)}
    assert names == models
    assert ("pydantic" in loaded) == bool(models)
    late = {"download", "result_files", "targets", "transfer"}  # only for results
    assert not loaded & {f"deapi._core.{name}" for name in late}


def test_creating_a_client_loads_neither_httpx_nor_pydantic():
    loaded = modules_after("import deapi; deapi.DeapiClient(api_key='k')")
    assert not loaded & {"httpx", "httpcore", "pydantic", "anyio", "ssl", "asyncio", "difflib"}
    assert not [module for module in loaded if module.startswith("deapi.resources.")]
    own = {name for name in loaded if name.startswith("deapi")}
    assert len(own) <= 51, "each takes time, in each program"
    loaded = modules_after("import deapi; deapi.AsyncDeapiClient(api_key='k')")
    assert not loaded & {"httpx", "httpcore", "pydantic"}


@pytest.mark.parametrize("class_name", ["DeapiClient", "AsyncDeapiClient"])
def test_a_resource_is_loaded_on_first_use_and_cached(class_name):
    client = getattr(deapi, class_name)(api_key="k")
    assert client.video is client.video
    assert {"images", "current_key", "keys"} <= set(dir(client))
    with pytest.raises(AttributeError, match=f"'{class_name}' object has no attribute 'nonsense'"):
        client.nonsense


@pytest.mark.parametrize("class_name", ["DeapiClient", "AsyncDeapiClient"])
def test_using_a_resource_loads_no_other_one(class_name):
    loaded = modules_after(f"import deapi; deapi.{class_name}(api_key='k').ocr")
    others = {"audio", "images", "keys", "models", "prompts", "transcription", "video"}
    assert "deapi.resources.ocr" in loaded
    assert not loaded & {f"deapi.resources.{name}" for name in others}


def test_an_attribute_error_in_a_property_of_a_subclass_is_not_replaced():
    class Tenants(deapi.DeapiClient):
        @property
        def tenant(self):
            return self._settings.tenant

    client = Tenants(api_key="k")
    with pytest.raises(AttributeError, match="has no attribute '_settings'"):
        client.tenant


@pytest.mark.parametrize("module", ["common", "v1", "webhooks"])
def test_modules_of_types_are_attributes_without_an_import_of_their_own(module):
    program = f"import deapi; print(deapi.types.{module}.__name__)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout.decode().strip() == f"deapi.types.{module}"


def test_the_pytest_plugin_loads_no_extra_until_it_is_used():
    loaded = modules_after("import deapi.emulator.pytest_plugin")
    assert not loaded & {"starlette", "uvicorn", "httpx", "PIL", "av"}


def test_the_package_without_the_emulator_imports_no_extra():
    loaded = modules_after(
        "import deapi, deapi.webhook, deapi.types\n"
        "for name in deapi.__all__: getattr(deapi, name)\n"
        "client = deapi.DeapiClient(api_key='k')\n"
        "for name in dir(client): getattr(client, name)"
    )
    assert not loaded & {"starlette", "uvicorn", "PIL", "av", "httpx2"}


def test_every_public_name_can_be_imported():
    for name in deapi.__all__:
        assert getattr(deapi, name) is not None
        assert name in dir(deapi)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = deapi.nonsense


@pytest.mark.parametrize(
    "path",
    [
        "deapi._exceptions.DeapiError",
        "deapi._types.JobStatus",
        "deapi._types.FileInput",
        "deapi.types.JobResult",
        "deapi.types.common.JobResult",
        "deapi.types.common.PriceResult",
        "deapi.types.v1.LoraWeight",
        "deapi.webhook.InvalidSignatureError",
    ],
)
def test_the_import_paths_of_the_vendors_sdk_work(path):
    module, name = path.rsplit(".", 1)
    assert getattr(__import__(module, fromlist=[name]), name) is not None
