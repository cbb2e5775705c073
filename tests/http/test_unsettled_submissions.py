"""No accepted job without a trace: odd responses, cancelled and interrupted submissions."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading

import anyio
import pytest

import deapi
from deapi import AsyncDeapiClient, DeapiClient
from deapi._http import aio
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import GENERATE, IMAGE, REQUEST_ID, UPLOAD
from support.signals import posix

# -- odd responses -------------------------------------------------------------------------------

ODD_IDS = [
    1,
    2**70,
    1.5,
    True,
    None,
    "",
    " ",
    ".",
    "..",
    "a/b?c#d",
    "\n",
    "\x00",
    "\ud800",
    "\u202ejob",
    "\x1b[31m",
    "é",
    "x" * 1_000_000,
    [],
    ["job"],
    {},
    {"id": "job"},
]
ODD_BODIES = [
    *({"data": {"request_id": each}} for each in ODD_IDS),
    *({"request_id": each} for each in ODD_IDS),
    {"data": [{"request_id": "job"}]},
    {"data": {"data": {"request_id": "job"}}},
    {"data": "job"},
    {"data": None, "request_id": "job"},
    {"data": {"id": "job"}},
    [],
    None,
    "job",
    b"",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{",
    b"[" * 100_000,
    b'{"data": ' * 900 + b"1" + b"}" * 900,
    b'{"data": {"request_id": "job", "a": ' + b"[" * 900 + b"]" * 900 + b"}}",
    b'{"data": {"request_id": ' + b"9" * 5000 + b"}}",
    b'{"data": {"request_id": NaN}}',
    b"<html>ok</html>",
]


def outcome_of(client):
    try:
        return GENERATE.call(client), None
    except deapi.DeapiError as error:
        return None, error


def test_a_2xx_response_ends_in_a_job_or_an_error_that_is_possibly_accepted(make_client):
    with FaultyServer(behaviors.respond()) as server:
        client = make_client(server.url)
        for status in (200, 202):
            for body in ODD_BODIES:
                server.set_behaviors(behaviors.respond(status, body))
                job, error = outcome_of(client)
                if error is not None:
                    assert error.possibly_accepted, body
                    assert str(error).isprintable(), body
                    assert len(str(error)) < 2000
                else:
                    assert job.request_id
                    assert repr(job).isprintable()
                    assert len(repr(job)) < 300
    assert len(server.requests) == 2 * len(ODD_BODIES)


@pytest.mark.parametrize("vanish", ["delete", "truncate"])
def test_a_submission_stays_possibly_accepted_if_its_file_is_deleted_before_the_retry(
    make_client, recorded_sleeps, tmp_path, vanish
):
    path = tmp_path / "photo.png"
    path.write_bytes(b"x" * 100_000)

    def lose(connection):
        connection.read_request()
        path.unlink() if vanish == "delete" else os.truncate(path, 10)
        connection.close()

    with FaultyServer(lose) as server:
        client = make_client(server.url, retry_submissions="always")
        with pytest.raises(deapi.NetworkError, match="may have been accepted") as caught:
            client.images.upscale(image=path, model="m")
    assert caught.value.possibly_accepted
    assert isinstance(caught.value.__cause__, OSError)
    assert "nothing was charged" not in str(caught.value)


# -- cancelled submissions -----------------------------------------------------------------------


def options(server, **extra):
    return {"api_key": KEY, "base_url": server.url, "timeout": 30, "max_retries": 0, **extra}


def notes_of(error):
    """Return the notes of an exception, or of the exception that asyncio replaced."""
    while error is not None and not hasattr(error, "__notes__"):
        error = error.__cause__ or error.__context__
    return error.__notes__


async def cancel_task(call, received):
    task = asyncio.create_task(call())
    await received()
    task.cancel()
    await task


async def time_out(call, received):
    task = asyncio.create_task(call())
    await received()
    await asyncio.wait_for(task, 0)


async def leave_scope(call, received):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await received()
        tasks.cancel_scope.cancel()


CANCELLATIONS = [cancel_task, time_out, leave_scope]


def cancel_submission(server, cancellation, release=None):
    """Cancel a submission that the server has received. Return what is in doubt."""

    async def run():
        async with AsyncDeapiClient(**options(server)) as client:

            async def received():
                await asyncio.to_thread(server.wait_for, lambda: server.requests[0:1], 30)
                await asyncio.to_thread(server.wait_for, lambda: server.requests[0].complete, 30)
                while not sent():  # noqa: ASYNC110 - the driver sets it
                    await asyncio.sleep(0.01)
                if release:
                    asyncio.get_running_loop().call_later(0.05, release.set)

            def sent():
                return client._driver.context and steps and steps[0].sending.fully_sent

            steps = []
            send = client._driver._send

            def record(step):
                steps.append(step)
                return send(step)

            client._driver._send = record
            error = None
            try:
                await cancellation(lambda: client.images.generate(**IMAGE), received)
            except (asyncio.CancelledError, asyncio.TimeoutError) as caught:
                error = caught
            server.set_behaviors(GENERATE.success())
            assert (await client.images.generate(**IMAGE)).request_id == REQUEST_ID
            return client.unsettled, client.with_options(timeout=1).unsettled, error

    return asyncio.run(run())


@pytest.mark.parametrize("cancellation", CANCELLATIONS)
def test_a_cancelled_submission_leaves_a_trace(caplog, monkeypatch, cancellation):
    monkeypatch.setattr(aio, "_SETTLE_SECONDS", 0.05)  # the response never comes
    with FaultyServer(behaviors.hang()) as server:
        (entry,), shared, error = cancel_submission(server, cancellation)
    assert shared == (entry,)
    assert entry.operation == "images.generate"
    assert entry.idempotency_key == server.requests[0].header("Idempotency-Key")
    assert (entry.request_id, entry.accepted) == (None, False)
    warning = next(each for each in caplog.records if each.levelno == logging.WARNING)
    assert entry.idempotency_key in warning.getMessage()
    if error is not None:
        assert notes_of(error) == [warning.getMessage()]


@pytest.mark.parametrize("cancellation", CANCELLATIONS)
def test_a_cancelled_submission_waits_for_the_id_of_its_job(caplog, monkeypatch, cancellation):
    monkeypatch.setattr(aio, "_SETTLE_SECONDS", 30.0)  # the machine may be slow
    released = threading.Event()

    def respond_late(connection):
        connection.read_request()
        released.wait(30)
        connection.send(behaviors.response_bytes(200, {"data": {"request_id": "job-7"}}))

    with FaultyServer(respond_late) as server:
        (entry,), _, _ = cancel_submission(server, cancellation, released)
    assert (entry.request_id, entry.accepted) == ("job-7", True)
    assert any("client.job('job-7')" in each.getMessage() for each in caplog.records)


def test_an_upload_that_is_cancelled_half_way_is_unsettled():
    async def run():
        async with AsyncDeapiClient(**options(server)) as client:
            image = b"x" * 20_000_000
            task = asyncio.create_task(client.images.upscale(**{**UPLOAD, "image": image}))
            assert await asyncio.to_thread(begun.wait, 30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return client.unsettled

    def read_begin(connection):
        connection.read_body(connection.read_head(), 1000)
        begun.set()
        connection.wait_for_stop()

    begun = threading.Event()
    with FaultyServer(read_begin) as server:
        (entry,) = asyncio.run(run())
    assert not entry.accepted


# -- interrupted submissions ---------------------------------------------------------------------


class TimeLimitError(BaseException):
    """An exception that a signal handler raises."""


@posix
def test_a_submission_that_a_signal_interrupts_leaves_a_trace(caplog):
    def interrupt(*_):
        raise TimeLimitError

    def signal_and_hang(connection):
        connection.read_request()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
        connection.discard_input()

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with (
            FaultyServer(signal_and_hang) as server,
            DeapiClient(**options(server)) as client,
            pytest.raises(TimeLimitError) as caught,
        ):
            GENERATE.call(client)
    finally:
        signal.signal(signal.SIGUSR1, before)
    (entry,) = client.unsettled
    (note,) = caught.value.__notes__
    key = server.requests[0].header("Idempotency-Key")
    assert key == entry.idempotency_key
    assert key in note
    assert note in [each.getMessage() for each in caplog.records]


INTERRUPTED = """
import asyncio, sys
from deapi import AsyncDeapiClient, DeapiClient

