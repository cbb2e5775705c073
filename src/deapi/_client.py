"""The sync and the async client."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from typing_extensions import Self

from . import batch as batches
from . import resources, types
from ._concrete import ConcreteMethods
from ._config import Config, RetrySubmissions, TimeoutLike, configure, timeout_of
from ._core.calls import call
from ._core.context import CallContext
from ._core.observing import validate_on_event
from ._core.operation import Operation, Route
from ._core.request import Request
from ._core.shared_polls import SharedPolls
from ._core.unsettled import Unsettled, UnsettledSubmission
from ._jobs import AsyncJob, Job, identify
from ._logging import set_up_logging
from ._rate_limits import RateLimit
from ._suggestions import SuggestsAttributes
from ._text import format_call
from ._types import ApiVersion
from .events import Event

if TYPE_CHECKING:
    import httpx

    from ._http.aio import AsyncDriver
    from ._http.sync import SyncDriver
else:

    class _LazyHttpx:
        """Stands in for httpx in annotations. It imports httpx when one of them is evaluated."""

        def __getattr__(self, name: str) -> object:
            if name not in ("AsyncClient", "Client"):  # tools look for other attributes
                raise AttributeError(name)
            return getattr(import_module("httpx"), name)

    httpx = _LazyHttpx()

log = logging.getLogger("deapi")

HttpClientT = TypeVar("HttpClientT")
T = TypeVar("T")
DriverT = TypeVar("DriverT", "SyncDriver", "AsyncDriver")

set_up_logging(os.environ.get("DEAPI_LOG"))


class _ResourceAttribute:
    """Descriptor of a resource. It loads the resource on first use: few programs need all of them.

    On the client's class, it returns the class of the resource, so that mocks of the client have
    the methods of the resource.
    """

    def __init__(self, class_name: str) -> None:
        self._class_name = class_name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, client: _Client[Any, Any] | None, owner: type) -> Any:
        resource_class = getattr(resources, self._class_name)
        if client is None:
            return resource_class
        resource = client._new_resource(resource_class)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        # Another thread may have stored the resource already. Further accesses find it in __dict__
        # and do not call this method.
        return client.__dict__.setdefault(self._name, resource)


def _resource(class_name: str) -> Any:
    return _ResourceAttribute(class_name)


class _Client(SuggestsAttributes, Generic[HttpClientT, DriverT]):
    """Shared base of the sync and async clients."""

    _driver: DriverT
    _job_class: Any

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        api_version: ApiVersion | None = None,
        retry_submissions: RetrySubmissions | None = None,
        max_retry_wait: float | None = None,
        http_client: HttpClientT | None = None,
        client_id: str | int | None = None,
        profile: str | None = None,
    ) -> None:
        """Create a client. No connection is opened until the first request.

        Args:
            api_key: The API key; by default the environment variable ``DEAPI_API_KEY``.
            base_url: URL of the API; by default ``DEAPI_BASE_URL``, otherwise
                ``https://api.deapi.ai``.
            timeout: Maximum seconds to connect, to send one chunk, and to receive the whole
                response, each more than 0. An ``httpx.Timeout`` sets them individually. By default
                30, or the timeout of ``http_client`` unless that is httpx's default of 5.
            max_retries: Maximum number of retries after a transient failure, 0 or more; 3 by
                default.
            api_version: The API version, ``"v1"`` or ``"v2"``; by default ``DEAPI_API_VERSION``,
                otherwise ``"v1"``.
            retry_submissions: When to retry a submission, which costs money. ``"safe"`` (the
                default) retries it only if it was not sent completely, or if the service reports
                that it rejected it or failed. ``"always"`` retries it like any other request, so
                that you may pay twice. ``"never"`` does not retry it.
            max_retry_wait: Maximum delay before a retry, in seconds; 60 by default. If the service
                requires a longer delay (hours, for a daily limit), the error is raised immediately.
            http_client: A client of httpx or httpx2 to send requests with, for a proxy, a client
                certificate or another transport. It is not closed with this client. Its connections
                apply ``timeout`` to each read of the response headers, not to the headers in total.
            client_id: The account's client ID, shown in the dashboard; by default
                ``DEAPI_CLIENT_ID``. With it, a socket announces the updates of jobs, so that waits
                poll less and end at once. Requires the extra ``realtime``.
            profile: Name of a profile that ``deapi login --profile NAME`` has stored. Its API key
                is read from a file or the keyring, and used instead of ``DEAPI_API_KEY``. By
                default no profile is read.

        Raises:
            ValueError, TypeError: A setting is invalid, there is no API key, the profile cannot be
                read, or ``api_key`` and ``profile`` are both passed.
            UnsupportedVersionError: The API version is not supported.
            ImportError: ``client_id`` is passed, but the extra ``realtime`` is not installed.
        """
        config = configure(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout_of(http_client) if timeout is None else timeout,
            max_retries=max_retries,
            api_version=api_version,
            retry_submissions=retry_submissions,
            max_retry_wait=max_retry_wait,
            client_id=client_id,
            profile=profile,
        )
        if config.client_id is not None:
            config = _require_realtime(config, is_explicit=client_id is not None)
        self._init(config, self._connect(_new_context(config), http_client))

    def _init(self, config: Config, driver: DriverT) -> None:
        self._config = config
        self._driver = driver

    def _connect(self, context: CallContext, http_client: HttpClientT | None) -> DriverT:
        raise NotImplementedError

    def _new_resource(self, resource_class: Callable[[DriverT, Any], T]) -> T:
        return resource_class(self._driver, self._job_class)

    def with_options(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        api_version: ApiVersion | None = None,
        retry_submissions: RetrySubmissions | None = None,
        max_retry_wait: float | None = None,
        idempotency_key: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, object] | None = None,
        max_price: float | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Self:
        """Return a client with other settings and the same connections, cheap enough for one call.

        None leaves a setting unchanged.

        Args:
            api_key: The API key.
            base_url: URL of the API.
            timeout: Maximum seconds to connect, to send one chunk, and to receive the whole
                response, or an ``httpx.Timeout``.
            max_retries: Maximum number of retries after a transient failure, 0 or more.
            api_version: The API version, ``"v1"`` or ``"v2"``.
            retry_submissions: When to retry a submission: ``"safe"``, ``"always"`` or ``"never"``.
            max_retry_wait: Maximum delay before a retry, in seconds.
            idempotency_key: The ``Idempotency-Key`` header of the submissions of the new client, 1
                to 255 printable ASCII characters; by default a random one for each call. The
                service is not known to use it.
            extra_headers: Headers to add to each API request, for what the SDK does not know yet.
                They are not sent with downloads.
            extra_body: Fields to add to each request with a body, for what the SDK does not know
                yet. They replace arguments of the same name, and are sent without further checks.
                The status of a job can be read. Other requests without a body are rejected.
            max_price: Maximum price of one call in US dollars, more than 0. The price is requested
                before each call that costs money, and a call that costs more raises
                ``PriceLimitError``.
            on_event: Called with each event of the new client: calls, attempts, retries, jobs and
                downloads, see ``deapi.events``. It must return quickly, and is not awaited. What it
                raises is logged.

        Returns:
            The new client. Closing it does not close this client. Closing this client closes both.

        Raises:
            ValueError, TypeError: A setting is invalid.
            UnsupportedVersionError: The API version is not supported.
        """
        config = self._config.with_changes(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            api_version=api_version,
            retry_submissions=retry_submissions,
            max_retry_wait=max_retry_wait,
            idempotency_key=idempotency_key,
            extra_headers=extra_headers,
            extra_body=extra_body,
            max_price=max_price,
        )
        context = _new_context(config)
        context.unsettled = self._driver.context.unsettled
        context.on_event = (
            self._driver.context.on_event if on_event is None else validate_on_event(on_event)
        )
        if (config.api_key, config.base_url) == (self._config.api_key, self._config.base_url):
            # The same account, so the same rate limits.
            current = self._driver.context
            context.rate_limits, context.polls = current.rate_limits, current.polls
            context.push = current.push
            if config.api_version == self._config.api_version:
                context.catalogue = current.catalogue
        clone = object.__new__(type(self))
        clone._init(config, self._driver.clone(context))
        return clone

    def _job_arguments(self, job: object) -> tuple[DriverT, str]:
        """Return the driver and the ID of the job that a caller passes."""
        request_id, api_version = identify(job)
        is_same = api_version in (None, self._config.api_version)
        client = self if is_same else self.with_options(api_version=api_version)
        return client._driver, request_id  # noqa: SLF001

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """The most recent rate limits by operation, for example ``"images.generate"``.

        The service reports them in each response, so no request is sent. Submissions have a
        separate limit for each model; the value is that of the model in the most recent call.
        Clients from ``with_options()`` share the values, unless ``api_key`` or ``base_url`` differ.
        """
        return self._driver.context.rate_limits.by_operation()

    @property
    def unsettled(self) -> tuple[UnsettledSubmission, ...]:
        """The submissions of this process that are in doubt, the oldest first.

        These calls failed or were interrupted although the request may have been accepted and
        charged. A successful call with the same ``idempotency_key`` removes its entry. The client
        keeps the most recent 1000, and shares them with the clients from ``with_options()``. A
        forked process starts with none.
        """
        return self._driver.context.unsettled.entries()

    def __repr__(self) -> str:
        config = getattr(self, "_config", None)  # missing if the constructor failed
        arguments: dict[str, str] = {} if config is None else config.summary()
        return format_call(type(self).__name__, arguments, limit=300)


def _require_realtime(config: Config, *, is_explicit: bool) -> Config:
    """Return the settings, without the client ID if it cannot be used.

    Args:
        config: The settings, with a client ID.
        is_explicit: Whether the client ID is an argument, not from the environment.

    Raises:
        ImportError: The extra ``realtime`` is not installed, and the client ID is an argument.
    """
    from .realtime import is_websockets_installed

    if is_websockets_installed():
        return config
    if is_explicit:
        raise ImportError(
            "client_id requires the extra 'realtime': pip install 'deapi-python-sdk[realtime]'"
        )
    log.info(
        "DEAPI_CLIENT_ID is set, but the extra 'realtime' is not installed. Jobs are polled "
        "instead. To receive updates: pip install 'deapi-python-sdk[realtime]'"
    )
    return replace(config, client_id=None)


def _clock(*names: str) -> Callable[[], float]:
    """Return the first clock that Python and the system have.

    freezegun stops time.monotonic(). A wait with a stopped clock would never end. On Windows, which
    does not have clock_gettime(), the clients of such tests must be created before time is frozen.
    """
    for name in names:
        with suppress(AttributeError, OSError):
            clock = partial(time.clock_gettime, getattr(time, name))
            clock()
            return clock
    return time.monotonic


# While a laptop sleeps, CLOCK_MONOTONIC stops on Linux, and continues on macOS.
_monotonic = _clock("CLOCK_UPTIME_RAW", "CLOCK_MONOTONIC")
_elapsed = _clock("CLOCK_BOOTTIME", "CLOCK_MONOTONIC")


def _new_context(config: Config) -> CallContext:
    return CallContext(
        config,
        monotonic=_monotonic,
        elapsed=_elapsed,
        wall_clock=time.time,
        random=random.random,
        token=lambda: os.urandom(16).hex(),
        polls=SharedPolls(threading.RLock, os.getpid),
        unsettled=Unsettled(os.getpid),
    )


_BALANCE = Operation(
    "balance",
    v1=Route("balance", "GET"),
    v2=Route("account/balance", "GET"),
    returns="Balance",
)


class DeapiClient(ConcreteMethods, _Client["httpx.Client", "SyncDriver"]):
    """Sync client of the deAPI platform.

    One client may be shared by any number of threads. It opens its first connection with the first
    call, and keeps its connections open until it is closed.
    """

    images: resources.Images = _resource("Images")
    """Image generation, editing, upscaling and background removal."""
    audio: resources.Audio = _resource("Audio")
    """Speech synthesis and music generation."""
    video: resources.Video = _resource("Video")
    """Video generation, animation, upscaling, background removal and description."""
    transcription: resources.Transcription = _resource("Transcription")
    """Speech-to-text transcription."""
    embeddings: resources.Embeddings = _resource("Embeddings")
    """Text embeddings."""
    ocr: resources.OCR = _resource("OCR")
    """Text recognition in images."""
    prompts: resources.Prompts = _resource("Prompts")
    """Prompt enhancement and sample prompts."""
    models: resources.Models = _resource("Models")
    """The catalogue of models."""
    account: resources.Account = _resource("Account")
    """The account's balance, usage and payments (API v2, ADMIN key)."""
    current_key: resources.CurrentKey = _resource("CurrentKey")
    """The API key that the client uses (API v2)."""
    keys: resources.Keys = _resource("Keys")
    """The account's API keys (API v2, ADMIN key)."""

    _job_class = Job

    def _connect(self, context: CallContext, http_client: httpx.Client | None) -> SyncDriver:
        from ._http.sync import SyncConnections, SyncDriver

        driver = SyncDriver(context, SyncConnections(http_client))
        if context.config.client_id is not None:
            from .realtime.sync import SyncPush

            context.push = SyncPush(driver, context.config.client_id)
        return driver

    def balance(self) -> types.Balance:
        """Get the account's balance. With API v2 this requires an ADMIN key.

        Returns:
            The balance, in credits. One credit is one US dollar.

        Raises:
            PermissionDeniedError: The key does not have the ADMIN role.
            DeapiError: The call failed.

        Endpoint: ``GET balance`` (v1), ``GET account/balance`` (v2).
        """
        balance: types.Balance = self._driver.run(call(self._driver.context, Request(_BALANCE)))
        return balance

    def job(self, request_id: str | Job | AsyncJob) -> Job:
        """Get a handle to an existing job by its ID, from this program or another one.

        Args:
            request_id: The job's ID. Or a job, for example an unpickled one: its API version is
                used, with this client's other settings.

        Returns:
            A handle to the job. No request is sent.

        Raises:
            ValueError, TypeError: The ID is malformed.
            UnsupportedVersionError: The API version of the job is not supported.
        """
        return Job(*self._job_arguments(request_id))

    def batch(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        concurrency: int = 8,
        budget: float | None = None,
        retries: int = 2,
    ) -> batches.Batch:
        """Plan many jobs, and run them with a journal. Nothing is sent before ``run()``.

        Args:
            path: Path of the journal, an SQLite file that is created if it does not exist. A
                program that is started again with the same journal continues. By default the
                journal is in memory.
            concurrency: Maximum number of jobs at once, 1 to 1000; 8 by default.
            budget: Maximum amount in US dollars that all runs with this journal may spend, more
                than 0. Prices are requested before the submissions. By default there is no limit.
            retries: How often a job that failed and was refunded is submitted again, 0 to 100; 2
                by default.

        Returns:
            The batch. Close it after use, or use it in a ``with`` statement.

        Raises:
            ValueError, TypeError: An argument is out of range.
        """
        return batches.Batch(
            self._driver, path, concurrency=concurrency, budget=budget, retries=retries
        )

    def close(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        self._driver.close()

    if not TYPE_CHECKING:  # type checkers report a missing method themselves

        def __aenter__(self) -> None:
            raise TypeError(
                "DeapiClient is not an async client. Write `with DeapiClient(...) as client:`, or "
                "`async with AsyncDeapiClient(...) as client:`."
            )

        def __aexit__(self, *_: object) -> None:
            """Never called, but ``async with`` requires it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncDeapiClient(ConcreteMethods, _Client["httpx.AsyncClient", "AsyncDriver"]):
    """Async client of the deAPI platform, with the same methods as coroutines.

    One client serves hundreds of concurrent calls: create one per process, not one per request. It
    opens its first connection with the first call, and keeps its connections open until it is
    closed.
    """

    images: resources.AsyncImages = _resource("AsyncImages")
    """Image generation, editing, upscaling and background removal."""
    audio: resources.AsyncAudio = _resource("AsyncAudio")
    """Speech synthesis and music generation."""
    video: resources.AsyncVideo = _resource("AsyncVideo")
    """Video generation, animation, upscaling, background removal and description."""
    transcription: resources.AsyncTranscription = _resource("AsyncTranscription")
    """Speech-to-text transcription."""
    embeddings: resources.AsyncEmbeddings = _resource("AsyncEmbeddings")
    """Text embeddings."""
    ocr: resources.AsyncOCR = _resource("AsyncOCR")
    """Text recognition in images."""
    prompts: resources.AsyncPrompts = _resource("AsyncPrompts")
    """Prompt enhancement and sample prompts."""
    models: resources.AsyncModels = _resource("AsyncModels")
    """The catalogue of models."""
    account: resources.AsyncAccount = _resource("AsyncAccount")
    """The account's balance, usage and payments (API v2, ADMIN key)."""
    current_key: resources.AsyncCurrentKey = _resource("AsyncCurrentKey")
    """The API key that the client uses (API v2)."""
    keys: resources.AsyncKeys = _resource("AsyncKeys")
    """The account's API keys (API v2, ADMIN key)."""

    _job_class = AsyncJob

    def _connect(self, context: CallContext, http_client: httpx.AsyncClient | None) -> AsyncDriver:
        from ._http.aio import AsyncConnections, AsyncDriver

        driver = AsyncDriver(context, AsyncConnections(http_client))
        if context.config.client_id is not None:
            from .realtime.aio import AsyncPush

            context.push = AsyncPush(driver, context.config.client_id)
        return driver

    async def balance(self) -> types.Balance:
        """Get the account's balance. With API v2 this requires an ADMIN key.

        Returns:
            The balance, in credits. One credit is one US dollar.

        Raises:
            PermissionDeniedError: The key does not have the ADMIN role.
            DeapiError: The call failed.

        Endpoint: ``GET balance`` (v1), ``GET account/balance`` (v2).
        """
        balance: types.Balance = await self._driver.run(
            call(self._driver.context, Request(_BALANCE))
        )
        return balance

    def job(self, request_id: str | Job | AsyncJob) -> AsyncJob:
        """Get a handle to an existing job by its ID, from this program or another one.

        Args:
            request_id: The job's ID. Or a job, for example an unpickled one: its API version is
                used, with this client's other settings.

        Returns:
            A handle to the job. No request is sent, so there is nothing to await.

        Raises:
            ValueError, TypeError: The ID is malformed.
            UnsupportedVersionError: The API version of the job is not supported.
        """
        return AsyncJob(*self._job_arguments(request_id))

    def batch(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        concurrency: int = 8,
        budget: float | None = None,
        retries: int = 2,
    ) -> batches.AsyncBatch:
        """Plan many jobs, and run them with a journal. Nothing is sent before ``run()``.

        Args:
            path: Path of the journal, an SQLite file that is created if it does not exist. A
                program that is started again with the same journal continues. By default the
                journal is in memory.
            concurrency: Maximum number of jobs at once, 1 to 1000; 8 by default.
            budget: Maximum amount in US dollars that all runs with this journal may spend, more
                than 0. Prices are requested before the submissions. By default there is no limit.
            retries: How often a job that failed and was refunded is submitted again, 0 to 100; 2
                by default.

        Returns:
            The batch. Close it after use, or use it in an ``async with`` statement.

        Raises:
            ValueError, TypeError: An argument is out of range.
        """
        return batches.AsyncBatch(
            self._driver, path, concurrency=concurrency, budget=budget, retries=retries
        )

    async def close(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        await self._driver.close()

    if not TYPE_CHECKING:  # type checkers report a missing method themselves

        def __enter__(self) -> None:
            raise TypeError(
                "AsyncDeapiClient is an async client. Write `async with AsyncDeapiClient(...) as "
                "client:`, or `with DeapiClient(...) as client:`."
            )

        def __exit__(self, *_: object) -> None:
            """Never called, but ``with`` requires it."""

    async def __aenter__(self) -> Self:
        await self._driver.warm_up()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
