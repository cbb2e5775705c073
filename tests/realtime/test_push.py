"""Waits with a socket, over real sockets, in both clients."""

import asyncio
import gc
import itertools
import json
import logging
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from deapi import AsyncDeapiClient, DeapiClient, DeapiError, events
from deapi._core.steps import Waker
from deapi._http import network
from deapi.realtime import aio, connection, sync
from deapi.realtime.protocol import JobUpdate
from deapi.realtime.updates import Updates
from support.push_server import PushServer

KEY = "a-key-of-the-tests"


class Caller:
    """Runs the same scenario with the sync or the async client.

    The jobs are those of clients with the callbacks ``on_events``, in turn.
    """

    def __init__(self, server, form, *, on_events=(None,), **options):
        self.form = form
        self._on_events = on_events
        self._options = {"api_key": KEY, "base_url": server.url, "client_id": 42, **options}

    def wait(self, *request_ids, scenario=lambda: None, **options):
        """Wait for jobs at the same time, while ``scenario`` runs in a thread."""
        with ThreadPoolExecutor() as pool:
            running = pool.submit(scenario)
            try:
                waits = self._wait_sync if self.form == "sync" else self._wait_async
                return waits(request_ids, {"max_wait": 60, **options})
            finally:
                running.result()

    def _wait_sync(self, request_ids, options):
        with DeapiClient(**self._options) as client, ThreadPoolExecutor() as pool:
            jobs = self._jobs(client, request_ids)
            return [each.result() for each in [pool.submit(job.wait, **options) for job in jobs]]

    def _wait_async(self, request_ids, options):
        async def run():
            async with AsyncDeapiClient(**self._options) as client:
                jobs = self._jobs(client, request_ids)
                return await asyncio.gather(*(job.wait(**options) for job in jobs))

        return asyncio.run(run())

    def _jobs(self, client, request_ids):
        clients = [client.with_options(on_event=each) for each in self._on_events]
        return [each.job(name) for each, name in zip(itertools.cycle(clients), request_ids)]


@pytest.fixture
def server():
    with PushServer() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def caller(request, server):
    return Caller(server, request.param)


@pytest.fixture
def fast_reconnects(monkeypatch):
    """Let both clients connect again almost at once."""
    monkeypatch.setattr("deapi.realtime.sync.reconnect_delay", lambda *_: 0.01)
    monkeypatch.setattr("deapi.realtime.aio.reconnect_delay", lambda *_: 0.01)


def finish(server, request_id, sockets=1):
    """Finish a job after its socket is subscribed, and announce it."""
    server.wait_until(lambda: len(server.subscribed) >= sockets and request_id in server.polls)
    server.finish(request_id)
    server.subscribed[-1].update(request_id, "done", "100.00")


def test_an_announced_result_ends_the_wait_with_one_poll(server, caller):
    (result,) = caller.wait("job-1", scenario=lambda: finish(server, "job-1"))
    assert result.status == "done"
    assert result.result_url.endswith("job-1.png")
    # The first one finds a job that finished before the subscription.
    assert server.polls == ["job-1", "job-1"]


@pytest.mark.parametrize("form", ["sync", "async"])
def test_the_socket_announces_results_with_api_v2_too(server, form):
    caller = Caller(server, form, api_version="v2")
    caller.wait("job-1", scenario=lambda: finish(server, "job-1"))
    assert server.polls == ["job-1", "job-1"]


def test_one_socket_serves_all_waits(server, caller):
    names = [f"job-{number}" for number in range(8)]

    def scenario():
        for name in names:
            finish(server, name)

    results = caller.wait(*names, scenario=scenario)
    assert [result.status for result in results] == ["done"] * 8
    assert len(server.sockets) == len(server.authorizations) == 1


def test_the_subscription_is_signed_with_the_key_of_the_client(server, caller):
    caller.wait("job-1", scenario=lambda: finish(server, "job-1"))
    ((authorization, fields),) = server.authorizations
    assert authorization == f"Bearer {KEY}"
    assert fields == {
        "socket_id": "1." + str(server.sockets[0].number),
        "channel_name": "private-client.42",
    }


