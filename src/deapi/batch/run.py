"""What the workers of one run share: the items to send, the budget, the rate limits, the end."""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from .._core.steps import Sleep, Update, WaitFor, Waker
from .pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from .._core.context import CallContext
    from .._core.steps import Flow
    from .items import BatchItem, Entry
    from .journal import Journal

T = TypeVar("T")

# Seconds until a worker looks again. A sleep of a laptop makes its wait longer.
_MAX_HOLD = 60.0

# Seconds for which a price is used. It may rise during a run.
_MAX_PRICE_AGE = 600.0

# Prices are sums of floats.
_TOLERANCE = 1e-9

# After this number of submissions in sequence that the service did not accept, because it failed or
# was not reached, the run ends.
_MAX_OUTAGES = 10


class StoppedError(Exception):
    """Raised in a flow when the run stops."""


@dataclass
class Group:
    """The items of one operation and model, and their rate limits."""

    pace: Pace = field(default_factory=Pace)
    waiting: deque[Entry] = field(default_factory=deque["Entry"])


class Run:
    """The state of one run. Threads, or the tasks of an event loop, share it.

    Attributes:
        context: Context of the client.
        journal: The journal.
        retries: Maximum number of further submissions of a job that failed and was refunded.
        deliver: Called with each item that is finished.
        stopping: Whether nothing more may be sent, because the run was interrupted or failed.
        error: The exception that ends the run, or None.
        process: ID of the process that runs it.
        directory: Working directory at its start, from which relative paths start.
        max_price: Maximum price of a job in US dollars, or None.
        has_limit: Whether an item is sent only if its price is known.
        count: Number of items to work on.
    """

    def __init__(
        self,
        context: CallContext,
        journal: Journal,
        entries: Sequence[Entry],
        *,
        budget: float | None,
        spent: float,
        retries: int,
        wait_for_quota: bool,
        deliver: Callable[[BatchItem], object],
    ) -> None:
        self.context = context
        self.journal = journal
        self.retries = retries
        self.deliver = deliver
        self.stopping = False
        self.error: BaseException | None = None
        self._submissions: set[object] = set()
        self.process = os.getpid()
        self.directory = _working_directory()
        self.max_price = context.config.max_price
        self.has_limit = budget is not None or self.max_price is not None
        self._budget = math.inf if budget is None else budget
        self._spent = spent  # including the prices of submissions in flight
        self._wait_for_quota = wait_for_quota
        self._lock = threading.RLock()
        self._too_expensive: float | None = None
        self._active = 0
        self._outages = 0
        self._idle: set[Waker] = set()
        self._waits: set[Waker] = set()
        self._pricing: set[str] = set()
        self._prices: dict[str, tuple[float | None, float]] = {}  # and when it was recorded
        self._resumed: deque[Entry] = deque()
        self._groups: dict[tuple[str, str | None], Group] = {}
        for entry in entries:
            if entry.item.state == "planned":
                self.group_of(entry).waiting.append(entry)
            else:
                self._resumed.append(entry)
        self.count = len(self._resumed) + sum(len(each.waiting) for each in self._groups.values())

    def group_of(self, entry: Entry) -> Group:
        """Return the group of an item."""
        return self._groups.setdefault((entry.item.operation, entry.model), Group())

    def take(self, now: float) -> Entry | float | None:
        """Return an item to work on, the seconds until there may be one, or None at the end.

        Call ``release()`` when the work on the item ends.
        """
        with self._lock:
            if self.stopping:
                return None
            if self._resumed:
                self._active += 1
                return self._resumed.popleft()
            hold = math.inf
            waiting = False
            for key, group in self._sendable():
                if not group.waiting or self._is_used_up(group, now):
                    continue
                waiting = True
                seconds = group.pace.hold(now)
                if seconds <= 0:
                    group.pace.begin(now)
                    self._active += 1
                    self._groups[key] = self._groups.pop(key)  # the other groups come first
                    return group.waiting.popleft()
                hold = min(hold, seconds)
            if not self._active and not waiting:
                return None
            return min(hold, _MAX_HOLD)

    def release(self, entry: Entry, *, again: bool = False) -> None:
        """End the work on an item.

        Args:
            entry: The item.
            again: Whether it is sent later in this run.
        """
        with self._lock:
            self._active -= 1
            if again:
                self.group_of(entry).waiting.appendleft(entry)
            is_last = not self._active
        if again or is_last:  # otherwise there is nothing to do for the workers that wait
            self.wake_idle()

    def reserve(self, price: float | None) -> bool:
        """Reserve the price of an item in the budget.

        Returns:
            Whether it fits. If it does not, the run sends nothing more until something is refunded.
        """
        with self._lock:
            if self.stopping or not self._may_send():
                return False
            if self._spent + (price or 0.0) <= self._budget + _TOLERANCE:
                self._spent += price or 0.0
                return True
            self._too_expensive = price or 0.0
            return False

    def settle(self, reserved: float | None, cost: float | None) -> None:
        """Replace the reserved price of a submission with what it cost.

        If it cost less, another item may fit in the budget.
        """
        with self._lock:
            saved = (reserved or 0.0) - (cost or 0.0)
            self._spent -= saved
            if saved > 0:
                self._too_expensive = None

    def known_price(self, price_key: str) -> tuple[bool, float | None]:
        """Return whether the price of items of one type is known, and the price."""
        with self._lock:
            price, recorded_at = self._prices.get(price_key, (None, -math.inf))
            return self.context.elapsed() - recorded_at < _MAX_PRICE_AGE, price

    def begin_pricing(self, price_key: str) -> bool:
        """Return whether the caller must request a price, which no other worker requests.

        Call ``end_pricing()`` after the request.
        """
        with self._lock:
            if price_key in self._pricing:
                return False
            self._pricing.add(price_key)
            return True

    def end_pricing(self, price_key: str) -> None:
        """Let the other workers use a price, or request it."""
        with self._lock:
            self._pricing.discard(price_key)
        self.wake_idle()

    def record_price(self, price_key: str, price: float | None) -> None:
        """Keep the price of items of one type."""
        with self._lock:
            self._prices[price_key] = price, self.context.elapsed()

    def record_outage(self, error: Exception | None) -> None:
        """Count a submission that the service did not accept; None for one that it did.

        Many in sequence end the run.
        """
        with self._lock:
            self._outages = 0 if error is None else self._outages + 1
            if self._outages >= _MAX_OUTAGES and error is not None:
                self.fail(error)

    def stop_submitting(self, error: BaseException) -> None:
        """Submit nothing more because of an error. Jobs that were submitted are finished."""
        with self._lock:
            if self.error is None and not self.stopping:
                self.error = error
        self.wake_idle()

    def fail(self, error: BaseException) -> None:
        """Stop the run because of an error."""
        self.stop_submitting(error)
        self.stop()

    def stop(self) -> None:
        """Send nothing more, and end all waits."""
        self.stopping = True
        self.wake_idle()
        for waker in list(self._waits):
            waker.wake()

    def wake_idle(self) -> None:
        """Let the idle workers look for work again."""
        for waker in list(self._idle):
            waker.wake()

    @contextmanager
    def idle(self, waker: Waker) -> Generator[None, None, None]:
        """Wake a worker whenever there may be something to do for it."""
        self._idle.add(waker)
        try:
            yield
        finally:
            self._idle.discard(waker)

    @contextmanager
    def _waiting(self, waker: Waker) -> Generator[None, None, None]:
        """Wake a flow if the run stops while it waits."""
        self._waits.add(waker)
        if self.stopping:
            waker.wake()
        try:
            yield
        finally:
            self._waits.discard(waker)

    def until_stopped(self, flow: Flow[T]) -> Flow[T]:
        """Run a flow without its updates. When the run stops, raise ``StoppedError`` in it.

        A wait ends at once. Another step is carried out before that.
        """
        resume: Any = flow.send
        value: Any = None
        while True:
            try:
                step = resume(value)
            except StopIteration as stop:
                result: T = stop.value
                return result
            resume, value = flow.send, None
            if isinstance(step, Update):
                continue
            try:
                if self.stopping:
                    raise StoppedError  # noqa: TRY301 - in the flow
                if isinstance(step, Sleep):
                    step = WaitFor(Waker(), step.seconds)
                if isinstance(step, WaitFor):
                    with self._waiting(step.waker):
                        yield step
                else:
                    value = yield step
            except BaseException as error:  # noqa: BLE001 - the flow may handle it
                resume, value = flow.throw, error

    @property
    def is_sending(self) -> bool:
        """Whether submissions are in flight."""
        return bool(self._submissions)

    @contextmanager
    def submitting(self) -> Generator[None, None, None]:
        """Record a submission in flight."""
        # A set, because an interrupt anywhere in here leaves no submission that has not been sent.
        # The end of the run would wait for it indefinitely.
        submission = object()
        try:
            with self._lock:
                if self.stopping:
                    raise StoppedError
                self._submissions.add(submission)
            yield
        finally:
            self._submissions.discard(submission)

    def _is_used_up(self, group: Group, now: float) -> bool:
        return not self._wait_for_quota and group.pace.quota_ends(now) is not None

    def _may_send(self) -> bool:
        return self._too_expensive is None and self.error is None

    def _sendable(self) -> list[tuple[tuple[str, str | None], Group]]:
        return list(self._groups.items()) if self._may_send() else []

    def stop_reason(self) -> str | None:
        """Return why the run has stopped although items are left, or None."""
        with self._lock:
            left = sum(len(each.waiting) for each in self._groups.values())
            if not left or self.error is not None:
                return None
            if self._too_expensive is not None:
                return (
                    f"The budget of ${self._budget:g} is used up: ${self._spent:.4f} is spent, "
                    f"and the next item costs ${self._too_expensive:.4f}. {left} planned items are "
                    f"left, about ${left * self._too_expensive:.4f}. Run the program again with a "
                    "larger budget."
                )
            now = self.context.elapsed()
            for (operation, model), group in self._groups.items():
                ends = group.pace.quota_ends(now)
                if group.waiting and ends is not None:
                    return (
                        f"The daily quota of {operation} with {model} is used up, and is reset in "
                        f"{(ends - now) / 3600:.1f} h. {left} planned items are left. Run the "
                        "program again then, or pass wait_for_quota=True."
                    )
            return None


def _working_directory() -> str:
    """Return the working directory, or an empty string if it was deleted."""
    try:
        return os.getcwd()  # noqa: PTH109 - a str
    except FileNotFoundError:
        return ""  # absolute paths do not need it
