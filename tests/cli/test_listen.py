"""``deapi listen``: the webhooks of an account, or of an emulator, for a local program."""

import contextlib
import http.server
import json
import queue
import signal
import threading

import pytest

from deapi import DeapiClient
from deapi.cli import listen
from deapi.emulator import Emulator
from deapi.realtime.protocol import JobUpdate
from deapi.webhook import unwrap
from support.shell import in_terminal, run_command, start

SECRET = "a-secret-of-32-characters-or-more"
FOX = {
    "prompt": "a fox",
    "model": "Flux1schnell",
    "width": 256,
    "height": 256,
    "steps": 4,
    "seed": 1,
}


class Receiver:
    """A program that receives webhooks. Its next responses are in ``statuses``, otherwise 204."""

    def __init__(self):
        self.received = queue.SimpleQueue()
        self.statuses = queue.SimpleQueue()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.put((self.path, dict(self.headers), body))
                status = 204 if receiver.statuses.empty() else receiver.statuses.get()
                if status == "silence":
                    receiver.stopped.wait(60)
                    return
                if status == "reset":
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.stopped = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def event(self, secret=SECRET):
        """Return the next event, verified, and its headers."""
        path, headers, body = self.received.get(timeout=60)
        assert path == "/webhooks"
        return unwrap(payload=body, headers=headers, secret=secret), headers


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def emulator(own_settings, monkeypatch):
    """An emulator whose jobs take milliseconds, and the environment of its account."""
    with Emulator(speed=1000) as emulator:
        for name, value in {
            "DEAPI_BASE_URL": emulator.url,
            "DEAPI_API_KEY": emulator.api_key,
            "DEAPI_CLIENT_ID": emulator.client_id,
            "DEAPI_WEBHOOK_SECRET": SECRET,
        }.items():
            monkeypatch.setenv(name, value)
        yield emulator


# Polls and times out sooner.
FAST = """
import sys
from deapi.cli import app, listen, webhook_events
webhook_events._FIRST_POLL = 0.2
listen._RESPONSE_TIMEOUT = {timeout}
sys.exit(app.run(sys.argv[1:]))
"""


@contextlib.contextmanager
def listening(receiver, *options, timeout=30):
    """Run the command in a pipe until it is connected, and interrupt it at the end."""
    script = FAST.format(timeout=timeout)
    arguments = ("-c", script, "listen", "--forward-to", receiver.url, *options)
    with start(arguments) as process:
        try:
            notes = []
            read_until(process.stderr, "Connected", notes)
            yield process, notes
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
            assert b"Traceback" not in process.stderr.read()
        finally:
            process.kill()


def read_until(stream, text, lines):
    """Read lines until one contains the text. Return that line."""
    while True:
        line = stream.readline().decode()
        assert line, lines
        lines.append(line)
        if text in line:
            return line


def generate(emulator):
    with emulator.client() as client:
        return client.images.generate(**FOX).request_id


def test_the_events_of_the_account_are_forwarded_signed_as_by_the_service(emulator, receiver):
    with listening(receiver) as (process, notes):
        job = generate(emulator)
        for name in ("job.processing", "job.completed"):
            event, headers = receiver.event()
            assert (event.type, event.data.job_request_id) == (name, job)
            assert headers["X-DeAPI-Event"] == name
            assert headers["X-DeAPI-Delivery-Id"] == event.delivery_id
            assert headers["User-Agent"] == "DeAPI-Webhook/1.0"
            assert headers["Content-Type"] == "application/json"
            line = process.stdout.readline().decode()
            assert f"{name:<14}  {job}  -> 204 No Content\n" in line
            assert "\x1b" not in line
        assert event.data.result_url.startswith(emulator.url)
    assert not [line for line in notes if SECRET in line]


def test_a_failure_is_found_by_polling(emulator, receiver):
    emulator.fail_jobs(error_code="WORKER_TIMEOUT")
    with listening(receiver):
        generate(emulator)
        assert receiver.event()[0].type == "job.processing"
        event, _ = receiver.event()
        assert (event.type, event.data.error_code) == ("job.failed", "WORKER_TIMEOUT")
        assert event.data.refunded


def test_a_poll_that_fails_is_repeated(emulator, receiver):
    emulator.fail_jobs()
    emulator.inject_fault(operation="jobs.status", status=503, times=2)
    with listening(receiver) as (process, _):
        generate(emulator)
        assert receiver.event()[0].type == "job.processing"
        assert receiver.event()[0].type == "job.failed"
        assert "Polling job" in process.stderr.readline().decode()


