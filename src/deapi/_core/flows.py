"""The calls of this package as generators, which decide everything and do nothing.

A flow yields what it needs done (send this request, sleep so long, run this in a thread), is
resumed with the outcome, and returns its result or raises. It holds no socket and no clock of its
own, so that one flow serves the synchronous and the asynchronous client, whose drivers carry the
steps out, and a test that plays the driver with a list of answers.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar

from .._exceptions import (
    DeapiError,
    InvalidResponseError,
    NetworkError,
    RateLimitError,
)
from .._rate_limits import RateLimits, rate_limit_of
from . import retry
from .files import file_part
from .multipart import Multipart
from .request import SECRETS, Request, as_list, clean, json_body, query
from .response import Failure, Response, error_of, excerpt, new_secrets
from .versions import VERSIONS, route_of

if TYPE_CHECKING:
    from .._config import Config
    from .._http.timeouts import Timeouts
    from ..types import JobResult
    from .readers import Reader
    from .routes import Effect, Version

log = logging.getLogger("deapi")

T = TypeVar("T")

# No HTTP library sends a longer one.
_LONGEST_URL = 65_536


@dataclass
class Send:
    """Send a request to the API and read its whole answer. Resumed with a Response or a Failure.

    The driver adds the API key, so that no local variable of a flow holds it.
    """

    operation: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | Multipart | None = field(repr=False)
    timeouts: Timeouts
    effect: Effect | None = None
    """What repeating it blindly might do twice."""
    secrets: Sequence[str] = field(default=(), repr=False)
    """What in it nobody else may see, if an answer should repeat it."""
    limit: float | None = None
    """Seconds that the whole exchange may take, whatever the timeouts say."""


@dataclass
class Sleep:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass
class Work:
    """Call a function that may wait for a disk. Resumed with what it returns."""

    function: Callable[[], Any]


@dataclass
class Update:
    """Tell whoever listens that a job has changed."""

    result: JobResult


@dataclass
class Download:
    """Stream a file from anywhere, without the API key. Resumed with a Response or a Failure.

    Attributes:
        url: Where it is.
        headers: What to send.
        timeouts: Its limits; ``read`` counts for each chunk here.
        begin: Called with the head of the answer; whether its body is wanted.
        write: Called with each chunk of a wanted body. An unwanted one ends up in the Response.
    """

    url: str
    headers: dict[str, str]
    timeouts: Timeouts
    begin: Callable[[Response], bool]
    write: Callable[[bytes], object]


Deed: TypeAlias = Send | Sleep | Work | Download
Step: TypeAlias = Deed | Update
Flow: TypeAlias = Generator[Step, Any, T]


@dataclass
class Core:
    """What the flows of one client know: settings, quotas seen, and the time and chance to use."""

    config: Config
    rate_limits: RateLimits = field(default_factory=RateLimits)
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    version: Version = field(init=False)
    timeouts: Timeouts = field(init=False)

    def __post_init__(self) -> None:
        self.version = VERSIONS[self.config.api_version]
        self.timeouts = self.config.timeouts

    def note(self, send: Send, outcome: Response | Failure) -> None:
        """Take note of the quota that an answer reports."""
        if isinstance(outcome, Response):
            self.rate_limits.record(send.operation, outcome.headers)


def call(core: Core, request: Request, read: Reader[T]) -> Flow[T]:
    """One operation: sent, repeated where that is safe, and its answer read.

    Raises:
        DeapiError: The operation did not succeed.
        ValueError, TypeError, OSError: An argument or a file cannot be sent.
    """
    config = core.config
    send = yield from prepare(core, request)
    attempt = 0
    doubt = False
    while True:
        outcome = yield send
        log.debug("%s: %s %s, %s", send.operation, send.method, send.url, outcome)
        core.note(send, outcome)
        if succeeded(outcome):
            return value(core, outcome, read, send)
        error = problem(core, outcome, send)
        doubt = doubt or retry.may_be_accepted(outcome)
        asked = retry.retry_after(outcome, core.now())
        if (
            attempt >= config.max_retries
            or not retry.may_repeat(
                outcome, effect=send.effect, submissions=config.retry_submissions
            )
            or (asked or 0) > config.max_retry_wait
            or (isinstance(send.body, Multipart) and not send.body.repeatable)
        ):
            raise _doubted(error, send.effect) if doubt and send.effect else error
        pause = retry.pause(attempt, asked, core.chance())
        attempt += 1
        log.info(
            "%s: %s Retry %d of %d in %.1f s.",
            send.operation,
            error,
            attempt,
            config.max_retries,
            pause,
        )
        yield Sleep(pause)


def succeeded(outcome: Response | Failure) -> TypeGuard[Response]:
    """Whether a request got what it asked for."""
    return isinstance(outcome, Response) and 200 <= outcome.status_code < 300


def prepare(core: Core, request: Request) -> Flow[Send]:
    """A request as it goes over the wire: everything checked, nothing sent."""
    given = clean(request.fields)
    files = {name: file for name, file in request.files.items() if file is not None}
    names = [*given, *(name.removesuffix("[]") for name in files)] if files else given
    route = route_of(core.config.api_version, request.operation, names)
    fields = {
        route.renames.get(name, name): value
        for name, value in given.items()
        if name not in route.ignores
    }
    for name in (*route.nulls, *request.nulls):
        fields.setdefault(name, None)
    encoding = route.encoding
    if encoding == "either":
        encoding = "multipart" if files else "json"
    url = f"{core.config.base_url}{core.version.prefix}{route.place(request.identifier)}"
    headers: dict[str, str] = {}
    body: bytes | Multipart | None = None
    if encoding == "query":
        if fields:
            url = f"{url}?{query(fields)}"
        if len(url) > _LONGEST_URL:
            raise ValueError(
                f"{request.operation}() is too long to be sent ({len(url)} characters)."
            )
    elif encoding == "json":
        body = json_body(fields)
        headers["content-type"] = "application/json"
    else:
        body = yield from _multipart(fields, files, route.renames)
        headers["content-type"] = body.content_type
    if route.effect:
        # Not known to be honoured yet; if it ever is, a repetition is recognised as one.
        headers["idempotency-key"] = os.urandom(16).hex()
    return Send(
        request.operation,
        route.method,
        url,
        headers,
        body,
        core.timeouts,
        effect=route.effect,
        secrets=[given[name] for name in SECRETS if name in given],
    )


def _multipart(
    fields: dict[str, Any], files: dict[str, Any], names: Mapping[str, str]
) -> Flow[Multipart]:
    given = [
        (name, item)
        for name, value in files.items()
        for item in (as_list(name, value) if name.endswith("[]") else [value])
    ]
    if not given:
        return Multipart(fields, [])
    # Looking at files touches the disk.
    parts = yield Work(
        lambda: [(names.get(name, name), file_part(name, item)) for name, item in given]
    )
    return Multipart(fields, parts)


def problem(core: Core, outcome: Response | Failure, send: Send) -> Exception:
    """The exception that an outcome without success means."""
    if isinstance(outcome, Failure):
        if outcome.error is not None:
            return outcome.error
        host = send.url.split("/")[2]
        return NetworkError(f"No answer from {host}: {outcome.reason}.")
    error = error_of(_shown(core, outcome, send))
    if isinstance(error, RateLimitError):
        error.rate_limit = rate_limit_of(send.operation, outcome.headers)
        asked = retry.retry_after(outcome, core.now())
        if asked is not None:
            error.retry_after = asked
            _reword(error, f"{error.message} The service asks to wait {asked:g} s.")
    return error


def _reword(error: DeapiError, message: str) -> None:
    error.message = message
    error.args = (message,)


def value(core: Core, response: Response, read: Reader[T], send: Send) -> T:
    """What a successful answer holds.

    Raises:
        InvalidResponseError: It does not hold what it should.
    """
    try:
        return read(response)
    except InvalidResponseError as error:
        invalid = error.with_traceback(None)
    if send.effect == "key":
        invalid.response = Response(response.status_code, {}, b"")
        _reword(invalid, f"{invalid.message} It is not shown, as the new key may be in it.")
    else:
        invalid.response = _shown(core, response, send)
        _reword(invalid, f"{invalid.message} It is {excerpt(invalid.response)}")
    raise _doubted(invalid, send.effect) if send.effect else invalid


def _shown(core: Core, response: Response, send: Send) -> Response:
    """An answer without the secrets in it, so that an error may hold and quote it."""
    secrets = [core.config.api_key, *send.secrets]
    if send.effect == "key":
        secrets += new_secrets(response)
    return response.without(secrets)


_DOUBTS: dict[Effect, str] = {
    "charge": "This submission may have been accepted and charged all the same, in this attempt or "
    "an earlier one: look at your balance before you send it again.",
    "key": "The key may have been made all the same, in this attempt or an earlier one, with a "
    "secret that nobody has seen: look for it with keys.list() and delete it.",
}


def _doubted(error: Exception, effect: Effect) -> Exception:
    """An error after which what was asked for may have happened all the same."""
    if isinstance(error, DeapiError):
        error.possibly_accepted = True
        _reword(error, f"{error.message} {_DOUBTS[effect]}")
    return error
