"""Settings of a client: arguments, then environment variables, then defaults, validated once."""

from __future__ import annotations

import os
import re
import string
import sys
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, cast
from urllib.parse import urlsplit

from ._exceptions import UnsupportedVersionError
from ._request_options import validate_body, validate_headers, validate_idempotency_key
from ._secrets import Secret, to_secret
from ._text import describe
from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

RetrySubmissions: TypeAlias = Literal["safe", "always", "never"]

DEFAULT_BASE_URL = "https://api.deapi.ai"

GATEWAY_KEY_PREFIX = "dpn-sk-"
"""Prefix of an API key that the OpenAI-compatible gateway requires, and the native API rejects."""

API_PREFIXES = {"v1": "/api/v1/client/", "v2": "/api/v2/"}
"""The supported API versions, and the path prefix of each."""

# Of a shorter key, a repr shows nothing. Only keys in tests are that short.
_MIN_MASKED_KEY_LENGTH = 20

_HEADER_VALUE = re.compile("[!-~]+")

_SPACE = f"{string.whitespace}\ufeff"  # also the byte order mark of a file in Windows

_MAX_RETRIES = 1_000_000
_HTTPX_DEFAULT_TIMEOUT = 5.0  # also httpx2's; too short for many calls

MAX_SECONDS = 100_000_000  # three years; some clocks cannot wait much longer


class TimeoutLike(Protocol):
    """The attributes of ``httpx.Timeout``: seconds for each phase of a request, None for no limit.

    Attributes:
        connect: Seconds to open a connection.
        read: Seconds to receive the response.
        write: Seconds to send one chunk.
        pool: Seconds to wait for a free connection.
    """

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None


class Timeouts(NamedTuple):
    """Seconds for each phase of a request; None for no limit."""

    connect: float | None
    read: float | None
    """For the whole response, from the time when the request has been sent."""
    write: float | None
    pool: float | None


@dataclass(frozen=True, eq=False)
class Config:
    """Validated settings of one client.

    The repr does not contain the API key. Pickling raises ``TypeError``, because the pickle would
    contain the key.
    """

    api_key: str = field(repr=False)
    base_url: str
    timeout: float | TimeoutLike
    max_retries: int
    api_version: str
    retry_submissions: RetrySubmissions
    max_retry_wait: float
    idempotency_key: str | None = field(default=None, repr=False)
    extra_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    extra_body: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    max_price: float | None = None
    client_id: str | None = None

    @property
    def timeouts(self) -> Timeouts:
        """``timeout`` by phase. A single number does not limit the wait for a free connection."""
        timeout = self.timeout
        if isinstance(timeout, (int, float)):
            return Timeouts(connect=timeout, read=timeout, write=timeout, pool=None)
        return Timeouts(timeout.connect, timeout.read, timeout.write, timeout.pool)

    def summary(self) -> dict[str, str]:
        """Return the settings that a repr shows, with the last characters of the API key."""
        key = f"…{self.api_key[-4:]}" if len(self.api_key) >= _MIN_MASKED_KEY_LENGTH else "…"
        return {
            "base_url": repr(self.base_url),
            "api_version": repr(self.api_version),
            "api_key": repr(key),
            "version": repr(__version__),
        }

    def with_changes(self, **changes: Any) -> Config:
        """Return a copy with some settings changed; None leaves a setting unchanged."""
        settings = {
            each.name: getattr(self, each.name) for each in fields(self) if each.name != "api_key"
        }
        # Validated without this key, which the local variables of a traceback would show.
        settings["api_key"] = "unchanged"
        settings.update({name: value for name, value in changes.items() if value is not None})
        config = configure(**settings)
        if changes.get("api_key") is None:
            config = replace(config, api_key=self.api_key)
        return config

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "A deapi client cannot be pickled, because the pickle would contain its API key. "
            "Create a client where it is needed. Jobs can be pickled, and client.job(job) resumes "
            "them."
        )