@pytest.mark.parametrize(("status", "expected"), [(500, "500"), (307, "307"), ("reset", "")])
def test_a_receiver_that_fails_is_reported_and_the_next_event_follows(
    emulator, receiver, status, expected
):
    receiver.statuses.put(status)
    with listening(receiver, "--json") as (process, _):
        generate(emulator)
        assert [receiver.event()[0].type for _ in range(2)] == ["job.processing", "job.completed"]
        failed, succeeded = (json.loads(process.stdout.readline()) for _ in range(2))
    assert expected in str(failed["status"] or failed["error"])
    assert {*failed} == {"event", "id", "delivery_id", "status", "seconds", "error"}
    assert (succeeded["event"], succeeded["status"]) == ("job.completed", 204)
    assert receiver.received.empty()


def test_a_receiver_that_does_not_respond_holds_the_next_event_for_a_limited_time(
    emulator, receiver
):
    receiver.statuses.put("silence")
    with listening(receiver, timeout=1) as (process, _):
        generate(emulator)
        assert [receiver.event()[0].type for _ in range(2)] == ["job.processing", "job.completed"]
        assert "-> no response within 1 s" in process.stdout.readline().decode()


def test_a_receiver_that_is_down_is_reported(emulator):
    with Receiver() as receiver:
        pass
    with listening(receiver) as (process, _):
        generate(emulator)
        for name in ("job.processing", "job.completed"):
            line = process.stdout.readline().decode()
            assert name in line
            assert "refused" in line


def test_a_socket_that_is_lost_is_replaced(emulator, receiver):
    with listening(receiver) as (process, notes):
        emulator.close_sockets()
        assert "Reconnecting" in read_until(process.stderr, "The socket is closed", notes)
        read_until(process.stderr, "Connected", notes)
        job = generate(emulator)
        assert receiver.event()[0].data.job_request_id == job


def test_updates_wait_for_a_slow_receiver_without_their_previews():
    update = JobUpdate("job-1", {"status": "in_progress", "preview": "x" * 1_000_000})
    waiting = listen._without_preview(update)
    assert waiting.data == {"status": "in_progress", "preview": None}


def test_the_secret_is_that_with_which_a_receiver_verifies(emulator, receiver, monkeypatch):
    monkeypatch.setenv("DEAPI_WEBHOOK_SECRET", f'"{SECRET}"')  # unwrap() unquotes it too
    with listening(receiver):
        generate(emulator)
        assert receiver.event(SECRET)[0].type == "job.processing"


def test_a_new_secret_is_printed(emulator, receiver, monkeypatch):
    monkeypatch.delenv("DEAPI_WEBHOOK_SECRET")
    with listening(receiver) as (_, notes):
        [line] = [each for each in notes if each.startswith("export DEAPI_WEBHOOK_SECRET=")]
        generate(emulator)
        secret = line.strip().partition("=")[2]
        assert receiver.event(secret)[0].type == "job.processing"
        assert len(secret) >= 32


def test_a_secret_is_read_from_a_file(emulator, receiver, tmp_path, monkeypatch):
    monkeypatch.delenv("DEAPI_WEBHOOK_SECRET")
    (tmp_path / "secret").write_text("a-secret-in-a-file-of-32-characters\n")
    with listening(receiver, "--secret-file", str(tmp_path / "secret")) as (_, notes):
        generate(emulator)
        assert receiver.event("a-secret-in-a-file-of-32-characters")[0].type == "job.processing"
        assert not [line for line in notes if "secret-in" in line]


def test_an_event_appears_in_a_terminal_with_its_status(emulator, receiver):
    arguments = ("-m", "deapi", "listen", "--forward-to", receiver.url)
    receiver.statuses.put(500)
    with in_terminal(*arguments, env={}) as (process, screen):
        seen = ""
        while "Connected" not in seen:
            seen += next(screen)
        generate(emulator)
        while "204 No Content" not in seen:
            seen += next(screen)
        process.send_signal(signal.SIGINT)
        seen += "".join(screen)
        assert process.wait(timeout=60) == 0
    assert "\x1b[31m-> 500 Internal Server Error\x1b[0m" in seen
    assert "\x1b[32m-> 204 No Content\x1b[0m" in seen
    assert "Traceback" not in seen


def test_a_refused_client_id_is_3(emulator, receiver, monkeypatch):
    monkeypatch.setenv("DEAPI_CLIENT_ID", "43")
    ended = run_command("listen", "--forward-to", receiver.url)
    assert ended.code == 3
    assert "DEAPI_CLIENT_ID" in ended.errors
    assert emulator.api_key not in ended.errors


@pytest.mark.parametrize("name", ["DEAPI_CLIENT_ID", "DEAPI_API_KEY"])
def test_a_missing_client_id_and_a_missing_key_are_3(emulator, receiver, monkeypatch, name):
    monkeypatch.delenv(name)
    ended = run_command("listen", "--forward-to", receiver.url)
    assert ended.code == 3
    assert name in ended.errors


def test_without_the_extra_the_command_says_how_to_install_it(emulator, receiver, monkeypatch):
    monkeypatch.setattr("deapi.cli.listen.is_websockets_installed", lambda: False)
    ended = run_command("listen", "--forward-to", receiver.url)
    assert ended.code == 2
    assert "deapi-python-sdk[realtime]" in ended.errors


