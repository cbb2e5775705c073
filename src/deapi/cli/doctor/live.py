"""Calls each operation of the service and of the emulator, and compares the responses."""

from __future__ import annotations

import inspect
import math
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..._config import API_PREFIXES
from ..._core.errors import MINIMUM_BALANCE
from ..._exceptions import DeapiError
from ..._jobs import Job
from ...emulator import Emulator
from ...emulator.media import audio, images, video
from ...types import Balance
from ..errors import CommandError, ExitCode, message
from ..rendering import dollars
from ..settings import make_client
from ..signatures import find_method
from .comparison import compare
from .live_calls import CHANGES, READS, SUBMISSIONS, Submission, endpoint
from .recording import Recorder
from .report import CallResult, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..._client import DeapiClient
    from ...types import ModelInfo

_EMULATOR_POLL_INTERVAL = 0.001


class _Side:
    """The clients of the service, or of the emulator, and what they received.

    Args:
        clients: A client for each API version.
    """

    def __init__(self, clients: dict[str, DeapiClient]) -> None:
        self.clients = clients
        self.recorder = Recorder()
        self._catalogues: dict[str, list[ModelInfo]] = {}
        for client in clients.values():
            self.recorder.attach(client)

    def attempt(self, call: str, function: Callable[[], Any]) -> tuple[Any, Exception | None]:
        """Return what a function returns, and the exception that it raises."""
        self.recorder.call = call
        try:
            return function(), None
        except (DeapiError, ValueError, TypeError) as error:
            return None, error

    def catalogue(self, version: str) -> list[ModelInfo]:
        """Return all models; none if the request fails."""
        if version not in self._catalogues:
            models, _ = self.attempt(
                "models.list", lambda: list(self.clients[version].models.iterate())
            )
            self._catalogues[version] = models or []
        return self._catalogues[version]


@dataclass
class _Planned:
    """A submission that may be made.

    Attributes:
        submission: The operation.
        version: API version.
        model: The model, or None.
        price: The price in US dollars.
        job: The job of the service, once it has been submitted.
        emulated_job: The job of the emulator, once it has been submitted.
        result: The outcome in the report, once it has been submitted.
    """

    submission: Submission
    version: str
    model: ModelInfo | None
    price: float
    job: Job | None = None
    emulated_job: Job | None = None
    result: CallResult | None = None


