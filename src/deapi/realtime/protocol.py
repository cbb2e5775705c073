"""The protocol of the socket that announces job updates, without I/O: Pusher protocol 7.

A ``Session`` is one connection. It receives text frames, and returns what to do. Two drivers,
``sync.py`` and ``aio.py``, carry that out.

On connect, the server sends a socket ID. The client has the API sign it for the private channel of
the account, subscribes with the signature, and then receives the updates of all jobs of the
account. The server announces no failed jobs, so that polling finds them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .._json import is_object
from .._text import sanitize

if TYPE_CHECKING:
    from typing import TypeAlias

MAX_FRAME_SIZE: Final = 4 * 1024 * 1024
"""Maximum size of a frame in bytes. The largest ones contain a preview image."""

MAX_UNSENT: Final = 256 * 1024
"""Maximum bytes of frames that a server does not read. The frames of the client are small."""

PING_INTERVAL: Final = 30.0
"""Maximum seconds without a message before the client must send a ping."""

PONG_TIMEOUT: Final = 10.0
"""Seconds to wait for a message after a ping, before the connection counts as lost."""

SUBSCRIBE_TIMEOUT: Final = 20.0
"""Maximum seconds from the start of a connection to the confirmed subscription."""

SEND_TIMEOUT: Final = 10.0
"""Seconds to wait until a frame can be sent. A server that does not read blocks it."""

CLOSE_TIMEOUT: Final = 1.0
"""Seconds to wait until a connection is closed in an orderly way."""

_JOB_UPDATE = "request.status.updated"


@dataclass(frozen=True)
class Authenticate:
    """Have the API sign the subscription, then call ``Session.subscribe()``."""

    socket_id: str
    channel: str


@dataclass(frozen=True)
class Transmit:
    """Send a text frame to the server."""

    text: str


@dataclass(frozen=True)
class Subscribed:
    """The subscription is confirmed: updates arrive from now on."""


@dataclass(frozen=True)
class JobUpdate:
    """An update of one job.

    Attributes:
        request_id: ID of the job.
        data: The update as the server sent it, with ``status``, ``progress`` and ``preview``.
    """

    request_id: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Disconnect:
    """Close the connection.

    Attributes:
        reason: Why, for a log record.
        permanent: Whether another connection would end in the same way.
    """

    reason: str
    permanent: bool = False


Action: TypeAlias = "Authenticate | Transmit | Subscribed | JobUpdate | Disconnect"


class Session:
    """One connection, from the first frame to the last.

    Attributes:
        channel: Name of the account's private channel.
        subscribed: Whether the subscription is confirmed.
    """

    def __init__(self, client_id: str, now: float) -> None:
        """Begin a connection.

        Args:
            client_id: ID of the account's client, from the dashboard.
            now: Time in seconds, of any clock that never goes back.
        """
        self.channel = f"private-client.{client_id}"
        self.subscribed = False
        self._established = False
        self._ping_interval = PING_INTERVAL
        self._started_at = self._received_at = now
        self._pinged_at: float | None = None

    def subscribe(self, auth: str) -> Transmit:
        """Return the frame that subscribes to the channel, with the signature of the API."""
        return _event("pusher:subscribe", {"channel": self.channel, "auth": auth})

    def receive(self, text: str | bytes, now: float) -> list[Action]:
        """Return what to do after a frame. Malformed and unknown frames are ignored."""
        if not self.subscribed and now >= self.wake_up_at():
            return self.check(now)
        self._received_at = now
        self._pinged_at = None
        message = _parse_object(text) or {}
        event = message.get("event")
        data = _parse_object(message.get("data")) or {}
        actions: list[Action] = []
        if event == "pusher:connection_established" and not self._established:
            self._established = True
            actions.append(self._authenticate(data))
        elif event == "pusher:ping":
            actions.append(_event("pusher:pong", {}))
        elif event == "pusher:error":
            actions.append(_error(data))
        elif message.get("channel") == self.channel:
            if event == "pusher_internal:subscription_succeeded" and not self.subscribed:
                self.subscribed = True
                actions.append(Subscribed())
            elif event == "pusher:subscription_error":
                actions.append(Disconnect("the subscription was refused", permanent=True))
            elif event == _JOB_UPDATE and self.subscribed:
                actions += _job_update(data)
        return actions

    def wake_up_at(self) -> float:
        """Return when to call ``check()``, unless a frame arrives earlier."""
        if not self.subscribed:
            return self._started_at + SUBSCRIBE_TIMEOUT
        if self._pinged_at is not None:
            return self._pinged_at + PONG_TIMEOUT
        return self._received_at + self._ping_interval

    def check(self, now: float) -> list[Action]:
        """Return what to do when no frame has arrived for a while: send a ping, or give up."""
        if now < self.wake_up_at():
            return []
        if not self.subscribed:
            return [Disconnect(f"no subscription within {SUBSCRIBE_TIMEOUT:g} s")]
        if self._pinged_at is not None:
            return [Disconnect(f"no response to a ping within {PONG_TIMEOUT:g} s")]
        self._pinged_at = now
        return [_event("pusher:ping", {})]

    def _authenticate(self, data: dict[str, Any]) -> Action:
        socket_id = data.get("socket_id")
        if not isinstance(socket_id, str) or not 0 < len(socket_id) <= 100:
            return Disconnect("the server sent no socket ID")
        timeout = _number(data.get("activity_timeout"))
        if timeout is not None:
            # Earlier than the timeout, which would otherwise be a race.
            self._ping_interval = min(max(timeout * 0.8, 1.0), PING_INTERVAL)
        return Authenticate(socket_id, self.channel)


def reconnect_delay(failures: int, jitter: float) -> float:
    """Return the seconds before the next connection: 1, 2, 4, ... 60, and up to a half more.

    Args:
        failures: Connections without a subscription since the last one with it, at least 1.
        jitter: A random number from 0 to 1, so that many programs do not reconnect together.
    """
    delay = min(2.0 ** min(failures - 1, 10), 60.0)
    return delay * (1 + jitter / 2)


def _job_update(data: dict[str, Any]) -> list[Action]:
    request_id, status = data.get("request_id"), data.get("status")
    if not isinstance(request_id, str) or not isinstance(status, str):
        return []
    return [JobUpdate(request_id, data)]


def _error(data: dict[str, Any]) -> Disconnect:
    code = _number(data.get("code")) or 0
    message = data.get("message")
    text = sanitize(message, 100) if isinstance(message, str) else "no message"
    # 4000 to 4099: the same connection attempt would fail again.
    return Disconnect(f"error {code:.0f}: {text}", permanent=4000 <= code < 4100)


def _event(name: str, data: dict[str, Any]) -> Transmit:
    return Transmit(json.dumps({"event": name, "data": data}))


def _parse_object(text: object) -> dict[str, Any] | None:
    """Return a JSON object, which may be encoded in a string; None for anything else."""
    if is_object(text):
        return text
    if not isinstance(text, (str, bytes)):
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if is_object(value) else None


def _number(value: object) -> float | None:
    """Return a finite number for a number or a decimal string."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value[:32] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
