"""What the emulator remembers for a test to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class RecordedRequest:
    """A request that reached the emulator.

    Attributes:
        method: HTTP method.
        path: Path, decoded, without the query string.
        query: Query string, decoded.
        operation: By one name in both API versions, such as "txt2img", "txt2img.price",
            "request-status", "balance", "models", "keys/{id}" or "result"; None if the path
            means nothing.
        headers: Headers, names in lower case.
        fields: The body's fields as they came, under the names that they had on the wire; a
            repeated part is a list, a file an `Upload`.
        received: `time.monotonic()` when its headers arrived.
        status: What it was answered with; None if it was not (yet).
    """

    method: str
    path: str
    query: dict[str, str]
    operation: str | None
    headers: dict[str, str]
    fields: dict[str, Any]
    received: float
    status: int | None = None