class LiveCheck:
    """Compares the service with the emulator and with the models of the SDK.

    Args:
        versions: API versions.
        budget: Maximum sum of the prices of all submissions, in US dollars.
        timeout: Maximum seconds to wait for the jobs.
        note: Called with messages about the progress.

    Attributes:
        report: What was found so far.
    """

    def __init__(
        self,
        versions: Sequence[str],
        *,
        budget: float,
        timeout: float,
        note: Callable[[str], None],
    ) -> None:
        self._versions = versions
        self._budget = budget
        self._timeout = timeout
        self._note = note
        self._service = _Side({version: make_client(version) for version in versions})
        self._emulator = Emulator(polls_per_state=1)
        self._emulator.start()
        self._emulated = _Side({v: self._emulator.client(api_version=v) for v in versions})
        self._media: dict[str, Any] = {}
        self._planned: list[_Planned] = []
        secrets = [_key(client) for client in self._service.clients.values()]
        self.report = Report(versions, budget, secrets)

    def close(self) -> None:
        """Close the clients and stop the emulator."""
        for side in (self._service, self._emulated):
            for client in side.clients.values():
                client.close()
        self._emulator.stop()

    @property
    def open_jobs(self) -> list[str]:
        """IDs of the jobs that have been submitted and not been waited for."""
        return [
            each.job.request_id
            for each in self._planned
            if each.job is not None and each.result is not None and not each.result.outcome
        ]

    def read(self) -> None:
        """Call the operations that are free.

        Raises:
            DeapiError: The service cannot be reached, or rejects the API key.
            CommandError: The balance is too low for a job.
        """
        client = self._service.clients[self._versions[0]]
        _, error = self._service.attempt("models.list", client.models.list)
        if error is not None:
            raise error
        for version in self._versions:
            for operation, function in READS.items():
                if endpoint(operation, version) is not None:
                    value = self._call_both(operation, version, function)
                    if isinstance(value, Balance) and value.balance < MINIMUM_BALANCE:
                        raise CommandError(
                            f"The balance is {dollars(value.balance)}, below "
                            f"{dollars(MINIMUM_BALANCE)}, the minimum for every job. Nothing was "
                            "submitted.",
                            ExitCode.ACCOUNT,
                        )
            for side in (self._service, self._emulated):
                side.catalogue(version)
        for operation in CHANGES:
            self.report.skip(operation, self._versions[-1], "it changes the account")

    def plan(self) -> tuple[int, float]:
        """Request the prices, and plan the cheapest calls that the budget allows.

        Returns:
            Number of submissions, and the sum of their prices.
        """
        self._media = _make_media()
        priced: list[tuple[bool, _Planned]] = []
        seen: set[str] = set()
        for version in self._versions:
            endpoints: dict[str, str] = {}
            for submission in SUBMISSIONS:
                path = endpoint(submission.operation, version)
                if path is None:
                    continue
                if path in endpoints:
                    reason = f"its endpoint is that of {endpoints[path]}"
                    self.report.skip(submission.operation, version, reason)
                    continue
                endpoints[path] = submission.operation
                cheapest = self._cheapest(submission, version)
                if cheapest is not None:
                    priced.append((submission.operation in seen, cheapest))
                    seen.add(submission.operation)
        rest = self._budget
        # Each operation once, the cheapest ones first, then with the other version.
        for _, each in sorted(priced, key=lambda entry: (entry[0], entry[1].price)):
            if each.price <= rest:
                rest -= each.price
                self._planned.append(each)
            else:
                reason = f"its price, ${each.price:.6f}, exceeds the rest of the budget"
                self.report.skip(each.submission.operation, each.version, reason)
        return len(self._planned), self._budget - rest

    def submit(self) -> None:
        """Submit the planned jobs, and wait for them."""
        for each in self._planned:
            self._note(f"{each.submission.operation} ({each.version}): {dollars(each.price)}")
            self._submit(each)
        deadline = time.monotonic() + self._timeout
        for each in self._planned:
            if each.job is not None:
                self._finish(each, max(deadline - time.monotonic(), 1.0))

    def compare(self) -> None:
        """Add the differences to the report."""
        self.report.differences = list(
            compare(self._service.recorder.exchanges, self._emulated.recorder.exchanges)
        )

    def _call_both(
        self, operation: str, version: str, function: Callable[[DeapiClient], object]
    ) -> Any:
        """Make a call to the service and to the emulator, and return the result of the service."""
        outcomes = [
            side.attempt(operation, partial(function, side.clients[version]))
            for side in (self._service, self._emulated)
        ]
        value, error = outcomes[0]
        self._add(operation, version, error)
        return value

    def _add(self, call: str, version: str, error: Exception | None) -> CallResult:
        """Add a call of the service to the report."""
        return self.report.add(
            call, version, status=self._service.recorder.status(call, version), error=error
        )

    def _cheapest(self, submission: Submission, version: str) -> _Planned | None:
        """Return a submission with the cheapest model; None without a price."""
        operation = submission.operation
        models = submission.models(self._service.catalogue(version))
        if not models:
            self.report.skip(operation, version, "the account has no model for it")
            return None
        found: _Planned | None = None
        failures: list[tuple[ModelInfo | None, Exception]] = []
        for model in models:
            price, error = self._price(self._service, submission, version, model)
            if error is not None:
                failures.append((model, error))
            if price is not None and 0 <= price < (math.inf if found is None else found.price):
                found = _Planned(submission, version, model, price)
        self._price(
            self._emulated, submission, version, self._emulated_model(submission, version, found)
        )
        error = failures[0][1] if found is None and failures else None
        self._add(f"{operation}_price", version, error)
        if found is None:
            self.report.skip(operation, version, "it has no price")
            return None
        for model, error in failures:
            slug = None if model is None else model.slug
            self.report.skip(operation, version, f"with {slug}: {message(error)}")
        return found

    def _price(
        self, side: _Side, submission: Submission, version: str, model: ModelInfo | None
    ) -> tuple[float | None, Exception | None]:
        client = side.clients[version]
        method = find_method(client, f"{submission.operation}_price")
        arguments = submission.arguments(client, model, self._media)
        accepted = {
            name: value
            for name, value in arguments.items()
            if name in inspect.signature(method).parameters
        }
        price, error = side.attempt(f"{submission.operation}_price", partial(method, **accepted))
        return (None if price is None else price.price), error

    def _emulated_model(
        self, submission: Submission, version: str, found: _Planned | None
    ) -> ModelInfo | None:
        """Return the model of the service in the emulator, otherwise the first of the task."""
        models = submission.models(self._emulated.catalogue(version))
        slug = None if found is None or found.model is None else found.model.slug
        same = [each for each in models if each is not None and each.slug == slug]
        return (same or models or [None])[0]

    def _submit(self, planned: _Planned) -> None:
        operation, version = planned.submission.operation, planned.version
        value, error = self._call(self._service, planned, planned.model)
        result = self._add(operation, version, error)
        result.model = None if planned.model is None else planned.model.slug
        result.price = planned.price
        planned.result = result
        if isinstance(value, Job):
            planned.job, result.outcome = value, ""
        model = self._emulated_model(planned.submission, version, planned)
        emulated, _ = self._call(self._emulated, planned, model)
        if isinstance(emulated, Job):
            planned.emulated_job = emulated

    def _call(
        self, side: _Side, planned: _Planned, model: ModelInfo | None
    ) -> tuple[Any, Exception | None]:
        operation, client = planned.submission.operation, side.clients[planned.version]
        arguments = planned.submission.arguments(client, model, self._media)
        return side.attempt(operation, partial(find_method(client, operation), **arguments))

    def _finish(self, planned: _Planned, seconds: float) -> None:
        operation = planned.submission.operation
        job, emulated, result = planned.job, planned.emulated_job, planned.result
        assert job is not None  # noqa: S101 - for type checkers
        assert result is not None  # noqa: S101 - for type checkers
        if emulated is not None:
            interval: Any = {"poll_interval": _EMULATOR_POLL_INTERVAL}
            self._emulated.attempt(operation, lambda: emulated.read(**interval))
        _, error = self._service.attempt(operation, lambda: job.read(max_wait=seconds))
        result.outcome = "ok" if error is None else message(error)
        self._note(f"{operation} ({planned.version}): {result.outcome}")


def choose_versions(requested: str | None) -> tuple[str, ...]:
    """Return the API versions to compare: the requested one, otherwise all."""
    return tuple(API_PREFIXES) if requested is None else (requested,)


def _make_media() -> dict[str, Any]:
    """Return the smallest files that the operations accept."""
    text = "Hello there. This is a talk about lighthouses."
    image = images.encode(images.generate("lighthouse", 256, 256, 1), "png")
    speech = audio.synthesize_speech(text, voice="a", speed=1, format="mp3", sample_rate=24000)
    clip = video.generate("clip", width=256, height=256, frames=24, fps=24, seed=1, audio=speech)
    return {
        "image": ("image.png", image),
        "audio": ("audio.mp3", speech),
        "video": ("video.mp4", clip),
    }


def _key(client: DeapiClient) -> str:
    return client._config.api_key  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
