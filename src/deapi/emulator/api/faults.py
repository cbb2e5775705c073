"""Weather on order: statuses, delays and broken connections for the next requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Fault:
    """What happens to the next `times` requests that match; see `Emulator.inject_fault`."""

    operation: str | None = None
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    drop: bool = False
    after_bytes: int | None = None
    accepted: bool = False
    times: int = 1

    @property
    def replaces_answer(self) -> bool:
        """Whether nothing of the real answer would be seen."""
        return self.status is not None or (self.drop and self.after_bytes is None)


class Faults:
    """The faults that have been ordered, used up in the order of ordering."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []
        self._lock = threading.Lock()

    def order(self, fault: Fault) -> None:
        """Add a fault."""
        with self._lock:
            self._ordered.append(fault)

    def take(self, operation: str | None) -> Fault | None:
        """The fault that this request meets, if any; it is counted."""
        with self._lock:
            for fault in self._ordered:
                if fault.operation in (None, operation):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._ordered.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Forget the faults that have not happened."""
        with self._lock:
            self._ordered.clear()
