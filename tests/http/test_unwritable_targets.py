"""Targets that cannot be written, and clients that are closed while they save."""

import asyncio
import concurrent.futures
import errno
import gzip
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deapi import AsyncDeapiClient, DeapiClient, DeapiError
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import REQUEST_ID
from support.signals import posix

CONTENT = os.urandom(1024) * 4096
DEADLINE = 60


def done(server):
    fields = {"status": "done", "result_url": f"{server.url}/result.png"}
    return behaviors.respond(200, {"data": fields})


def notes_of(error):
    return " ".join(getattr(error, "__notes__", ()))


FULL_DISK = """
import asyncio, os, resource, sys
from deapi import AsyncDeapiClient, DeapiClient

mode, url, request_id = sys.argv[1:]
_, maximum = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, maximum))  # as if the disk were full then

async def save_async(target):
    async with AsyncDeapiClient(api_key="k", base_url=url) as client:
        await client.job(request_id).save(target)

def save(target):
    if mode == "async":
        return asyncio.run(save_async(target))
    with DeapiClient(api_key="k", base_url=url) as client:
        client.job(request_id).save(target)

def failure(target):
    try:
        save(target)
    except OSError as error:
        return type(error).__name__, error.errno, getattr(error, "__notes__", [])

print(failure("fox.png"), os.listdir())
with open("open.png", "wb") as file:
    print(failure(file))
    # Closing the file writes what its buffer still contains.
    resource.setrlimit(resource.RLIMIT_FSIZE, (maximum, maximum))
"""


@posix
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_full_disk_leaves_no_file_and_names_the_job(mode, tmp_path):
    with FaultyServer(behaviors.hang()) as server:
        content = behaviors.respond(200, CONTENT, content_type="image/png")
        server.set_behaviors(done(server), content, done(server), content)
        run = [sys.executable, "-c", FULL_DISK, mode, server.url, REQUEST_ID]
        ran = subprocess.run(run, check=True, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    first, second = ran.stdout.splitlines()
    assert first.startswith(f"('OSError', {errno.EFBIG}, [")
    assert first.endswith("[]")
    assert second.startswith(f"('OSError', {errno.EFBIG}, [")
    assert REQUEST_ID in first
    assert REQUEST_ID in second


@posix
@pytest.mark.parametrize("name", ["device", "pipe"])
def test_a_path_of_a_device_or_a_pipe_is_rejected_before_anything_is_sent(
    make_client, tmp_path, name
):
    path = Path(os.devnull)
    if name == "pipe":
        path = tmp_path / "pipe"
        os.mkfifo(path)
    with FaultyServer(behaviors.hang()) as server:
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(ValueError, match="not a regular file"):
            job.save(path)
        assert server.connections == 0


class FailingFile(io.RawIOBase):
    """A file object of a caller that fails at its second write."""

    def __init__(self, error):
        self.error = error
        self.written = 0

    def writable(self):
        return True

    def write(self, data):
        if self.written:
            raise self.error
        self.written = len(data)
        return self.written


@pytest.mark.parametrize(
    "error", [RuntimeError("full"), OSError(errno.ENOSPC, "full"), ValueError("closed")]
)
def test_the_exception_of_a_file_object_is_raised_with_the_id_of_the_job(make_client, error):
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(done(server), behaviors.respond(200, CONTENT))
        client = make_client(server.url)
        with pytest.raises(type(error)) as caught:
            client.job(REQUEST_ID).save(FailingFile(error))
        assert caught.value is error
        assert REQUEST_ID in notes_of(error)
        server.set_behaviors(done(server), behaviors.respond(200, CONTENT))
        assert client.job(REQUEST_ID).read() == CONTENT


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_that_is_full_is_an_oserror(make_client):
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(done(server), behaviors.respond(200, CONTENT))
        job = make_client(server.url).job(REQUEST_ID)
        with (
            Path("/dev/full").open("wb", buffering=0) as file,
            pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as caught,
        ):
            job.save(file)
    assert REQUEST_ID in notes_of(caught.value)


def test_a_result_is_saved_to_a_device_and_to_a_gzip_file(make_client, tmp_path):
    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(*[done(server), behaviors.respond(200, CONTENT)] * 2)
        client = make_client(server.url)
        with Path(os.devnull).open("wb") as file:
            client.job(REQUEST_ID).save(file)
        with gzip.open(tmp_path / "fox.png.gz", "wb") as file:
            client.job(REQUEST_ID).save(file)
    assert gzip.decompress((tmp_path / "fox.png.gz").read_bytes()) == CONTENT


@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_closing_a_client_ends_a_save_and_leaves_no_file(client_class, tmp_path):
    started = threading.Event()

    def send_most_of_the_content(connection):
        connection.read_request()
        head = behaviors.response_head(200, [("Content-Length", str(len(CONTENT)))])
        connection.send(head + CONTENT[:-1000])
        started.set()
        connection.discard_input()

    async def save_and_close():
        client = AsyncDeapiClient(api_key=KEY, base_url=server.url, timeout=5)
        task = asyncio.create_task(client.job(REQUEST_ID).save(tmp_path / "fox.png"))
        await asyncio.to_thread(started.wait, DEADLINE)
        await client.close()
        await asyncio.wait_for(task, DEADLINE)

    def save_in_a_thread_and_close():
        client = DeapiClient(api_key=KEY, base_url=server.url, timeout=5)
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            saving = executor.submit(client.job(REQUEST_ID).save, tmp_path / "fox.png")
            assert started.wait(DEADLINE)
            client.close()
            saving.result(DEADLINE)

    with FaultyServer(behaviors.hang()) as server:
        server.set_behaviors(done(server), send_most_of_the_content)
        use = save_in_a_thread_and_close
        if client_class is AsyncDeapiClient:
            use = lambda: asyncio.run(save_and_close())  # noqa: E731
        with pytest.raises(DeapiError) as caught:
            use()
    assert REQUEST_ID in f"{caught.value} {notes_of(caught.value)}"
    assert list(tmp_path.iterdir()) == []
