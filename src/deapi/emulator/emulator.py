"""The emulator as a program uses it."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deapi.emulator.api.app import build_router, operation_names
from deapi.emulator.api.faults import Fault
from deapi.emulator.api.state import Platform, Settings
from deapi.emulator.jobs.jobs import Failure, Job
from deapi.emulator.server import ServerThread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from deapi import AsyncDeapiClient, DeapiClient
    from deapi.emulator.account.rate_limits import Plan
    from deapi.emulator.api.recorded_requests import RecordedRequest
    from deapi.emulator.jobs.webhooks import Delivery

DEFAULT_API_KEY = "1|emulator-key-that-opens-nothing-else"
PLANS = ("basic", "premium", "unlimited")


class Emulator:
    """A server on this machine that behaves like deAPI: no key, no network, no money.

        with Emulator() as emulator:
            client = emulator.client()

    How long things take is given in emulated seconds, of which `speed` pass in a real one.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes any free one.
        speed: Emulated seconds per real second.
        polls_per_state: Let jobs advance one step (pending, two of processing, the end) after so
            many reads of their status instead of with the clock; 0 finishes them at once.
        plan: Whose quotas apply; `unlimited` sends the headers and never refuses.
        balance: USD on the account.
        api_key: The account's first key, accepted with or without the gateway's prefix. It is an
            ADMIN key: `POST /api/v2/keys` makes others with it.
        link_lifetime: Emulated seconds after which links to results expire.
        legacy_prompts: Serve the v1 prompt boosters, which the service has removed.
        webhook_url: Where the account's webhooks go for jobs that name no URL.
        webhook_secret: What signs webhooks of jobs that bring no secret (account-wide secret).
        allow_http_webhooks: Accept `http://` webhook URLs that lead to this machine, for
            receivers in tests; the service accepts only `https://`.
        allow_remote_webhooks: Send webhooks to other machines, too. Without this, one for another
            machine is only recorded, so that no test reaches into the internet by mistake.

    Attributes:
        api_key: The account's first key.
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
    ) -> None:
        if not (speed > 0 and math.isfinite(speed)):
            raise ValueError("speed must be a positive number")
        if plan not in PLANS:
            raise ValueError(f"plan must be one of {', '.join(PLANS)}")
        if polls_per_state is not None and polls_per_state < 0:
            raise ValueError("polls_per_state must not be negative")
        self.api_key = api_key
        self._address = (host, port)
        self._initial_balance = balance
        self._settings = Settings(
            api_key=api_key,
            plan=plan,
            speed=speed,
            polls_per_state=polls_per_state,
            link_lifetime=link_lifetime,
            legacy_prompts=legacy_prompts,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            allow_http_webhooks=allow_http_webhooks,
            allow_remote_webhooks=allow_remote_webhooks,
        )
        self._server: ServerThread | None = None
        self._started: Platform | None = None

    def start(self) -> None:
        """Listen and serve, from a thread of its own, with a new account.

        Raises:
            OSError: The address cannot be listened on.
            RuntimeError: It is running already.
        """
        if self._server is not None:
            raise RuntimeError("The emulator is running already.")
        server = ServerThread(*self._address)
        directory = Path(tempfile.mkdtemp(prefix="deapi-emulator-"))
        url = _url(self._address[0], server.port)
        self._started = Platform(self._settings, self._initial_balance, directory, url)
        server.start(build_router(self._started), closing=self._started.close)
        self._server = server

    def stop(self) -> None:
        """Stop serving and delete every file; what was recorded can still be read."""
        if self._server is None:
            return
        self._server.stop()
        self._server = None
        shutil.rmtree(self._platform.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it is reached, as `base_url` and `DEAPI_BASE_URL` take it."""
        return self._platform.url

    def client(self, **options: Any) -> DeapiClient:
        """A client of this emulator.

        Args:
            **options: Arguments of `DeapiClient`, in place of those that it would be given.
        """
        from deapi import DeapiClient

        return DeapiClient(**self._options(options))

    def async_client(self, **options: Any) -> AsyncDeapiClient:
        """An asynchronous client of this emulator.

        Args:
            **options: Arguments of `AsyncDeapiClient`, in place of those that it would be given.
        """
        from deapi import AsyncDeapiClient

        return AsyncDeapiClient(**self._options(options))

    @property
    def balance(self) -> float:
        """USD on the account."""
        return self._platform.balance

    @balance.setter
    def balance(self, balance: float) -> None:
        self._platform.balance = balance

    @property
    def suspended(self) -> bool:
        """Whether the account is suspended, and gets 403 for everything but prices."""
        return self._platform.suspended

    @suspended.setter
    def suspended(self, suspended: bool) -> None:
        self._platform.suspended = suspended

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that have arrived, in order; of very many the last ten thousand."""
        return list(self._platform.requests)

    @property
    def jobs(self) -> dict[str, Job]:
        """Every job that was accepted, by its request id."""
        return dict(self._platform.jobs.by_id)

    @property
    def webhooks(self) -> list[Delivery]:
        """Every attempt to deliver a webhook, in order."""
        return list(self._platform.webhooks.deliveries)

    @property
    def webhooks_enabled(self) -> bool:
        """Whether webhooks are sent; ten failed attempts in a row end that."""
        return self._platform.webhooks.enabled

    def enable_webhooks(self) -> None:
        """Send webhooks again after too many failures, as a button of the dashboard does."""
        self._on_server(self._platform.webhooks.enable)

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
        accepted: bool = False,
        times: int = 1,
    ) -> None:
        """Order bad weather for the next requests that match.

        Args:
            operation: The operation, by one name in both API versions (that of version 1 where
                it has one), such as "txt2img", "txt2img.price", "request-status",
                "balance", "models", "keys", "keys/{id}" or "result" (downloads); None for
                whatever comes next.
            status: Answer with this status.
            body: The body of that answer: text or bytes as they are, anything else as JSON.
            headers: Further headers of that answer.
            delay: Real seconds to wait first; with nothing else, the true answer follows.
            drop: Close the connection without an answer.
            after_bytes: With `drop`: close it after so many bytes of the answer's body instead,
                and in any case before the last.
            accepted: Do what was asked for (a job is made and charged) before the fault shows;
                otherwise nothing is done.
            times: How many requests it meets.

        Raises:
            ValueError: No operation has that name.
        """
        if operation is not None:
            _check_operation(operation)
        fault = Fault(
            operation=operation,
            status=status,
            body=body,
            headers=headers or {},
            delay=delay,
            drop=drop,
            after_bytes=after_bytes,
            accepted=accepted,
            times=times,
        )
        self._platform.faults.order(fault)

    def clear_faults(self) -> None:
        """Forget the faults that have not happened yet."""
        self._platform.faults.clear()

    def fail_jobs(
        self,
        *,
        times: int = 1,
        error_code: str = Failure.error_code,
        error_message: str = Failure.error_message,
        error_reason: str = Failure.error_reason,
        retryable: bool = Failure.retryable,
        refunded: bool = Failure.refunded,
    ) -> None:
        """Let the next jobs end in `error`.

        Args:
            times: How many jobs.
            error_code: What the status will say.
            error_message: What the status will say.
            error_reason: What the status will say.
            retryable: What the status will say.
            refunded: What the status will say; if true, the price goes back to the balance.
        """
        failure = Failure(error_code, error_message, error_reason, retryable, refunded)
        self._platform.fail_next(failure, times)

    def advance(self, seconds: float) -> None:
        """Move emulated time forward at once: jobs finish, windows end, links expire.

        Args:
            seconds: Emulated seconds, not negative.
        """
        if seconds < 0:
            raise ValueError("time only moves forward")
        self._on_server(lambda: self._platform.advance(seconds))

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"api_key": self.api_key, "base_url": self.url, **given}

    @property
    def _platform(self) -> Platform:
        if self._started is None:
            raise RuntimeError("The emulator has not been started.")
        return self._started

    def _on_server(self, function: Callable[[], None]) -> None:
        if self._server is None:
            raise RuntimeError("The emulator is not running.")
        self._server.call(function)


def _check_operation(given: str) -> None:
    names = operation_names()
    name = names.get(given.strip("/"))
    if name is None:
        known = ", ".join(sorted(set(names.values())))
        raise ValueError(f"there is no operation {given!r}, but: {known}")
    if name != given:
        raise ValueError(f"{given!r} is a path; its operation is called {name!r}")


def _url(host: str, port: int) -> str:
    """A URL that reaches a server that listens on `host`."""
    reachable = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