def configure(
    *,
    api_key: str | Secret | None = None,
    base_url: str | None = None,
    timeout: float | TimeoutLike | None = None,
    max_retries: int | None = None,
    api_version: str | None = None,
    retry_submissions: RetrySubmissions | None = None,
    max_retry_wait: float | None = None,
    idempotency_key: str | None = None,
    extra_headers: Mapping[str, str] | None = None,
    extra_body: Mapping[str, object] | None = None,
    max_price: float | None = None,
    client_id: str | int | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Return validated settings.

    Raises:
        ValueError: A setting has an invalid value, or there is no API key.
        TypeError: A setting has the wrong type.
        UnsupportedVersionError: The API version is not supported.
    """
    return Config(
        api_key=resolve_api_key(api_key, environ, profile),
        base_url=_base_url(base_url if base_url is not None else environment_base_url(environ)),
        timeout=_timeout(30.0 if timeout is None else timeout),
        max_retries=validate_count(
            "max_retries", 3 if max_retries is None else max_retries, 0, _MAX_RETRIES
        ),
        api_version=_api_version(
            api_version if api_version is not None else variable("API_VERSION", environ) or "v1"
        ),
        retry_submissions=_one_of(
            "retry_submissions",
            "safe" if retry_submissions is None else retry_submissions,
            ("safe", "always", "never"),
        ),
        max_retry_wait=validate_seconds(
            "max_retry_wait", 60.0 if max_retry_wait is None else max_retry_wait, allow_zero=True
        ),
        idempotency_key=None
        if idempotency_key is None
        else validate_idempotency_key(idempotency_key),
        extra_headers=validate_headers({} if extra_headers is None else extra_headers),
        extra_body=validate_body({} if extra_body is None else extra_body),
        max_price=None if max_price is None else validate_amount("max_price", max_price),
        client_id=_client_id(
            client_id if client_id is not None else variable("CLIENT_ID", environ) or None
        ),
    )


def resolve_api_key(
    api_key: str | Secret | None,
    environ: Mapping[str, str] | None = None,
    profile: str | None = None,
) -> str:
    """Return the API key of an argument, a profile or the environment.

    It is returned without the gateway's prefix. The environment is read only without a profile.

    Raises:
        ValueError: There is no API key, or it cannot be sent in a header.
        TypeError: The API key is not a string.
    """
    if profile is not None:
        if api_key is not None:
            raise ValueError("api_key and profile are both passed. Pass one of them.")
        from ._profiles import read_key

        return _api_key(read_key(profile))
    return _api_key(to_secret(variable("API_KEY", environ) if api_key is None else api_key))


def timeout_of(http_client: object) -> TimeoutLike | None:
    """Return the timeout that the caller has set in an HTTP client; None for httpx's default."""
    timeout: Any = getattr(http_client, "timeout", None)
    if timeout is None or timeout == type(timeout)(_HTTPX_DEFAULT_TIMEOUT):
        return None
    return cast("TimeoutLike", timeout)


def validate_seconds(name: str, value: object, *, allow_zero: bool = False) -> float:
    """Return ``value`` if it is a valid number of seconds.

    Args:
        name: Name of the argument, for messages.
        value: Value of the argument. It must be more than 0 and at most ``MAX_SECONDS``.
        allow_zero: Accept 0 also.

    Raises:
        TypeError: ``value`` is not a number.
        ValueError: ``value`` is out of range.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}.")
    if not 0 <= value <= MAX_SECONDS or (value == 0 and not allow_zero):  # also rejects NaN
        minimum = "at least 0" if allow_zero else "more than 0"
        raise ValueError(
            f"{name} must be a number of seconds, {minimum} and at most {MAX_SECONDS:,}; "
            f"got {describe(value)}."
        )
    return value


def validate_count(name: str, value: object, minimum: int, maximum: int) -> int:
    """Return ``value`` if it is an integer from ``minimum`` to ``maximum``.

    Raises:
        TypeError: It is not an integer.
        ValueError: It is out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}.")
    if not minimum <= value <= maximum:
        raise ValueError(f"{name} must be from {minimum} to {maximum:,}; got {describe(value)}.")
    return value


