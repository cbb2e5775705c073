"""What the sync and the async connection share: the URL, the signature and the log records."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .._config import DEFAULT_BASE_URL
from .._core.calls import send_once
from .._core.encoding import json_body
from .._core.observing import CallEvents
from .._core.operation import Operation, Route
from .._core.outcomes import is_success, to_exception
from .._core.retry import is_transient
from .._core.steps import Send
from .._exceptions import DeapiError
from .._json import is_object
from .._text import end_sentence, sanitize
from .._version import __version__
from .protocol import CLOSE_TIMEOUT, MAX_FRAME_SIZE, SUBSCRIBE_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from .._config import Config
    from .._core.context import CallContext
    from .._core.observing import OnEvent
    from .._core.steps import Flow
    from .protocol import Authenticate, Disconnect

log = logging.getLogger("deapi")

IDLE_SECONDS: Final = 60.0
"""Seconds without a wait after which the socket is closed."""

_HOST = "soketi.deapi.ai:443"
_APP_KEY = "depin-api-prod-key"

_ROUTE = Route("broadcasting/auth")
_AUTHORIZE = Operation("realtime.authorize", v1=_ROUTE, v2=_ROUTE, public=False)


class RefusedError(Exception):
    """The server refuses the connection or the subscription, and would refuse it again."""


def disconnect_error(action: Disconnect) -> Exception:
    """Return the exception that ends a connection."""
    return RefusedError(action.reason) if action.permanent else EOFError(action.reason)


@contextmanager
def refusals() -> Generator[None]:
    """Raise ``RefusedError`` instead of an error that another connection would not change."""
    from websockets.exceptions import InvalidStatus, InvalidURI

    try:
        yield
    except InvalidURI as invalid:
        raise RefusedError(sanitize(str(invalid), 200)) from invalid
    except InvalidStatus as invalid:
        status = invalid.response.status_code
        # 408, 429 and 5xx are transient.
        if status in (408, 429) or status >= 500:
            raise
        raise RefusedError(f"the server refuses the socket with status {status}") from invalid


def connect_options(config: Config) -> dict[str, Any]:
    """Return the arguments of ``connect()`` of the websockets library."""
    url = socket_url(config)
    options: dict[str, Any] = {
        "uri": url,
        "compression": None,
        "user_agent_header": f"deapi-python-sdk/{__version__}",
        "open_timeout": SUBSCRIBE_TIMEOUT,
        "close_timeout": CLOSE_TIMEOUT,
        "ping_interval": None,  # the session sends the pings of the protocol
        "max_size": MAX_FRAME_SIZE,
    }
    if url.startswith("wss:"):
        from .._http.network import tls_context

        options["ssl"] = tls_context()
    return options


def socket_url(config: Config) -> str:
    """Return the URL of the socket: that of the service, or of the server at ``base_url``."""
    parts = urlsplit(config.base_url)
    scheme, host = ("ws" if parts.scheme == "http" else "wss"), parts.netloc
    if config.base_url == DEFAULT_BASE_URL:
        host = _HOST
    return f"{scheme}://{host}/app/{_APP_KEY}?protocol=7&client=deapi-python&version={__version__}"


def authorize(
    context: CallContext, action: Authenticate, observers: Sequence[OnEvent]
) -> Flow[str]:
    """Have the API sign the subscription to a channel.

    Args:
        context: Context of the client that the socket belongs to.
        action: The socket and the channel.
        observers: The ``on_event`` of each client that waits for updates of the socket.

    Raises:
        RefusedError: The API refuses, and would refuse again.
        DeapiError: The call failed.
    """
    fields = {"socket_id": action.socket_id, "channel_name": action.channel}
    send = Send(
        _AUTHORIZE,
        "POST",
        f"{context.config.base_url}/broadcasting/auth",
        {"content-type": "application/json"},
        json_body(fields),
        context.timeouts,
    )
    send.limit = SUBSCRIBE_TIMEOUT  # the session ends by then
    events = CallEvents(observers, context.monotonic, send) if observers else None
    outcome = yield from send_once(context, send, events)
    if not is_success(outcome):
        error = to_exception(context, outcome, send)
        if is_transient(outcome):
            raise error
        raise RefusedError(f"the API refused the channel {action.channel}: {error}")
    try:
        body: Any = outcome.json()
    except ValueError:
        body = None
    auth = body.get("auth") if is_object(body) else None
    if not isinstance(auth, str):
        raise DeapiError("The response of broadcasting/auth contains no signature.")
    return auth


def reason(error: Exception) -> str:
    """Return why a connection ended, as a sentence."""
    return end_sentence(sanitize(str(error) or type(error).__name__, 200))


def log_disconnect(error: Exception, delay: float) -> None:
    """Log that waits poll until the next connection."""
    log.info(
        "Realtime updates: %s Reconnecting in %.1f s. Jobs are polled meanwhile.",
        reason(error),
        delay,
    )


def log_refused(error: Exception) -> None:
    """Log that waits poll from now on."""
    log.warning(
        "Realtime updates are not available: %s Jobs are polled instead. Compare client_id (or "
        "DEAPI_CLIENT_ID) with the dashboard at https://app.deapi.ai.",
        reason(error),
    )
