"""Status updates pushed over WebSockets with the Pusher protocol: channels, events and signatures.

All jobs of the account are announced on one private channel. A failed job has no event.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .jobs import Job

APP_KEY = "depin-api-prod-key"
EVENT = "request.status.updated"
PreviewFormat = Literal["data-uri", "base64"]
PREVIEW_FORMATS: tuple[PreviewFormat, ...] = ("data-uri", "base64")

_DATA_URI = "data:image/jpeg;base64,"
_MAX_QUEUED_FRAMES = 10_000
_MAX_SOCKET_NUMBER = 10**9


@dataclass(frozen=True)
class CloseFrame:
    """A close frame of the server. Without a code, the TCP connection is dropped instead."""

    code: int | None = None
    reason: str = ""


@dataclass(eq=False)
class SocketClient:
    """A client that is connected to the WebSocket.

    Attributes:
        socket_id: ID of the connection in the Pusher protocol.
        channels: The channels to which it is subscribed.
        frames: Frames to send. A string is a text frame, bytes are a binary frame.
    """

    socket_id: str
    channels: set[str] = field(default_factory=set[str])
    frames: asyncio.Queue[str | bytes | CloseFrame] = field(
        default_factory=asyncio.Queue[str | bytes | CloseFrame]
    )

    def send(self, frame: str | bytes | CloseFrame) -> None:
        """Queue a frame. A client that does not read is disconnected."""
        if self.frames.qsize() < _MAX_QUEUED_FRAMES:
            self.frames.put_nowait(frame)
        else:
            self.frames.put_nowait(CloseFrame(4100, "Over capacity"))


def encode_event(event: str, data: Any, channel: str | None = None) -> str:
    """Encode an event as a frame, whose `data` is a JSON string."""
    frame = {"event": event, "data": json.dumps(data, separators=(",", ":"))}
    if channel is not None:
        frame["channel"] = channel
    return json.dumps(frame, separators=(",", ":"))


class Pushes:
    """The connections to the socket, and what is sent to them.

    Args:
        client_id: ID of the account in the name of its channel.
        preview_format: Whether previews have the prefix of a data URI.
    """

    def __init__(self, client_id: str, preview_format: PreviewFormat) -> None:
        self.channel = f"private-client.{client_id}"
        self.clients: set[SocketClient] = set()
        self._preview_format = preview_format
        self._secret = secrets.token_bytes(32)

    def connect(self) -> SocketClient:
        """Add a client."""
        numbers = (secrets.randbelow(_MAX_SOCKET_NUMBER) for _ in range(2))
        client = SocketClient(".".join(map(str, numbers)))
        self.clients.add(client)
        return client

    def disconnect(self, client: SocketClient) -> None:
        """Remove a client."""
        self.clients.discard(client)

    def sign(self, socket_id: str, channel: str) -> str:
        """Return the value of `auth` that allows a connection to subscribe to a channel."""
        message = f"{socket_id}:{channel}".encode()
        return f"{APP_KEY}:{hmac.new(self._secret, message, hashlib.sha256).hexdigest()}"

    def is_signed(self, client: SocketClient, channel: str, auth: str) -> bool:
        """Whether an `auth` allows a client to subscribe to a channel."""
        expected = self.sign(client.socket_id, channel)
        return hmac.compare_digest(auth.encode(), expected.encode())

    @property
    def subscribers(self) -> list[SocketClient]:
        """The clients that are subscribed to the account's channel."""
        return [each for each in list(self.clients) if self.channel in each.channels]

    def publish(
        self, job: Job, status: str, *, preview: str | None = None, result_url: str | None = None
    ) -> None:
        """Announce a job's status: "processing", "in_progress" or "done"."""
        if preview is not None and self._preview_format == "data-uri":
            preview = _DATA_URI + preview
        payload = {
            "request_id": job.request_id,
            "status": status,
            "preview": preview,
            "result_url": result_url,
            "progress": f"{job.progress:.2f}",
        }
        frame = encode_event(EVENT, payload, self.channel)
        for client in self.subscribers:
            client.send(frame)

    def send_to_all(self, frame: str | bytes | CloseFrame) -> None:
        """Send a frame to all connections, subscribed or not."""
        for client in self.clients:
            client.send(frame)
