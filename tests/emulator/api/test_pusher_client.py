"""The client that the service recommends, pusher-js, works with the emulator's socket."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("pusher_client.js")
PACKAGE = "pusher-js@8.4.0"
DIRECTORY = ROOT / "build" / PACKAGE.replace("@", "-")


def unavailable(reason):
    """Skip the test, but not in CI, where everything must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def node():
    """The path of Node.js. pusher-js is installed once, whatever runs in parallel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        unavailable("pusher-js needs node and npm")
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    with (DIRECTORY / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = DIRECTORY / "installed"
        if not marker.exists():
            command = [
                npm,
                "install",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(DIRECTORY),
                PACKAGE,
            ]
            try:
                installed = subprocess.run(command, capture_output=True, timeout=90, check=False)
            except subprocess.TimeoutExpired:
                unavailable("npm install pusher-js did not end")
            if installed.returncode:
                unavailable(f"npm install pusher-js failed: {installed.stderr[-300:]!r}")
            marker.touch()
    return node


@contextlib.contextmanager
def running_client(node, api, *, channel="private-client.42", key=None):
    parts = urlsplit(api.emulator.url)
    module = DIRECTORY / "node_modules" / "pusher-js"
    arguments = [parts.hostname, str(parts.port), "depin-api-prod-key", key or api.emulator.api_key]
    command = [node, str(SCRIPT), str(module), *arguments, channel]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_pusher_js_subscribes_and_receives_the_updates_of_a_job(node, start_emulator):
    api = start_emulator(speed=10)
    with running_client(node, api) as process:
        assert json.loads(process.stdout.readline()) == {"subscribed": "private-client.42"}
        request_id = api.generate().json()["data"]["request_id"]
        updates = [json.loads(line)["update"] for line in process.stdout]
    assert {update["request_id"] for update in updates} == {request_id}
    assert updates[0]["status"] == "processing"
    assert updates[-1]["status"] == "done"
    assert updates[-1]["result_url"].startswith("http://")
    assert updates[-1]["progress"] == "100.00"


@pytest.mark.parametrize("options", [{"channel": "private-client.43"}, {"key": "9|wrong"}])
def test_pusher_js_reports_a_rejected_subscription(node, start_emulator, options):
    with running_client(node, start_emulator(), **options) as process:
        assert json.loads(process.stdout.readline()) == {"subscription_error": 403}
