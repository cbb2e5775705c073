"""One request to the HTTP library and what comes of it: how it is built, sent, read and failed."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, cast

from .._core.files import CHUNK, THREAD_CHUNK
from .._core.multipart import Multipart
from .._core.response import Failure, Response
from .._version import __version__
from .timeouts import deadlines

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Generator, Iterator

    from .._config import Config
    from .._core.flows import Download, Send

_TOO_LATE = "the answer was not complete in time"

# The largest answer that is read into memory. Results are files, and do not come this way.
MAX_ANSWER = 256 * 1024 * 1024

HEADERS = {
    "accept": "application/json",
    # The edge refuses the bare agents of scripts.
    "user-agent": f"deapi-python-sdk/{__version__} "
    f"python/{sys.version_info.major}.{sys.version_info.minor}",
}


class UnreadableError(Exception):
    """An answer that is not worth reading on; the text says why."""


class UnwritableError(Exception):
    """A download that the disk does not take."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class Body:
    """The body of one request on its way, for the HTTP library to stream.

    Attributes:
        begun: Whether the library has begun to read it.
        sent: Whether all of it has been handed to the network.
        error: What went wrong with the caller's own file, if that did.
        on_sent: Called when all of it has been handed over.
    """

    begun = False
    sent = False
    error: Exception | None = None
    on_sent: Callable[[], object] | None = None
    _chunks: Generator[bytes] | None = None
    _ahead: asyncio.Future[bytes] | None = None

    def __init__(self, content: bytes | Multipart) -> None:
        self._stream = content  # where httpx's own ByteStream has it, for transports that look

    def __iter__(self) -> Iterator[bytes]:
        self._chunks = self._read(CHUNK)
        yield from self._chunks
        self._done()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import asyncio

        # Held by the body, so that no thread is the last to let go of it and closes it meanwhile.
        chunks = self._chunks = self._read(THREAD_CHUNK)
        if isinstance(self._stream, bytes) or not self._stream.blocking:
            for chunk in chunks:
                yield chunk
        else:
            read_in_thread = asyncio.get_running_loop().run_in_executor
            # The next chunk is read while this one is being sent.
            self._ahead = read_in_thread(None, next, chunks, b"")
            while chunk := await asyncio.shield(self._ahead):
                self._ahead = read_in_thread(None, next, chunks, b"")
                yield chunk
        self._done()

    def _read(self, size: int) -> Generator[bytes]:
        self.begun = True
        if isinstance(self._stream, bytes):
            yield self._stream
            return
        try:
            yield from self._stream.chunks(size)
        except Exception as error:
            self.error = error
            raise

    def _done(self) -> None:
        # Only an iteration that is resumed after its last chunk comes here: it has been written.
        self.sent = True
        if self.on_sent is not None:
            self.on_sent()

    async def settle(self) -> None:
        """Let a read that is under way come to its end, then release what it reads."""
        ahead = self._ahead
        if ahead is not None and not isinstance(self._stream, bytes):
            import asyncio

            if not self._stream.repeatable and not ahead.done():
                # A pipe may keep a reader waiting for ever; nobody will read it again.
                ahead.add_done_callback(self._settled)
                return
            await asyncio.wait([ahead])
            self._settled(ahead)
        else:
            self.release()

    def _settled(self, ahead: asyncio.Future[bytes]) -> None:
        if not ahead.cancelled():
            ahead.exception()  # has been noted, and need not be reported as never seen
        self.release()

    def release(self) -> None:
        """Close the file that was being read, if the request was broken off."""
        if self._chunks is not None:
            self._chunks.close()


@functools.cache
def _body_types(library: Any) -> tuple[type[Body], type[Body]]:
    # A library asks whether a stream is of its own kind; there are two libraries.
    whole = type("Whole", (Body, library.ByteStream), {})
    streamed = type("Streamed", (Body, library.AsyncByteStream, library.SyncByteStream), {})
    return whole, streamed


@functools.lru_cache(maxsize=256)
def _url(library: Any, url: str) -> Any:
    # Parsing is a twentieth of a small call, too; a job is asked about many times.
    return library.URL(url)


def build(client: Any, library: Any, step: Send, config: Config) -> tuple[Any, Body]:
    """A step as a request of the HTTP library, with the body that tells how far it has come."""
    headers = {**step.headers, **HEADERS, "authorization": f"Bearer {config.api_key}"}
    whole, streamed = _body_types(library)
    content: bytes | Body | None
    if isinstance(step.body, Multipart):
        content = body = streamed(step.body)
        if step.body.size is not None:
            headers["content-length"] = str(step.body.size)
    else:
        content, body = step.body, whole(step.body or b"")
    request = client.build_request(
        step.method,
        _url(library, step.url),
        content=content,
        headers=headers,
        extensions={"timeout": deadlines(step.timeouts, step.limit)},
    )
    request.stream = body
    return request, body


