"""`Job.save()` over a socket: the target path, and a cancellation during the download."""

import asyncio
import os
import threading
import time
from pathlib import Path

import anyio.to_thread
import pytest

from deapi import AsyncDeapiClient, NetworkError
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, REQUEST_ID

CONTENT = os.urandom(1024) * 4096


def poll(status, **fields):
    return behaviors.respond(200, {"data": {"status": status, **fields}})


def done(server):
    return poll("done", result_url=f"{server.url}/result.png")


def test_a_relative_path_is_resolved_before_the_wait(make_client, tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    monkeypatch.chdir(first)
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(
            poll("processing"),
            done(server),
            behaviors.respond(200, CONTENT, content_type="image/png"),
        )
        job = make_client(server.url).job(REQUEST_ID)
        path = job.save("fox.png", poll_interval=0.01, on_update=lambda _: os.chdir(second))
    assert path == Path("fox.png")
    assert Path.cwd() == second
    assert (first / "fox.png").read_bytes() == CONTENT
    assert list(second.iterdir()) == []


def test_a_relative_path_is_resolved_before_waiting_for_a_free_thread(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    monkeypatch.chdir(first)

    async def save_while_all_threads_are_busy():
        async with AsyncDeapiClient(api_key=KEY, base_url=server.url, timeout=5) as client:
            limiter = anyio.to_thread.current_default_thread_limiter()
            limiter.total_tokens = 1
            async with limiter:
                task = asyncio.create_task(client.job(REQUEST_ID).save("fox.png"))
                await asyncio.sleep(0.1)
                os.chdir(second)
            await task

    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(done(server), behaviors.respond(200, CONTENT))
        asyncio.run(save_while_all_threads_are_busy())
    assert (first / "fox.png").read_bytes() == CONTENT
    assert list(second.iterdir()) == []


class SlowFile:
    """A file whose first write takes half a second."""

    def __init__(self, file, started, errors):
        self.file = file
        self.started = started
        self.errors = errors

    def write(self, data):
        if not self.started.is_set():
            self.started.set()
            time.sleep(0.5)
        try:
            return self.file.write(data)
        except Exception as error:
            self.errors.append(error)
            raise

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.fixture
def slow_write(monkeypatch):
    """An event that is set when the first, slow write of a download has started."""
    started, errors = threading.Event(), []
    open_file = Path.open

    def open_slowly(path, *arguments, **options):
        file = open_file(path, *arguments, **options)
        return SlowFile(file, started, errors) if path.suffix == ".part" else file

    monkeypatch.setattr(Path, "open", open_slowly)
    yield started
    assert errors == [], "the file was closed during the write"


def send_most_of_the_content(connection):
    connection.read_request()
    head = behaviors.response_head(200, [("Content-Length", str(len(CONTENT)))])
    connection.send(head + CONTENT[:-1000])
    connection.discard_input()


def test_a_cancelled_save_waits_for_its_write_and_removes_the_partial_file(tmp_path, slow_write):
    async def cancel_while_writing(client, job):
        task = asyncio.create_task(job.save(tmp_path / "fox.png"))
        await asyncio.to_thread(slow_write.wait)
        await asyncio.sleep(0.1)  # More data has arrived, and waits for the write in the thread.
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def run():
        async with AsyncDeapiClient(api_key=KEY, base_url=server.url, timeout=5) as client:
            job = client.job(REQUEST_ID)
            await cancel_while_writing(client, job)
            assert list(tmp_path.iterdir()) == []
            server.set_behaviors(BALANCE.success(), behaviors.respond(200, CONTENT))
            assert (await client.balance()).balance == BALANCE.value
            await job.save(tmp_path / "fox.png")

    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(done(server), send_most_of_the_content)
        asyncio.run(run())
    assert (tmp_path / "fox.png").read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [tmp_path / "fox.png"]


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:99999/", "http://127.0.0.1:1/", "http://[::ffff/", "file:///x"]
)
def test_a_redirect_to_an_unusable_url_is_a_network_error(
    make_client, recorded_sleeps, tmp_path, target
):
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(done(server), *[behaviors.redirect(target)] * 4)
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(NetworkError, match="could not be downloaded"):
            job.save(tmp_path / "fox.png")
    assert list(tmp_path.iterdir()) == []
