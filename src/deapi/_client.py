"""The two clients: settings and connections, with the resources hung off them."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Generic, TypeVar

from ._config import configure
from ._core import readers
from ._core.flows import Core
from ._core.request import Request
from ._jobs import AsyncJob, Job
from ._logging import set_up_logging

if TYPE_CHECKING:
    from types import TracebackType

    import httpx
    from typing_extensions import Self

    from ._config import Config, RetrySubmissions, TimeoutLike
    from ._http.aio import AsyncTransport
    from ._http.sync import SyncTransport
    from ._rate_limits import RateLimit
    from .resources.account import Account, AsyncAccount
    from .resources.audio import AsyncAudio, Audio
    from .resources.embeddings import AsyncEmbeddings, Embeddings
    from .resources.images import AsyncImages, Images
    from .resources.keys import AsyncCurrentKey, AsyncKeys, CurrentKey, Keys
    from .resources.models import AsyncModels, Models
    from .resources.ocr import OCR, AsyncOCR
    from .resources.prompts import AsyncPrompts, Prompts
    from .resources.transcription import AsyncTranscription, Transcription
    from .resources.video import AsyncVideo, Video
    from .types import Balance

# Where each resource is written, and the name of its class; that of AsyncDeapiClient has "Async"
# before it.
_RESOURCES = {
    "images": ("images", "Images"),
    "audio": ("audio", "Audio"),
    "video": ("video", "Video"),
    "transcription": ("transcription", "Transcription"),
    "embeddings": ("embeddings", "Embeddings"),
    "ocr": ("ocr", "OCR"),
    "prompts": ("prompts", "Prompts"),
    "models": ("models", "Models"),
    "account": ("account", "Account"),
    "current_key": ("keys", "CurrentKey"),
    "keys": ("keys", "Keys"),
}

HttpClientT = TypeVar("HttpClientT")
TransportT = TypeVar("TransportT", "SyncTransport", "AsyncTransport")

set_up_logging(os.environ.get("DEAPI_LOG"))


class _Client(Generic[HttpClientT, TransportT]):
    """What the two clients have in common: everything but waiting."""

    _transport: TransportT
    _prefix = ""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        api_version: str | None = None,
        retry_submissions: RetrySubmissions | None = None,
        max_retry_wait: float | None = None,
        http_client: HttpClientT | None = None,
    ) -> None:
        """Settle the settings. Nothing is sent and nothing is opened yet.

        Args:
            api_key: The API key; by default the environment variable ``DEAPI_API_KEY``.
            base_url: Where the API is; by default ``DEAPI_BASE_URL``, else
                ``https://api.deapi.ai``.
            timeout: Seconds that connecting, sending a piece, and the whole answer may take each,
                more than 0; 30 by default. An ``httpx.Timeout`` sets them one by one.
            max_retries: How often a call is tried again after a failure that may pass, 0 or more;
                3 by default.
            api_version: The version of the API; by default ``DEAPI_API_VERSION``, else ``"v1"``.
            retry_submissions: When a submission, which costs money, is sent again. ``"safe"``, the
                default: only if it cannot have been accepted; ``"always"``: like any other call,
                at the risk of paying twice; ``"never"``.
            max_retry_wait: The longest wait between two tries, in seconds; 60 by default. If the
                service asks for more (a daily quota asks for hours), its error is raised at once.
            http_client: A client of httpx or httpx2 to send through, for a proxy, a client
                certificate, or another transport. It stays yours to close. Its own connections
                cannot be held to the time of a whole answer while the headers trickle in; each
                piece of them must come within ``timeout``.

        Raises:
            ValueError, TypeError: A setting is not usable, or there is no API key.
            DeapiError: The API version is not supported.
        """
        config = configure(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            api_version=api_version,
            retry_submissions=retry_submissions,
            max_retry_wait=max_retry_wait,
        )
        self._set_up(config, self._connect(Core(config), http_client))

    def _connect(self, core: Core, http_client: HttpClientT | None) -> TransportT:
        raise NotImplementedError

    def _set_up(self, config: Config, transport: TransportT) -> None:
        self._config = config
        self._transport = transport

    def with_options(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        api_version: str | None = None,
        retry_submissions: RetrySubmissions | None = None,
        max_retry_wait: float | None = None,
    ) -> Self:
        """A client with other settings on the same connections, cheap enough for a single call.

        Args:
            api_key: As for the client, as is everything below; None leaves a setting as it is.
            base_url: Where the API is.
            timeout: Seconds, or an ``httpx.Timeout``.
            max_retries: How often to try again.
            api_version: The version of the API.
            retry_submissions: When to send a submission again.
            max_retry_wait: The longest wait between two tries, in seconds.

        Returns:
            The new client. Closing it leaves this one open; closing this one closes both.

        Raises:
            ValueError, TypeError: A setting is not usable.
            DeapiError: The API version is not supported.
        """
        config = self._config.replace(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            api_version=api_version,
            retry_submissions=retry_submissions,
            max_retry_wait=max_retry_wait,
        )
        view = object.__new__(type(self))
        core = Core(config)
        if (config.api_key, config.base_url) == (self._config.api_key, self._config.base_url):
            core.rate_limits = self._transport.core.rate_limits  # the same account's
        view._set_up(config, self._transport.view(core))
        return view

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """The quotas as last reported, by operation: ``client.rate_limits["images.generate"]``.

        Nothing is asked for this: the service reports a quota with each of its answers. It counts
        jobs by their model, so an operation that is called with several models has a quota for each
        of them; this is the one of the last call. Clients that ``with_options()`` makes with the
        same key share what they see.
        """
        return self._transport.core.rate_limits.by_operation()

    if not TYPE_CHECKING:  # or every name would seem to be there

        def __getattr__(self, name: str) -> object:
            # A resource is loaded and hung here when it is first used: few programs need them all.
            if name not in _RESOURCES:
                return object.__getattribute__(self, name)  # raises what it raised before
            home, kind = _RESOURCES[name]
            module = import_module(f".resources.{home}", __package__)
            resource = getattr(module, self._prefix + kind)(self._transport)
            return self.__dict__.setdefault(name, resource)  # another thread may have been first

        def __dir__(self) -> list[str]:
            return sorted({*super().__dir__(), *_RESOURCES})

    def __repr__(self) -> str:
        config = getattr(self, "_config", None)  # a crash report may ask before it is there
        return f"{type(self).__name__}({f'base_url={config.base_url!r}' if config else ''})"


class DeapiClient(_Client["httpx.Client", "SyncTransport"]):
    """The synchronous client of the deAPI platform.

    One client may be shared by any number of threads. It opens its first connection with the first
    call, and keeps its connections until it is closed.

    Attributes:
        images: Making, editing, enlarging and cutting out images.
        audio: Speaking texts and making music.
        video: Making, changing, enlarging and cutting out videos.
        transcription: Writing down what is said in recordings.
        embeddings: Turning texts into vectors.
        ocr: Reading the text in images.
        prompts: Improving prompts, and finding some to begin with.
        models: The catalogue of models.
        account: The account's money and what was used (API v2, ADMIN key).
        current_key: The API key that the client uses (API v2).
        keys: The account's API keys (API v2, ADMIN key).
    """

    images: Images
    audio: Audio
    video: Video
    transcription: Transcription
    embeddings: Embeddings
    ocr: OCR
    prompts: Prompts
    models: Models
    account: Account
    current_key: CurrentKey
    keys: Keys

    def _connect(self, core: Core, http_client: httpx.Client | None) -> SyncTransport:
        from ._http.sync import SyncConnections, SyncTransport

        return SyncTransport(core, SyncConnections(http_client))

    def balance(self) -> Balance:
        """Ask for the account's balance. On API v2 this needs an ADMIN key.

        Returns:
            The balance, in credits, which are US dollars.

        Raises:
            PermissionDeniedError: The key is no ADMIN key.
            DeapiError: The service could not be asked.

        Endpoint: ``GET balance`` (v1), ``GET account/balance`` (v2).
        """
        return self._transport.value(Request("balance"), readers.balance)

    def job(self, request_id: str) -> Job:
        """Take up a job again that was submitted before, by this program or another.

        Args:
            request_id: The job's id.

        Returns:
            A handle of the job. The service is not asked yet.

        Raises:
            ValueError, TypeError: It cannot be the id of a job.
        """
        return Job(self._transport, request_id)

    def close(self) -> None:
        """Close the connections. The client cannot be used after that."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncDeapiClient(_Client["httpx.AsyncClient", "AsyncTransport"]):
    """The asynchronous client of the deAPI platform: the same calls, to be awaited.

    One client serves hundreds of concurrent calls: make it once, not once a request. It opens its
    first connection with the first call, and keeps its connections until it is closed.

    Attributes:
        images: Making, editing, enlarging and cutting out images.
        audio: Speaking texts and making music.
        video: Making, changing, enlarging and cutting out videos.
        transcription: Writing down what is said in recordings.
        embeddings: Turning texts into vectors.
        ocr: Reading the text in images.
        prompts: Improving prompts, and finding some to begin with.
        models: The catalogue of models.
        account: The account's money and what was used (API v2, ADMIN key).
        current_key: The API key that the client uses (API v2).
        keys: The account's API keys (API v2, ADMIN key).
    """

    _prefix = "Async"

    images: AsyncImages
    audio: AsyncAudio
    video: AsyncVideo
    transcription: AsyncTranscription
    embeddings: AsyncEmbeddings
    ocr: AsyncOCR
    prompts: AsyncPrompts
    models: AsyncModels
    account: AsyncAccount
    current_key: AsyncCurrentKey
    keys: AsyncKeys

    def _connect(self, core: Core, http_client: httpx.AsyncClient | None) -> AsyncTransport:
        from ._http.aio import AsyncConnections, AsyncTransport

        return AsyncTransport(core, AsyncConnections(http_client))

    async def balance(self) -> Balance:
        """Ask for the account's balance. On API v2 this needs an ADMIN key.

        Returns:
            The balance, in credits, which are US dollars.

        Raises:
            PermissionDeniedError: The key is no ADMIN key.
            DeapiError: The service could not be asked.

        Endpoint: ``GET balance`` (v1), ``GET account/balance`` (v2).
        """
        return await self._transport.value(Request("balance"), readers.balance)

    def job(self, request_id: str) -> AsyncJob:
        """Take up a job again that was submitted before, by this program or another.

        Args:
            request_id: The job's id.

        Returns:
            A handle of the job. The service is not asked yet, so there is nothing to await.

        Raises:
            ValueError, TypeError: It cannot be the id of a job.
        """
        return AsyncJob(self._transport, request_id)

    async def close(self) -> None:
        """Close the connections. The client cannot be used after that."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
