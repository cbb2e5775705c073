"""Waits of one client, over sockets: sharing polls, and closing the client during a wait."""

import asyncio
import concurrent.futures
import math
import threading

import pytest

from deapi import AsyncDeapiClient, DeapiClient, DeapiError
from deapi._core.steps import WaitFor, Waker
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import REQUEST_ID

LONG = {"poll_interval": 3600, "max_interval": 3600, "max_wait": math.inf}
DEADLINE = 60


def start_wait(client, job, **arguments):
    """Wait in a thread. Return a future, and an event that the first status sets."""
    polled = threading.Event()

    def wait():
        arguments["on_update"] = lambda _: polled.set()
        if isinstance(client, DeapiClient):
            return job.wait(**arguments)
        return asyncio.run(wait_in_event_loop())

    async def wait_in_event_loop():
        try:
            return await job.wait(**arguments)
        finally:  # closing the client closes only the connections of the loop that does it
            pools = client._driver.connections._pools
            for pool in pools.pop(asyncio.get_running_loop()):
                for http_client in pool.close():
                    await http_client.aclose()

    executor = concurrent.futures.ThreadPoolExecutor(1)
    future = executor.submit(wait)
    executor.shutdown(wait=False)
    return future, polled


def close(client):
    """Close a client, in another event loop than its waits."""
    if isinstance(client, DeapiClient):
        client.close()
    else:
        asyncio.run(client.close())


@pytest.fixture(params=[DeapiClient, AsyncDeapiClient])
def client_class(request):
    return request.param


def processing():
    return behaviors.respond(200, {"data": {"status": "processing"}})


@pytest.mark.parametrize("arguments", [LONG, {"max_wait": math.inf}], ids=["explicit", "planned"])
@pytest.mark.parametrize("clone", [False, True], ids=["client", "clone"])
def test_closing_a_client_ends_its_waits_with_a_clear_error(client_class, clone, arguments):
    with FaultyServer(processing()) as server:
        client = client_class(api_key=KEY, base_url=server.url)
        user = client.with_options(timeout=5) if clone else client
        future, polled = start_wait(client, user.job(REQUEST_ID), **arguments)
        assert polled.wait(DEADLINE)
        close(client)
        with pytest.raises(DeapiError, match="has been closed"):
            future.result(DEADLINE)


def test_closing_a_clone_ends_only_its_own_waits(client_class):
    done = threading.Event()

    def status(request):
        return {"data": {"status": "done" if done.is_set() else "processing"}}

    with FaultyServer(behaviors.respond_from(status)) as server:
        client = client_class(api_key=KEY, base_url=server.url)
        clone = client.with_options(timeout=5)
        of_clone, clone_polled = start_wait(client, clone.job("job-1"), **LONG)
        of_client, client_polled = start_wait(client, client.job("job-2"), poll_interval=0.05)
        assert clone_polled.wait(DEADLINE)
        assert client_polled.wait(DEADLINE)
        close(clone)
        with pytest.raises(DeapiError, match="has been closed"):
            of_clone.result(DEADLINE)
        done.set()
        assert of_client.result(DEADLINE).status == "done"
        close(client)


def test_waits_for_one_job_in_threads_and_event_loops_share_its_polls(client_class):
    done = threading.Event()
    found_done = []

    def status(request):
        if not done.is_set():
            return {"data": {"status": "processing"}}
        found_done.append(request)
        return {"data": {"status": "done"}}

    with FaultyServer(behaviors.respond_from(status)) as server:
        client = client_class(api_key=KEY, base_url=server.url)
        waits = [
            start_wait(client, client.job(REQUEST_ID), poll_interval=0.05, max_interval=0.05)
            for _ in range(4)
        ]
        for _, polled in waits:
            assert polled.wait(DEADLINE)
        done.set()
        assert [future.result(DEADLINE).status for future, _ in waits] == ["done"] * 4
        close(client)
    assert len(found_done) == 1


def test_a_waker_in_another_thread_ends_a_sleep(client_class):
    client = client_class(api_key=KEY)
    waker, began = Waker(), threading.Event()

    def flow():
        began.set()
        yield WaitFor(waker, math.inf)
        yield WaitFor(waker, 3600)  # it is still woken
        waker.reset()
        yield WaitFor(waker, 0.001)
        return "awake"

    def run():
        result = client._driver.run(flow())
        return asyncio.run(result) if asyncio.iscoroutine(result) else result

    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        future = executor.submit(run)
        assert began.wait(DEADLINE)
        waker.wake()
        assert future.result(DEADLINE) == "awake"
    assert not waker._callbacks
    assert not client._driver.connections._waits
    close(client)
