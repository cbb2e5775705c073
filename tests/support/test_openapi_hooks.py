"""The tests that require the OpenAPI files are skipped in one line, and fail in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import openapi

pytest_plugins = "pytester"

TESTS_DIRECTORY = Path(__file__).parents[1]
SAMPLE = """
import pytest
from support import openapi

@pytest.mark.openapi
@pytest.mark.parametrize("number", range(5))
def test_with_files(number):
    assert openapi.document("openapi-of-a-test.json") == {}

def test_without_files():
    pass
"""


@pytest.fixture
def run_sample(pytester, monkeypatch):
    """Run five tests that require the files and one that does not."""
    pytester.makeconftest("from support.openapi_hooks import *")
    pytester.makepyfile(SAMPLE)
    monkeypatch.delenv("CI", raising=False)

    def run(directory, ci=None):
        openapi.document.cache_clear()
        monkeypatch.setattr(openapi, "DIRECTORY", directory)
        if ci is not None:
            monkeypatch.setenv("CI", ci)
        plugins = ("-p", "no:xdist", "-p", "no:asyncio")
        return pytester.runpytest_inprocess("-ra", "--strict-markers", *plugins)

    return run


def lines_about_the_files(output):
    return [line for line in output.splitlines() if "OpenAPI" in line]


@pytest.mark.parametrize("ci", [None, "", "false"])
def test_missing_files_skip_the_checks_in_one_line(run_sample, tmp_path, ci):
    result = run_sample(tmp_path / "missing", ci)
    result.assert_outcomes(passed=1, deselected=5)
    (line,) = lines_about_the_files(result.stdout.str())
    assert line.startswith("5 checks against the OpenAPI files were skipped: ")
    assert str(tmp_path / "missing") in line
    assert "test_with_files" not in result.stdout.str()


def test_missing_files_fail_the_checks_in_ci(run_sample, tmp_path):
    result = run_sample(tmp_path / "missing", "true")
    result.assert_outcomes(passed=1, failed=5)
    assert "openapi-of-a-test.json is missing" in result.stdout.str()
    assert lines_about_the_files(result.stdout.str()) == []


def test_the_checks_run_if_the_files_are_there(run_sample, tmp_path):
    (tmp_path / "openapi-of-a-test.json").write_text("{}")
    result = run_sample(tmp_path, "true")
    result.assert_outcomes(passed=6)
    assert lines_about_the_files(result.stdout.str()) == []


def test_the_line_is_printed_once_with_xdist(tmp_path):
    conftest = (
        "from pathlib import Path\n"
        "from support import openapi\n"
        "from support.openapi_hooks import *\n"
        "openapi.DIRECTORY = Path('missing')\n"
    )
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", "."],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(TESTS_DIRECTORY)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    (line,) = lines_about_the_files(completed.stdout)
    assert line == "5 checks against the OpenAPI files were skipped: no missing"
