"""The requests that an emulator received, for a test to inspect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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
        headers: Headers, with lower-case names.
        fields: Fields of the body under the names sent on the wire. A repeated form field is a
            list, a file is an `Upload`.
        received_at: Time at which the headers arrived, from `time.monotonic()`.
        status: Status code of the response. None if no response was sent yet, or at all.
    """

    method: str
    path: str
    query: dict[str, str]
    operation: str | None
    headers: dict[str, str]
    fields: dict[str, Any]
    received_at: float
    status: int | None = None
