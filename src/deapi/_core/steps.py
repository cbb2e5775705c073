"""The steps that flows yield, and how a driver resumes a flow with the outcome of a step.

Each program creates these classes. A named tuple takes a third of the time of a dataclass, and
``eq=False`` saves a quarter of it where nothing compares.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from .._config import Timeouts
    from .._response import Failure, Response
    from ..types import JobResult
    from .multipart import Multipart
    from .operation import Operation, SideEffect
    from .transfer import Transfer

T = TypeVar("T")


class Sending(Protocol):
    """How far one attempt to send a request has come. The driver keeps it current.

    Attributes:
        possibly_sent: Whether any of the body may have been sent.
        fully_sent: Whether all of the body has been handed to the network.
        response: The response, once it is complete.
    """

    fully_sent: bool
    response: Response | None

    @property
    def possibly_sent(self) -> bool: ...


@dataclass(eq=False)
class Send:
    """Send a request to the API and read the whole response. Resumed with a Response or Failure.

    The driver adds the API key, so that no local variable of a flow holds it.

    Attributes:
        operation: The operation that is called.
        method: HTTP method.
        url: Full URL.
        headers: Request headers.
        body: Request body, or None.
        timeouts: Timeouts by phase.
        secrets: Values to redact if the response contains them.
        fields: Fields that messages may show, by argument name, and the ID in the path as ``id``.
        limit: Maximum seconds for the whole step, in addition to the timeouts; None for no limit.
        sending: The attempt in progress, or None before the request has been built.
    """

    operation: Operation
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | Multipart | None = field(repr=False)
    timeouts: Timeouts
    secrets: Sequence[str] = field(default=(), repr=False)
    fields: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    limit: float | None = None
    sending: Sending | None = field(default=None, repr=False)

    @property
    def side_effect(self) -> SideEffect | None:
        """What a blind retry could duplicate."""
        return self.operation.side_effect


class Sleep(NamedTuple):
    """Wait for a number of seconds."""

    seconds: float


class Waker:
    """Ends the ``WaitFor`` of one flow early. Any thread may wake, whatever the flow runs in.

    Threads share an instance without a lock, because a signal handler or a garbage collection may
    wake at any time: each access to the list is atomic.
    """

    def __init__(self) -> None:
        self._woken = False
        self._callbacks: list[Callable[[], object]] = []

    def wake(self) -> None:
        """End the current wait, otherwise the next one."""
        self._woken = True
        for callback in list(self._callbacks):
            callback()

    def reset(self) -> None:
        """Let the next wait last, although ``wake()`` was called."""
        self._woken = False

    def add_callback(self, callback: Callable[[], object]) -> None:
        """Call a function on ``wake()``, in the thread that wakes, at least once."""
        self._callbacks.append(callback)
        if self._woken:
            callback()

    def remove_callback(self, callback: Callable[[], object]) -> None:
        """Stop calling a function."""
        self._callbacks.remove(callback)


class WaitFor(NamedTuple):
    """Wait for a number of seconds, or until the waker is woken. The flow does not learn which.

    The client may be closed meanwhile. Then the driver raises.
    """

    waker: Waker
    seconds: float


class RunInThread(NamedTuple):
    """Call a function that may wait for a disk. Resumed with its result."""

    function: Callable[[], Any]


class Update(NamedTuple):
    """Report a change of a job's status to the caller."""

    result: JobResult


@dataclass(eq=False)
class Download:
    """Stream a file from any host, without the API key. Resumed with a Response or a Failure.

    Attributes:
        url: URL of the file.
        headers: Request headers.
        timeouts: Timeouts by phase. ``read`` applies to each chunk.
        transfer: Checks the response, writes its chunks, and limits the time.
        streamed: Whether the driver yields the chunks to the caller instead of writing them.
        outcome: Set by the driver at the end.
    """

    url: str
    headers: dict[str, str]
    timeouts: Timeouts
    transfer: Transfer
    streamed: bool = False
    outcome: Response | Failure = field(init=False, repr=False)


IOStep: TypeAlias = Send | Sleep | WaitFor | RunInThread | Download
Step: TypeAlias = IOStep | Update
Flow: TypeAlias = Generator[Step, Any, T]


def advance(flow: Flow[Any], outcome: Any, failure: Exception | None) -> Step:
    """Resume a flow with the outcome of its step, or with the exception that the step raised.

    The flow may handle the exception and yield another step.
    """
    return flow.send(outcome) if failure is None else flow.throw(failure)


def raise_in(flow: Flow[Any], error: BaseException) -> None:
    """Raise an exception at the current step of a flow, which may add to it or replace it.

    A flow that has ended is left alone. One that yields another step is closed.
    """
    if getattr(flow, "gi_frame", None) is not None:
        flow.throw(error)
        flow.close()


def relay(
    flow: Flow[T],
    *,
    before: Callable[[Step], Step] | None = None,
    after: Callable[[Step, object], None] | None = None,
) -> Flow[T]:
    """Run a flow inside another one, which sees its steps.

    Args:
        flow: The flow.
        before: Called with each step. It returns the step that the driver carries out.
        after: Called with each step of the flow and its outcome, unless it raised.
    """
    outcome: Any = None
    failure: Exception | None = None
    try:
        while True:
            try:
                step = advance(flow, outcome, failure)
            except StopIteration as stop:
                result: T = stop.value
                return result
            outcome = failure = None
            relayed = step if before is None else before(step)
            try:
                outcome = yield relayed
            except Exception as error:  # noqa: BLE001 - the flow handles it, or raises it
                failure = error
            else:
                if after is not None:
                    after(step, outcome)
    except BaseException as error:
        failure = None  # otherwise the frame and the exception would reference each other
        raise_in(flow, error)
        raise
