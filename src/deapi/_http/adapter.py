"""Translate steps to requests of the HTTP library, and its responses and exceptions back."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast

from .._core.files import CHUNK_SIZE, THREAD_CHUNK_SIZE
from .._core.multipart import Multipart
from .._core.response_body import ACCEPT_ENCODING, CorruptBodyError, ResponseBody
from .._response import Failure, Response
from .._text import sanitize
from .._version import USER_AGENT
from .timeouts import download_timeouts, request_timeouts

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Generator, Iterator

    from .._config import Config
    from .._core.steps import Download, Send

_CERTIFICATE_REJECTED = (
    "the certificate of the server was rejected. If a proxy or your network inspects TLS, set "
    "SSL_CERT_FILE to a file with its CA certificate. REQUESTS_CA_BUNDLE is not used"
)

# Raised for a host name that cannot be encoded, and for a port above 65535.
_INVALID_HOST_OR_PORT = (UnicodeError, OverflowError)

MAX_REDIRECTS = 10

HEADERS = {
    "accept": "application/json",
    "accept-encoding": ACCEPT_ENCODING,
    "user-agent": USER_AGENT,
}


class TooManyRedirectsError(Exception):
    """A download was redirected too often."""

    def __init__(self) -> None:
        super().__init__(f"it was redirected more than {MAX_REDIRECTS} times")


class RequestBody:
    """The body of one request, which the HTTP library iterates over.

    Attributes:
        started: Whether the library has started to read it.
        fully_sent: Whether all of it has been handed to the network.
        error: The exception from the caller's file, if reading it failed.
        on_sent: Called when all of it has been handed to the network.
        observed: Whether the HTTP library is known to read it here.
        response: The response, once it is complete.
    """

    started = False
    fully_sent = False
    error: Exception | None = None
    on_sent: Callable[[], object] | None = None
    observed = False
    response: Response | None = None
    _chunks: Generator[bytes] | None = None
    _prefetch: asyncio.Future[bytes] | None = None

    def __init__(self, content: bytes | Multipart) -> None:
        self._stream = content  # named as in httpx's ByteStream, because some transports read it

    @property
    def possibly_sent(self) -> bool:
        """Whether any of it may have been sent."""
        return self.started or not self.observed

    def __iter__(self) -> Iterator[bytes]:
        self._chunks = self._read(CHUNK_SIZE)
        yield from self._chunks
        self._finish()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import asyncio

        # Referenced by the body. Otherwise a thread could drop the last reference and close it.
        chunks = self._chunks = self._read(THREAD_CHUNK_SIZE)
        if isinstance(self._stream, bytes) or not self._stream.blocking:
            for chunk in chunks:
                yield chunk
        else:
            run_in_thread = asyncio.get_running_loop().run_in_executor
            # The next chunk is read while this one is sent.
            self._prefetch = run_in_thread(None, next, chunks, b"")
            while chunk := await asyncio.shield(self._prefetch):
                self._prefetch = run_in_thread(None, next, chunks, b"")
                yield chunk
        self._finish()

    def _read(self, size: int) -> Generator[bytes]:
        self.started = True
        if isinstance(self._stream, bytes):
            yield self._stream
            return
        try:
            yield from self._stream.chunks(size)
        except Exception as error:
            self.error = error
            raise

    def _finish(self) -> None:
        # Reached only if the iteration is resumed after its last chunk, which has been written.
        self.fully_sent = True
        if self.on_sent is not None:
            self.on_sent()

    async def finish_pending_read(self) -> None:
        """Wait for the read in progress, then close the file."""
        pending = self._prefetch
        if pending is not None and not isinstance(self._stream, bytes):
            import asyncio

            if not self._stream.repeatable and not pending.done():
                # A pipe may block the read indefinitely, and it is not read again.
                pending.add_done_callback(self._close_after)
                return
            await asyncio.wait([pending])
            self._close_after(pending)
        else:
            self.close()

    def _close_after(self, read: asyncio.Future[bytes]) -> None:
        if not read.cancelled():
            read.exception()  # already in self.error; retrieved so that asyncio does not report it
        self.close()

    def close(self) -> None:
        """Close the file that was being read, if the request was aborted, and release the content.

        A request and its response refer to each other, so that only the garbage collector frees
        them, which may be much later.
        """
        if self._chunks is not None:
            self._chunks.close()
        self._stream = b""


@functools.cache
def _body_classes(library: Any) -> tuple[type[RequestBody], type[RequestBody]]:
    # A library accepts only streams that inherit from the library's classes.
    whole = type("WholeBody", (RequestBody, library.ByteStream), {})
    streamed = type(
        "StreamedBody", (RequestBody, library.AsyncByteStream, library.SyncByteStream), {}
    )
    return whole, streamed


@functools.lru_cache(maxsize=256)
def _parse_url(library: Any, url: str) -> Any:
    # Parsing takes 5 % of a small call, and a job is polled many times.
    return library.URL(url)


def build_request(
    client: Any, library: Any, step: Send, config: Config, *, own: bool
) -> tuple[Any, RequestBody]:
    """Build a request of the HTTP library. The returned body observes how much was sent.

    Args:
        client: The HTTP client that will send it.
        library: The HTTP library.
        step: What to send.
        config: Settings of the client.
        own: Whether the HTTP client is one of this package.
    """
    headers = {**HEADERS, **step.headers, "authorization": f"Bearer {config.api_key}"}
    whole, streamed = _body_classes(library)
    content: bytes | RequestBody | None
    framing: dict[str, str] = {}
    if isinstance(step.body, Multipart):
        content = body = streamed(step.body)
        if step.body.size is not None:
            framing["content-length"] = str(step.body.size)
    else:
        content, body = step.body, whole(step.body or b"")
    # The method of the HTTP client merges the client's headers and parameters, which takes 2 % of a
    # small call. Those of this package have none.
    build = library.Request if own else client.build_request
    request = build(
        step.method,
        _parse_url(library, step.url),
        content=content,
        headers=framing,
        extensions={"timeout": request_timeouts(step.timeouts, step.limit)},
    )
    # Merging them with the client's headers, as above, would take another 2 %.
    for name, value in headers.items():
        request.headers[name] = value
    request.stream = body
    body.observed = own
    return request, body


def build_download(client: Any, library: Any, step: Download, *, own: bool) -> Any:
    """Build the request of a download for the HTTP library, without the API key."""
    headers = {**HEADERS, "accept": "*/*", "accept-encoding": "identity", **step.headers}
    transfer = step.transfer
    timeouts = download_timeouts(step.timeouts, transfer.remaining, lambda: transfer.received)
    extensions = {"timeout": timeouts}
    build = library.Request if own else client.build_request
    return build("GET", step.url, headers=headers, extensions=extensions)


def is_delimited(response: Any) -> bool:
    """Whether the protocol marks the end of a body, so that a lost connection is recognized."""
    coding = response.headers.get("transfer-encoding", "").lower()
    return coding.endswith("chunked") or not response.http_version.startswith("HTTP/1")


def start_body(response: Any, step: Send) -> ResponseBody:
    """Start to collect the body of a response."""
    return ResponseBody(response.status_code, _headers(response), step.operation.max_response_size)


def to_response(response: Any, content: bytes) -> Response:
    """Convert a response of the HTTP library."""
    return Response(response.status_code, _headers(response), content)


def _headers(response: Any) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in response.headers.raw
    }


def timeout_failure(step: Send, body: RequestBody) -> Failure:
    """Return the failure for a response that did not arrive in time."""
    reason = _timeout_reason("read", step)
    return Failure(reason, sent=body.fully_sent or not body.started)


def _timeout_reason(phase: str, step: Send | Download) -> str:
    """Describe a timeout: what did not happen, within how many seconds."""
    what = {
        "connect": "no connection",
        "read": "no complete response",
        "write": "the request could not be sent",
        "pool": "no free connection",
    }[phase]
    if phase == "read" and not hasattr(step, "limit"):
        what = "no data"  # a download may take any time while it progresses
    limits = (getattr(step.timeouts, phase), getattr(step, "limit", None))
    seconds = min((limit for limit in limits if limit is not None), default=None)
    within = "in time" if seconds is None else f"within {round(seconds, 2):g} s"
    return f"{what} {within} ({phase} timeout)"


def to_outcome(
    error: Exception,
    library: Any,
    step: Send | Download,
    body: RequestBody | None = None,
    *,
    closed: bool = False,
) -> Response | Failure | None:
    """Convert an exception of the HTTP library, or of the libraries below it.

    Args:
        error: The exception.
        library: The HTTP library, httpx or httpx2.
        step: The step that failed.
        body: The body of the request, if it has one.
        closed: Whether the client has been closed meanwhile.

    Returns:
        The failure; the response, if an event hook raised for its status; or None for an unrelated
        exception, for example from a signal handler, which the caller must re-raise.
    """
    if body is not None and body.error is not None:
        return Failure(str(body.error), sent=False, error=body.error)
    if isinstance(error, library.HTTPStatusError):  # an event hook that calls raise_for_status()
        response = cast("Any", error).response
        return to_response(response, getattr(response, "_content", b""))
    if not _is_http_error(error, library):
        return None
    chain = list(_exception_chain(error))
    sent = _may_have_been_sent(error, chain, library, body)
    permanent = closed or _is_permanent(error, chain, library)
    reason = sanitize(str(chain[-1]), 300).rstrip(".") or type(chain[-1]).__name__
    phase = _timed_out_phase(error, chain, library)
    if closed:
        reason = f"the client was closed meanwhile ({reason})"
    elif _is_certificate_rejected(chain):
        reason = f"{_CERTIFICATE_REJECTED} ({reason})"
    elif phase and not (phase == "connect" and sent):
        reason = _timeout_reason(phase, step)
    elif isinstance(error, library.ConnectError):
        reason = f"could not connect ({reason})"
    elif isinstance(error, (CorruptBodyError, library.DecodingError)):
        reason = f"the response could not be decompressed ({reason})"
    return Failure(reason, sent=sent, permanent=permanent)


def _timed_out_phase(error: Exception, chain: list[BaseException], library: Any) -> str | None:
    """Return the phase whose timeout has expired, if that is what the error means."""
    if getattr(chain[-1], "errno", None):
        return None  # the operating system gave up, for reasons of its own
    phases = {
        library.ConnectTimeout: "connect",
        library.PoolTimeout: "pool",
        library.WriteTimeout: "write",
        library.ReadTimeout: "read",
        TimeoutError: "read",
    }
    return next((phases[expected] for expected in phases if isinstance(error, expected)), None)


def _is_http_error(error: Exception, library: Any) -> bool:
    own = (CorruptBodyError, TooManyRedirectsError)
    expected = (library.HTTPError, library.StreamError, library.InvalidURL, *own)
    # Not wrapped by the libraries: errors of sockets, TLS, host names and ports, use of a closed
    # client, and groups of these from anyio.
    if isinstance(error, (*expected, OSError, UnicodeError, OverflowError, RuntimeError)):
        return True
    group: tuple[Exception, ...] = getattr(error, "exceptions", ())
    if group:
        return all(_is_http_error(each, library) for each in group)
    return type(error).__module__.partition(".")[0] in ("aiohttp", "anyio", "h11", "h2")


def _exception_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes. The last one is usually "Connection refused"."""
    cause: BaseException | None = error
    while cause is not None:
        error = cause
        yield error
        group: tuple[BaseException, ...] = getattr(error, "exceptions", ())
        cause = group[0] if group else error.__cause__
        if cause is None and type(error).__module__.startswith("httpcore"):
            cause = error.__context__  # httpcore raises its exceptions "from None"


