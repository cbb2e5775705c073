"""The outcome of a request: a response, or a failure without one.

Importing this module must be cheap, because every program that names ``DeapiError`` imports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import re

# Shorter strings are not redacted, because they may be parts of ordinary words. Only keys in tests
# are that short.
_MIN_SECRET_LENGTH = 8

# A value in JSON needs up to a hundred times as much memory as its two characters. The largest
# results are lists of embeddings, with a container and a thousand values for each string.
_MAX_JSON_CONTAINERS = 250_000
_MAX_JSON_VALUES = 4_000_000

LARGE_BODY = 256 * 1024
"""Size of a body that is parsed in a thread, in bytes. A smaller one takes a few milliseconds."""


class ResponseHead(NamedTuple):
    """Status and headers of a successful response.

    Attributes:
        status_code: HTTP status code.
        headers: Headers, with names in lower case. Secrets that were sent are redacted.
    """

    status_code: int
    headers: Mapping[str, str]

    @property
    def http_request_id(self) -> str | None:
        """ID of the HTTP request, for the service's support; None if the service sent none."""
        return self.headers.get("x-request-id")


class Response(NamedTuple):
    """A response, with its body in memory.

    Attributes:
        status_code: HTTP status code.
        headers: Headers, with names in lower case.
        content: Body, decompressed.
        problem: Why the body could not be read. None if it was read.
    """

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    problem: str | None = None

    def __str__(self) -> str:
        return f"HTTP {self.status_code}, {len(self.content)} bytes"

    def __repr__(self) -> str:
        return f"<Response: {self}>"  # the content may be large and may contain secrets

    def truncated(self, size: int) -> Response:
        """Return a copy with at most ``size`` bytes of the body, or this response."""
        if len(self.content) <= size:
            return self
        return self._replace(content=self.content[:size])

    def redacted(self, secrets: Iterable[str]) -> Response:
        """Return a copy in which ``secrets`` are replaced by ``***``."""
        headers, content = self.headers, self.content
        for secret in secrets:
            if len(secret) >= _MIN_SECRET_LENGTH:
                pattern = _redaction_pattern(secret)
                content = pattern.sub(b"***", content)
                headers = {
                    name: pattern.sub(b"***", value.encode()).decode()
                    for name, value in headers.items()
                }
        return self._replace(headers=headers, content=content)

    @property
    def http_request_id(self) -> str | None:
        """ID of the HTTP request, for the service's support; None if the service sent none."""
        return self.headers.get("x-request-id")

    @property
    def text(self) -> str:
        """Body as a string. Bytes that are not UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Decode the body as JSON.

        Raises:
            ValueError: The body is not JSON.
        """
        import json

        content = self.content
        containers = content.count(b"{") + content.count(b"[")
        if containers > _MAX_JSON_CONTAINERS or content.count(b",") > _MAX_JSON_VALUES:
            raise ValueError("it has too many values")
        hooks: dict[str, Any] = {}
        if len(content) > LARGE_BODY:
            # Python functions let other threads run. The decoder alone would stop all of them.
            hooks = {
                "parse_float": _parse_float,
                "parse_int": _parse_int,
                "object_hook": _keep,
            }
        try:
            return json.loads(content, **hooks)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


class Failure(NamedTuple):
    """A request without a complete response.

    Attributes:
        reason: What happened.
        sent: Whether the whole request had been handed to the network, so that the service may
            have acted on it.
        error: The exception from the caller's file, if that was the cause.
        permanent: Whether a retry would fail in the same way, as after a rejected certificate.
    """

    reason: str
    sent: bool
    error: Exception | None = None
    permanent: bool = False

    def __str__(self) -> str:
        return self.reason


def find_new_keys(response: Response) -> list[str]:
    """Return the strings in a response that may be a newly created API key."""
    import re

    searched = response.content + b"\n" + "\n".join(response.headers.values()).encode()
    patterns = (
        rb'"secret"\s*:\s*"((?:[^"\\]|\\.)*)"',
        # The start of a run of digits, and not too many: otherwise the search is quadratic.
        rb"(?<!\d)\d{1,20}(?:\||%7C|\\u007c)[\w-]+",
    )
    return [
        match.decode("utf-8", "replace")
        for pattern in patterns
        for match in re.findall(pattern, searched, re.IGNORECASE)
    ]


def _parse_float(number: str) -> float:
    return float(number)


def _parse_int(number: str) -> int:
    return int(number)


def _keep(value: dict[str, Any]) -> dict[str, Any]:
    return value


def _redaction_pattern(secret: str) -> re.Pattern[bytes]:
    """Return a pattern for a secret, plain or encoded as in JSON, forms, URLs and HTML.

    It also matches text that was encoded repeatedly. A webhook secret may contain any character,
    and an error page may quote the request in any of these encodings.
    """
    import re

    runs = re.findall(r"\\+|[^\\]", secret)
    return re.compile(b"".join(_encoded_forms(run) for run in runs))


def _encoded_forms(run: str) -> bytes:
    """Return a pattern for the encoded forms of one character, or of a run of backslashes.

    Repetitions are bounded, so that a long response of backslashes takes linear time.
    """
    import re

    length = len(run)
    if run[0] == "\\":
        return rb"(?:\\{%d,%d}|(?i:%%5c){%d})" % (length, 8 * length, length)
    utf8, utf16 = run.encode(), run.encode("utf-16-be")
    percent = "".join(f"%{byte:02x}" for byte in utf8).encode()
    units = (utf16[start : start + 2].hex() for start in range(0, len(utf16), 2))
    escape = "".join(rf"\\{{1,8}}u{unit}" for unit in units).encode()
    space = rb"|\+" if run == " " else b""
    return rb"(?:\\{0,8}(?:%s|&#?\w{1,8};)|(?i:%s|%s)%s)" % (
        re.escape(utf8),
        percent,
        escape,
        space,
    )
