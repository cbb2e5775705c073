"""The life of a client: concurrency, forks, closing, and several event loops."""

import asyncio
import concurrent.futures
import contextlib
import gc
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

import deapi
from deapi import AsyncDeapiClient, DeapiClient
from deapi._http import network
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.programs import Program
from support.sample_operations import BALANCE, GENERATE, REQUEST_ID

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")


def job_number(request):
    return int(request.path.rpartition("/")[2])


def progress_by_number(request):
    """Return the status of job `n` with a progress of `n`."""
    return {"data": {"status": "processing", "progress": job_number(request)}}


def options(server, **extra):
    return {"api_key": KEY, "base_url": server.url, "timeout": 5, "max_retries": 0, **extra}


# -- concurrency ---------------------------------------------------------------------------------


def test_five_hundred_concurrent_calls_on_one_async_client_all_succeed():
    async def read_all():
        async with AsyncDeapiClient(**options(server, timeout=4)) as client:
            return await asyncio.gather(*(client.job(str(n)).status() for n in range(500)))

    with FaultyServer(behaviors.delay(0.2, behaviors.respond_from(progress_by_number))) as server:
        results = asyncio.run(read_all())
    assert [result.progress for result in results] == list(range(500))


def test_waiting_for_a_connection_may_exceed_the_timeout():
    # 60 calls of 0.1 s on 5 connections: the last ones wait longer than their timeout.
    async def read_all():
        limits = httpx.Limits(max_connections=5)
        async with (
            httpx.AsyncClient(limits=limits) as http_client,
            AsyncDeapiClient(**options(server, timeout=0.8, http_client=http_client)) as client,
        ):
            return await asyncio.gather(*(client.job(str(n)).status() for n in range(60)))

    with FaultyServer(behaviors.delay(0.1, behaviors.respond_from(progress_by_number))) as server:
        began = time.monotonic()
        results = asyncio.run(read_all())
        assert time.monotonic() - began > 1
    assert [result.progress for result in results] == list(range(60))
    assert server.connections == 5


def test_one_client_can_be_used_by_many_threads():
    with (
        FaultyServer(behaviors.respond_from(progress_by_number)) as server,
        DeapiClient(**options(server)) as client,
        concurrent.futures.ThreadPoolExecutor(20) as threads,
    ):
        results = list(threads.map(lambda n: client.job(str(n)).status().progress, range(300)))
    assert results == list(range(300))
    assert server.connections < 100  # any thread reuses them


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_downloads_that_stall_do_not_delay_calls(mode, tmp_path, monkeypatch):
    from deapi._http import network

    # One connection for calls and one for downloads, instead of 256 each.
    limits = httpx.Limits(max_connections=1)
    monkeypatch.setattr(network, "_LIMITS", limits)
    stalled = threading.Event()
    released = threading.Event()

    def stall(connection):
        connection.read_request()
        stalled.set()
        released.wait(60)
        connection.send(behaviors.response_bytes(200, b"file"))

    async def balance_during_download():
        async with AsyncDeapiClient(**options(server, timeout=60)) as client:
            client._driver.connections.pools().calls._max_clients = 1
            client._driver.connections.pools().downloads._max_clients = 1
            save = asyncio.ensure_future(client.job("1").save(tmp_path / "file"))
            await asyncio.to_thread(stalled.wait, 60)
            server.set_behaviors(BALANCE.success())
            value = (await asyncio.wait_for(client.balance(), 30)).balance
            released.set()
            await save
            return value

    with FaultyServer(behaviors.hang()) as server:
        result = {"status": "done", "result_url": f"{server.url}/file"}
        server.set_behaviors(behaviors.respond(200, {"data": result}), stall)
        if mode == "async":
            assert asyncio.run(balance_during_download()) == BALANCE.value
        else:
            with (
                DeapiClient(**options(server, timeout=60)) as client,
                concurrent.futures.ThreadPoolExecutor(2) as threads,
            ):
                client._driver.connections.pools().calls._max_clients = 1
                client._driver.connections.pools().downloads._max_clients = 1
                save = threads.submit(client.job("1").save, tmp_path / "file")
                assert stalled.wait(60)
                server.set_behaviors(BALANCE.success())
                try:
                    balance = threads.submit(client.balance).result(30)
                finally:
                    released.set()
                save.result(30)
                assert balance.balance == BALANCE.value
    assert (tmp_path / "file").read_bytes() == b"file"


