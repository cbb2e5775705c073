"""The WebSocket that pushes status updates: connections, subscriptions and faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import anyio
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..errors import ApiError
from ..jobs.pushes import APP_KEY, CloseFrame, SocketClient, encode_event
from ..validation.json_types import is_object
from .auth import authenticate

if TYPE_CHECKING:
    from .context import RequestContext
    from .faults import SocketFault
    from .state import AppState

AUTH_PATH = "broadcasting/auth"

_TIMEOUT_FACTOR = 4
"""The server closes a connection without messages after this many activity timeouts."""


async def authorize_channel(context: RequestContext) -> Response:
    """Sign a subscription to the account's own channel. Anything else is a 403."""
    try:
        authenticate(context.service, context.request)
    except ApiError as error:
        raise _forbidden() from error
    socket_id, channel = (context.body.values.get(name) for name in ("socket_id", "channel_name"))
    pushes = context.service.pushes
    if not isinstance(socket_id, str) or channel != pushes.channel:
        raise _forbidden()
    return JSONResponse({"auth": pushes.sign(socket_id, pushes.channel)})


class SocketEndpoint:
    """Serves the connections to the socket.

    Args:
        state: State of the application.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state

    async def __call__(self, websocket: WebSocket) -> None:
        """Serve a connection until one of the sides closes it."""
        fault = self._state.socket_faults.take()
        try:
            self._state.allowed_hosts.check(websocket.headers)
        except ApiError:
            await websocket.close()
            return
        if fault and fault.name == "refuse":
            await websocket.close()
            return
        if fault and fault.name == "drop":
            _cut_connection(websocket, fault.after_bytes)
        await websocket.accept()
        if websocket.path_params["key"] != APP_KEY:
            await _close_with_error(websocket, 4001, "App key does not exist")
            return
        client = self._state.service.pushes.connect()
        sender = asyncio.create_task(_send_frames(websocket, client, fault))
        try:
            await self._receive_messages(websocket, client, fault)
        finally:
            self._state.service.pushes.disconnect(client)
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender

    async def _receive_messages(
        self, websocket: WebSocket, client: SocketClient, fault: SocketFault | None
    ) -> None:
        timeout = self._state.activity_timeout
        established = {"socket_id": client.socket_id, "activity_timeout": timeout}
        client.send(encode_event("pusher:connection_established", established))
        while True:
            message = None
            with anyio.move_on_after(timeout * _TIMEOUT_FACTOR):
                message = await websocket.receive()
            if message is None:
                await _close_with_error(websocket, 4201, "Pong reply not received in time")
                return
            if message["type"] == "websocket.disconnect":
                return
            self._handle(message.get("text"), client, fault)

    def _handle(self, text: str | None, client: SocketClient, fault: SocketFault | None) -> None:
        """Respond to a message of the client. Unknown events are ignored."""
        message = _parse_object(text or "")
        data = message.get("data")
        values = data if is_object(data) else _parse_object(data if isinstance(data, str) else "")
        event = message.get("event")
        if not message:
            error = {"code": 4200, "message": "Invalid message"}
            client.send(json.dumps({"event": "pusher:error", "data": error}))
        elif event == "pusher:ping":
            client.send(encode_event("pusher:pong", {}))
        elif event == "pusher:subscribe":
            self._subscribe(values, client, fault)
        elif event == "pusher:unsubscribe":
            client.channels.discard(str(values.get("channel")))

    def _subscribe(
        self, values: dict[str, Any], client: SocketClient, fault: SocketFault | None
    ) -> None:
        channel, auth = str(values.get("channel")), str(values.get("auth"))
        if not self._state.service.pushes.is_signed(client, channel, auth):
            error = {
                "type": "AuthError",
                "error": "The connection is unauthorized.",
                "status": 401,
            }
            frame = {"event": "pusher:subscription_error", "channel": channel, "data": error}
            client.send(json.dumps(frame))
            return
        fault_name = fault.name if fault else None
        if fault_name == "wrong_acknowledgement":
            channel = f"{channel}9"
        elif fault_name != "no_events":
            client.channels.add(channel)
        client.send(encode_event("pusher_internal:subscription_succeeded", {}, channel))


async def _send_frames(
    websocket: WebSocket, client: SocketClient, fault: SocketFault | None
) -> None:
    """Send the queued frames."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):  # the client has left
        while True:
            frame = await client.frames.get()
            if isinstance(frame, CloseFrame):
                if frame.code is None:
                    websocket.scope["state"]["connection"].transport.abort()
                else:
                    await websocket.close(frame.code, frame.reason)
                return
            if fault and fault.name == "silence":
                continue
            if isinstance(frame, bytes):
                await websocket.send_bytes(frame)
            else:
                await websocket.send_text(frame)


async def _close_with_error(websocket: WebSocket, code: int, message: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
        error = {"event": "pusher:error", "data": {"code": code, "message": message}}
        await websocket.send_text(json.dumps(error))
        await websocket.close(code, message)


class _CutTransport:
    """A transport that closes the connection after a number of bytes."""

    def __init__(self, transport: asyncio.Transport, length: int) -> None:
        self._transport = transport
        self._remaining = length
        if not length:
            transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        part = data[: self._remaining]
        self._remaining -= len(part)
        if part:
            self._transport.write(part)
        if not self._remaining:
            self._transport.close()


def _cut_connection(websocket: WebSocket, length: int) -> None:
    transport: Any = websocket.scope["state"]["connection"].transport
    protocol = transport.get_protocol()
    protocol.transport = _CutTransport(transport, length)


def _parse_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if is_object(value) else {}


def _forbidden() -> ApiError:
    return ApiError(403, {"message": "This action is unauthorized."})