@pytest.mark.parametrize("form", ["sync", "async"])
def test_each_client_that_waits_receives_the_events_of_the_authorization_once(form):
    names = ["job-1", "job-2", "job-3"]

    def connect_after_all_waits_began(server, socket):
        server.wait_until(lambda: set(names) <= set(server.polls))
        PushServer.on_connect(server, socket)

    first, second = [], []
    patient = type("Server", (PushServer,), {"on_connect": connect_after_all_waits_began})
    with patient() as server:

        def scenario():
            for name in names:
                finish(server, name)

        # The third wait has the callback of the first one.
        caller = Caller(server, form, on_events=(first.append, second.append))
        caller.wait(*names, scenario=scenario)
    for seen in (first, second):
        started, attempt, finished = [
            each for each in seen if getattr(each, "operation", None) == "realtime.authorize"
        ]
        assert started[2:] == ("POST", f"{server.url}/broadcasting/auth")
        assert (attempt.number, attempt.status_code) == (1, 200)
        assert (finished.attempts, finished.error_type) == (1, None)
    assert KEY not in repr(first)


@pytest.mark.parametrize("form", ["sync", "async"])
def test_a_refused_authorization_is_reported_with_the_class_of_its_error(server, form):
    server.on_authorize = lambda fields: (403, {"message": "no"})
    seen = []

    def ends_of_authorizations():
        calls = [each for each in seen if isinstance(each, events.CallFinished)]
        return [each for each in calls if each.operation == "realtime.authorize"]

    def scenario():
        wait_for(ends_of_authorizations)
        server.finish("job-1")

    Caller(server, form, on_events=(seen.append,)).wait("job-1", scenario=scenario)
    (ended,) = ends_of_authorizations()
    assert (ended.status_code, ended.error_type) == (403, "AccountSuspendedError")


def test_updates_of_a_running_job_are_reported(server, caller):
    seen = []
    reported = threading.Event()

    def on_update(result):
        seen.append(result.progress)
        if result.progress == 55.5:
            reported.set()

    def scenario():
        server.wait_until(lambda: server.subscribed and server.polls)
        server.subscribed[0].update("job-2", "processing", "99.00")
        server.subscribed[0].update("job-1", "processing", "55.50")
        assert reported.wait(60)
        finish(server, "job-1")

    caller.wait("job-1", scenario=scenario, on_update=on_update)
    assert 99.0 not in seen


def test_a_late_update_does_not_replace_the_result_of_a_job():
    updates = Updates(clock=lambda: 0.0)
    for status in ("processing", "done", "processing"):
        updates.record(JobUpdate("job-1", {"status": status}))
    assert updates.add("job-1", Waker(), None).latest.status == "done"


def test_an_update_with_a_status_that_is_not_unicode_is_ignored():
    updates = Updates(clock=lambda: 0.0)
    updates.record(JobUpdate("job-1", {"status": "\ud800"}))
    assert updates.add("job-1", Waker(), None).latest is None


def test_updates_of_another_account_are_ignored(server, caller):
    def scenario():
        server.wait_until(lambda: server.subscribed and server.polls)
        server.subscribed[0].update("job-1", "done", channel="private-client.7")
        finish(server, "job-1")

    (result,) = caller.wait("job-1", scenario=scenario)
    assert result.status == "done"


class BrokenServer(PushServer):
    """Breaks the first connections in one way."""

    broken = 2

    def on_connect(self, socket):
        if len(self.sockets) > self.broken:
            super().on_connect(socket)
        else:
            self.misbehave(socket)

    def misbehave(self, socket):
        raise NotImplementedError


def misbehaving(function):
    return type("Server", (BrokenServer,), {"misbehave": lambda _, socket: function(socket)})


BROKEN = {
    "it closes the socket": lambda socket: socket.close(),
    "it drops the connection": lambda socket: socket._sock.close(),
    "it sends bytes that are not a frame": lambda socket: socket.send_bytes(b"\xff" * 64),
    "it sends half a frame": lambda socket: (
        socket.send_bytes(b"\x81\x7e\x10"),
        socket._sock.close(),
    ),
    "it sends no socket ID": lambda socket: socket.send("pusher:connection_established", {}),
    "it reports a transient error": lambda socket: socket.send("pusher:error", {"code": 4200}),
    "it sends a frame that is too long": lambda socket: socket.send_bytes(
        b"\x81\x7f" + (1 << 40).to_bytes(8, "big")
    ),
}


@pytest.mark.parametrize("form", ["sync", "async"])
@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.usefixtures("fast_reconnects")
def test_a_broken_connection_is_replaced(fault, form):
    with misbehaving(BROKEN[fault])() as server:
        (result,) = Caller(server, form).wait("job-1", scenario=lambda: finish(server, "job-1"))
    assert result.status == "done"
    assert len(server.sockets) == 3


