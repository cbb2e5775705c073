"""Starting, stopping and isolating emulators."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
import time

import httpx
import pytest

from deapi.emulator import Emulator, server


def test_it_serves_between_start_and_stop():
    emulator = Emulator()
    emulator.start()
    url = emulator.url
    assert httpx.get(url).status_code == 404
    assert url in repr(emulator)
    emulator.stop()
    assert "not running" in repr(emulator)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    emulator.stop()


def test_a_restart_creates_a_new_account():
    emulator = Emulator()
    with emulator:
        emulator.balance = 1
    with emulator:
        assert emulator.balance == 100
        assert emulator.requests == []


def test_starting_twice_is_an_error():
    with Emulator() as emulator, pytest.raises(RuntimeError, match="already"):
        emulator.start()


def test_use_before_start_or_after_stop_is_an_error():
    with pytest.raises(RuntimeError, match=r"not been started: use `with Emulator\(\)"):
        Emulator().url
    emulator = Emulator()
    with emulator:
        pass
    with pytest.raises(RuntimeError, match="not running"):
        emulator.advance(1)


def test_a_port_in_use_is_an_os_error():
    with Emulator() as emulator, pytest.raises(OSError, match="in use"):
        Emulator(port=int(emulator.url.rpartition(":")[2])).start()


def test_a_port_is_not_shared_on_windows(monkeypatch):
    # There, SO_REUSEADDR lets a second program listen on the same port.
    monkeypatch.setattr("sys.platform", "win32")
    with contextlib.closing(server._listen("127.0.0.1", 0)) as listener:
        monkeypatch.undo()
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0


def test_a_server_that_does_not_start_is_a_runtime_error(monkeypatch, tmp_path):
    def fail(*_, **__):
        raise OSError("no event loop")

    monkeypatch.setattr("deapi.emulator.server._Server.startup", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(RuntimeError, match="did not start") as caught:
        Emulator().start()
    assert str(caught.value.__cause__) == "no event loop"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        {"speed": 0},
        {"speed": float("nan")},
        {"plan": "gold"},
        {"polls_per_state": -1},
        {"port": 65536},
        {"link_lifetime": -1},
        {"link_lifetime": float("nan")},
        {"preview_format": "png"},
        {"activity_timeout": 0},
    ],
)
def test_invalid_arguments_are_value_errors_with_the_value(options):
    ((name, value),) = options.items()
    with pytest.raises(ValueError, match=f"{name} must be .*, not '?{value}"):
        Emulator(**options)


def test_an_empty_api_key_is_a_value_error():
    with pytest.raises(ValueError, match="api_key"):
        Emulator(api_key="")


@pytest.mark.parametrize("speed", [1e12, 1e300])
def test_every_endpoint_works_at_any_speed(start_emulator, speed):
    api = start_emulator(speed=speed)
    secret = api.create_key(reset_interval="monthly", limit=5)["secret"]
    for path in ("key", "key/usage", "models"):
        assert api.request_v2("GET", path, key=secret).status_code == 200
    for path in ("keys", "account", "account/usage", "account/payments"):
        assert api.request_v2("GET", path).status_code == 200


def test_two_emulators_share_no_state(start_emulator):
    one, other = start_emulator(), start_emulator()
    one.generate()
    assert one.emulator.url != other.emulator.url
    assert other.emulator.jobs == {}


def test_requests_and_jobs_can_be_read_after_stop(start_emulator):
    api = start_emulator()
    api.generate()
    api.emulator.stop()
    assert len(api.emulator.requests) == len(api.emulator.jobs) == 1


def test_stop_leaves_no_files_and_no_thread(v1, make_png):
    directory = v1.emulator._service.directory
    v1.post_form("img-rmbg", {"image": ("a.png", make_png())}, model="Ben2")
    assert list(directory.iterdir())
    v1.emulator.stop()
    assert not directory.exists()
    assert "deapi-emulator" not in {thread.name for thread in threading.enumerate()}


def test_files_of_requests_without_a_job_are_deleted(v1, make_png):
    v1.post_form("img-rmbg/price-calculation", {"image": ("a.png", make_png())}, model="Ben2")
    v1.post_form("img-rmbg", {"image": ("a.png", make_png())}, model="unknown")
    assert list(v1.emulator._service.directory.iterdir()) == []


def test_logging_and_signal_handlers_are_not_changed(caplog):
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


def test_stop_does_not_wait_for_open_or_hanging_connections(caplog):
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
    assert time.monotonic() - started < 30, "the delayed response takes twice as long"
    hanging.join(timeout=30)
    assert not hanging.is_alive()
    for connection in (keep_alive, silent, half):
        connection.close()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_hundreds_of_connections_are_served_concurrently(v1):
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        url = f"{v1.emulator.url}/api/v1/client/balance"
        headers = {"Authorization": f"Bearer {v1.emulator.api_key}"}
        v1.emulator.inject_fault(operation="balance", delay=0.5, times=200)
        responses = await asyncio.gather(*(client.get(url, headers=headers) for _ in range(200)))
    assert {response.status_code for response in responses} == {200}
