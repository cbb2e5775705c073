"""What a `FaultyServer` can do with a request. Each function returns one behavior."""

import functools
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Literal

from .faulty_server import Behavior, OnAccept, Request, ServerConnection

Headers = Sequence[tuple[str, str]]

JSON_HEADERS = [("Content-Type", "application/json")]


def encode(body: Any) -> bytes:
    """Return bytes unchanged, strings as UTF-8, and any other value as JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def response_head(status: int, headers: Headers) -> bytes:
    """Return the status line and the headers of a response."""
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def response_bytes(
    status: int = 200,
    body: Any = b"",
    headers: Headers = (),
    content_type: str = "application/json",
) -> bytes:
    """Return a complete, valid response."""
    data = encode(body)
    fixed = [("Content-Type", content_type), ("Content-Length", str(len(data)))]
    return response_head(status, [*fixed, *headers]) + data


# -- complete responses ------------------------------------------------------------------------


def respond(
    status: int = 200,
    body: Any = b"",
    headers: Headers = (),
    content_type: str = "application/json",
) -> Behavior:
    """Read the request and respond. The connection stays open."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.send(response_bytes(status, body, headers, content_type))

    return behave


def respond_from(make_body: Callable[[Request], Any], status: int = 200) -> Behavior:
    """Respond with a body computed from the request."""

    def behave(connection: ServerConnection) -> None:
        connection.send(response_bytes(status, make_body(connection.read_request())))

    return behave


def redirect(to: str, status: int = 302) -> Behavior:
    """Redirect to another URL."""
    return respond(status, headers=[("Location", to)])


def delay(seconds: float, then: Behavior) -> Behavior:
    """Wait before another behavior."""

    def behave(connection: ServerConnection) -> None:
        connection.wait(seconds)
        then(connection)

    return behave


def respond_then_close(status: int = 200, body: Any = b"") -> Behavior:
    """Respond with `Connection: keep-alive`, and close the connection anyway."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.send(response_bytes(status, body, [("Connection", "keep-alive")]))
        connection.close()

    return behave


def respond_before_reading_body(
    status: int = 413, body: Any = b"", *, linger: bool = True
) -> Behavior:
    """Respond as soon as the headers have arrived, as proxies do when a body is too large.

    Some servers, such as nginx, then discard the rest of the body before they close. With
    `linger=False` the connection is closed at once, which resets it while the client is sending.
    """

    def behave(connection: ServerConnection) -> None:
        connection.read_head()
        connection.send(response_bytes(status, body, [("Connection", "close")]))
        if linger:
            connection.discard_input()
        connection.close()

    return behave


def respond_and_stop_reading(status: int, body: Any = b"") -> Behavior:
    """Respond as soon as the headers have arrived, and neither read nor close the connection."""

    def behave(connection: ServerConnection) -> None:
        connection.read_head()
        connection.send(response_bytes(status, body))
        connection.wait_for_stop()

    return behave


# -- no response, or a slow one ----------------------------------------------------------------


def hang() -> Behavior:
    """Read the request and never respond."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.discard_input()

    return behave


def accept_without_reading() -> Behavior:
    """Accept the connection and read nothing."""
    return OnAccept(ServerConnection.wait_for_stop)


def stop_reading_body(body_bytes: int = 1000) -> Behavior:
    """Read the headers and the first bytes of the body, then stop reading."""

    def behave(connection: ServerConnection) -> None:
        connection.read_body(connection.read_head(), body_bytes)
        connection.wait_for_stop()

    return behave


