"""Imports of the first call: in a thread, and safe from signals. Clients that are not closed."""

import subprocess
import sys

import pytest

from support.faulty_server import FaultyServer
from support.programs import Program
from support.sample_operations import BALANCE

# Records the thread that imports each module.
START = """
import asyncio, gc, signal, sys, threading
from deapi import AsyncDeapiClient, DeapiClient

threads = {}

class Recorder:
    def find_spec(self, name, path=None, target=None):
        threads.setdefault(name, threading.current_thread())
        on_import(name)

def on_import(name):
    pass

sys.meta_path.insert(0, Recorder())
options = {"api_key": "k", "base_url": sys.argv[1], "max_retries": 0}
"""

LOADED = """
for name in ("httpx", "httpcore", "pydantic", "deapi._http.network", "deapi.types._base"):
    assert threads[name] is not threading.main_thread(), name
"""

ASYNC_WITH = """
async def main():
    async with AsyncDeapiClient(**options) as client:
        before = set(sys.modules)
        assert {"httpx", "deapi._core.download"} <= before
        assert (await client.balance()).balance == 19.5
        packages = ("anyio", "deapi", "encodings", "httpcore", "httpx", "pydantic")
        late = {name for name in set(sys.modules) - before if name.partition(".")[0] in packages}
        assert "deapi.types.common" in late
        assert not [name for name in late if threads[name] is threading.main_thread()]

asyncio.run(main())
"""

ASYNC = """
async def main():
    client = AsyncDeapiClient(**options)
    assert (await client.balance()).balance == 19.5
    await client.close()

asyncio.run(main())
"""

SYNC = """
with DeapiClient(**options) as client:
    assert client.balance().balance == 19.5
"""

NO_THREADS = """
start = threading.Thread.start

def fail(thread):
    raise RuntimeError("can't start new thread")

threading.Thread.start = fail
"""

ASYNC_WITHOUT_THREADS = """
async def main():
    async with AsyncDeapiClient(**options) as client:
        assert (await client.balance()).balance == 19.5
    threading.Thread.start = start  # asyncio.run() starts one at its end

asyncio.run(main())
"""

MANY_THREADS = """
barrier = threading.Barrier(16)
balances = []

def read():
    barrier.wait()
    balances.append(client.balance().balance)

with DeapiClient(**options) as client:
    readers = [threading.Thread(target=read) for _ in range(16)]
    for reader in readers: reader.start()
    for reader in readers: reader.join()
assert balances == [19.5] * 16
"""

# Its server responds while the model is being imported.
SLOW_IMPORT = """
import os, socket

received, waits = threading.Event(), []
model_file = os.path.join("types", "common.py")

def on_audit(event, arguments):
    if event == "exec" and arguments[0].co_filename.endswith(model_file):
        waits.append(received.wait(60))

def respond():
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        received.set()
        connection.sendall(
            b"HTTP/1.1 200 OK\\r\\nContent-Length: 27\\r\\n\\r\\n" b'{"data": {"balance": 19.5}}'
        )

sys.addaudithook(on_audit)
listener = socket.create_server(("127.0.0.1", 0))
server = threading.Thread(target=respond)
server.start()
options["base_url"] = f"http://127.0.0.1:{listener.getsockname()[1]}"
"""

CHECK_SLOW_IMPORT = """
assert waits == [True]
server.join()
listener.close()
"""

# The program ends while the model is being imported.
END_DURING_IMPORT = """
import os
from deapi import NetworkError

def on_audit(event, arguments):
    if event == "exec" and arguments[0].co_filename.endswith(os.path.join("types", "common.py")):
        threading.main_thread().join()
        print("continued", flush=True)

sys.addaudithook(on_audit)
options["base_url"] = "http://127.0.0.1:9"
try:
    DeapiClient(**options).balance()
except NetworkError:
    pass
"""