def _is_certificate_rejected(chain: list[BaseException]) -> bool:
    import ssl  # not at the top: creating a client should be fast

    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain)


def _is_permanent(error: Exception, chain: list[BaseException], library: Any) -> bool:
    """Whether a retry would fail in the same way: rejected certificates, URLs and passwords."""
    if _is_certificate_rejected(chain) or isinstance(chain[-1], _INVALID_HOST_OR_PORT):
        return True
    if isinstance(error, library.ProxyError):
        return str(error).startswith("407")
    if isinstance(error, library.RemoteProtocolError):
        return str(error).startswith("Invalid URL in location header")
    return isinstance(
        error, (library.InvalidURL, library.UnsupportedProtocol, TooManyRedirectsError)
    )


def _may_have_been_sent(
    error: Exception, chain: list[BaseException], library: Any, body: RequestBody | None
) -> bool:
    """Whether the whole request may have reached the service. True if this is unknown."""
    if body is None:
        return False
    if isinstance(error, (library.ConnectError, library.ConnectTimeout)):
        # httpx-aiohttp raises ConnectError also for a connection that was lost after sending.
        names = {base.__name__ for cause in chain for base in type(cause).__mro__}
        dropped = {"ServerDisconnectedError", "ClientOSError"} & names
        return bool(dropped) and "ClientConnectorError" not in names
    if isinstance(error, (library.PoolTimeout, library.ProxyError, library.UnsupportedProtocol)):
        return False
    if isinstance(error, library.InvalidURL) or isinstance(chain[-1], _INVALID_HOST_OR_PORT):
        return False  # there is no such host
    if isinstance(error, (library.WriteError, library.WriteTimeout, library.LocalProtocolError)):
        return body.fully_sent
    # A transport that never read this body (a mock, or aiohttp's) may have sent it anyway.
    return body.fully_sent or not body.started
