"""The interface of a source of job updates, such as a socket, that lets waits poll less often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..types import JobResult
    from .observing import OnEvent
    from .steps import Waker


class PushSubscription(Protocol):
    """The updates of one job.

    Attributes:
        latest: The latest update of the job, also one that arrived before the subscription; None
            before the first one.
    """

    latest: JobResult | None

    def close(self) -> None:
        """End the subscription. It may be called from any thread."""


class PushSource(Protocol):
    """A source of updates of all jobs of an account.

    While it is healthy, waits poll a job only when an update reports that it is finished, and
    rarely otherwise, because a failed job may not be reported.

    Attributes:
        healthy_since: When updates began to arrive, on the clock ``elapsed``, or None if they do
            not.
    """

    @property
    def healthy_since(self) -> float | None: ...

    def subscribe(
        self, request_id: str, waker: Waker, on_event: OnEvent | None
    ) -> PushSubscription:
        """Subscribe to the updates of a job.

        Args:
            request_id: The job's ID.
            waker: Wakes the wait when ``latest`` or ``healthy_since`` changes. The source may call
                it from any thread.
            on_event: Receives the events of calls that the source makes meanwhile, or None.
        """
        ...

    def close(self) -> Any:
        """Stop receiving updates; in the async client, as a coroutine."""
