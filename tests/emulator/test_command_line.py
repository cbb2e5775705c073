"""The command `python -m deapi.emulator`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import httpx

from deapi.emulator import Emulator
from support.programs import Program
from support.signals import posix


def test_the_command_prints_its_url_and_stops_on_ctrl_c(tmp_path):
    process = Program(
        [
            sys.executable,
            "-m",
            "deapi.emulator",
            "--port",
            "0",
            "--balance",
            "3",
            "--api-key",
            "1|k",
            "--client-id",
            "7",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with process:
        lines = [process.stdout.readline() for _ in range(4)]
        url = re.search(r"http://127\.0\.0\.1:\d+", lines[0])[0]
        assert lines[1] == f"export DEAPI_BASE_URL={url}\n"
        assert lines[2] == "export DEAPI_API_KEY='1|k'\n"
        assert lines[3] == "export DEAPI_CLIENT_ID=7\n"
        headers = {"Authorization": "Bearer 1|k"}
        response = httpx.get(f"{url}/api/v1/client/balance", headers=headers)
        assert response.json() == {"data": {"balance": 3.0}}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors == ""
    assert list(tmp_path.iterdir()) == []


# On Windows, Ctrl-C does not interrupt a wait for a lock.
LIKE_WINDOWS = """
import sys, threading
from deapi.emulator.__main__ import main

wait = threading.Event.wait

def uninterrupted(event, timeout=None):
    while True:
        try:
            return wait(event, timeout)
        except KeyboardInterrupt:
            pass

threading.Event.wait = uninterrupted
sys.exit(main(["--port", "0"]))
"""


@posix
def test_the_command_waits_for_ctrl_c_without_a_lock():
    command = [sys.executable, "-c", LIKE_WINDOWS]
    with Program(command, stdout=subprocess.PIPE, text=True) as process:
        assert "Press Ctrl-C to stop" in process.stdout.readline()
        while "CLIENT_ID" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_the_command_reports_a_port_in_use():
    with Emulator() as emulator:
        port = emulator.url.rpartition(":")[2]
        ended = subprocess.run(
            [sys.executable, "-m", "deapi.emulator", "--port", port],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    assert f"cannot listen on host 127.0.0.1, port {port}: " in ended.stderr


def test_the_command_reports_an_invalid_option():
    ended = subprocess.run(
        [sys.executable, "-m", "deapi.emulator", "--speed", "0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert "speed must be a positive number" in ended.stderr


def test_the_command_reports_a_missing_extra_on_one_line():
    code = (
        "import runpy, sys; sys.modules['starlette'] = None; "
        "runpy.run_module('deapi.emulator', run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "pip install 'deapi-python-sdk[emulator]'" in ended.stderr