def validate_amount(name: str, value: object) -> float:
    """Return ``value`` if it is an amount of US dollars.

    Raises:
        TypeError: It is not a number.
        ValueError: It is not more than 0, or not the value of a float.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of US dollars, not {type(value).__name__}.")
    if not 0 < value <= sys.float_info.max:  # also rejects NaN
        raise ValueError(f"{name} must be more than 0 US dollars; got {describe(value)}.")
    return float(value)


def environment_base_url(environ: Mapping[str, str] | None = None) -> str:
    """Return the URL of the API that the environment selects, which may be invalid."""
    return variable("BASE_URL", environ).rstrip("/") or DEFAULT_BASE_URL


def variable(name: str, environ: Mapping[str, str] | None = None) -> str:
    """Return an environment variable of this package; an empty string if it is not set.

    Args:
        name: Its name, without ``DEAPI_``.
        environ: The environment; by default that of this process.
    """
    # Not a default value, which the local variables of a traceback would show.
    return _unquote((os.environ if environ is None else environ).get(f"DEAPI_{name}", ""))


def _unquote(value: str) -> str:
    """Remove what an .env file, a shell or an editor leaves around a value."""
    return value.strip(_SPACE).strip("\"'").strip(_SPACE)


def _api_key(secret: Secret) -> str:
    if not isinstance(secret.value, str):
        raise TypeError(f"api_key must be a str, not {type(secret.value).__name__}.")
    key = Secret(_unquote(secret.value).removeprefix(GATEWAY_KEY_PREFIX))
    if not key.value:
        raise ValueError(
            "API key is required: pass api_key=... or set the environment variable DEAPI_API_KEY. "
            "Create a key at https://app.deapi.ai."
        )
    if not _HEADER_VALUE.fullmatch(key.value):
        raise ValueError(
            "api_key contains a character that is not allowed in an HTTP header (a space, a line "
            "break, or one outside ASCII). Copy it again from the dashboard."
        )
    return str(key.value)


def _base_url(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"base_url must be a str, not {type(value).__name__}.")
    url = value.strip().rstrip("/")
    problem = None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it validates it
    except ValueError as error:
        problem = str(error)
    else:
        if not url.isascii() or any(c <= " " or c in "\x7f\\" for c in url):
            problem = "it contains a character that is not allowed in a URL"
        elif parts.scheme not in ("http", "https") or not parts.hostname:
            problem = "it must begin with https:// (or http://) and a host name"
        elif "@" in parts.netloc:
            problem = "it must not contain a user name or password"
        elif "?" in url or "#" in url:
            problem = "it must not contain a query or a fragment"
    if problem is not None:
        # The value is not shown, because it may be an API key in the wrong argument.
        raise ValueError(f"base_url is invalid: {problem}. The default is {DEFAULT_BASE_URL}.")
    return url


def _timeout(value: object) -> float | TimeoutLike:
    phases = ("connect", "read", "write", "pool")
    if not all(hasattr(value, phase) for phase in phases):
        return validate_seconds("timeout", value)
    for phase in phases:
        seconds = getattr(value, phase)
        if seconds is not None:
            validate_seconds(f"timeout.{phase}", seconds)
    return cast("TimeoutLike", value)


def _api_version(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"api_version must be a str, not {type(value).__name__}.")
    if value not in API_PREFIXES:
        supported = ", ".join(API_PREFIXES)
        raise UnsupportedVersionError(
            f"Unsupported API version: {value[:20]!r}. Supported: {supported}."
        )
    return value


def _client_id(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"client_id must be a str or an int, not {type(value).__name__}.")
    client_id = str(value).strip()
    if not re.fullmatch(r"[\w.-]{1,100}", client_id, re.ASCII):
        raise ValueError(
            f"client_id is invalid: {client_id!r:.40}. Copy it from the dashboard at "
            "https://app.deapi.ai; it is a number, for example 42."
        )
    return client_id


def _one_of(name: str, value: RetrySubmissions, choices: tuple[str, ...]) -> RetrySubmissions:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {describe(value)}.")
    return value
