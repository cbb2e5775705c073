"""The settings of a client: arguments, then environment, then defaults, checked once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast
from urllib.parse import urlsplit

from ._core.versions import VERSIONS
from ._exceptions import DeapiError
from ._http.timeouts import Timeouts

if TYPE_CHECKING:
    from collections.abc import Mapping

RetrySubmissions: TypeAlias = Literal["safe", "always", "never"]

_LONGEST = 100_000_000  # seconds, three years; clocks cannot wait for much longer

DEFAULT_BASE_URL = "https://api.deapi.ai"


class TimeoutLike(Protocol):
    """What ``httpx.Timeout`` offers: seconds for each phase of a request, or None for no limit."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None


@dataclass(frozen=True)
class Config:
    """The settings of one client, valid once they stand here.

    A ``Config`` shows its key in no repr and refuses to be pickled, which would write it down.
    """

    api_key: str = field(repr=False)
    base_url: str
    timeout: float | TimeoutLike
    max_retries: int
    api_version: str
    retry_submissions: RetrySubmissions
    max_retry_wait: float

    @property
    def timeouts(self) -> Timeouts:
        """``timeout`` by phase. One number leaves the wait for a free connection unlimited."""
        given = self.timeout
        if isinstance(given, (int, float)):
            return Timeouts(connect=given, read=given, write=given, pool=None)
        return Timeouts(given.connect, given.read, given.write, given.pool)

    def replace(self, **changes: Any) -> Config:
        """The same settings with some changed; None leaves one as it is."""
        now = {each.name: getattr(self, each.name) for each in fields(self)}
        now.update({name: value for name, value in changes.items() if value is not None})
        return configure(**now)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "A deapi client cannot be pickled: that would write its API key down. Make a client "
            "where it is needed; a job travels as its request_id (see client.job())."
        )


def configure(
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    timeout: float | TimeoutLike | None = None,
    max_retries: int | None = None,
    api_version: str | None = None,
    retry_submissions: RetrySubmissions | None = None,
    max_retry_wait: float | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Settle every setting, or raise what is wrong with one before anything is sent.

    Raises:
        ValueError: A setting has an impossible value, or there is no API key.
        TypeError: A setting has the wrong type.
        DeapiError: The API version is none that this package speaks.
    """
    return Config(
        api_key=_api_key(api_key if api_key is not None else environ.get("DEAPI_API_KEY", "")),
        base_url=_base_url(
            base_url if base_url is not None else environ.get("DEAPI_BASE_URL") or DEFAULT_BASE_URL
        ),
        timeout=_timeout(30.0 if timeout is None else timeout),
        max_retries=_count("max_retries", 3 if max_retries is None else max_retries),
        api_version=_api_version(
            api_version if api_version is not None else environ.get("DEAPI_API_VERSION") or "v1"
        ),
        retry_submissions=_one_of(
            "retry_submissions",
            "safe" if retry_submissions is None else retry_submissions,
            ("safe", "always", "never"),
        ),
        max_retry_wait=seconds(
            "max_retry_wait", 60.0 if max_retry_wait is None else max_retry_wait, zero=True
        ),
    )


def seconds(name: str, value: object, *, zero: bool = False) -> float:
    """``value`` as a number of seconds: finite, and positive (or zero, where that has a meaning).

    Raises:
        TypeError: It is not a number.
        ValueError: It is out of range.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}.")
    if not 0 <= value <= _LONGEST or (value == 0 and not zero):  # NaN is refused by this, too
        least = "zero or more" if zero else "more than zero"
        raise ValueError(
            f"{name} must be a number of seconds, {least} and at most {_LONGEST:,}; "
            f"got {value!r:.40}."
        )
    return value


def _api_key(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"api_key must be a str, not {type(given).__name__}.")
    # The prefix belongs to the OpenAI-compatible gateway; the native API answers 401 to it.
    key = given.strip().removeprefix("dpn-sk-")
    if not key:
        raise ValueError(
            "API key is required: pass api_key=... or set the environment variable DEAPI_API_KEY. "
            "Keys are made at https://app.deapi.ai."
        )
    if not all("!" <= character <= "~" for character in key):
        raise ValueError(
            "api_key contains a character that cannot stand in an HTTP header (a space, a line "
            "break, or one outside ASCII). Copy it again from the dashboard."
        )
    return key


def _base_url(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"base_url must be a str, not {type(given).__name__}.")
    url = given.strip().rstrip("/")
    problem = None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError as error:
        problem = str(error)
    else:
        if not url.isascii() or any(c <= " " or c in "\x7f\\" for c in url):
            problem = "it contains a character that cannot stand in a URL"
        elif parts.scheme not in ("http", "https") or not parts.hostname:
            problem = "it must begin with https:// (or http://) and a host name"
        elif "@" in parts.netloc:
            problem = "it must carry no user name or password"
        elif "?" in url or "#" in url:
            problem = "it must carry no query and no fragment"
    if problem is not None:
        # The value is not repeated: somebody may have pasted the key here.
        raise ValueError(f"base_url is not usable: {problem}. The default is {DEFAULT_BASE_URL}.")
    return url


def _timeout(given: object) -> float | TimeoutLike:
    phases = ("connect", "read", "write", "pool")
    if not all(hasattr(given, phase) for phase in phases):
        return seconds("timeout", given)
    for phase in phases:
        value = getattr(given, phase)
        if value is not None:
            seconds(f"timeout.{phase}", value)
    return cast("TimeoutLike", given)


def _count(name: str, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"{name} must be an int, not {type(given).__name__}.")
    if given < 0:
        raise ValueError(f"{name} must be zero or more; got {given}.")
    return given


def _api_version(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"api_version must be a str, not {type(given).__name__}.")
    if given not in VERSIONS:
        known = ", ".join(VERSIONS)
        raise DeapiError(f"Unsupported API version: {given[:20]!r}. Supported: {known}.")
    return given


def _one_of(name: str, given: RetrySubmissions, choices: tuple[str, ...]) -> RetrySubmissions:
    if given not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {given!r}.")
    return given
