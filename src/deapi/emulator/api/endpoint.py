"""One route of the emulator: reading and recording a request, faults and error responses."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocketClose

from .. import errors
from ..errors import ApiError
from .auth import authenticate
from .context import RequestContext
from .names import sdk_name
from .recorded_requests import RecordedRequest
from .request_body import MAX_BODY, Body, LimitedReceive, read_body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

    from .faults import Fault
    from .state import AppState

_log = logging.getLogger("deapi.emulator")

_DRAIN_SECONDS = 5.0


class Endpoint:
    """An ASGI application that serves one path.

    Args:
        state: State of the application.
        operation: Name of the operation in faults and recorded requests.
        handler: Returns the response, or raises ApiError.
        methods: Supported HTTP methods. Empty supports all.
    """

    def __init__(
        self,
        state: AppState,
        operation: str | None,
        handler: Callable[[RequestContext], Awaitable[Response]],
        methods: tuple[str, ...],
    ) -> None:
        self._state = state
        self._operation = operation
        self._handler = handler
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. A WebSocket to an unknown path is rejected."""
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        limited_receive = LimitedReceive(receive, MAX_BODY)
        request = Request(scope, limited_receive)
        record = self._record(request)
        try:
            self._state.allowed_hosts.check(request.headers)
            body = await self._read_body(request, limited_receive)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - an internal error is a 500 here as well
            await _respond_before_body(_to_api_error(error, request), record, limited_receive, send)
            return
        self._state.requests.add_fields(record, body.raw_fields)
        await self._serve(RequestContext(self._state.service, request, body), record, receive, send)

    async def _read_body(self, request: Request, receive: LimitedReceive) -> Body:
        """Read the body. Without a valid API key it is discarded, to keep nothing of it."""
        try:
            authenticate(self._state.service, request)
        except ApiError:
            await receive.drain()
            return Body()
        return await read_body(request, self._state.service.directory)

    def _record(self, request: Request) -> RecordedRequest:
        record = RecordedRequest(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            operation=self._operation,
            sdk_operation=sdk_name(self._operation, request.method),
            headers=dict(request.headers),
            fields={},
            received_at=time.monotonic(),
        )
        self._state.requests.add(record)
        return record

    async def _serve(
        self, context: RequestContext, record: RecordedRequest, receive: Receive, send: Send
    ) -> None:
        method = context.request.method
        fault = self._state.faults.take(lambda each: each.matches(self._operation, method))
        scope = context.request.scope
        try:
            response = await self._response(context, fault)
        finally:
            # Before the response is sent, so that the client finds no leftover files.
            if not context.body.keep_files:
                context.body.delete_files()
        if fault and fault.drop:
            if response is None or fault.after_bytes is None:
                await _close_connection(scope, receive)
                return
            send = _truncate(send, fault.after_bytes, scope, receive)
        if response is not None:
            record.status = response.status_code
            await response(scope, receive, send)

    async def _response(self, context: RequestContext, fault: Fault | None) -> Response | None:
        """Return the response after a fault; None if the fault drops the connection without one."""
        if fault is None:
            return await self._handle(context)
        response = await self._handle(context) if fault.accepted else None
        await asyncio.sleep(fault.delay)
        if response is None and not fault.replaces_response:
            response = await self._handle(context)
        if response is not None:
            response.headers.update(fault.headers)
        return fault.replacement() or response

    async def _handle(self, context: RequestContext) -> Response:
        request = context.request
        try:
            self._check_method(request)
            response = await self._handler(context)
        except Exception as error:  # noqa: BLE001 - an internal error is a 500 here as well
            api_error = _to_api_error(error, request)
            response = JSONResponse(api_error.body, api_error.status, api_error.headers)
        response.headers.update(context.response_headers)
        return response

    def _check_method(self, request: Request) -> None:
        if self._methods and request.method not in self._methods:
            allowed = ", ".join(self._methods)
            raise errors.method_not_allowed(request.method, request.url.path, allowed)


def _to_api_error(error: Exception, request: Request) -> ApiError:
    """Convert an exception to an error response. An internal error is logged."""
    if isinstance(error, ApiError):
        return error
    message = "the emulator failed on %s %s"
    _log.error(message, request.method, request.url.path, exc_info=error)
    return errors.server_error()


async def _respond_before_body(
    error: ApiError, record: RecordedRequest, receive: LimitedReceive, send: Send
) -> None:
    """Send an error response, then discard the rest of the request body while it arrives.

    Closing at once would reset the connection, and many clients would never read the response.
    """
    record.status = error.status
    response = JSONResponse(error.body, error.status, error.headers)
    start = {"type": "http.response.start", "status": error.status, "headers": response.raw_headers}
    await send(start)
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(receive.drain(), _DRAIN_SECONDS)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _close_connection(scope: Scope, receive: Receive) -> None:
    """Close the TCP connection after the bytes already sent, without completing the response."""
    # The server puts its protocol object there, see server.Connection.
    scope["state"]["connection"].transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


def _truncate(send: Send, length: int, scope: Scope, receive: Receive) -> Send:
    """Wrap `send` to close the connection after `length` bytes of body.

    The last byte of the body is never sent.
    """
    remaining = length
    closed = False

    async def truncated_send(message: Message) -> None:
        nonlocal remaining, closed
        if closed:
            return
        if message["type"] == "http.response.body":
            body: bytes = message.get("body", b"")
            is_last = not message.get("more_body", False)
            closed = is_last or len(body) >= remaining
            body = body[: min(remaining, len(body) - is_last)]
            remaining -= len(body)
            message = {**message, "body": body, "more_body": True}
        await send(message)
        if closed:
            await _close_connection(scope, receive)

    return truncated_send