def build_download(client: Any, step: Download) -> Any:
    """A download as a request of the HTTP library. It carries no API key."""
    headers = {**HEADERS, "accept": "*/*", "accept-encoding": "identity", **step.headers}
    extensions = {"timeout": step.timeouts._asdict()}
    return client.build_request("GET", step.url, headers=headers, extensions=extensions)


def check_size(size: int) -> None:
    """Stop an answer that grows beyond all measure.

    Raises:
        UnreadableError: It should not be read on.
    """
    if size > MAX_ANSWER:
        raise UnreadableError(f"its answer is larger than {MAX_ANSWER} bytes")


def write(step: Download, chunks: list[bytes]) -> None:
    """Hand on a piece of a download.

    Raises:
        UnwritableError: The disk did not take it.
    """
    try:
        for chunk in chunks:
            step.write(chunk)
    except OSError as error:
        raise UnwritableError(error) from None


def answered(answer: Any, content: bytes) -> Response:
    """An answer as plain data."""
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in answer.headers.raw
    }
    return Response(answer.status_code, headers, content)


def too_late(body: Body) -> Failure:
    """An answer that took longer than it was given."""
    return Failure(_TOO_LATE, sent=body.sent or not body.begun)


def failure(error: Exception, library: Any, body: Body | None) -> Response | Failure | None:
    """What an exception of the HTTP library, or of what runs under it, means.

    Returns:
        None for a stranger, such as the exception of a signal handler, which is to be raised on.
    """
    if body is not None and body.error is not None:
        return Failure(str(body.error), sent=False, error=body.error)
    if isinstance(error, UnwritableError):
        return Failure(str(error), sent=True, error=error.error)
    if isinstance(error, library.HTTPStatusError):  # an event hook that calls raise_for_status()
        response = cast("Any", error).response
        return answered(response, getattr(response, "_content", b""))
    if not _is_familiar(error, library):
        return None
    causes = list(_causes(error))
    words = " ".join(str(causes[-1]).split()).rstrip(".")[:300] or type(causes[-1]).__name__
    sent = _may_be_sent(error, causes, library, body)
    if isinstance(error, library.ConnectTimeout) and not sent:
        words = "connecting took too long"
    elif isinstance(error, library.PoolTimeout):
        words = "no connection became free in time"
    elif isinstance(error, (library.ReadTimeout, TimeoutError)):
        words = _TOO_LATE
    elif isinstance(error, library.WriteTimeout):
        words = "sending took too long"
    elif isinstance(error, library.ConnectError):
        words = f"no connection could be made ({words})"
    elif isinstance(error, library.DecodingError):
        words = f"its answer could not be decompressed ({words})"
    return Failure(words, sent=sent)


def _is_familiar(error: Exception, library: Any) -> bool:
    ours = (library.HTTPError, library.StreamError, library.InvalidURL, UnreadableError)
    # What the libraries let through: sockets and TLS, host names, and use of what is closed.
    if isinstance(error, (*ours, OSError, UnicodeError, RuntimeError)):
        return True
    return type(error).__module__.partition(".")[0] in ("aiohttp", "anyio", "h11", "h2")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what lies under it; the last is "Connection refused", most often."""
    deeper: BaseException | None = error
    while deeper is not None:
        error = deeper
        yield error
        several: tuple[BaseException, ...] = getattr(error, "exceptions", ())
        deeper = several[0] if several else error.__cause__
        if deeper is None and type(error).__module__.startswith("httpcore"):
            deeper = error.__context__  # httpcore raises its own "from None"


def _may_be_sent(
    error: Exception, causes: list[BaseException], library: Any, body: Body | None
) -> bool:
    """Whether the whole request may have reached the service. If in doubt, it may."""
    if body is None:
        return False
    if isinstance(error, (library.ConnectError, library.ConnectTimeout)):
        # httpx-aiohttp says so of a connection that was lost, too.
        kinds = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
        lost = {"ServerDisconnectedError", "ClientOSError"} & kinds
        return bool(lost) and "ClientConnectorError" not in kinds
    if isinstance(error, (library.PoolTimeout, library.ProxyError, library.UnsupportedProtocol)):
        return False
    if isinstance(error, (library.InvalidURL, UnicodeError)):
        return False  # there is no such host
    if isinstance(error, (library.WriteError, library.WriteTimeout, library.LocalProtocolError)):
        return body.sent
    # A transport that never read our body (a mock, aiohttp's) may have sent it all the same.
    return body.sent or not body.begun