SIGNAL = """
handled = []
main_thread = threading.main_thread()
modules = ["httpx", "httpcore", "pydantic", "deapi.types.common"]

def on_import(name):
    if name in modules:
        modules.remove(name)
        signal.pthread_kill(main_thread.ident, signal.SIGUSR1)

signal.signal(signal.SIGUSR1, lambda *_: handled.append(client.balance().balance))
with DeapiClient(**options) as client:
    assert client.balance().balance == 19.5
assert handled and set(handled) == {19.5}
"""

INTERRUPT = """
def on_import(name):
    if name == "httpx" and not interrupted.is_set():
        interrupted.set()
        signal.pthread_kill(main_thread.ident, signal.SIGINT)
        released.wait(30)

main_thread = threading.main_thread()
interrupted, released = threading.Event(), threading.Event()
with DeapiClient(**options) as client:
    try:
        client.balance()
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("the call was not interrupted")
    finally:
        released.set()
    reader = threading.Thread(target=client.balance)
    reader.start()
    reader.join()
    assert client.balance().balance == 19.5
"""

UNCLOSED = """
client = DeapiClient(**options)
client.balance()
client = None
gc.collect()

client = DeapiClient(**options)
client.balance()
cycle = [client]
cycle.append(cycle)
del client, cycle
gc.collect()

unclosed = DeapiClient(**options)
unclosed.balance()
"""


UNCLOSED_ASYNC = """
async def main():
    client = AsyncDeapiClient(**options)
    await asyncio.gather(*(client.balance() for _ in range(5)))
    client = None
    gc.collect()

async def use(client):
    await client.balance()

asyncio.run(main())
unclosed = AsyncDeapiClient(**options)
asyncio.run(use(unclosed))
asyncio.run(use(unclosed))
client = AsyncDeapiClient(**options)
asyncio.run(use(client))
client = None
gc.collect()
cycle = [AsyncDeapiClient(**options)]
cycle.append(cycle)
asyncio.run(use(cycle[0]))
del cycle
gc.collect()
"""


def run(program):
    """Run a program against a server and return its output. Fail with its errors if it fails."""
    with FaultyServer(BALANCE.success()) as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", START + program, server.url],
            capture_output=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return done.stdout.decode()


@pytest.mark.parametrize("program", [SYNC, ASYNC, ASYNC_WITH], ids=["sync", "async", "async with"])
def test_the_first_call_imports_httpx_and_pydantic_in_another_thread(program):
    run(program + LOADED)


@pytest.mark.parametrize("program", [SYNC, ASYNC, ASYNC_WITH], ids=["sync", "async", "async with"])
def test_the_model_of_the_first_response_is_loaded_while_the_request_is_made(program):
    run(SLOW_IMPORT + program + CHECK_SLOW_IMPORT)


def test_a_program_that_ends_during_the_import_waits_for_it():
    assert run(END_DURING_IMPORT).split() == ["continued"]


def test_threads_may_make_their_first_call_at_once():
    run(MANY_THREADS)


@pytest.mark.parametrize("program", [SYNC, ASYNC_WITHOUT_THREADS], ids=["sync", "async"])
def test_the_first_call_succeeds_although_no_thread_can_be_started(program):
    run(NO_THREADS + program)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals to threads")
@pytest.mark.parametrize("program", [SIGNAL, INTERRUPT], ids=["handler", "interrupt"])
def test_a_signal_during_the_imports_of_the_first_call_does_no_harm(program):
    run(program)


@pytest.mark.parametrize("program", [UNCLOSED, UNCLOSED_ASYNC], ids=["sync", "async"])
def test_a_client_that_is_not_closed_warns_of_nothing(program):
    run(program)


def test_a_sync_client_that_is_not_closed_closes_its_connections():
    program = START + UNCLOSED + "input()"
    with FaultyServer(BALANCE.success()) as server:
        command = [sys.executable, "-c", program, server.url]
        with Program(command, stdin=subprocess.PIPE) as process:
            server.wait_for(lambda: server.connections == 3, seconds=60)
            server.wait_for(lambda: server.closed_connections == 2, seconds=60)
            process.communicate(b"\n")
