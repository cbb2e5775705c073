"""Fault injection: the faults of the next requests, and of the next connections to the socket."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .names import OperationMatcher

_WITHOUT_BODY = (204, 304)


@dataclass
class Fault:
    """A fault for the next `times` matching requests. See `Emulator.inject_fault`.

    Raises:
        ValueError: A value is out of range, or has no effect without another one.
        TypeError: The body cannot be encoded as JSON.
    """

    operation: OperationMatcher | None = None
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    drop: bool = False
    after_bytes: int | None = None
    accepted: bool = False
    times: int = 1

    def __post_init__(self) -> None:
        self.headers = {name: str(value) for name, value in self.headers.items()}
        if self.status is None and self.body is not None:
            self.status = 200
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError(f"status must be between 200 and 599, not {self.status}")
        if self.status in _WITHOUT_BODY and self.body is not None:
            raise ValueError(f"a response with status {self.status} has no body")
        if not 0 <= self.delay < math.inf:
            raise ValueError(f"delay must be a number of seconds from 0, not {self.delay}")
        if self.after_bytes is not None and not self.drop:
            raise ValueError("after_bytes requires drop=True")
        check_times(self.times)
        self.replacement()  # raises here, not in the server, if something cannot be encoded

    @property
    def replaces_response(self) -> bool:
        """Whether no part of the normal response is sent."""
        return self.status is not None or (self.drop and self.after_bytes is None)

    def replacement(self) -> Response | None:
        """Build the response that is sent instead of the normal one, if there is one."""
        if self.status is None:
            return None
        if self.status in _WITHOUT_BODY:
            return Response(None, self.status, self.headers)
        if isinstance(self.body, (str, bytes)):
            return Response(self.body, self.status, self.headers)
        body = {"message": f"Injected fault: {self.status}."} if self.body is None else self.body
        return JSONResponse(body, self.status, self.headers)

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
    """A fault of the next `times` connections. See `Emulator.inject_socket_fault`.

    Raises:
        ValueError: There is no such fault, or `times` is less than 1.
    """

    name: SocketFaultName
    after_bytes: int = 0
    times: int = 1

    def __post_init__(self) -> None:
        if self.name not in SOCKET_FAULTS:
            raise ValueError(f"name must be one of {', '.join(SOCKET_FAULTS)}, not {self.name!r}")
        check_times(self.times)


def check_times(times: int) -> None:
    """Check how often something is to happen.

    Raises:
        ValueError: It is to happen never.
    """
    if times < 1:
        raise ValueError(f"times must be at least 1, not {times}")


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
