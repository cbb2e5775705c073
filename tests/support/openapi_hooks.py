"""Pytest hooks for tests with the marker `openapi`, which require the vendor's OpenAPI files.

The files are not part of the project. Where they are missing, the tests are deselected and the
summary contains one line about them. In CI they run, and fail.
"""

import os

import pytest

from support import openapi

SKIPPED = pytest.StashKey[int]()


def pytest_configure(config):
    config.addinivalue_line("markers", "openapi: requires the vendor's OpenAPI files")
    config.stash[SKIPPED] = 0


def pytest_collection_modifyitems(config, items):
    if openapi.DIRECTORY.is_dir() or os.environ.get("CI", "").lower() not in ("", "0", "false"):
        return
    skipped = [item for item in items if item.get_closest_marker("openapi")]
    if skipped:
        config.hook.pytest_deselected(items=skipped)
        items[:] = [item for item in items if not item.get_closest_marker("openapi")]
        config.stash[SKIPPED] = len(skipped)


def pytest_sessionfinish(session):
    """Report the number from a worker of pytest-xdist to the controller."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["openapi_skipped"] = session.config.stash[SKIPPED]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Receive the number in the controller of pytest-xdist. Every worker collects all tests."""
    skipped = getattr(node, "workeroutput", {}).get("openapi_skipped", 0)
    node.config.stash[SKIPPED] = max(node.config.stash[SKIPPED], skipped)


def pytest_terminal_summary(terminalreporter, config):
    if skipped := config.stash[SKIPPED]:
        terminalreporter.write_line(
            f"{skipped} checks against the OpenAPI files were skipped: no {openapi.DIRECTORY}"
        )
