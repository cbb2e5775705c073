"""Playing the driver: a flow is given a list of outcomes and a clock that only sleeping moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from deapi._config import configure
from deapi._transport.flows import Core, Download, Send, Sleep, Update, Work
from deapi._transport.response import Failure, Response


def answer(status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> Response:
    """An answer with a JSON body, or with these very bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, headers or {}, content)


def lost(*, sent: bool = True, reason: str = "the line broke") -> Failure:
    """No complete answer."""
    return Failure(reason, sent=sent)


def job(status: str, **fields: Any) -> Response:
    """The state of a job."""
    return answer(body={"data": {"status": status, **fields}})


@dataclass
class Player:
    """Carries flows out without a network, and remembers what they asked for."""

    outcomes: Iterable[Any] = ()
    options: dict[str, Any] = field(default_factory=dict)
    time: float = 1000.0
    sent: list[Send | Download] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    updates: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = iter(self.outcomes)
        config = configure(environ={}, **{"api_key": "1|key", **self.options})
        self.core = Core(config, clock=lambda: self.time, now=lambda: self.time, chance=lambda: 0.0)

    def run(self, flow: Any) -> Any:
        """The result of a flow. It may ask for as many answers as there are outcomes."""
        outcome = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value
            outcome = self._do(step)

    def _do(self, step: Any) -> Any:
        if isinstance(step, Sleep):
            self.slept.append(step.seconds)
            self.time += step.seconds
            return None
        if isinstance(step, Update):
            self.updates.append(step.result)
            return None
        if isinstance(step, Work):
            return step.function()
        self.sent.append(step)
        outcome = next(self._left)
        return outcome(self, step) if isinstance(outcome, Callable) else outcome
