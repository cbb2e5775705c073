"""What importing costs, counted in modules; times are measured in benchmarks/."""

import json
import subprocess
import sys

import pytest

import deapi


def modules_after(code):
    """The modules that some code loads in a fresh interpreter."""
    program = (
        "import sys, json; before = set(sys.modules)\n"
        f"{code}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    run = [sys.executable, "-c", program]
    return set(json.loads(subprocess.run(run, capture_output=True, check=True).stdout))


def test_importing_the_package_loads_next_to_nothing():
    loaded = modules_after("import deapi")
    assert len(loaded) <= 70
    assert not loaded & {"httpx", "pydantic", "anyio", "ssl", "asyncio"}


def test_making_a_client_loads_neither_httpx_nor_pydantic():
    loaded = modules_after("import deapi; deapi.DeapiClient(api_key='k')")
    assert not loaded & {"httpx", "httpcore", "pydantic", "anyio", "ssl", "asyncio"}
    assert not [module for module in loaded if module.startswith("deapi.resources")]
    loaded = modules_after("import deapi; deapi.AsyncDeapiClient(api_key='k')")
    assert not loaded & {"httpx", "httpcore", "pydantic"}


@pytest.mark.parametrize("kind", ["DeapiClient", "AsyncDeapiClient"])
def test_a_resource_is_loaded_when_it_is_used_and_stays(kind):
    client = getattr(deapi, kind)(api_key="k")
    assert client.video is client.video
    assert {"images", "current_key", "keys"} <= set(dir(client))
    with pytest.raises(AttributeError, match=f"'{kind}' object has no attribute 'pictures'"):
        client.pictures


def test_a_property_of_a_users_own_fails_with_its_own_words():
    class Tenants(deapi.DeapiClient):
        @property
        def tenant(self):
            return self._settings.tenant

    client = Tenants(api_key="k")
    with pytest.raises(AttributeError, match="has no attribute '_settings'"):
        client.tenant


def test_the_emulators_pytest_plugin_is_cheap_for_those_who_do_not_use_it():
    loaded = modules_after("import deapi.emulator.pytest_plugin")
    assert not loaded & {"starlette", "uvicorn", "httpx", "PIL", "av"}


def test_the_core_imports_no_extra():
    loaded = modules_after(
        "import deapi, deapi.webhook, deapi.types\n"
        "for name in deapi.__all__: getattr(deapi, name)\n"
        "client = deapi.DeapiClient(api_key='k')\n"
        "for name in dir(client): getattr(client, name)"
    )
    assert not loaded & {"starlette", "uvicorn", "PIL", "av", "httpx2"}


def test_every_public_name_is_there_and_no_other():
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
def test_the_import_paths_of_the_reference_work(path):
    module, name = path.rsplit(".", 1)
    assert getattr(__import__(module, fromlist=[name]), name) is not None
