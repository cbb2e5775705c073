"""Run flows without a network: prepared outcomes, and a clock that only sleeping advances."""

from __future__ import annotations

import itertools
import json
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from deapi._config import configure
from deapi._core.context import CallContext
from deapi._core.shared_polls import SharedPolls
from deapi._core.steps import Download, RunInThread, Send, Sleep, Update, WaitFor, advance
from deapi._core.unsettled import Unsettled
from deapi._response import Failure, Response


def response(
    status: int = 200, body: Any = None, headers: dict[str, str] | None = None
) -> Response:
    """Return a response with a JSON body, or with exactly these bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, headers or {}, content)


def network_failure(*, sent: bool = True, reason: str = "the line broke") -> Failure:
    """Return the outcome of a request without a complete response."""
    return Failure(reason, sent=sent)


def job_status(status: str, **fields: Any) -> Response:
    """Return the response to a status request."""
    return response(body={"data": {"status": status, **fields}})


_TOKENS = itertools.count()


@dataclass
class FakeDriver:
    """Runs flows without a network, and records the steps that they yield.

    Each `Send` and `Download` consumes one of `outcomes`: a value, or a function of the driver
    and the step.
    """

    outcomes: Iterable[Any] = ()
    options: dict[str, Any] = field(default_factory=dict)
    time: float = 1000.0
    asleep: float = 0.0
    process: int = 1
    sent: list[Send | Download] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    updates: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._remaining = iter(self.outcomes)
        config = configure(environ={}, **{"api_key": "1|key", **self.options})
        self.context = CallContext(
            config,
            monotonic=lambda: self.time - self.asleep,
            elapsed=lambda: self.time,
            wall_clock=lambda: self.time,
            random=lambda: 0.0,
            token=lambda: f"{next(_TOKENS):032x}",
            polls=SharedPolls(threading.RLock, os.getpid),
            unsettled=Unsettled(lambda: self.process),
        )

    def run(self, flow: Any) -> Any:
        """Return the result of a flow."""
        outcome = failure = None
        while True:
            try:
                step = advance(flow, outcome, failure)
            except StopIteration as stop:
                return stop.value
            outcome = failure = None
            try:
                outcome = self._execute(step)
            except BaseException as error:  # noqa: BLE001 - as the drivers do
                failure = error

    def _execute(self, step: Any) -> Any:
        if isinstance(step, (Sleep, WaitFor)):
            self.slept.append(step.seconds)
            self.time += step.seconds
            return None
        if isinstance(step, Update):
            self.updates.append(step.result)
            return None
        if isinstance(step, RunInThread):
            return step.function()
        self.sent.append(step)
        outcome = next(self._remaining)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome(self, step) if isinstance(outcome, Callable) else outcome