def read_body_slowly(chunks: int, interval: float, body: Any = b"") -> Behavior:
    """Read the request body in chunks with a delay before each, then respond."""

    def behave(connection: ServerConnection) -> None:
        request = connection.read_head()
        length = int(request.header("Content-Length") or 0)
        for chunk in range(1, chunks + 1):
            connection.wait(interval)
            connection.read_body(request, length * chunk // chunks)
        connection.send(response_bytes(200, body))

    return behave


def trickle_headers(interval: float) -> Behavior:
    """Send headers byte by byte, indefinitely."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 Status\r\nX-Drip: ")
        while True:
            connection.send(b"a")
            connection.wait(interval)

    return behave


def trickle_body(interval: float, status: int = 200) -> Behavior:
    """Send the headers at once, then a body of blanks byte by byte, indefinitely."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.send(response_head(status, [*JSON_HEADERS, ("Content-Length", "1000000")]))
        while True:
            connection.send(b" ")
            connection.wait(interval)

    return behave


# -- connections that end early ----------------------------------------------------------------


def reset(
    at: Literal["accept", "headers", "mid_body_of_request", "after_request"],
    body_bytes: int = 1000,
) -> Behavior:
    """Reset the connection: before a byte was read, after the headers, in the body or after it."""
    if at == "accept":
        return OnAccept(ServerConnection.reset)

    def behave(connection: ServerConnection) -> None:
        request = connection.read_head()
        if at == "mid_body_of_request":
            connection.read_body(request, body_bytes)
        elif at == "after_request":
            connection.read_body(request)
        connection.reset()

    return behave


def close_without_response() -> Behavior:
    """Read the whole request and close the connection in order, without a response."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.close()

    return behave


def truncate_body(declared: int = 1000, sent: int = 10, status: int = 200) -> Behavior:
    """Close in the middle of the response body."""
    return partial_body(declared, sent, status, ServerConnection.close)


def reset_during_body(declared: int = 1000, sent: int = 10, status: int = 200) -> Behavior:
    """Reset in the middle of the response body."""
    return partial_body(declared, sent, status, ServerConnection.reset)


def partial_body(declared: int, sent: int, status: int, end: Behavior) -> Behavior:
    """Send fewer bytes than `Content-Length` declares, and end the connection."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        head = response_head(status, [*JSON_HEADERS, ("Content-Length", str(declared))])
        connection.send(head + b" " * sent)
        end(connection)

    return behave


# -- invalid responses -------------------------------------------------------------------------


def send_raw(data: bytes) -> Behavior:
    """Send any bytes, and close."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.send(data)
        connection.close()

    return behave


def send_another_protocol() -> Behavior:
    """Send bytes that are not HTTP."""
    return send_raw(b"SSH-2.0-OpenSSH_9.6\r\n\x00\xff\xfe\r\n\r\n")


def wrong_content_length(declared: str, body: Any = b"{}") -> Behavior:
    """Send a `Content-Length` that is not the length of the body, or not a number."""
    return send_raw(
        response_head(200, [*JSON_HEADERS, ("Content-Length", declared)]) + encode(body)
    )


def huge_headers(size: int = 1_000_000) -> Behavior:
    """Send a header of one megabyte."""
    return send_raw(response_bytes(200, {}, [("X-Huge", "a" * size)]))


def endless_body(interval: float = 0.001, status: int = 200) -> Behavior:
    """Send chunks of 64 KiB indefinitely, up to 64 MB per second."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.send(response_head(status, [*JSON_HEADERS, ("Transfer-Encoding", "chunked")]))
        while True:
            connection.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
            connection.wait(interval)

    return behave


def flood(start: bytes, repeated: bytes, megabytes: int) -> Behavior:
    """Send the same bytes again and again without a pause, then close the connection."""
    block = repeated * (1_000_000 // len(repeated))

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.send(start)
        for _ in range(megabytes):
            connection.send(block)
        connection.close()

    return behave


def repeat(start: bytes, repeated: bytes, interval: float, times: int = 200) -> Behavior:
    """Send the same bytes again and again with pauses, then close the connection."""

    def behave(connection: ServerConnection) -> None:
        connection.read_request()
        connection.send(start)
        for _ in range(times):
            connection.send(repeated)
            connection.wait(interval)
        connection.close()

    return behave


def invalid_gzip() -> Behavior:
    """Declare gzip and send something else."""
    return respond(200, b"\x1f\x8bnot gzip at all", [("Content-Encoding", "gzip")])


def gzip_bomb(megabytes: int = 300, status: int = 200) -> Behavior:
    """Send a small body that decompresses to `megabytes` of blanks."""
    return respond(status, compressed_blanks(megabytes), [("Content-Encoding", "gzip")])


@functools.cache
def compressed_blanks(megabytes: int) -> bytes:
    """Return blanks, compressed with gzip."""
    compressor = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    blanks = b" " * 1_000_000
    chunks = [compressor.compress(blanks) for _ in range(megabytes)]
    return b"".join([*chunks, compressor.flush()])