# -- fork ----------------------------------------------------------------------------------------

FORK = """
import asyncio, os, sys
from deapi import AsyncDeapiClient, DeapiClient
from deapi._http import network

url, mode = sys.argv[1:]
options = {"api_key": "k", "base_url": url, "timeout": 5, "max_retries": 0}

def read_sync(client, numbers):
    return [client.job(str(n)).status().progress for n in numbers]

async def read_async(client, numbers):
    return [(await client.job(str(n)).status()).progress for n in numbers]

def read_after_fork(read, client):
    child = os.fork()
    numbers = list(range(1000, 1050)) if child == 0 else list(range(50))
    correct = False
    try:
        correct = read(client, numbers) == numbers
    finally:
        if child == 0:
            os._exit(0 if correct else 1)
    _, status = os.waitpid(child, 0)
    sys.exit(0 if correct and os.waitstatus_to_exitcode(status) == 0 else 1)

if mode == "sync":
    client = DeapiClient(**options)
    assert read_sync(client, [7]) == [7]
    read_after_fork(read_sync, client)
else:
    client = AsyncDeapiClient(**options)
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(read_async(client, [7])) == [7]

    def read(client, numbers):
        own_loop = loop if numbers[0] == 0 else asyncio.new_event_loop()
        return own_loop.run_until_complete(read_async(client, numbers))

    read_after_fork(read, client)
"""


@posix
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_parent_and_child_read_their_own_responses_after_a_fork(mode):
    with FaultyServer(behaviors.respond_from(progress_by_number)) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORK, server.url, mode],
            capture_output=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()
    processes = {(r.connection, job_number(r) >= 1000) for r in server.requests}
    assert len(processes) == server.connections  # each connection belongs to one process


FORK_DURING_A_CALL = """
import asyncio, os, sys, threading
from deapi import AsyncDeapiClient, DeapiClient

url, mode, closes = sys.argv[1:]
client_class = DeapiClient if mode == "sync" else AsyncDeapiClient
client = client_class(api_key="k", base_url=url, max_retries=0)
balances = []

def read():
    balance = client.balance()
    balances.append(balance if mode == "sync" else asyncio.run(balance))

thread = threading.Thread(target=read)
thread.start()
sys.stdin.readline()
if not os.fork():
    if closes:
        closing = client.close()
        if mode == "async":
            asyncio.run(closing)
    sys.exit()
os.wait()
print("ended", flush=True)
thread.join()
assert len(balances) == 1
"""


@posix
@pytest.mark.parametrize("closes", ["", "closes"], ids=["exits", "closes"])
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_child_process_that_ends_leaves_the_call_of_its_parent_alone(mode, closes):
    child_ended = threading.Event()

    def respond_after_the_child(connection):
        connection.read_request()
        child_ended.wait(60)
        connection.send(behaviors.response_bytes(200, {"data": BALANCE.response_data}))

    with FaultyServer(respond_after_the_child) as server:
        command = [sys.executable, "-c", FORK_DURING_A_CALL, server.url, mode, closes]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with Program(command, **pipes) as process:
            server.wait_for(lambda: len(server.requests) == 1, seconds=60)
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == b"ended"
            child_ended.set()
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()


# -- closing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [BALANCE, GENERATE], ids=str)
@pytest.mark.parametrize("used", [True, False])
def test_use_after_close_raises_one_clear_error(make_client, operation, used):
    with FaultyServer(operation.success()) as server:
        client = make_client(server.url)
        job = client.job(REQUEST_ID)
        clone = client.with_options(timeout=1)
        if used:
            operation.call(client)
        client.close()
        client.close()
        before = len(server.requests)
        for call in (
            lambda: operation.call(client),
            lambda: operation.call(clone),
            job.status,
            lambda: job.wait(max_wait=1),
            lambda: list(job.updates()),
        ):
            with pytest.raises(deapi.DeapiError, match="closed") as caught:
                call()
            assert type(caught.value) is deapi.DeapiError
        assert len(server.requests) == before


