"""The updates that a socket has announced, and the waits that want to know them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ..types import JobResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._core.observing import OnEvent
    from .._core.steps import Waker
    from .protocol import JobUpdate

# Jobs whose latest update is kept without a wait for them: a job may finish before the wait
# for it begins.
_MAX_JOBS = 1000


class Subscription:
    """The updates of one job, for one wait.

    Attributes:
        latest: The latest update, or None before the first one.
    """

    def __init__(
        self,
        updates: Updates,
        request_id: str,
        waker: Waker,
        on_event: OnEvent | None,
        latest: JobResult | None,
    ) -> None:
        self.request_id = request_id
        self.waker = waker
        self.on_event = on_event
        self.latest = latest
        self._updates = updates

    def close(self) -> None:
        """End the subscription. It may be called from any thread."""
        self._updates.remove(self)


class Updates:
    """Updates of all jobs of an account. Any thread may call its methods.

    Attributes:
        connected_since: When updates began to arrive, or None if they do not.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Create the updates of an account.

        Args:
            clock: Clock for ``connected_since``: that of the ages of jobs.
        """
        self._clock = clock
        self.connected_since: float | None = None
        # Reentrant, because a signal handler may wait for another job.
        self._lock = threading.RLock()
        self._latest: OrderedDict[str, JobResult] = OrderedDict()
        self._subscriptions: dict[str, list[Subscription]] = {}

    def add(self, request_id: str, waker: Waker, on_event: OnEvent | None) -> Subscription:
        """Subscribe to the updates of a job."""
        with self._lock:
            latest = self._latest.get(request_id)
            subscription = Subscription(self, request_id, waker, on_event, latest)
            self._subscriptions.setdefault(request_id, []).append(subscription)
            return subscription

    def remove(self, subscription: Subscription) -> None:
        """End a subscription. It may have been ended before."""
        with self._lock:
            others = self._subscriptions.get(subscription.request_id, [])
            if subscription in others:
                others.remove(subscription)
            if not others:
                self._subscriptions.pop(subscription.request_id, None)

    @property
    def connected(self) -> bool:
        """Whether updates arrive."""
        return self.connected_since is not None

    @property
    def wanted(self) -> bool:
        """Whether a wait has subscribed."""
        return bool(self._subscriptions)

    def observers(self) -> list[OnEvent]:
        """Return the ``on_event`` of each client that waits, once."""
        distinct: list[OnEvent] = []
        with self._lock:
            for subscription in (each for group in self._subscriptions.values() for each in group):
                on_event = subscription.on_event
                if on_event is not None and on_event not in distinct:
                    distinct.append(on_event)
        return distinct

    def record(self, update: JobUpdate) -> None:
        """Record an update, and wake the waits for the job."""
        try:
            result = JobResult.model_validate({**update.data, "request_id": update.request_id})
        except ValidationError:
            return  # the next poll reads the status
        with self._lock:
            known = self._latest.get(update.request_id)
            if known is not None and known.status.is_terminal:
                return  # a late or repeated update of a finished job
            # Without the preview, which may have many kilobytes.
            self._latest[update.request_id] = result.model_copy(update={"preview": None})
            self._latest.move_to_end(update.request_id)
            while len(self._latest) > _MAX_JOBS:
                self._latest.popitem(last=False)
            woken = list(self._subscriptions.get(update.request_id, []))
            for subscription in woken:
                subscription.latest = result
        for subscription in woken:
            subscription.waker.wake()

    def set_connected(self, connected: bool) -> None:
        """Record whether updates arrive, and wake all waits when this changes."""
        with self._lock:
            if connected == self.connected:
                return
            self.connected_since = self._clock() if connected else None
            woken = [each for group in self._subscriptions.values() for each in group]
        for subscription in woken:
            subscription.waker.wake()
