"""Checks that call the service: each ends within a limited time, and none costs money."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..._config import variable
from ..._core.errors import MINIMUM_BALANCE
from ..._exceptions import (
    AccountSuspendedError,
    AuthenticationError,
    DeapiError,
    PermissionDeniedError,
    SpendLimitError,
)
from ..._text import end_sentence, sanitize
from ...realtime import is_websockets_installed
from ..errors import CommandError, message
from ..rendering import dollars
from .check import Check, State, call_within
from .environment import open_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..._client import DeapiClient
    from ..._core.context import CallContext
    from ..._rate_limits import RateLimit
    from ...types import Balance

_REJECTED_KEY = (
    AccountSuspendedError,
    AuthenticationError,
    PermissionDeniedError,
    SpendLimitError,
)

_FEW_REQUESTS = 0.1  # share of a rate limit

# webhook.py rejects timestamps that differ by more, as receivers in other languages do.
_SKEW_PROBLEM = 300
_SKEW_WARNING = 60

_CALLS = ("Access", "Balance", "Rate limits", "Clock")


def check_service(api_version: str | None, seconds: float) -> Iterator[Check]:
    """Check what requires a connection and an API key.

    Args:
        api_version: API version, or None for that of the environment.
        seconds: Maximum seconds of each step of a check.
    """
    try:
        client = open_client(api_version, seconds)
    except (CommandError, ValueError, TypeError, DeapiError) as error:
        yield Check("Settings", State.PROBLEM, message(error))
        yield from not_checked("the settings are invalid")
        return
    with client:
        yield from _check_calls(client, seconds)
        yield _check_socket(client, seconds)


def not_checked(reason: str) -> Iterator[Check]:
    """Return the checks of ``check_service()``, as not possible."""
    for name in ("Connection", *_CALLS, "Socket"):
        yield Check(name, State.NOT_CHECKED, f"because {reason}")


def _check_calls(client: DeapiClient, seconds: float) -> Iterator[Check]:
    host = sanitize(urlsplit(_context(client).config.base_url).netloc, 100)
    balance: Balance | None = None
    failure: DeapiError | None = None
    headers: Mapping[str, str] = {}
    started = time.monotonic()
    try:
        # The timeout applies to the connection and to the response.
        balance = call_within(2 * seconds, client.balance)
    except (DeapiError, TimeoutError) as error:
        if not isinstance(error, DeapiError) or error.response is None:
            advice = "Check the network, the proxy and the firewall."
            yield Check("Connection", State.PROBLEM, f"{host}: {message(error)}", advice)
            for name in _CALLS:
                yield Check(name, State.NOT_CHECKED, "because the connection failed")
            return
        failure, headers = error, error.response.headers
    else:
        if balance.response is not None:
            headers = balance.response.headers
    duration = 1000 * (time.monotonic() - started)
    yield Check("Connection", State.OK, f"{host} responded after {duration:.0f} ms")
    yield _check_access(failure)
    yield (
        Check("Balance", State.NOT_CHECKED, "because the request failed")
        if balance is None
        else _check_balance(balance.balance)
    )
    yield _check_rate_limits(client.rate_limits)
    yield _check_clock(headers)


def _check_access(failure: DeapiError | None) -> Check:
    name = "Access"
    if failure is None:
        return Check(name, State.OK, "the service accepts the API key")
    if failure.code == "insufficient_permissions":
        return Check(
            name,
            State.WARNING,
            "the service accepts the API key, but it does not have the role ADMIN.",
            "API v2 requires an ADMIN key to read the balance; API v1 does not.",
        )
    return Check(
        name, State.PROBLEM, message(failure), is_account=isinstance(failure, _REJECTED_KEY)
    )


def _check_balance(balance: float) -> Check:
    if balance >= MINIMUM_BALANCE:
        return Check("Balance", State.OK, dollars(balance))
    return Check(
        "Balance",
        State.PROBLEM,
        f"{dollars(balance)}, below {dollars(MINIMUM_BALANCE)}, the minimum for every job.",
        "Add funds at https://app.deapi.ai.",
        is_account=True,
    )


def _check_rate_limits(limits: Mapping[str, RateLimit]) -> Check:
    name = "Rate limits"
    windows = [
        (f"{operation}: {window.remaining} of {window.limit} left per {unit}", window)
        for operation, limit in limits.items()
        for unit, window in (("minute", limit.minute), ("day", limit.day))
        if window is not None and window.limit is not None and window.remaining is not None
    ]
    if not windows:
        return Check(name, State.NOT_CHECKED, "because the service reported none")
    text = ", ".join(shown for shown, _ in windows)
    if any((window.remaining or 0) < _FEW_REQUESTS * (window.limit or 0) for _, window in windows):
        return Check(name, State.WARNING, f"{text}.", "Wait for the reset, or use a larger plan.")
    return Check(name, State.OK, text)


def _check_clock(headers: Mapping[str, str]) -> Check:
    name = "Clock"
    try:
        date = parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return Check(name, State.NOT_CHECKED, "because the response has no date")
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    skew = (datetime.now(timezone.utc) - date).total_seconds()
    if abs(skew) < _SKEW_WARNING:
        return Check(name, State.OK, "agrees with the service")
    return Check(
        name,
        State.PROBLEM if abs(skew) > _SKEW_PROBLEM else State.WARNING,
        f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the service. The verification "
        f"of webhooks fails from {_SKEW_PROBLEM} s.",
        "Synchronize the clock of this machine (NTP).",
    )


def _check_socket(client: DeapiClient, seconds: float) -> Check:
    name = "Socket"
    client_id = variable("CLIENT_ID")
    if not client_id:
        return Check(
            name,
            State.OK,
            "not configured: jobs are polled.",
            "To receive updates, set DEAPI_CLIENT_ID.",
        )
    if not is_websockets_installed():
        return Check(
            name,
            State.WARNING,
            "DEAPI_CLIENT_ID is set, but the extra `realtime` is not installed: jobs are polled.",
            "Run: pip install 'deapi-python-sdk[realtime]'",
        )
    from ...realtime.check import check_socket

    driver = client._driver  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    try:
        # Connecting, the signature of the API, and the confirmation each have their own timeout.
        call_within(3 * seconds, lambda: check_socket(driver, client_id))
    except Exception as error:  # noqa: BLE001 - reported, whatever it is
        return Check(
            name,
            State.PROBLEM,
            f"{end_sentence(message(error))} Jobs are polled.",
            "Compare DEAPI_CLIENT_ID with the dashboard at https://app.deapi.ai.",
        )
    return Check(name, State.OK, "connected and authenticated")


def _context(client: DeapiClient) -> CallContext:
    return client._driver.context  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