@pytest.mark.usefixtures("fast_reconnects")
def test_a_lost_connection_is_replaced_and_subscribed_again(server, caller):

    def scenario():
        server.wait_until(lambda: server.subscribed and server.polls)
        server.subscribed[0].close()
        server.wait_until(lambda: len(server.subscribed) == 2)
        finish(server, "job-1")

    (result,) = caller.wait("job-1", scenario=scenario)
    assert result.status == "done"
    assert len(server.authorizations) == 2


@pytest.mark.parametrize("form", ["sync", "async"])
@pytest.mark.parametrize("place", ["handshake", "authorization"])
@pytest.mark.parametrize("status", [408, 429, 500, 503])
@pytest.mark.usefixtures("fast_reconnects")
def test_a_transient_status_is_followed_by_another_connection(status, place, form):
    attempts = itertools.count()

    def serve_socket(server, sock, *arguments):
        if next(attempts) < 2:
            server._respond(sock, status, {"message": "later"})
        else:
            PushServer._serve_socket(server, sock, *arguments)

    def authorize(server, fields):
        if next(attempts) < 2:
            return status, {"message": "later"}
        return PushServer.on_authorize(server, fields)

    hooks = {
        "handshake": {"_serve_socket": serve_socket},
        "authorization": {"on_authorize": authorize},
    }
    with type("Server", (PushServer,), hooks[place])() as server:
        (result,) = Caller(server, form).wait("job-1", scenario=lambda: finish(server, "job-1"))
    assert result.status == "done"
    assert next(attempts) == 3


@pytest.mark.parametrize("form", ["sync", "async"])
@pytest.mark.parametrize("body", [{}, {"auth": 7}], ids=repr)
@pytest.mark.usefixtures("fast_reconnects")
def test_an_authorization_without_a_signature_is_requested_again(body, form):

    def authorize(server, fields):
        if len(server.authorizations) == 1:
            return 200, body
        return PushServer.on_authorize(server, fields)

    with type("Server", (PushServer,), {"on_authorize": authorize})() as server:
        (result,) = Caller(server, form).wait("job-1", scenario=lambda: finish(server, "job-1"))
    assert result.status == "done"
    assert len(server.authorizations) == 2


REFUSALS = {
    "the key or the channel is refused": {
        "on_authorize": lambda _, fields: (403, {"message": "no"})
    },
    "the server has no socket": {
        "_serve_socket": lambda self, sock, *_: self._respond(sock, 404, {"message": "no"})
    },
    "the application key is refused": {
        "on_connect": lambda _, socket: socket.send("pusher:error", {"code": 4001, "message": "no"})
    },
    "the subscription is refused": {
        "on_subscribe": lambda self, socket, data: socket.send(
            "pusher:subscription_error", {"type": "AuthError"}, self.channel
        )
    },
}


@pytest.mark.parametrize("form", ["sync", "async"])
@pytest.mark.parametrize("fault", REFUSALS)
def test_after_a_refusal_jobs_are_polled_and_one_warning_says_so(fault, form, caplog):
    server_class = type("Server", (PushServer,), REFUSALS[fault])
    with server_class() as server, caplog.at_level(logging.INFO, "deapi"):

        def scenario():
            server.wait_until(lambda: server.polls)
            server.finish("job-1")

        (result,) = Caller(server, form).wait("job-1", scenario=scenario)
        again = len(server.sockets)
    assert result.status == "done"
    warnings = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert ["Realtime updates are not available" in each.message for each in warnings] == [True]
    assert again <= 1
    assert KEY not in caplog.text
    assert ")." not in warnings[0].message  # the message of the API is a sentence


@pytest.mark.parametrize("form", ["sync", "async"])
def test_a_socket_that_never_responds_does_not_delay_the_polls(form):
    silent = {"_serve_socket": lambda self, *_: self.stopped.wait(60)}
    with type("Server", (PushServer,), silent)() as server:
        server.finish("job-1")
        (result,) = Caller(server, form).wait("job-1")
        assert result.status == "done"


def test_a_flood_of_updates_of_other_jobs_keeps_the_memory_flat(server, caller):
    def scenario():
        server.wait_until(lambda: server.subscribed and server.polls)
        for number in range(5000):
            server.subscribed[0].update(f"other-{number}")
        finish(server, "job-1")

    (result,) = caller.wait("job-1", scenario=scenario)
    assert result.status == "done"


PINGS = (b"\x89\x7d" + b"x" * 125) * 2000