def test_closing_a_client_closes_its_connections(make_client):
    with FaultyServer(BALANCE.success()) as server:
        client = make_client(server.url)
        client.balance()
        assert server.closed_connections == 0
        client.close()
        server.wait_for(lambda: server.closed_connections == 1)


@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_a_connection_that_is_made_while_the_client_is_closed_is_closed_too(
    client_class, monkeypatch
):
    backend = network._Backend if client_class is DeapiClient else network._AsyncBackend
    connect = backend.connect_tcp

    def connect_and_close(self, *args, **kwargs):
        stream = connect(self, *args, **kwargs)
        client.close()
        return stream

    async def connect_and_close_async(self, *args, **kwargs):
        stream = await connect(self, *args, **kwargs)
        await client.close()
        return stream

    async def use_async_client():
        await client.balance()

    is_sync = client_class is DeapiClient
    monkeypatch.setattr(
        backend, "connect_tcp", connect_and_close if is_sync else connect_and_close_async
    )
    with FaultyServer(BALANCE.success()) as server:
        client = client_class(**options(server))
        with contextlib.suppress(deapi.DeapiError):
            client.balance() if is_sync else asyncio.run(use_async_client())
        server.wait_for(lambda: server.closed_connections == server.connections == 1)


def test_closing_a_clone_leaves_the_client_open(make_client):
    with FaultyServer(BALANCE.success()) as server:
        client = make_client(server.url)
        clone = client.with_options(max_retries=0)
        assert BALANCE.succeeds(clone)
        clone.close()
        assert BALANCE.succeeds(client)
        with pytest.raises(deapi.DeapiError, match="closed"):
            clone.balance()


def test_clients_are_context_managers():
    async def use():
        async with AsyncDeapiClient(**options(server)) as client:
            assert (await client.balance()).balance == BALANCE.value
        with pytest.raises(deapi.DeapiError, match="closed"):
            await client.balance()

    with FaultyServer(BALANCE.success()) as server:
        with DeapiClient(**options(server)) as client:
            assert BALANCE.succeeds(client)
        with pytest.raises(deapi.DeapiError, match="closed"):
            client.balance()
        asyncio.run(use())


def test_the_wrong_kind_of_with_statement_raises_an_error_that_says_what_to_write():
    async def use_sync_client():
        async with DeapiClient(api_key=KEY):
            pass

    with pytest.raises(TypeError, match=r"Write `with DeapiClient\(...\) as client:`"):
        asyncio.run(use_sync_client())
    with (
        pytest.raises(TypeError, match=r"Write `async with AsyncDeapiClient\(...\) as client:`"),
        AsyncDeapiClient(api_key=KEY),
    ):
        pass


CALLS_WITHOUT_RESPONSE = pytest.mark.parametrize(
    ("call", "behavior"),
    [
        (lambda client: client.balance(), behaviors.hang()),
        (
            lambda client: client.images.upscale(model="m", image=bytes(20_000_000)),
            behaviors.stop_reading_body(),
        ),
    ],
    ids=["response", "upload"],
)


@CALLS_WITHOUT_RESPONSE
def test_an_async_client_that_is_closed_during_calls_ends_them_with_an_error(call, behavior):
    async def close_during_calls():
        client = AsyncDeapiClient(**options(server, timeout=60, max_retries=3))
        calls = [asyncio.ensure_future(call(client)) for _ in range(5)]
        await asyncio.to_thread(server.wait_for, lambda: len(server.requests) >= 5, 60)
        await asyncio.gather(client.close(), client.close())
        return await asyncio.gather(*calls, return_exceptions=True)

    with FaultyServer(behavior) as server:
        errors = asyncio.run(close_during_calls())
    assert_closed(errors)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@CALLS_WITHOUT_RESPONSE
def test_a_sync_client_that_is_closed_by_another_thread_ends_its_calls(
    call, behavior, tls, monkeypatch
):
    with (
        FaultyServer(behavior, tls=tls) as server,
        concurrent.futures.ThreadPoolExecutor(5) as threads,
    ):
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", server.ca)
        client = DeapiClient(**options(server, timeout=90, max_retries=3))
        calls = [threads.submit(call, client) for _ in range(5)]
        server.wait_for(lambda: len(server.requests) >= 5, 60)
        client.close()
        errors = [each.exception(timeout=60) for each in calls]
    assert_closed(errors)


