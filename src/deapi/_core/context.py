"""The context of the flows of one client, and the driver that carries out their steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .._rate_limits import RateLimits
from .._response import Failure, Response
from .catalogue import Catalogue
from .observing import CallEvents, emit
from .operation import STATUS_OPERATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._config import Config, Timeouts
    from ..events import Event
    from .observing import OnEvent
    from .push import PushSource
    from .shared_polls import SharedPolls
    from .steps import Flow, Send
    from .unsettled import Unsettled


@dataclass(eq=False)
class CallContext:
    """Settings, functions and state that the flows of one client share.

    Attributes:
        config: Settings of the client.
        monotonic: Clock for deadlines, in seconds. It stops while a laptop sleeps, so that what
            was in progress can be continued.
        elapsed: Clock for rate limits and the ages of jobs, in seconds, which does not stop.
        wall_clock: Clock for dates in headers, in seconds since the epoch.
        random: Returns a random number from 0 to 1, for jitter.
        token: Returns a random string of 32 hexadecimal digits, for idempotency keys and
            boundaries.
        polls: State that the waits for jobs share.
        push: Source of updates of jobs, or None.
        unsettled: Submissions whose outcome is in doubt.
        rate_limits: The most recent rate limits.
        catalogue: The models that the client has fetched.
        on_event: Receives the events of the client, or None.
        timeouts: Timeouts by phase.
    """

    config: Config
    monotonic: Callable[[], float]
    elapsed: Callable[[], float]
    wall_clock: Callable[[], float]
    random: Callable[[], float]
    token: Callable[[], str]
    unsettled: Unsettled
    polls: SharedPolls
    push: PushSource | None = None
    rate_limits: RateLimits = field(default_factory=RateLimits)
    catalogue: Catalogue = field(default_factory=Catalogue)
    on_event: OnEvent | None = None
    timeouts: Timeouts = field(init=False)

    def __post_init__(self) -> None:
        self.timeouts = self.config.timeouts

    def record_rate_limit(self, send: Send, outcome: Response | Failure) -> None:
        """Record the rate limit that a response reports."""
        if isinstance(outcome, Response):
            self.rate_limits.record(send.operation.name, outcome.headers)
            if send.operation.name == STATUS_OPERATION:
                self.polls.record(outcome, self.elapsed(), self.wall_clock())

    def emit(self, event: Event) -> None:
        """Call ``on_event``. What it raises is logged."""
        if self.on_event is not None:
            emit(self.on_event, event)

    def call_events(self, send: Send) -> CallEvents | None:
        """Begin the events of a call; None without ``on_event``."""
        if self.on_event is None:
            return None
        return CallEvents([self.on_event], self.monotonic, send)


class Driver(Protocol):
    """A driver, which carries out the steps of flows. There is one for each client."""

    context: CallContext

    def run(self, flow: Flow[Any], on_update: Any = None) -> Any:
        """Run a flow and return its result; in the async client, as a coroutine."""

    def iterate(self, flow: Flow[Any]) -> Any:
        """Run a flow and yield its updates; in the async client, as an async iterator."""

    def stream(self, flow: Flow[Any], on_update: Any = None) -> Any:
        """Run a flow and yield the bytes that it streams, then those that it returns."""