class FloodingServer(PushServer):
    """Sends pings over its first connection, and reads nothing from it any more.

    Attributes:
        flooded: Bytes of these pings.
        ended_by_client: Whether the client ended this connection.
    """

    activity_timeout = 1
    flooded = 0
    ended_by_client = False

    def on_subscribe(self, socket, data):
        super().on_subscribe(socket, data)
        if len(self.subscribed) > 1:
            return
        end = time.monotonic() + 60
        while time.monotonic() < end and not self.stopped.is_set():
            try:
                socket.send_bytes(PINGS)
            except OSError:
                self.ended_by_client = True
            with self.changed:
                self.flooded += len(PINGS)
                self.changed.notify_all()
            if self.ended_by_client:
                return


@pytest.mark.parametrize("form", ["sync", "async"])
def test_a_connection_that_the_server_does_not_read_is_replaced(form, monkeypatch):
    monkeypatch.setattr(sync, "SEND_TIMEOUT", 0.5)
    with FloodingServer() as server:
        caller = Caller(server, form)
        (result,) = caller.wait("job-1", scenario=lambda: finish(server, "job-1", sockets=2))
        assert result.status == "done"
        server.wait_until(lambda: server.ended_by_client)
        assert server.flooded < 100_000_000


async def block_writing(server, client):
    """Block the socket of a client as asyncio does when a server does not read."""
    await asyncio.to_thread(server.wait_until, lambda: server.subscribed)
    client._driver.context.push._of_running_loop()._socket.pause_writing()


def test_a_blocked_send_of_the_async_client_ends_the_connection(server, monkeypatch):
    monkeypatch.setattr(aio, "SEND_TIMEOUT", 0.5)
    server.activity_timeout = 1

    async def run():
        async with AsyncDeapiClient(api_key=KEY, base_url=server.url, client_id="42") as client:
            waiting = asyncio.create_task(client.job("job-1").wait(max_wait=60))
            await block_writing(server, client)
            await asyncio.to_thread(finish, server, "job-1", 2)
            assert (await waiting).status == "done"

    asyncio.run(run())


def test_closing_the_async_client_does_not_wait_for_a_blocked_send():
    def read_nothing(server, socket, data):
        PushServer.on_subscribe(server, socket, data)
        server.stopped.wait(60)

    async def run():
        client = AsyncDeapiClient(api_key=KEY, base_url=server.url, client_id="42")
        waiting = asyncio.create_task(client.job("job-1").wait(max_wait=60))
        await block_writing(server, client)
        waiting.cancel()
        await asyncio.wait_for(client.close(), 30)

    with type("Server", (PushServer,), {"on_subscribe": read_nothing})() as server:
        asyncio.run(run())


def threads_of_sockets():
    return [thread for thread in threading.enumerate() if thread.name == "deapi socket"]


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_thread_ends_with_the_client(server):
    before = set(threads_of_sockets())
    client = DeapiClient(api_key=KEY, base_url=server.url, client_id="42")
    server.finish("job-1")
    client.job("job-1").wait()
    assert set(threads_of_sockets()) - before
    client.close()
    wait_for(lambda: not set(threads_of_sockets()) - before)


def test_without_a_thread_for_the_socket_jobs_are_polled(server, monkeypatch):
    start = threading.Thread.start

    def start_others(thread):
        if thread.name == "deapi socket":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_others)
    server.finish("job-1")
    (result,) = Caller(server, "sync").wait("job-1")
    assert result.status == "done"
    assert server.sockets == []


def test_the_thread_does_not_keep_a_forgotten_client_alive(server, monkeypatch):
    client = DeapiClient(api_key=KEY, base_url=server.url, client_id="42")
    server.finish("job-1")
    client.job("job-1").wait()
    forgotten = weakref.ref(client._driver)
    del client
    gc.collect()
    wait_for(lambda: forgotten() is None)


def test_an_idle_socket_is_closed_and_opened_again_by_the_next_wait(server, monkeypatch):
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.0)
    before = set(threads_of_sockets())
    with DeapiClient(api_key=KEY, base_url=server.url, client_id="42") as client:
        for number, name in enumerate(["job-1", "job-2"], 1):
            with ThreadPoolExecutor() as pool:
                waiting = pool.submit(client.job(name).wait, max_wait=60)
                finish(server, name, sockets=number)
                assert waiting.result().status == "done"
            server.subscribed[-1].update("other")  # wakes the thread
            wait_for(lambda: not set(threads_of_sockets()) - before)
    assert len(server.sockets) == 2


def test_closing_the_async_client_ends_its_task(server):
    async def run():
        client = AsyncDeapiClient(api_key=KEY, base_url=server.url, client_id="42")
        server.finish("job-1")
        await client.job("job-1").wait()
        assert len(asyncio.all_tasks()) == 2
        await client.close()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_an_async_client_has_a_socket_in_each_event_loop(server):
    client = AsyncDeapiClient(api_key=KEY, base_url=server.url, client_id="42")
    for number, name in enumerate(["job-1", "job-2"], 1):
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(asyncio.run, client.job(name).wait(max_wait=60))
            finish(server, name, sockets=number)
            assert waiting.result().status == "done"
    assert len(server.sockets) == 2


