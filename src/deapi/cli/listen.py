"""The command ``listen``: webhooks for a program under development, which no service can reach."""

from __future__ import annotations

import json
import queue
import secrets
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import urlsplit

from cyclopts import Parameter

from .. import webhook
from .._config import variable
from .._exceptions import DeapiError, NotFoundError, RateLimitError
from .._secrets import Secret
from .._text import end_sentence, sanitize
from ..realtime import is_websockets_installed
from .console import Console, color
from .emulator import missing_emulator
from .errors import CommandError, ExitCode, message
from .help import join_docstring_lines
from .parameters import Flag, JsonFlag
from .settings import make_client
from .webhook_events import AnnouncedJobs, webhook_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._client import DeapiClient
    from ..emulator import Emulator
    from ..realtime.listener import Listener
    from ..realtime.protocol import JobUpdate

_SECRET = "DEAPI_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
_RESPONSE_TIMEOUT = 10.0  # seconds, as for the service
_POLL_TIMEOUT = 10.0
_EMULATOR_PORT = 8787

# Its status responses say why a job failed.
_API_VERSION = "v2"

# On Windows, Ctrl-C does not interrupt a thread that waits for a queue.
_MAX_GET = 1.0


@join_docstring_lines
def listen(
    *,
    forward_to: Annotated[str, Parameter(name="--forward-to")],
    secret_file: Annotated[str | None, Parameter(name="--secret-file", show_default=False)] = None,
    replay: Annotated[str | None, Parameter(name="--replay", show_default=False)] = None,
    emulator: Flag = False,
    as_json: JsonFlag = False,
) -> ExitCode:
    """Forward the events of the account's jobs to a local program, as webhooks, until Ctrl-C.

    Requires the client ID of the account in DEAPI_CLIENT_ID, and the extra realtime. Each event is
    posted once and printed with the status of the response.

    Args:
        forward_to: URL of the program, for example http://localhost:8000/webhooks. Redirects are
            not followed.
        secret_file: File with the secret that signs the webhooks. By default it is
            DEAPI_WEBHOOK_SECRET, otherwise a new one, which is printed.
        replay: ID of a job. Its webhook is posted again, and the command ends.
        emulator: Start an emulator and forward its webhooks. This requires no account.
        as_json: Print each webhook as a JSON object on one line.
    """
    console = Console(as_json=as_json)
    forwarder = Forwarder(forward_to, _read_secret(secret_file, required=bool(replay)), console)
    if replay is not None:
        return _replay(forwarder, replay)
    try:
        if emulator:
            _forward_emulator(forwarder, console)
        else:
            _forward_account(forwarder, console)
    except KeyboardInterrupt:
        return ExitCode.DONE


