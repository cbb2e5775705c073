"""Fault injection: status codes, delays and dropped connections for the next requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deapi.emulator.api.names import OperationMatcher


@dataclass
class Fault:
    """A fault for the next `times` matching requests. See `Emulator.inject_fault`."""

    operation: OperationMatcher | None = None
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    drop: bool = False
    after_bytes: int | None = None
    accepted: bool = False
    times: int = 1

    @property
    def replaces_response(self) -> bool:
        """Whether no part of the normal response is sent."""
        return self.status is not None or (self.drop and self.after_bytes is None)


class Faults:
    """The injected faults that have not taken effect yet, in order."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        with self._lock:
            self._pending.append(fault)

    def next_match(self, operation: str | None, method: str) -> Fault | None:
        """Return the first fault that matches a request, and count the request."""
        with self._lock:
            for fault in self._pending:
                if fault.operation is None or fault.operation.matches(operation, method):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._pending.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._pending.clear()