def assert_closed(errors):
    for error in errors:
        assert isinstance(error, deapi.DeapiError)
        assert "client was closed" in str(error) or "client has been closed" in str(error)


@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_a_client_that_was_never_used_need_not_be_closed(client_class):
    client = client_class(api_key=KEY)
    del client
    gc.collect()


# -- event loops ---------------------------------------------------------------------------------


async def balance_of(client):
    return (await client.balance()).balance


def test_an_async_client_works_in_successive_event_loops():
    with FaultyServer(BALANCE.success()) as server:
        client = AsyncDeapiClient(**options(server))
        for _ in range(3):
            assert asyncio.run(balance_of(client)) == BALANCE.value
        asyncio.run(client.close())
    del client
    gc.collect()


def test_connections_of_ended_event_loops_are_released():
    with FaultyServer(BALANCE.success()) as server:
        client = AsyncDeapiClient(**options(server))
        for _ in range(10):
            assert asyncio.run(balance_of(client)) == BALANCE.value
        gc.collect()
        server.wait_for(lambda: server.connections - server.closed_connections <= 2)
    del client
    gc.collect()


def test_an_async_client_works_in_two_event_loops_concurrently():
    async def read(numbers):
        return [(await client.job(str(n)).status()).progress for n in numbers]

    with FaultyServer(behaviors.delay(0.001, behaviors.respond_from(progress_by_number))) as server:
        client = AsyncDeapiClient(**options(server))

        def run(numbers):
            with contextlib.closing(asyncio.new_event_loop()) as loop:
                results = loop.run_until_complete(read(numbers))
                barrier.wait(10)  # both loops are open while both have used the client
                loop.run_until_complete(client.close())
                return results

        barrier = threading.Barrier(2)
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            lists = [list(range(50)), list(range(100, 150))]
            assert list(threads.map(run, lists)) == lists


# -- signal handlers and threads -----------------------------------------------------------------


@posix
@pytest.mark.timeout(20)  # it used to wait indefinitely for a lock that its own thread held
def test_a_signal_handler_can_make_a_call_while_the_first_call_connects(monkeypatch):
    from deapi._http import network

    create = network.sync_client

    def create_slowly():
        if threading.current_thread() is threading.main_thread() and not handled:
            handled.append(None)
            signal.raise_signal(signal.SIGUSR1)
        return create()

    handled = []
    monkeypatch.setattr(network, "sync_client", create_slowly)
    with FaultyServer(BALANCE.success()) as server, DeapiClient(**options(server)) as client:

        def make_call(*_):
            handled.append(BALANCE.succeeds(client))

        before = signal.signal(signal.SIGUSR1, make_call)
        try:
            assert BALANCE.succeeds(client)
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert handled == [None, True]


def test_threads_that_start_together_share_a_bounded_number_of_http_clients():
    barrier = threading.Barrier(20)
    with FaultyServer(BALANCE.success()) as server, DeapiClient(**options(server)) as client:

        def read(_):
            barrier.wait()
            return [BALANCE.succeeds(client) for _ in range(5)]

        with concurrent.futures.ThreadPoolExecutor(20) as threads:
            assert all(all(results) for results in threads.map(read, range(20)))
        clients = client._driver.connections.pools().calls.clients
    assert len(clients) <= 64
    assert all(http_client.is_closed for http_client in clients)


def test_one_async_client_is_used_by_many_event_loops_in_threads():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with FaultyServer(BALANCE.success()) as server:
            client = AsyncDeapiClient(**options(server))

            def read_often(_):
                return [asyncio.run(balance_of(client)) for _ in range(15)]

            with concurrent.futures.ThreadPoolExecutor(8) as threads:
                results = [
                    value for values in threads.map(read_often, range(8)) for value in values
                ]
    finally:
        sys.setswitchinterval(interval)
    client = None
    gc.collect()
    assert results == [BALANCE.value] * 120
