"""Cancelled and interrupted calls leave the client usable."""

import asyncio
import gc

import httpcore
import httpx
import pytest

from deapi import AsyncDeapiClient, DeapiClient
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, IMAGE, REQUEST_ID
from support.signals import interrupted_after, posix


def options(server, **extra):
    return {"api_key": KEY, "base_url": server.url, "timeout": 5, "max_retries": 0, **extra}


STUCK = {
    "waiting for a response": (behaviors.hang(), {}),
    "reading a response": (behaviors.trickle_body(0.02), {}),
    "sleeping before a retry": (behaviors.respond(503), {"max_retries": 3}),
}


@pytest.mark.parametrize("name", STUCK)
@pytest.mark.parametrize("method", ["cancel", "timeout"])
def test_a_cancelled_call_leaves_the_client_usable(name, method):
    behavior, extra = STUCK[name]

    async def cancel_and_reuse(client):
        task = asyncio.create_task(client.images.generate(**IMAGE))
        await asyncio.to_thread(server.wait_for, lambda: len(server.requests) == 1)
        await asyncio.sleep(0.05)
        if method == "cancel":
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(task, 0.05)
        assert task.cancelled()
        server.set_behaviors(BALANCE.success())
        for _ in range(3):
            assert (await client.balance()).balance == BALANCE.value

    async def run():
        async with AsyncDeapiClient(**options(server, **extra)) as client:
            await cancel_and_reuse(client)

    with FaultyServer(behavior) as server:
        asyncio.run(run())
    assert len(server.requests) == 4


def test_cancelling_many_calls_releases_their_connections():
    async def run():
        async with AsyncDeapiClient(**options(server, timeout=30)) as client:
            tasks = [asyncio.create_task(client.balance()) for _ in range(300)]
            await asyncio.to_thread(server.wait_for, lambda: len(server.requests) >= 150)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert all(task.cancelled() for task in tasks)
            server.set_behaviors(BALANCE.success())
            results = await asyncio.gather(*(client.balance() for _ in range(300)))
            assert {result.balance for result in results} == {BALANCE.value}

    with FaultyServer(behaviors.hang()) as server:
        asyncio.run(run())


def test_cancelling_a_wait_leaves_client_and_job_usable():
    async def run():
        async with AsyncDeapiClient(**options(server)) as client:
            job = client.job(REQUEST_ID)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(job.wait(poll_interval=0.02), 0.2)
            server.set_behaviors(behaviors.respond(200, {"data": {"status": "done"}}))
            assert (await job.wait()).status == "done"

    with FaultyServer(behaviors.respond(200, {"data": {"status": "processing"}})) as server:
        asyncio.run(run())


def test_cancelling_an_upload_leaves_the_client_usable_and_the_file_closed(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(b"x" * 20_000_000)

    async def run():
        async with AsyncDeapiClient(**options(server)) as client:
            task = asyncio.create_task(client.images.upscale(image=path, model="m"))
            await asyncio.to_thread(server.wait_for, lambda: len(server.requests) == 1)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            server.set_behaviors(BALANCE.success())
            assert (await client.balance()).balance == BALANCE.value

    with FaultyServer(behaviors.stop_reading_body()) as server:
        asyncio.run(run())
    gc.collect()  # a file that is still open would cause a warning now


@posix
@pytest.mark.parametrize("name", STUCK)
def test_an_interrupted_call_leaves_the_client_usable(name):
    behavior, extra = STUCK[name]
    with (
        FaultyServer(behavior) as server,
        DeapiClient(**options(server, **extra)) as client,
        interrupted_after(0.4),
    ):
        with pytest.raises(KeyboardInterrupt):
            client.images.generate(**IMAGE)
        server.set_behaviors(BALANCE.success())
        for _ in range(3):
            assert BALANCE.succeeds(client)
    assert len(server.requests) == 4


@posix
def test_an_interrupted_wait_can_be_resumed():
    with (
        FaultyServer(behaviors.respond(200, {"data": {"status": "processing"}})) as server,
        DeapiClient(**options(server)) as client,
        interrupted_after(0.4),
    ):
        job = client.job(REQUEST_ID)
        with pytest.raises(KeyboardInterrupt):
            job.wait(poll_interval=0.02)
        server.set_behaviors(behaviors.respond(200, {"data": {"status": "done"}}))
        assert job.wait().status == "done"


# httpcore returns a connection to its pool in this method. If an exception ends it early, the
# connection is lost. A pool has four.
RELEASE = {
    "sync": (httpcore._sync.http11.HTTP11Connection, "_response_closed"),
    "async": (httpcore._async.http11.AsyncHTTP11Connection, "_response_closed"),
}


def success_of_each_request(connection):
    request = connection.read_request()
    data = {"balance": 19.5}
    if "file" in request.path:
        connection.send(behaviors.response_bytes(200, b"GIF89a", content_type="image/gif"))
        return
    if REQUEST_ID in request.path:
        url = f"http://{request.header('Host')}/file.gif"
        data = {"status": "done", "progress": 100, "result_url": url}
    connection.send(behaviors.response_bytes(200, {"data": data}))


@pytest.mark.parametrize("name", ["call", "download"])
def test_a_cancellation_while_a_connection_is_released_leaves_the_client_usable(monkeypatch, name):
    release = getattr(*RELEASE["async"])

    async def cancelled(connection):
        asyncio.current_task().cancel()
        await release(connection)

    async def run():
        async with AsyncDeapiClient(**options(server)) as client:
            job = client.job(REQUEST_ID)
            await job.status()
            for _ in range(6):
                with monkeypatch.context() as patch:
                    patch.setattr(*RELEASE["async"], cancelled)
                    call = client.balance if name == "call" else job.read
                    with pytest.raises(asyncio.CancelledError):
                        await asyncio.create_task(call())
            assert (await asyncio.wait_for(client.balance(), 30)).balance == BALANCE.value
            assert await asyncio.wait_for(client.job(REQUEST_ID).read(), 30) == b"GIF89a"

    with FaultyServer(success_of_each_request) as server:
        asyncio.run(run())


@pytest.mark.parametrize("name", ["call", "download"])
def test_an_interrupt_while_a_connection_is_released_leaves_the_client_usable(monkeypatch, name):
    def interrupted(connection):
        raise KeyboardInterrupt

    timeout = httpx.Timeout(5)  # also for the wait for a free connection
    with (
        FaultyServer(success_of_each_request) as server,
        DeapiClient(**options(server, timeout=timeout)) as client,
    ):
        job = client.job(REQUEST_ID)
        job.status()
        for _ in range(6):
            with monkeypatch.context() as patch:
                patch.setattr(*RELEASE["sync"], interrupted)
                with pytest.raises(KeyboardInterrupt):
                    client.balance() if name == "call" else job.read()
        assert client.balance().balance == BALANCE.value
        assert client.job(REQUEST_ID).read() == b"GIF89a"
