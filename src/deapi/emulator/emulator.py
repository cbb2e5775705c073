"""The `Emulator` class: start and stop the server, and control it from a test."""

from __future__ import annotations

import inspect
import math
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .api.app import build_app, operation_names
from .api.edge_pages import EDGE_PAGES, edge_page
from .api.faults import Fault, SocketFault, check_times
from .api.names import OperationMatcher
from .api.origins import AllowedHosts
from .api.state import AppState
from .clients import make_async_client, make_client
from .in_process import InProcessServer, InProcessTransport
from .jobs.jobs import Failure, Job
from .jobs.pushes import APP_KEY, PREVIEW_FORMATS, CloseFrame
from .operations.registry import OPERATIONS
from .server import ServerThread
from .service import Service, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from deapi import AsyncDeapiClient, DeapiClient

    from .account.rate_limits import Plan
    from .api.edge_pages import EdgePage
    from .api.faults import SocketFaultName
    from .api.recorded_requests import RecordedRequest
    from .jobs.pushes import PreviewFormat
    from .jobs.webhooks import Delivery, WebhookHandler

DEFAULT_API_KEY = "1|emulator-key-that-opens-nothing-else"
PLANS = ("basic", "premium", "unlimited")


class Emulator:
    """A local server that behaves like deAPI, for tests without a key, a network or cost.

        with Emulator() as emulator:
            client = emulator.client()

    Durations are emulated seconds. `speed` of them pass in one real second.

    Args:
        host: Hostname or IP address to listen on.
        port: Port to listen on. 0 picks a free one.
        speed: Emulated seconds per real second.
        polls_per_state: Advance a job by one step (pending, two steps of processing, finished)
            after this many status requests, instead of with the clock. 0 finishes jobs at once.
        plan: Plan whose rate limits apply: "basic", "premium" or "unlimited", which sends the
            rate-limit headers but never rejects a request.
        balance: Initial balance of the account, in USD.
        api_key: The account's first key, accepted with or without the prefix `dpn-sk-`. It has
            the ADMIN role, so `POST /api/v2/keys` can create other keys with it.
        link_lifetime: Emulated seconds until a link to a result expires.
        legacy_prompts: Serve the v1 prompt endpoints, which the service has removed.
        webhook_url: URL that receives the webhooks of jobs submitted without a webhook URL.
        webhook_secret: Secret used to sign the webhooks of jobs submitted without a secret.
        allow_http_webhooks: Accept `http://` webhook URLs on this machine, for receivers in
            tests. The service accepts only `https://`.
        allow_remote_webhooks: Send webhooks to other machines as well. By default, a webhook to
            another machine is only recorded, so that a test cannot call the internet by mistake.
        on_webhook: Function that receives the webhooks of all jobs, instead of their URLs. It is
            called in a thread with the headers and the body of each attempt, and returns a status
            code; None means 200. A status other than 2xx and an exception are failures.
        allowed_hosts: Hostnames under which the emulator is reached, beside `host`, IP addresses
            and the names of this machine, for example in a container. A request with another one
            in `Host` or `Origin` is rejected, because a web page may have sent it.
        client_id: ID of the account in the name of its channel, `private-client.{client_id}`.
        preview_format: Form of the previews that the socket sends: "data-uri" or "base64", which
            has no prefix.
        activity_timeout: Real seconds after which a client of the socket sends a ping. Four times
            as long without a message, the connection is closed.
        sockets: Whether the emulator listens on a network socket. Without one, only the clients
            of `client()` and `async_client()` reach it, for test suites that forbid sockets.
            Webhooks are then only recorded, unless there is `on_webhook`.

    Attributes:
        api_key: The account's first key.
        client_id: ID of the account in the name of its channel.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float = 10.0,
        polls_per_state: int | None = None,
        plan: Plan = "unlimited",
        balance: float = 100.0,
        api_key: str = DEFAULT_API_KEY,
        link_lifetime: float = 86400.0,
        legacy_prompts: bool = False,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        allow_http_webhooks: bool = False,
        allow_remote_webhooks: bool = False,
        on_webhook: WebhookHandler | None = None,
        allowed_hosts: Sequence[str] = (),
        client_id: str = "42",
        preview_format: PreviewFormat = "data-uri",
        activity_timeout: float = 30,
        sockets: bool = True,
    ) -> None:
        if not (speed > 0 and math.isfinite(speed)):
            raise ValueError(f"speed must be a positive number, not {speed}")
        if not 0 <= port <= 65535:
            raise ValueError(f"port must be between 0 and 65535, not {port}")
        if not api_key:
            raise ValueError("api_key must not be empty")
        if plan not in PLANS:
            raise ValueError(f"plan must be one of {', '.join(PLANS)}, not {plan!r}")
        if polls_per_state is not None and polls_per_state < 0:
            raise ValueError(f"polls_per_state must be at least 0, not {polls_per_state}")
        if not 0 <= link_lifetime < math.inf:
            raise ValueError(f"link_lifetime must be a finite number from 0, not {link_lifetime}")
        if preview_format not in PREVIEW_FORMATS:
            formats = ", ".join(PREVIEW_FORMATS)
            raise ValueError(f"preview_format must be one of {formats}, not {preview_format!r}")
        if not 0 < activity_timeout < math.inf:
            raise ValueError(f"activity_timeout must be a positive number, not {activity_timeout}")
        if inspect.iscoroutinefunction(on_webhook):
            raise TypeError("on_webhook must not be async: it is called in a thread")
        self.api_key = api_key
        self.client_id = client_id
        self._host = host
        self._port = port
        self._allowed_hosts = AllowedHosts((host, *allowed_hosts))
        self._activity_timeout = activity_timeout
        self._settings = Settings(
            api_key=api_key,
            balance=balance,
            plan=plan,
            speed=speed,
            polls_per_state=polls_per_state,
            link_lifetime=link_lifetime,
            legacy_prompts=legacy_prompts,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            allow_http_webhooks=allow_http_webhooks,
            allow_remote_webhooks=allow_remote_webhooks,
            send_webhooks=sockets,
            on_webhook=on_webhook,
            client_id=client_id,
            preview_format=preview_format,
        )
        self._sockets = sockets
        self._server: ServerThread | InProcessServer | None = None
        self._last_state: AppState | None = None

    def start(self) -> None:
        """Start to serve from a background thread, with a new account.

        Raises:
            OSError: The emulator cannot listen on this host and port.
            RuntimeError: The emulator is already running.
        """
        if self._server is not None:
            raise RuntimeError("The emulator is already running.")
        server = ServerThread(self._host, self._port) if self._sockets else InProcessServer()
        directory = Path(tempfile.mkdtemp(prefix="deapi-emulator-"))
        service = Service(self._settings, directory, _url(self._host, server.port))
        self._last_state = AppState(service, self._allowed_hosts, self._activity_timeout)
        try:
            server.start(build_app(self._last_state), on_close=service.close)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        self._server = server

    def stop(self) -> None:
        """Stop serving and delete all files. What was recorded can still be read."""
        if self._server is None:
            return
        self._server.stop()
        self._server = None
        shutil.rmtree(self._service.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        if self._server is None:
            return "<Emulator, not running>"
        return f"<Emulator {self.url}>"

    @property
    def url(self) -> str:
        """The emulator's URL, a value for `base_url` and `DEAPI_BASE_URL`."""
        return self._service.url

    @property
    def socket_url(self) -> str:
        """URL of the WebSocket that pushes status updates, with its app key."""
        return f"{self._service.url.replace('http', 'ws', 1)}/app/{APP_KEY}"

    def client(self, **options: Any) -> DeapiClient:
        """Create a client that uses this emulator and its API key, without a proxy.

        Args:
            **options: Arguments of `DeapiClient`, including replacements for `api_key` and
                `base_url`.
        """
        return make_client(self._client_options(options), self._transport)

    def async_client(self, **options: Any) -> AsyncDeapiClient:
        """Create an asynchronous client that uses this emulator and its API key, without a proxy.

        Args:
            **options: Arguments of `AsyncDeapiClient`, including replacements for `api_key` and
                `base_url`.
        """
        return make_async_client(self._client_options(options), self._transport)

    @property
    def balance(self) -> float:
        """Balance of the account, in USD. Can be set."""
        return self._service.balance

    @balance.setter
    def balance(self, balance: float) -> None:
        self._service.balance = balance

    @property
    def suspended(self) -> bool:
        """Whether the account is suspended. Then all calls but prices fail with 403. Can be set."""
        return self._service.suspended

    @suspended.setter
    def suspended(self, suspended: bool) -> None:
        self._service.suspended = suspended

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that arrived, in order. Only the last 10,000 are kept, or 64 MiB of them."""
        return self._state.requests.all()

    @property
    def jobs(self) -> dict[str, Job]:
        """All accepted jobs by their request ID, in the order of submission."""
        return dict(self._service.jobs.by_id)

    @property
    def webhooks(self) -> list[Delivery]:
        """All attempts to deliver a webhook, in order."""
        return list(self._service.webhooks.deliveries)

    def wait_for_webhooks(self, count: int, *, timeout: float = 30.0) -> list[Delivery]:
        """Wait until attempts to deliver webhooks have ended, and return all of them in order.

        It blocks the thread. If the receiver runs on the event loop of the test, call it with
        `asyncio.to_thread()`.

        Args:
            count: Number of attempts since the emulator was started.
            timeout: Maximum real seconds to wait.

        Raises:
            TimeoutError: There are fewer attempts after `timeout` seconds. The message lists
                them.
        """
        return self._service.webhooks.wait_for(count, timeout)

    @property
    def webhooks_enabled(self) -> bool:
        """Whether webhooks are sent. Ten consecutive failed deliveries disable them."""
        return self._service.webhooks.enabled

    def enable_webhooks(self) -> None:
        """Enable webhooks after too many failures, as the service's dashboard can.

        Raises:
            RuntimeError: The emulator is not running.
        """

        async def enable() -> None:
            self._service.webhooks.enable()

        self._call_on_server(enable)

    def inject_fault(
        self,
        *,
        operation: str | None = None,
        status: int | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        drop: bool = False,
        after_bytes: int | None = None,
        edge: EdgePage | None = None,
        accepted: bool = False,
        times: int = 1,
    ) -> None:
        """Inject a fault into the next matching requests.

        Args:
            operation: Name of the SDK's method, such as "images.generate",
                "images.generate_price", "jobs.status", "jobs.download" (of a result), "balance"
                or "keys.create", or the name of the operation in the emulator, such as "txt2img".
                Either matches both API versions. None matches every request.
            status: Status code of the response, 200 to 599. None sends the normal response, or
                200 if there is a `body`.
            body: Body of the response. A string or bytes are sent as they are, anything else as
                JSON.
            headers: Additional headers of the response, which may be the normal one.
            delay: Real seconds to wait before the response. Without another effect, the normal
                response follows.
            drop: Close the connection without sending a response.
            after_bytes: With `drop`, close the connection after this many bytes of the response
                body instead, but always before the last byte.
            edge: Respond with the HTML page of the network edge in front of the API, with its
                status and headers: "blocked" (403, error 1010), "challenge" (403),
                "bad_gateway" (502), "unavailable" (521) or "timeout" (524).
            accepted: Process the request before the fault takes effect, so that a job is
                created and charged. By default the request is not processed.
            times: Number of requests affected, at least 1.

        Raises:
            ValueError: No operation or edge page has this name, a value is out of range, or an
                argument has no effect with the others.
        """
        matcher = _matcher(operation)
        if edge is not None:
            if edge not in EDGE_PAGES:
                raise ValueError(f"edge must be one of {', '.join(EDGE_PAGES)}, not {edge!r}")
            if status is not None or body is not None:
                raise ValueError("edge has its own status and body")
            status, body, edge_headers = edge_page(edge)
            headers = {**edge_headers, **(headers or {})}
        self._state.faults.add(
            Fault(matcher, status, body, headers or {}, delay, drop, after_bytes, accepted, times)
        )

    def clear_faults(self) -> None:
        """Remove injected faults, and failures of jobs, that have not taken effect yet."""
        self._state.faults.clear()
        self._state.socket_faults.clear()
        self._service.next_failures.clear()

    @property
    def subscriber_count(self) -> int:
        """Number of connections to the socket that are subscribed to the account's channel."""
        return len(self._service.pushes.subscribers)

    def inject_socket_fault(
        self, name: SocketFaultName, *, after_bytes: int = 0, times: int = 1
    ) -> None:
        """Inject a fault into the next connections to the socket.

        To delay or reject the authorization of a channel, use `inject_fault()` with the operation
        "broadcasting/auth".

        Args:
            name: "refuse" rejects the handshake, "drop" closes the TCP connection after
                `after_bytes` bytes, handshake included, "silence" sends nothing after the
                handshake, not even a pong, "no_events" acknowledges a subscription and sends no
                events, and "wrong_acknowledgement" acknowledges another channel.
            after_bytes: Number of bytes that "drop" lets pass.
            times: Number of connections affected, at least 1.

        Raises:
            ValueError: There is no such fault, or `times` is less than 1.
        """
        self._state.socket_faults.add(SocketFault(name, after_bytes, times))

    def send_to_sockets(self, frame: str | bytes, *, times: int = 1) -> None:
        """Send a frame to all connections to the socket: garbage, a flood, or another event.

        Args:
            frame: A string is sent as a text frame, bytes as a binary frame.
            times: Number of times that the frame is sent.

        Raises:
            RuntimeError: The emulator is not running.
        """

        async def send() -> None:
            for _ in range(times):
                self._service.pushes.send_to_all(frame)

        self._call_on_server(send)

    def close_sockets(self, code: int | None = None, reason: str = "") -> None:
        """Close all connections to the socket.

        Args:
            code: Code of the close frame. None closes the TCP connection without one.
            reason: Reason in the close frame.

        Raises:
            RuntimeError: The emulator is not running.
        """

        async def close() -> None:
            self._service.pushes.send_to_all(CloseFrame(code, reason))

        self._call_on_server(close)

    def fail_jobs(
        self,
        *,
        operation: str | None = None,
        times: int = 1,
        error_code: str = Failure.error_code,
        error_message: str = Failure.error_message,
        error_reason: str = Failure.error_reason,
        retryable: bool = Failure.retryable,
        refunded: bool = Failure.refunded,
    ) -> None:
        """Let the next jobs fail with the status `error`.

        Args:
            operation: Name of the SDK's method that submits the jobs, such as "video.animate", or
                of the operation in the emulator, such as "img2video". None matches every job.
            times: Number of jobs that fail, at least 1.
            error_code: `error_code` of the status response, such as "WORKER_TIMEOUT".
            error_message: `error_message` of the status response.
            error_reason: `error_reason` of the status response, such as "TIMEOUT".
            retryable: `retryable` of the status response.
            refunded: `refunded` of the status response. If true, the price is refunded to the
                balance.

        Raises:
            ValueError: No operation that submits jobs has this name, or `times` is less than 1.
        """
        check_times(times)
        matcher = _matcher(operation)
        operations = [name for name in OPERATIONS if not matcher or matcher.matches(name, "POST")]
        if not operations:
            raise ValueError(f"operation {operation!r} submits no jobs")
        failure = Failure(error_code, error_message, error_reason, retryable, refunded)
        self._service.next_failures += [(failure, frozenset(operations))] * times

    def advance(self, seconds: float) -> None:
        """Advance emulated time at once: jobs finish, rate limits reset, links expire.

        It returns when the results of the jobs that finish exist.

        Args:
            seconds: Emulated seconds, not negative.

        Raises:
            ValueError: `seconds` is negative or not finite.
            RuntimeError: The emulator is not running.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"seconds must be a finite number from 0, not {seconds}")
        self._call_on_server(lambda: self._service.advance(seconds))

    def _client_options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"api_key": self.api_key, "base_url": self.url, **options}

    @property
    def _transport(self) -> InProcessTransport | None:
        return self._server.transport if isinstance(self._server, InProcessServer) else None

    @property
    def _service(self) -> Service:
        return self._state.service

    @property
    def _state(self) -> AppState:
        if self._last_state is None:
            raise RuntimeError(
                "The emulator has not been started: use `with Emulator() as emulator:`, or start()."
            )
        return self._last_state

    def _call_on_server(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._server is None:
            raise RuntimeError("The emulator is not running.")
        self._server.call(function)


def _matcher(operation: str | None) -> OperationMatcher | None:
    return None if operation is None else OperationMatcher(operation, operation_names())


def _url(host: str, port: int) -> str:
    """Return the URL of a server that listens on `host`."""
    reachable = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
