"""One path of the emulator: what happens around its handler.

The request is read and recorded, ordered faults are shown, and whatever the handler raises
becomes an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from deapi.emulator import errors
from deapi.emulator.api.recorded_requests import RecordedRequest
from deapi.emulator.api.request_body import MAX_BODY, Body, Incoming, read_body
from deapi.emulator.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

    from deapi.emulator.api.faults import Fault
    from deapi.emulator.api.state import Platform

_log = logging.getLogger("deapi.emulator")

_DRAIN_SECONDS = 5.0


class Call:
    """A request on its way through its handler.

    Attributes:
        platform: The account that it concerns.
        request: The request.
        body: Its body, read.
        headers: Headers that its answer will have, whatever the answer is.
    """

    def __init__(self, platform: Platform, request: Request, body: Body) -> None:
        self.platform = platform
        self.request = request
        self.body = body
        self.headers: dict[str, str] = {}

    @property
    def query(self) -> dict[str, str]:
        """The query string, decoded."""
        return dict(self.request.query_params)

    @property
    def origin(self) -> str:
        """The emulator's URL as this client sees it, through a mapped port for instance."""
        url = self.request.base_url
        return f"{url.scheme}://{url.netloc}"

    @property
    def url(self) -> str:
        """Its URL without the query string, as this client sees it."""
        return self.origin + self.request.url.path


class Endpoint:
    """An ASGI application that serves one path.

    Args:
        platform: The account.
        operation: Name by which faults and records know the path.
        handler: Answers a call, or raises ApiError.
        methods: HTTP methods that it serves; empty for all.
    """

    def __init__(
        self,
        platform: Platform,
        operation: str | None,
        handler: Callable[[Call], Awaitable[Response]],
        methods: tuple[str, ...],
    ) -> None:
        self._platform = platform
        self._operation = operation
        self._handler = handler
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        incoming = Incoming(receive, MAX_BODY)
        request = Request(scope, incoming)
        record = self._record(request)
        try:
            body = await self._read(request)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the emulator's own mistakes are a 500, too
            await _refuse_unread(_refusal(error, request), record, incoming, send)
            return
        record.fields = body.sent
        await self._serve(Call(self._platform, request, body), record, receive, send)

    def _record(self, request: Request) -> RecordedRequest:
        record = RecordedRequest(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            operation=self._operation,
            headers=dict(request.headers),
            fields={},
            received=time.monotonic(),
        )
        self._platform.requests.append(record)
        return record

    async def _read(self, request: Request) -> Body:
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > MAX_BODY:
            raise errors.too_large()
        return await read_body(request, self._platform.directory)

    async def _serve(
        self, call: Call, record: RecordedRequest, receive: Receive, send: Send
    ) -> None:
        fault = self._platform.faults.take(self._operation)
        scope = call.request.scope
        try:
            response = await self._response(call, fault)
        finally:
            # Before the answer, so that who has it finds nothing left behind.
            if not call.body.kept:
                call.body.discard()
        if fault and fault.drop:
            if response is None or fault.after_bytes is None:
                await _hang_up(scope, receive)
                return
            send = _cut_short(send, fault.after_bytes, scope, receive)
        if response is not None:
            record.status = response.status_code
            await response(scope, receive, send)

    async def _response(self, call: Call, fault: Fault | None) -> Response | None:
        """The answer in this weather; None if the fault leaves no answer to give."""
        if fault is None:
            return await self._answer(call)
        response: Response | None = None
        if fault.accepted:
            response = await self._answer(call)
            await asyncio.sleep(fault.delay)
        else:
            await asyncio.sleep(fault.delay)
            if not fault.replaces_answer:
                response = await self._answer(call)
        return response if fault.status is None else _ordered(fault)

    async def _answer(self, call: Call) -> Response:
        request = call.request
        try:
            self._check_method(request)
            response = await self._handler(call)
        except Exception as error:  # noqa: BLE001 - the emulator's own mistakes are a 500, too
            refusal = _refusal(error, request)
            response = JSONResponse(refusal.body, refusal.status, refusal.headers)
        response.headers.update(call.headers)
        return response

    def _check_method(self, request: Request) -> None:
        if self._methods and request.method not in self._methods:
            allowed = ", ".join(self._methods)
            raise errors.wrong_method(request.method, request.url.path, allowed)


def _refusal(error: Exception, request: Request) -> ApiError:
    """What an exception is answered with; one that was not meant for the client is logged."""
    if isinstance(error, ApiError):
        return error
    message = "the emulator failed on %s %s"
    _log.error(message, request.method, request.url.path, exc_info=error)
    return errors.server_error()


def _ordered(fault: Fault) -> Response:
    """The answer that a fault has instead of the real one."""
    status, headers = fault.status or 200, dict(fault.headers)
    if fault.body is None:
        return JSONResponse({"message": f"Ordered fault: {status}."}, status, headers)
    if isinstance(fault.body, (str, bytes)):
        return Response(fault.body, status, headers)
    return JSONResponse(fault.body, status, headers)


async def _refuse_unread(
    error: ApiError, record: RecordedRequest, incoming: Incoming, send: Send
) -> None:
    """Answer before the body has been read, and read it away while the client still sends it.

    Closing at once would reset the connection, and many clients would never see the answer.
    """
    record.status = error.status
    response = JSONResponse(error.body, error.status, error.headers)
    start = {"type": "http.response.start", "status": error.status, "headers": response.raw_headers}
    await send(start)
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(incoming.drain(), _DRAIN_SECONDS)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the TCP connection, after what has been written, without ending the answer."""
    # The server puts its protocol object there, see server.Connection.
    scope["state"]["connection"].transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


def _cut_short(send: Send, length: int, scope: Scope, receive: Receive) -> Send:
    """`send`, hanging up after so many bytes of body, and always before the last one."""
    left = length
    cut = False

    async def send_some(message: Message) -> None:
        nonlocal left, cut
        if cut:
            return
        if message["type"] == "http.response.body":
            body: bytes = message.get("body", b"")
            last = not message.get("more_body", False)
            cut = last or len(body) >= left
            body = body[: min(left, len(body) - last)]
            left -= len(body)
            message = {**message, "body": body, "more_body": True}
        await send(message)
        if cut:
            await _hang_up(scope, receive)

    return send_some
