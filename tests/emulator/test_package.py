"""Imports of the package, the order of its folders, and the pytest fixture."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


def test_importing_the_package_does_not_import_the_server():
    code = "import sys, deapi.emulator, deapi.emulator.pytest_plugin as p; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"starlette", "uvicorn", "av", "PIL", "httpx"} & set(modules)


def test_a_missing_extra_is_reported():
    code = "import sys; sys.modules['starlette'] = None; from deapi.emulator import Emulator"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "pip install 'deapi-python-sdk[emulator]'" in ended.stderr


def test_an_unknown_attribute_is_an_attribute_error():
    import deapi.emulator

    with pytest.raises(AttributeError, match="Simulator"):
        deapi.emulator.Simulator


def test_the_pytest_fixture_creates_an_emulator_for_each_test(pytester):
    pytester.makepyfile(
        """
        import httpx

        def test_one(deapi_emulator):
            deapi_emulator.balance = 1
            assert httpx.get(deapi_emulator.url).status_code == 404

        def test_other(deapi_emulator):
            assert deapi_emulator.balance == 100
        """
    )
    # The entry point of an installed package does the same. This also works in a source tree.
    pytester.makeconftest("from deapi.emulator.pytest_plugin import deapi_emulator")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=2)


def test_the_emulator_shares_no_code_with_the_client():
    package = Path(sys.modules["deapi.emulator"].__file__).parent
    shared = re.compile(
        r"^\s*(?:from deapi(?!\.emulator)\S* import (.+)|import deapi\b)", re.MULTILINE
    )
    found = {
        match[1]
        for path in package.rglob("*.py")
        for match in shared.finditer(path.read_text(encoding="utf-8"))
    }
    assert found <= {
        "__version__",
        "DeapiClient",
        "AsyncDeapiClient",
        "AsyncDeapiClient, DeapiClient",
    }


LAYERS = [
    {"media", "catalogue"},
    {"validation"},
    {"operations"},
    {"account", "jobs"},
    {"api"},
]


def imported_modules(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_a_folder_imports_only_from_folders_below_it():
    package = Path(sys.modules["deapi.emulator"].__file__).parent
    level = {folder: index for index, folders in enumerate(LAYERS) for folder in folders}
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    assert folders == set(level)
    wrong = [
        (path.relative_to(package), module)
        for path in package.glob("*/*.py")
        for module in imported_modules(path)
        for folder in module.split(".")[2:3]
        if module.startswith("deapi.emulator.")
        and folder in level
        and folder != path.parent.name
        and level[folder] >= level[path.parent.name]
    ]
    assert wrong == []
