"""The tests that require the OpenAPI files are skipped in one line, and fail in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[1]
CONFTEST = """
from pathlib import Path
from support import openapi
from support.openapi_hooks import *
openapi.FOLDER = Path({folder!r})
"""
TESTS = """
import pytest
from support import openapi

@pytest.mark.openapi
@pytest.mark.parametrize("number", range(5))
def test_with_files(number):
    assert openapi.document("openapi-v2.json") == {}

def test_without_files():
    pass
"""


def run_pytest(tmp_path, folder, *arguments, ci):
    """Run five tests that require the files and one that does not, and return the output."""
    (tmp_path / "conftest.py").write_text(CONFTEST.format(folder=str(folder)))
    (tmp_path / "test_sample.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    completed = subprocess.run(
        [*command, "--strict-markers", "--rootdir", str(tmp_path), str(tmp_path)],
        env={**environment, "PYTHONPATH": str(SUPPORT), **ci},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return completed.returncode, completed.stdout + completed.stderr


@pytest.mark.parametrize("ci", [{}, {"CI": "false"}], ids=str)
def test_missing_files_skip_the_checks_in_one_line(tmp_path, ci):
    code, output = run_pytest(tmp_path, tmp_path / "missing", "-p", "no:xdist", ci=ci)
    assert code == 0
    assert "1 passed, 5 deselected" in output
    (line,) = (line for line in output.splitlines() if "OpenAPI" in line)
    assert line.startswith("5 checks against the OpenAPI files were skipped: ")
    assert str(tmp_path / "missing") in line
    assert "test_with_files" not in output


def test_the_line_is_printed_with_xdist_too(tmp_path):
    code, output = run_pytest(tmp_path, tmp_path / "missing", "-n", "2", ci={})
    assert code == 0
    assert "1 passed" in output
    (line,) = (line for line in output.splitlines() if "OpenAPI" in line)
    assert line.startswith("5 checks against the OpenAPI files were skipped: ")


def test_missing_files_fail_the_checks_in_ci(tmp_path):
    code, output = run_pytest(tmp_path, tmp_path / "missing", "-p", "no:xdist", ci={"CI": "true"})
    assert code == 1
    assert "5 failed, 1 passed" in output
    assert "openapi-v2.json is missing" in output


def test_the_checks_run_if_the_files_are_there(tmp_path):
    folder = tmp_path / "contract"
    folder.mkdir()
    (folder / "openapi-v2.json").write_text("{}")
    code, output = run_pytest(tmp_path, folder, "-p", "no:xdist", ci={"CI": "true"})
    assert code == 0
    assert "6 passed" in output
    assert "OpenAPI" not in output
