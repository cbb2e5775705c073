"""Imports of the package, the order of its directories, and the pytest fixture."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


def test_importing_the_package_does_not_import_the_server():
    code = "import sys, deapi.emulator, deapi.emulator.pytest_plugin as p; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"starlette", "uvicorn", "av", "PIL", "httpx", "asyncio"} & set(modules)


@pytest.mark.parametrize("package", ["starlette", "wsproto", "python_multipart", "av"])
def test_a_missing_extra_is_reported(package):
    code = f"import sys; sys.modules['{package}'] = None; from deapi.emulator import Emulator"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "pip install 'deapi-python-sdk[emulator]'" in ended.stderr


def test_an_unknown_attribute_is_an_attribute_error():
    import deapi.emulator

    with pytest.raises(AttributeError, match="Simulator"):
        deapi.emulator.Simulator


INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\nasyncio_mode = auto\n"
GENERATE = """
prompt = dict(prompt="a fox", model="Flux1schnell", width=256, height=256, steps=4, seed=1)
"""


def run_plugin(pytester, tests, *, ini=""):
    """Run tests with the plugin, which the entry point of the installed package loads."""
    pytester.makepyfile(GENERATE + textwrap.dedent(tests))
    pytester.makeini(INI + ini)
    return pytester.runpytest_subprocess("-W", "error")


def test_the_pytest_fixtures_create_an_emulator_for_each_test(pytester):
    result = run_plugin(
        pytester,
        """
        import os
        import httpx
        import pytest
        from deapi import DeapiClient

        def test_one(deapi_emulator):
            deapi_emulator.balance = 1
            assert httpx.get(deapi_emulator.url).status_code == 404

        def test_other(deapi_emulator):
            assert deapi_emulator.balance == 100

        @pytest.fixture
        def environment_of_a_developer(monkeypatch):
            monkeypatch.setenv("DEAPI_CLIENT_ID", "7")

        def test_environment(environment_of_a_developer, deapi_env, deapi_emulator):
            assert deapi_env is deapi_emulator
            assert "DEAPI_CLIENT_ID" not in os.environ
            assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")
            with DeapiClient() as client:
                assert client.images.generate(**prompt).wait().result_url

        def test_client(deapi_client, deapi_emulator):
            deapi_client.images.generate(**prompt).wait()
            assert len(deapi_emulator.jobs) == 1

        async def test_async_client(deapi_async_client, deapi_emulator):
            job = await deapi_async_client.images.generate(**prompt)
            assert (await job.wait()).result_url
            assert deapi_emulator.requests[0].path.startswith("/api/v1")
        """,
    )
    result.assert_outcomes(passed=5)


def test_an_overridden_emulator_is_used_by_the_other_fixtures(pytester):
    result = run_plugin(
        pytester,
        """
        import os
        import pytest
        from deapi.emulator import Emulator

        @pytest.fixture(scope="module")
        def deapi_emulator():
            with Emulator(balance=5) as emulator:
                yield emulator

        def test_client(deapi_client, deapi_env):
            assert deapi_client.balance().balance == 5
            assert os.environ["DEAPI_BASE_URL"] == deapi_env.url

        async def test_async_client(deapi_async_client, deapi_emulator):
            assert (await deapi_async_client.balance()).balance == 5
            assert len(deapi_emulator.requests) == 2
        """,
    )
    result.assert_outcomes(passed=2)


def test_the_pytest_fixtures_have_options(pytester):
    result = run_plugin(
        pytester,
        """
        from deapi import DeapiClient

        def test_options(deapi_emulator, deapi_client, deapi_env):
            job = deapi_client.images.generate(**prompt)
            assert [job.status().status.value for _ in range(4)] == [
                "pending", "pending", "processing", "processing"
            ]
            with DeapiClient() as client:
                client.balance()
            assert {r.path[:8] for r in deapi_emulator.requests} == {"/api/v2/"}
            assert deapi_emulator._settings.speed == 500
        """,
        ini="deapi_speed = 500\ndeapi_polls_per_state = 2\ndeapi_api_version = v2\n",
    )
    result.assert_outcomes(passed=1)


def test_the_pytest_fixtures_work_where_sockets_are_forbidden(pytester):
    result = run_plugin(
        pytester,
        """
        import socket

        import pytest

        class Forbidden(socket.socket):
            def __new__(cls, family=-1, *args, **kwargs):
                if family == socket.AF_UNIX:  # asyncio's own pair
                    return super().__new__(cls, family, *args, **kwargs)
                raise AssertionError("a network socket")

        @pytest.fixture(autouse=True)
        def forbid_sockets(monkeypatch):
            monkeypatch.setattr(socket, "socket", Forbidden)

        def test_sync(deapi_client, tmp_path):
            deapi_client.images.generate(**prompt).save(tmp_path / "a.png")

        async def test_async(deapi_async_client, tmp_path):
            job = await deapi_async_client.images.generate(**prompt)
            await job.save(tmp_path / "a.png")
        """,
        ini="deapi_sockets = false\n",
    )
    result.assert_outcomes(passed=2)


PACKAGE = Path(sys.modules["deapi.emulator"].__file__).parent


def imported_names(path):
    """Yield the full names of what a module imports, also for type checkers."""
    package = ".".join(("deapi.emulator", *path.relative_to(PACKAGE).parent.parts))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_the_emulator_shares_no_code_with_the_client():
    found = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in imported_names(path)
        if name.partition(".")[0] == "deapi" and not name.startswith("deapi.emulator.")
    }
    assert found == {"deapi.DeapiClient", "deapi.AsyncDeapiClient"}, "it only creates clients"


LAYERS = [
    {"clock", "errors", "versions"},
    {"media", "catalogue"},
    {"validation"},
    {"operations"},
    {"account", "jobs"},
    {"service"},
    {"api"},
    {"emulator"},
]


def test_a_module_imports_only_from_layers_below_its_own():
    level = {name: index for index, names in enumerate(LAYERS) for name in names}
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} < set(level)
    wrong = [
        (path.relative_to(PACKAGE), name)
        for path in PACKAGE.rglob("*.py")
        for layer in [path.relative_to(PACKAGE).with_suffix("").parts[0]]
        for name in imported_names(path)
        for imported in name.removeprefix("deapi.emulator.").split(".")[:1]
        if {layer, imported} <= set(level) and layer != imported
        if level[imported] >= level[layer]
    ]
    assert wrong == []