class Forwarder:
    """Posts webhooks to one URL.

    Args:
        url: The URL.
        secret: The secret that signs the webhooks, or None for a new one.
        console: Prints each webhook.
    """

    def __init__(self, url: str, secret: Secret | None, console: Console) -> None:
        import httpx

        _validate_url(url)
        self.url = url
        self._announces_secret = secret is None
        self._secret = secret or Secret(secrets.token_hex(32))
        self._console = console
        # Without proxies, which do not reach this machine. A program that restarts closes its
        # connections, so none is reused.
        self._client = httpx.Client(
            timeout=_RESPONSE_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def announce(self) -> None:
        """Say where webhooks go, and how they are signed."""
        if self._announces_secret:
            self._console.note(f"export {_SECRET}={self._secret.value}")
        self._console.note(f"Forwarding webhooks to {self.url}. Press Ctrl-C to stop.")

    def post(self, body: bytes) -> bool:
        """Post a webhook, print it, and return whether the receiver has accepted it."""
        headers = webhook.sign(payload=body, secret=self._secret.value) | {
            "Content-Type": "application/json",
            "User-Agent": "DeAPI-Webhook/1.0",
        }
        started = time.monotonic()
        outcome: queue.SimpleQueue[tuple[int | None, str]] = queue.SimpleQueue()
        # In a thread, because the timeouts of the HTTP library apply to each read.
        threading.Thread(target=self._send, args=(headers, body, outcome), daemon=True).start()
        try:
            status, shown = outcome.get(timeout=_RESPONSE_TIMEOUT)
        except queue.Empty:
            status, shown = None, f"no response within {_RESPONSE_TIMEOUT:g} s"
        succeeded = status is not None and 200 <= status < 300
        event = json.loads(body)
        request_id = event["data"]["job_request_id"]
        fields = {
            "event": event["event"],
            "id": request_id,
            "delivery_id": event["delivery_id"],
            "status": status,
            "seconds": round(time.monotonic() - started, 3),
            "error": shown if status is None else None,
        }
        result = color(f"-> {shown}", "32" if succeeded else "31", sys.stdout)
        name = f"{event['event']:<14}  {sanitize(request_id, 100)}"
        self._console.result(f"{time.strftime('%H:%M:%S')}  {name}  {result}", fields)
        return succeeded

    def _send(
        self,
        headers: Mapping[str, str],
        body: bytes,
        outcome: queue.SimpleQueue[tuple[int | None, str]],
    ) -> None:
        try:
            with self._client.stream("POST", self.url, headers=headers, content=body) as response:
                status = response.status_code
                outcome.put((status, sanitize(f"{status} {response.reason_phrase}", 100)))
        except Exception as error:  # noqa: BLE001 - printed, whatever the receiver does
            outcome.put((None, sanitize(str(error) or type(error).__name__, 200)))


def _replay(forwarder: Forwarder, request_id: str) -> ExitCode:
    with make_client(_API_VERSION) as client:
        result = client.job(request_id).status()
    if result.status not in ("processing", "done", "error"):
        raise CommandError(
            f"Job {sanitize(request_id, 100)} is {sanitize(result.status.value, 40)}. The service "
            "sends webhooks when a job starts, succeeds or fails."
        )
    accepted = forwarder.post(webhook_body(request_id, result, time.time()))
    return ExitCode.DONE if accepted else ExitCode.FAILED


def _forward_emulator(forwarder: Forwarder, console: Console) -> NoReturn:
    """Forward the webhooks of an emulator, until Ctrl-C."""
    bodies: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    emulator = _start_emulator(lambda _, body: bodies.put(body))
    try:
        from ..emulator.__main__ import export_commands

        console.note(f"deAPI emulator on {emulator.url}.\n{export_commands(emulator)}")
        forwarder.announce()
        while True:
            with suppress(queue.Empty):
                forwarder.post(bodies.get(timeout=_MAX_GET))
    finally:
        emulator.stop()


def _start_emulator(on_webhook: Callable[[Mapping[str, str], bytes], None]) -> Emulator:
    """Start an emulator on its usual port, or on a free one if another program uses that.

    Raises:
        CommandError: The extra ``emulator`` is not installed.
    """
    try:
        from ..emulator import Emulator
    except ImportError as error:
        raise missing_emulator(error) from None
    emulator = Emulator(port=_EMULATOR_PORT, on_webhook=on_webhook)
    try:
        emulator.start()
    except OSError:
        emulator = Emulator(on_webhook=on_webhook)
        emulator.start()
    return emulator


def _forward_account(forwarder: Forwarder, console: Console) -> NoReturn:
    """Forward the events of the account's jobs, until Ctrl-C.

    Raises:
        CommandError: There is no client ID, or the service refuses it.
    """
    if not is_websockets_installed():
        raise CommandError(
            "deapi listen requires the extra `realtime`, which is not installed. Install it with: "
            "pip install 'deapi-python-sdk[realtime]'"
        )
    entries: queue.SimpleQueue[JobUpdate | Exception] = queue.SimpleQueue()
    with make_client(_API_VERSION) as client:
        listener = _new_listener(client, entries, console)
        threading.Thread(target=_receive, args=(listener, entries), daemon=True).start()
        forwarder.announce()
        polls = client.with_options(timeout=_POLL_TIMEOUT, max_retries=0)
        jobs = AnnouncedJobs()
        try:
            while True:
                entry = _next(entries, jobs)
                if isinstance(entry, Exception):
                    raise entry
                bodies = (
                    _poll(polls, jobs, console)
                    if entry is None
                    else jobs.update(entry.request_id, entry.data, time.time())
                )
                for body in bodies:
                    forwarder.post(body)
        finally:
            listener.close()


def _new_listener(
    client: DeapiClient, entries: queue.SimpleQueue[Any], console: Console
) -> Listener:
    """Return a listener that puts the updates of the account's jobs into a queue.

    Raises:
        CommandError: There is no client ID.
    """
    from ..realtime import connection
    from ..realtime.listener import Listener

    driver = client._driver  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    client_id = driver.context.config.client_id
    if client_id is None:
        raise CommandError(
            "There is no client ID. Copy it from the dashboard at https://app.deapi.ai, and set "
            "the environment variable DEAPI_CLIENT_ID. Without an account, pass --emulator.",
            ExitCode.ACCOUNT,
        )
    return Listener(
        driver,
        client_id,
        on_update=lambda update: entries.put(_without_preview(update)),
        on_connect=lambda: console.note("Connected."),
        on_disconnect=lambda error, delay: console.note(
            f"The socket is closed: {connection.reason(error)} "
            f"Reconnecting in {delay:.0f} s. Jobs that start and finish meanwhile are missed."
        ),
    )


def _without_preview(update: JobUpdate) -> JobUpdate:
    """Return an update without its image: many may wait for a receiver that is slow."""
    return replace(update, data={**update.data, "preview": None})


def _receive(listener: Listener, entries: queue.SimpleQueue[Any]) -> None:
    """Receive updates, and put the error that ends the listener into the queue."""
    from ..realtime.connection import RefusedError

    try:
        listener.run()
    except RefusedError as error:
        refusal = f"The service refuses the socket: {end_sentence(message(error))}"
        advice = "Compare DEAPI_CLIENT_ID with the dashboard at https://app.deapi.ai."
        entries.put(CommandError(f"{refusal} {advice}", ExitCode.ACCOUNT))
    except Exception as error:  # noqa: BLE001 - raised in the main thread
        entries.put(error)


def _next(entries: queue.SimpleQueue[Any], jobs: AnnouncedJobs) -> Any:
    """Return the next entry, or None when it is time to poll."""
    while True:
        due = jobs.next_poll()
        hold = _MAX_GET if due is None else due[0] - time.time()
        if hold <= 0 and entries.empty():
            return None
        with suppress(queue.Empty):
            return entries.get(timeout=min(max(hold, 0.0), _MAX_GET))


def _poll(client: DeapiClient, jobs: AnnouncedJobs, console: Console) -> list[bytes]:
    """Poll the job that is due, and return the bodies of its webhooks."""
    due = jobs.next_poll()
    if due is None:
        return []
    request_id = due[1]
    try:
        result = client.job(request_id).status()
    except (DeapiError, ValueError) as error:
        console.note(f"Polling job {sanitize(request_id, 100)} failed: {message(error)}")
        if isinstance(error, (NotFoundError, ValueError)):
            jobs.forget(request_id)
        else:
            retry_after = error.retry_after if isinstance(error, RateLimitError) else 0.0
            jobs.poll_failed(request_id, time.time(), retry_after=retry_after)
        return []
    return jobs.polled(request_id, result, time.time())


def _read_secret(path: str | None, *, required: bool) -> Secret | None:
    """Return the secret of a file or of the environment, or None.

    Raises:
        CommandError: The file is empty, or a secret is required and there is none.
        OSError: The file cannot be read.
    """
    value = variable("WEBHOOK_SECRET") if path is None else Path(path).read_text("utf-8").strip()
    if value:
        return Secret(value)
    if path is not None:
        raise CommandError(f"{path} contains no secret.")
    if required:
        raise CommandError(
            f"A replay needs the secret of the first delivery. Set {_SECRET}, or pass "
            "--secret-file."
        )
    return None


def _validate_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        valid = False
    if not valid:
        raise CommandError(
            f"--forward-to must be a URL such as http://localhost:8000/webhooks; got {url!r}."
        )
