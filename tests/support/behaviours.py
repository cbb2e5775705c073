"""The weather that a `WeatherServer` can make. Each function returns one behaviour."""

import functools
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Literal

from .weather import AtAccept, Behaviour, Peer, Request

Headers = Sequence[tuple[str, str]]

JSON_HEADERS = [("Content-Type", "application/json")]


def encode(body: Any) -> bytes:
    """Bytes and text as they are, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def head(status: int, headers: Headers) -> bytes:
    """The head of an answer."""
    lines = [f"HTTP/1.1 {status} Weather", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def message(
    status: int = 200,
    body: Any = b"",
    headers: Headers = (),
    content_type: str = "application/json",
) -> bytes:
    """A whole, correct answer."""
    data = encode(body)
    fixed = [("Content-Type", content_type), ("Content-Length", str(len(data)))]
    return head(status, [*fixed, *headers]) + data


# -- answers -----------------------------------------------------------------------------------


def answer(
    status: int = 200,
    body: Any = b"",
    headers: Headers = (),
    content_type: str = "application/json",
) -> Behaviour:
    """Read the request and answer it; the connection stays open."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(message(status, body, headers, content_type))

    return play


def answer_from(make: Callable[[Request], Any], status: int = 200) -> Behaviour:
    """Answer with a body made from the request."""

    def play(peer: Peer) -> None:
        peer.send(message(status, make(peer.read_request())))

    return play


def redirect(to: str, status: int = 302) -> Behaviour:
    """Send the client elsewhere."""
    return answer(status, headers=[("Location", to)])


def slow(delay: float, then: Behaviour) -> Behaviour:
    """Wait before doing something else."""

    def play(peer: Peer) -> None:
        peer.pause(delay)
        then(peer)

    return play


def answer_then_drop(status: int = 200, body: Any = b"") -> Behaviour:
    """Answer, promise to keep the connection, and close it."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(message(status, body, [("Connection", "keep-alive")]))
        peer.close()

    return play


def answer_early_while_uploading(
    status: int = 413, body: Any = b"", *, linger: bool = True
) -> Behaviour:
    """Answer as soon as the head is there, as proxies do with a body too large.

    A polite server, as nginx, then throws away what still comes before it closes; without
    `linger` it closes at once, which resets the connection while the client is sending.
    """

    def play(peer: Peer) -> None:
        peer.read_head()
        peer.send(message(status, body, [("Connection", "close")]))
        if linger:
            peer.wait_for_end()
        peer.close()

    return play


# -- silence -----------------------------------------------------------------------------------


def hang() -> Behaviour:
    """Read the request and never answer."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.wait_for_end()

    return play


def hang_before_reading() -> Behaviour:
    """Accept the connection and read nothing."""
    return AtAccept(Peer.wait_for_stop)


def stop_reading(body_bytes: int = 1000) -> Behaviour:
    """Read the head and the beginning of the body, and nothing from then on."""

    def play(peer: Peer) -> None:
        peer.read_body(peer.read_head(), body_bytes)
        peer.wait_for_stop()

    return play


def read_slowly(pieces: int, pause: float, body: Any = b"") -> Behaviour:
    """Read the request's body in pieces with pauses between them, then answer it."""

    def play(peer: Peer) -> None:
        request = peer.read_head()
        length = int(request.header("Content-Length") or 0)
        for piece in range(1, pieces + 1):
            peer.pause(pause)
            peer.read_body(request, length * piece // pieces)
        peer.send(message(200, body))

    return play


def trickle_headers(interval: float) -> Behaviour:
    """Send a head without end, byte by byte."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 Weather\r\nX-Drip: ")
        while True:
            peer.send(b"a")
            peer.pause(interval)

    return play


def trickle_body(interval: float, status: int = 200) -> Behaviour:
    """Send the head at once, then a body of blanks without end, byte by byte."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(head(status, [*JSON_HEADERS, ("Content-Length", "1000000")]))
        while True:
            peer.send(b" ")
            peer.pause(interval)

    return play


# -- connections that end ----------------------------------------------------------------------


def reset(
    at: Literal["accept", "headers", "mid_body_of_request", "after_request"],
    body_bytes: int = 1000,
) -> Behaviour:
    """Reset the connection: before a byte was read, after the head, in the body, or after it."""
    if at == "accept":
        return AtAccept(Peer.reset)

    def play(peer: Peer) -> None:
        request = peer.read_head()
        if at == "mid_body_of_request":
            peer.read_body(request, body_bytes)
        elif at == "after_request":
            peer.read_body(request)
        peer.reset()

    return play


def close_silently() -> Behaviour:
    """Read the whole request and close in good order, without an answer."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.close()

    return play


def cut_body(declared: int = 1000, sent: int = 10, status: int = 200) -> Behaviour:
    """Close in the middle of the answer's body."""
    return part_of_body(declared, sent, status, Peer.close)


def reset_body(declared: int = 1000, sent: int = 10, status: int = 200) -> Behaviour:
    """Reset in the middle of the answer's body."""
    return part_of_body(declared, sent, status, Peer.reset)


def part_of_body(declared: int, sent: int, status: int, end: Behaviour) -> Behaviour:
    """Send fewer bytes than were promised, and end the connection."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(head(status, [*JSON_HEADERS, ("Content-Length", str(declared))]) + b" " * sent)
        end(peer)

    return play


# -- answers that are not HTTP, or not what they say -------------------------------------------


def raw(data: bytes) -> Behaviour:
    """Answer with any bytes, and close."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)
        peer.close()

    return play


def garbage() -> Behaviour:
    """Answer in another protocol."""
    return raw(b"SSH-2.0-OpenSSH_9.6\r\n\x00\xff\xfe\r\n\r\n")


def wrong_content_length(declared: str, body: Any = b"{}") -> Behaviour:
    """Announce another length than the body has, or something that is no length."""
    return raw(head(200, [*JSON_HEADERS, ("Content-Length", declared)]) + encode(body))


def huge_headers(size: int = 1_000_000) -> Behaviour:
    """Answer with a header of a megabyte."""
    return raw(message(200, {}, [("X-Huge", "a" * size)]))


def endless_body(interval: float = 0.001, status: int = 200) -> Behaviour:
    """Send chunks of 64 KiB without end, 64 MB a second."""

    def play(peer: Peer) -> None:
        peer.read_request()
        peer.send(head(status, [*JSON_HEADERS, ("Transfer-Encoding", "chunked")]))
        while True:
            peer.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
            peer.pause(interval)

    return play


def bad_gzip() -> Behaviour:
    """Say gzip, send something else."""
    return answer(200, b"\x1f\x8bnot gzip at all", [("Content-Encoding", "gzip")])


def gzip_bomb(megabytes: int = 300, status: int = 200) -> Behaviour:
    """Send a small body that grows to `megabytes` of blanks."""
    return answer(status, compressed_blanks(megabytes), [("Content-Encoding", "gzip")])


@functools.cache
def compressed_blanks(megabytes: int) -> bytes:
    """A gzip file of blanks."""
    compressor = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    blanks = b" " * 1_000_000
    pieces = [compressor.compress(blanks) for _ in range(megabytes)]
    return b"".join([*pieces, compressor.flush()])
