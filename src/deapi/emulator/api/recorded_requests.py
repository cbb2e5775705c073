"""The requests that an emulator received, for a test to inspect."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_FIELD = 64 * 1024
"""Maximum size in bytes of a field that is recorded whole."""

MAX_REQUESTS, MAX_BYTES = 10_000, 64 * 1024 * 1024
"""Maximum number and total size of the recorded requests."""


@dataclass(frozen=True)
class LargeValue:
    """A field that is too large to be recorded.

    Attributes:
        size: Size in bytes: of a string in UTF-8, of another value as JSON.
        sha256: SHA-256 digest of the same bytes, hexadecimal.
    """

    size: int
    sha256: str


@dataclass
class RecordedRequest:
    """A request that the emulator received.

    Attributes:
        method: HTTP method.
        path: Decoded path, without the query string.
        query: Decoded query string.
        operation: Name of the operation, the same in both API versions, such as "txt2img",
            "txt2img.price", "request-status", "balance", "models", "keys/{id}" or "result".
            None if no route has this path.
        sdk_operation: Name of the SDK's method that uses the operation, such as "images.generate",
            "images.generate_price", "jobs.status" or "keys.create". None if there is none.
        headers: Headers, with lower-case names.
        fields: Fields of the body under the names sent on the wire. A repeated form field is a
            list, a file is an `Upload`, and a field of more than 64 KiB is a `LargeValue`. Empty
            if the request has no valid API key.
        received_at: Time at which the headers arrived, from `time.monotonic()`.
        status: Status code of the response. None if no response was sent yet, or at all.
    """

    method: str
    path: str
    query: dict[str, str]
    operation: str | None
    sdk_operation: str | None
    headers: dict[str, str]
    fields: dict[str, Any]
    received_at: float
    status: int | None = None


class RequestLog:
    """The last requests, of which the oldest are removed."""

    def __init__(self) -> None:
        self._records: deque[tuple[RecordedRequest, list[int]]] = deque()
        self._sizes: dict[int, list[int]] = {}
        self._bytes = 0

    def add(self, record: RecordedRequest) -> None:
        """Add a request without its fields."""
        size = len(record.path) + _size_of(record.query) + _size_of(record.headers)
        sizes = [size]
        self._records.append((record, sizes))
        self._sizes[id(record)] = sizes
        self._bytes += size
        self._remove_oldest()

    def add_fields(self, record: RecordedRequest, fields: Mapping[str, Any]) -> None:
        """Set the fields of a request that was added."""
        record.fields = {name: _shorten(value) for name, value in fields.items()}
        sizes = self._sizes.get(id(record))
        if sizes is not None:
            size = _size_of(record.fields)
            sizes.append(size)
            self._bytes += size
            self._remove_oldest()

    def all(self) -> list[RecordedRequest]:
        """Return the requests in order."""
        return [record for record, _ in list(self._records)]

    def _remove_oldest(self) -> None:
        while len(self._records) > MAX_REQUESTS or (
            self._bytes > MAX_BYTES and len(self._records) > 1
        ):
            record, sizes = self._records.popleft()
            del self._sizes[id(record)]
            self._bytes -= sum(sizes)


def _shorten(value: Any) -> Any:
    if isinstance(value, str) and len(value) * 4 <= MAX_FIELD:
        return value
    if isinstance(value, (str, list, dict)):
        content = _encode(value)
        if len(content) > MAX_FIELD:
            return LargeValue(len(content), hashlib.sha256(content).hexdigest())
    return cast("Any", value)


def _size_of(fields: Mapping[str, Any]) -> int:
    return sum(len(name) + len(_encode(value)) for name, value in fields.items())


def _encode(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, default=repr)
    return text.encode("utf-8", "surrogatepass")
