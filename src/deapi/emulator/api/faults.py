"""Fault injection: the faults of the next requests, and of the next connections to the socket."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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

    def matches(self, operation: str | None, method: str) -> bool:
        """Whether it concerns requests of an operation with an HTTP method."""
        return self.operation is None or self.operation.matches(operation, method)


SocketFaultName = Literal["refuse", "drop", "silence", "no_events", "wrong_acknowledgement"]
SOCKET_FAULTS: tuple[SocketFaultName, ...] = (
    "refuse",
    "drop",
    "silence",
    "no_events",
    "wrong_acknowledgement",
)


@dataclass
class SocketFault:
    """A fault of the next `times` connections. See `Emulator.inject_socket_fault`."""

    name: SocketFaultName
    after_bytes: int = 0
    times: int = 1


FaultT = TypeVar("FaultT", Fault, SocketFault)


class Faults(Generic[FaultT]):
    """The injected faults of one kind that have not taken effect yet, in order."""

    def __init__(self) -> None:
        self._pending: list[FaultT] = []
        self._lock = threading.Lock()

    def add(self, fault: FaultT) -> None:
        """Add a fault."""
        with self._lock:
            self._pending.append(fault)

    def take(self, matches: Callable[[FaultT], bool] = lambda _: True) -> FaultT | None:
        """Return the first fault that matches a request or connection, and count that."""
        with self._lock:
            fault = next(filter(matches, self._pending), None)
            if fault is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._pending.remove(fault)
            return fault

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._pending.clear()