@pytest.mark.parametrize(
    "url", ["localhost:8000/webhooks", "ftp://localhost", "http://", "http://[::1", "/webhooks"]
)
def test_an_invalid_url_is_rejected(emulator, url):
    ended = run_command("listen", "--forward-to", url)
    assert ended.code == 2
    assert "--forward-to must be a URL" in ended.errors


def test_a_file_without_a_secret_is_rejected(emulator, receiver, tmp_path):
    (tmp_path / "empty").write_text("\n")
    for name in ("empty", "missing"):
        path = str(tmp_path / name)
        ended = run_command("listen", "--forward-to", receiver.url, "--secret-file", path)
        assert ended.code == 2
        assert path in ended.errors


def replay(receiver, job):
    return run_command("listen", "--forward-to", receiver.url, "--replay", job, "--json")


def test_the_event_of_a_finished_job_is_repeated(emulator, receiver, monkeypatch):
    monkeypatch.delenv("DEAPI_CLIENT_ID")
    with emulator.client() as client:
        done = client.images.generate(**FOX)
        assert done.wait().status == "done"
        emulator.fail_jobs()
        failed = client.images.generate(**FOX)
        assert failed.wait().status == "error"
    for job, name in ((done, "job.completed"), (failed, "job.failed")):
        ended = replay(receiver, job.request_id)
        assert (ended.code, json.loads(ended.output)["status"]) == (0, 204)
        event, _ = receiver.event()
        assert (event.type, event.data.job_request_id) == (name, job.request_id)
    ids = set()
    for _ in range(2):
        receiver.statuses.put(500)
        assert replay(receiver, done.request_id).code == 1
        ids.add(receiver.event()[0].delivery_id)
    assert len(ids) == 1


def test_a_proxy_is_not_used(emulator, receiver, monkeypatch):
    with emulator.client() as client:
        job = client.images.generate(**FOX)
        job.wait()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url = receiver.url.replace("127.0.0.1", "localhost")
    assert run_command("listen", "--forward-to", url, "--replay", job.request_id).code == 0


def test_a_replay_needs_an_event_and_the_secret(own_settings, receiver, monkeypatch):
    with Emulator(polls_per_state=1_000_000) as emulator:
        monkeypatch.setenv("DEAPI_BASE_URL", emulator.url)
        monkeypatch.setenv("DEAPI_API_KEY", emulator.api_key)
        monkeypatch.setenv("DEAPI_WEBHOOK_SECRET", SECRET)
        pending = replay(receiver, generate(emulator))
        assert pending.code == 2
        assert "is pending" in pending.errors
        assert replay(receiver, "11111111-2222-3333-4444-555555555555").code == 2
        monkeypatch.delenv("DEAPI_WEBHOOK_SECRET")
        assert "--secret-file" in replay(receiver, next(iter(emulator.jobs))).errors
    assert receiver.received.empty()


@pytest.mark.parametrize("where", ["pipe", "terminal"])
def test_the_webhooks_of_an_emulator_need_no_account(own_settings, receiver, monkeypatch, where):
    for name in ("DEAPI_API_KEY", "DEAPI_BASE_URL", "DEAPI_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEAPI_WEBHOOK_SECRET", SECRET)
    arguments = ("-m", "deapi", "listen", "--forward-to", receiver.url, "--emulator")
    with contextlib.ExitStack() as stack:
        if where == "terminal":
            process, screen = stack.enter_context(in_terminal(*arguments, env={}))
        else:
            process = stack.enter_context(start(arguments))
            stack.callback(process.kill)
            screen = iter(lambda: process.stderr.readline().decode(), "")
        seen = ""
        while "Forwarding webhooks" not in seen:
            seen += next(screen)
        settings = dict(
            line.strip().removeprefix("export ").split("=", 1)
            for line in seen.splitlines()
            if line.startswith("export ")
        )
        with DeapiClient(
            api_key=settings["DEAPI_API_KEY"].strip("'"),
            base_url=settings["DEAPI_BASE_URL"],
            client_id=settings["DEAPI_CLIENT_ID"],
        ) as client:
            job = client.images.generate(**FOX).request_id
        events = [receiver.event()[0] for _ in range(2)]
        assert {event.type for event in events} == {"job.processing", "job.completed"}
        assert {event.data.job_request_id for event in events} == {job}
        assert {event.data.job_type for event in events} == {"txt2img"}
        process.send_signal(signal.SIGINT)
        seen += "".join(screen)
        assert process.wait(timeout=60) == 0
    assert "Traceback" not in seen


def test_an_emulator_on_another_port_is_started_if_the_usual_one_is_taken(monkeypatch):
    with Emulator() as other:
        monkeypatch.setattr(listen, "_EMULATOR_PORT", int(other.url.rpartition(":")[2]))
        emulator = listen._start_emulator(lambda *_: None)
        try:
            assert emulator.url != other.url
        finally:
            emulator.stop()