def test_closing_the_async_client_closes_its_sockets_in_other_event_loops(server):
    client = AsyncDeapiClient(api_key=KEY, base_url=server.url, client_id="42")

    async def wait():
        with pytest.raises(DeapiError, match="closed"):
            await client.job("job-1").wait(max_wait=60)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(asyncio.run, wait())
        server.wait_until(lambda: server.subscribed and "job-1" in server.polls)
        asyncio.run(client.close())
        waiting.result()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a fork beside threads
def test_a_forked_process_opens_its_own_socket(server):
    with DeapiClient(api_key=KEY, base_url=server.url, client_id="42") as client:
        server.finish("job-1")
        client.job("job-1").wait()
        server.wait_until(lambda: server.subscribed)
        process = os.fork()
        if not process:
            try:
                client.job("job-2").wait(max_wait=60)
                os._exit(0)
            finally:
                os._exit(1)
        server.wait_until(lambda: len(server.subscribed) == 2)
        server.wait_until(lambda: "job-2" in server.polls)
        server.finish("job-2")
        server.subscribed[1].update("job-2", "done")
        assert os.waitpid(process, 0)[1] == 0


def test_a_wait_with_the_arguments_of_the_reference_polls_only(server, caller):
    server.finish("job-1")
    caller.wait("job-1", poll_interval=0.5)
    assert server.sockets == []


def test_no_client_id_opens_no_socket(server):
    server.finish("job-1")
    Caller(server, "sync", client_id=None).wait("job-1")
    assert server.sockets == []


def test_the_client_id_comes_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("DEAPI_CLIENT_ID", "42")
    caller = Caller(server, "sync", client_id=None)
    caller.wait("job-1", scenario=lambda: finish(server, "job-1"))
    assert len(server.sockets) == 1


@pytest.mark.parametrize("value", ["", " ", "a b", "a/b", "x" * 101])
def test_an_invalid_client_id_is_rejected(value):
    with pytest.raises(ValueError, match="client_id"):
        DeapiClient(api_key=KEY, client_id=value)


@pytest.mark.parametrize("value", [True, 4.2, b"42", [42]])
def test_a_client_id_of_another_type_is_rejected(value):
    with pytest.raises(TypeError, match="client_id"):
        DeapiClient(api_key=KEY, client_id=value)


@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_without_the_extra_the_argument_is_rejected_and_the_environment_ignored(
    client_class, monkeypatch, caplog
):
    monkeypatch.setattr("deapi.realtime.find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"deapi-python-sdk\[realtime\]"):
        client_class(api_key=KEY, client_id=42)
    monkeypatch.setenv("DEAPI_CLIENT_ID", "42")
    with caplog.at_level(logging.INFO, "deapi"):
        assert client_class(api_key=KEY)._driver.context.push is None
    assert "not installed" in caplog.text


def test_clients_from_with_options_share_the_socket(server):
    with DeapiClient(api_key=KEY, base_url=server.url, client_id=42) as client:
        clone = client.with_options(timeout=20)
        assert clone._driver.context.push is client._driver.context.push
        clone.close()
        server.finish("job-1")
        client.job("job-1").wait()
        server.wait_until(lambda: server.subscribed)


def test_the_url_of_the_socket_is_that_of_the_service():
    client = DeapiClient(api_key=KEY, base_url="https://api.deapi.ai")
    url = connection.socket_url(client._config)
    assert url.startswith("wss://soketi.deapi.ai:443/app/depin-api-prod-key?protocol=7&")


def test_the_socket_trusts_the_same_certificates_as_the_calls():
    encrypted = DeapiClient(api_key=KEY, base_url="https://api.deapi.ai")._config
    assert connection.connect_options(encrypted)["ssl"] is network.tls_context()
    plain = DeapiClient(api_key=KEY, base_url="http://127.0.0.1")._config
    assert "ssl" not in connection.connect_options(plain)


def test_the_frames_of_the_client_are_those_of_the_protocol(server, caller):
    caller.wait("job-1", scenario=lambda: finish(server, "job-1"))
    (message,) = server.sockets[0].received
    assert json.loads(json.dumps(message)) == {
        "event": "pusher:subscribe",
        "data": {"channel": "private-client.42", "auth": "depin-api-prod-key:signature"},
    }
