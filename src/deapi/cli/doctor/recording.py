"""Records the responses that a client receives, with their bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..._core.steps import Download, Send, relay
from ..._response import Response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..._client import DeapiClient
    from ..._core.context import CallContext, Driver
    from ..._core.steps import Flow, Step

T = TypeVar("T")

DOWNLOAD = "download"
"""Stands for the name of an operation, for the download of a result."""


@dataclass(frozen=True)
class Exchange:
    """A request with its response.

    Attributes:
        call: Name of the call that caused the request, for example ``images.generate``.
        operation: Operation of the request, for example ``jobs.status``, or ``DOWNLOAD``.
        version: API version.
        result_type: Name of the model of the response in ``deapi.types``, or None.
        response: The response. That of a download has no body.
    """

    call: str
    operation: str
    version: str
    result_type: str | None
    response: Response


class Recorder:
    """Records the responses of clients.

    Attributes:
        exchanges: What was recorded. Retried requests are recorded each time.
        call: Name of the call that the clients make now.
    """

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.call = ""

    def attach(self, client: DeapiClient) -> None:
        """Record the responses of a client that has made no call."""
        # The client has no public way to do this: events have no bodies, and the HTTP client of
        # http_client= would not have the SDK's own handling of proxies and certificates.
        private: Any = client
        private._driver.context.push = None  # noqa: SLF001 - waits receive responses only
        private._driver = _RecordingDriver(private._driver, self)  # noqa: SLF001

    def status(self, operation: str, version: str) -> int | None:
        """Return the HTTP status of the last response of an operation, or None without one."""
        for each in reversed(self.exchanges):
            if (each.operation, each.version) == (operation, version):
                return each.response.status_code
        return None

    def record(self, version: str, step: Step, outcome: object) -> None:
        """Record the outcome of a step of a flow."""
        if not isinstance(outcome, Response):
            return
        if isinstance(step, Send):
            operation = step.operation
            result_type = operation.result_type(version) if operation.public else None
            self.exchanges.append(
                Exchange(self.call, operation.name, version, result_type, outcome)
            )
        elif isinstance(step, Download):
            self.exchanges.append(Exchange(self.call, DOWNLOAD, version, None, outcome))


class _RecordingDriver:
    """A driver whose flows are recorded."""

    def __init__(self, driver: Driver, recorder: Recorder) -> None:
        self._driver = driver
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def run(self, flow: Flow[T], on_update: Any = None) -> T:
        return cast("T", self._driver.run(self._recorded(flow), on_update))

    def iterate(self, flow: Flow[Any]) -> Iterator[Any]:
        return cast("Iterator[Any]", self._driver.iterate(self._recorded(flow)))

    def stream(self, flow: Flow[Any], on_update: Any = None) -> Iterator[bytes]:
        return cast("Iterator[bytes]", self._driver.stream(self._recorded(flow), on_update))

    def _recorded(self, flow: Flow[T]) -> Flow[T]:
        context: CallContext = self._driver.context
        version = context.config.api_version
        return relay(
            flow, after=lambda step, outcome: self._recorder.record(version, step, outcome)
        )
