from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from deapi.emulator import Emulator

pytest_plugins = ["pytester"]


def test_importing_the_package_imports_no_server():
    code = "import sys, deapi.emulator, deapi.emulator.pytest_plugin as p; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"starlette", "uvicorn", "av", "PIL", "httpx"} & set(modules)


def test_a_missing_extra_is_named():
    code = "import sys; sys.modules['starlette'] = None; from deapi.emulator import Emulator"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "pip install 'deapi-python-sdk[emulator]'" in ended.stderr


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import deapi.emulator

    with pytest.raises(AttributeError, match="Simulator"):
        deapi.emulator.Simulator


def test_it_serves_between_start_and_stop():
    emulator = Emulator()
    emulator.start()
    url = emulator.url
    assert httpx.get(url).status_code == 404
    emulator.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    emulator.stop()


def test_it_can_be_started_again_with_a_new_account():
    emulator = Emulator()
    with emulator:
        emulator.balance = 1
    with emulator:
        assert emulator.balance == 100
        assert emulator.requests == []


def test_starting_twice_is_an_error():
    with Emulator() as emulator, pytest.raises(RuntimeError, match="already"):
        emulator.start()


def test_it_tells_when_it_has_not_been_started():
    with pytest.raises(RuntimeError, match="not been started"):
        Emulator().url
    emulator = Emulator()
    with emulator:
        pass
    with pytest.raises(RuntimeError, match="not running"):
        emulator.advance(1)


def test_a_port_that_is_taken_is_an_os_error():
    with Emulator() as emulator, pytest.raises(OSError, match="in use"):
        Emulator(port=int(emulator.url.rpartition(":")[2])).start()


@pytest.mark.parametrize(
    "options",
    [{"speed": 0}, {"speed": float("nan")}, {"plan": "gold"}, {"polls_per_state": -1}],
)
def test_settings_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Emulator(**options)


def test_two_emulators_know_nothing_of_each_other(serve):
    one, other = serve(), serve()
    one.generate()
    assert one.emulator.url != other.emulator.url
    assert other.emulator.jobs == {}


def test_records_can_be_read_after_the_end(serve):
    api = serve()
    api.generate()
    api.emulator.stop()
    assert len(api.emulator.requests) == len(api.emulator.jobs) == 1


def test_stopping_leaves_no_files_and_no_thread(api, png):
    directory = api.emulator._state.directory
    api.form("img-rmbg", {"image": ("a.png", png())}, model="Ben2")
    assert list(directory.iterdir())
    api.emulator.stop()
    assert not directory.exists()
    assert "deapi-emulator" not in {thread.name for thread in threading.enumerate()}


def test_files_of_requests_that_made_no_job_are_not_kept(api, png):
    api.form("img-rmbg/price-calculation", {"image": ("a.png", png())}, model="Ben2")
    api.form("img-rmbg", {"image": ("a.png", png())}, model="nothing")
    assert list(api.emulator._state.directory.iterdir()) == []