url, mode, image = sys.argv[1], sys.argv[2], {image}
options = {{"api_key": "k", "base_url": url, "timeout": 60, "max_retries": 0}}

async def main():
    async with AsyncDeapiClient(**options) as client:
        await client.images.generate(**image)

if mode == "sync":
    DeapiClient(**options).images.generate(**image)
else:
    asyncio.run(main())
"""


@posix
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_ctrl_c_during_a_submission_shows_its_idempotency_key(mode):
    def interrupt(connection):
        connection.read_request()
        process.send_signal(signal.SIGINT)
        connection.discard_input()

    with FaultyServer(interrupt) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTED.format(image=json.dumps(IMAGE)), server.url, mode],
            stderr=subprocess.PIPE,
            text=True,
        )
        _, output = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in output
    assert "may have been accepted" in output
    assert server.requests[0].header("Idempotency-Key") in output


FORK = """
import os, sys
from deapi import DeapiClient, NetworkError

client = DeapiClient(api_key="k", base_url=sys.argv[1])
try:
    client.images.generate(prompt="a", model="m", width=1, height=1, seed=1)
except NetworkError:
    assert len(client.unsettled) == 1
child = os.fork()
if child == 0:
    os._exit(len(client.unsettled))
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) or len(client.unsettled) - 1)
"""


@posix
def test_a_forked_process_has_no_unsettled_submissions():
    with FaultyServer(behaviors.close_without_response()) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORK, server.url], capture_output=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr.decode()


# -- jobs ----------------------------------------------------------------------------------------


class CallbackError(Exception):
    """An exception of `on_update`."""


def fail(_result):
    raise CallbackError


@pytest.mark.parametrize("method", ["wait", "save"])
def test_an_exception_that_ends_a_wait_early_has_a_note_with_the_job(make_client, tmp_path, method):
    with FaultyServer(behaviors.respond(200, {"data": {"status": "processing"}})) as server:
        job = make_client(server.url).job("job-7")
        arguments = (tmp_path / "fox.png",) if method == "save" else ()
        with pytest.raises(CallbackError) as caught:
            getattr(job, method)(*arguments, on_update=fail)
    assert caught.value.__notes__ == ["job job-7 continues; resume with client.job('job-7')"]


def test_a_save_to_a_missing_directory_has_a_note_with_the_job(make_client, tmp_path):
    job = make_client("http://127.0.0.1:9").job("job-7")
    with pytest.raises(FileNotFoundError) as caught:
        job.save(tmp_path / "missing" / "fox.png")
    assert caught.value.__notes__ == ["job job-7 continues; resume with client.job('job-7')"]


def test_a_cancelled_wait_has_a_note_with_the_job():
    async def run():
        async with AsyncDeapiClient(**options(server)) as client:
            task = asyncio.create_task(client.job("job-7").wait())
            await asyncio.to_thread(server.wait_for, lambda: len(server.requests) == 1, 30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            return notes_of(caught.value)

    with FaultyServer(behaviors.hang()) as server:
        notes = asyncio.run(run())
    assert notes == ["job job-7 continues; resume with client.job('job-7')"]