def test_logging_and_signals_of_the_process_stay_as_they_are(caplog):
    caplog.set_level(logging.DEBUG)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    levels = [
        logging.getLogger(name).level for name in ("uvicorn", "uvicorn.access", "uvicorn.error")
    ]
    with Emulator() as emulator:
        httpx.get(emulator.url)
        assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert levels == [
        logging.getLogger(name).level for name in ("uvicorn", "uvicorn.access", "uvicorn.error")
    ]
    assert logging.getLogger("uvicorn.access").handlers == []
    assert not [record for record in caplog.records if record.name == "uvicorn.access"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_stopping_does_not_wait_for_open_or_hanging_connections(caplog):
    emulator = Emulator()
    emulator.start()
    address = ("127.0.0.1", int(emulator.url.rpartition(":")[2]))
    keep_alive = httpx.Client()
    keep_alive.get(emulator.url)
    silent = socket.create_connection(address)
    half = socket.create_connection(address)
    half.sendall(b"POST /api/v1/client/txt2img HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
    emulator.inject_fault(operation="balance", delay=60)

    def hang():
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{emulator.url}/api/v1/client/balance", timeout=30)

    hanging = threading.Thread(target=hang)
    hanging.start()
    while not any(request.operation == "balance" for request in emulator.requests):
        time.sleep(0.01)
    started = time.monotonic()
    emulator.stop()
    assert time.monotonic() - started < 1
    hanging.join(timeout=5)
    assert not hanging.is_alive()
    for connection in (keep_alive, silent, half):
        connection.close()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_hundreds_of_connections_are_served_at_once(api):
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        url = f"{api.emulator.url}/api/v1/client/balance"
        headers = {"Authorization": f"Bearer {api.emulator.api_key}"}
        api.emulator.inject_fault(operation="balance", delay=0.5, times=200)
        answers = await asyncio.gather(*(client.get(url, headers=headers) for _ in range(200)))
    assert {answer.status_code for answer in answers} == {200}


async def test_making_results_does_not_hold_up_other_requests(api):
    order = api.post(
        "txt2music",
        {
            "caption": "calm",
            "model": "AceStep_1_5_Turbo",
            "lyrics": "[Instrumental]",
            "duration": 150,
            "inference_steps": 8,
            "guidance_scale": 1,
            "seed": 1,
            "format": "mp3",
        },
    )
    url = api.job(order)["result_url"]
    async with httpx.AsyncClient(timeout=60) as client:
        download = asyncio.create_task(client.get(url))
        waits = []
        while not download.done():
            started = time.monotonic()
            await client.get(api.emulator.url)
            waits.append(time.monotonic() - started)
        assert (await download).status_code == 200
    assert max(waits) < 0.5
    assert len(waits) > 3


def test_a_result_that_is_asked_for_by_many_is_made_once(api, monkeypatch):
    from deapi.emulator.media import images

    made = []
    generated = images.generated

    def counted(*arguments):
        made.append(arguments)
        return generated(*arguments)

    monkeypatch.setattr(images, "generated", counted)
    url = api.job(api.generate())["result_url"]

    async def download_all():
        async with httpx.AsyncClient() as client:
            return await asyncio.gather(*(client.get(url) for _ in range(8)))

    downloads = asyncio.run(download_all())
    assert len({download.content for download in downloads}) == 1
    assert len(made) == 1


def test_a_mistake_of_the_emulator_is_a_json_500_and_logged(api, monkeypatch, caplog):
    from deapi.emulator.media import images

    monkeypatch.setattr(images, "generated", lambda *arguments: 1 / 0)
    answer = httpx.get(api.job(api.generate())["result_url"])
    assert answer.status_code == 500
    assert answer.json() == {"message": "Server Error"}
    assert "ZeroDivisionError" in caplog.text


def test_the_links_lead_where_the_client_reached_the_emulator(api):
    port = api.emulator.url.rpartition(":")[2]
    order = api.generate()
    path = f"request-status/{order.json()['data']['request_id']}"
    job = api.get(path, headers={"Host": f"localhost:{port}"}).json()["data"]
    assert job["result_url"].startswith(f"http://localhost:{port}/results/")


def test_the_command_prints_where_it_is_and_ends_on_ctrl_c(tmp_path):
    process = subprocess.Popen(
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
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        # Whoever runs the tests in the background of a shell ignores Ctrl-C, and so would it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no lock
    )
    with process:
        lines = [process.stdout.readline() for _ in range(3)]
        url = re.search(r"http://127\.0\.0\.1:\d+", lines[0])[0]
        assert lines[1] == f"export DEAPI_BASE_URL={url}\n"
        assert lines[2] == "export DEAPI_API_KEY='1|k'\n"
        headers = {"Authorization": "Bearer 1|k"}
        answer = httpx.get(f"{url}/api/v1/client/balance", headers=headers)
        assert answer.json() == {"data": {"balance": 3.0}}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors == ""
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_when_it_cannot_listen():
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
    assert "cannot listen" in ended.stderr


def test_the_command_says_what_is_wrong_with_an_option():
    ended = subprocess.run(
        [sys.executable, "-m", "deapi.emulator", "--speed", "0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert "speed must be a positive number" in ended.stderr


def test_the_fixture_gives_each_test_an_emulator_of_its_own(pytester):
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
    # As the entry point of an installed package would, but also in a source tree.
    pytester.makeconftest("from deapi.emulator.pytest_plugin import deapi_emulator")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=2)


def test_no_part_of_the_emulator_imports_the_client():
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
