"""What every resource is made of."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias

from typing_extensions import TypeVar

from .._transport.request import as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from .._jobs import AsyncJob, Job
    from .._transport.flows import Core, Flow
    from .._transport.readers import Reader
    from .._transport.request import Request
    from .._types import FileInput
    from ..types import PriceResult

LateJob: TypeAlias = "Coroutine[Any, Any, AsyncJob]"
LatePrice: TypeAlias = "Coroutine[Any, Any, PriceResult]"

JobT = TypeVar("JobT", default="Job")
PriceT = TypeVar("PriceT", default="PriceResult")
JobT_co = TypeVar("JobT_co", covariant=True)
PriceT_co = TypeVar("PriceT_co", covariant=True)


class Transport(Protocol[JobT_co, PriceT_co]):
    """What carries a resource's calls out and says what they return."""

    core: Core

    def job(self, request: Request) -> JobT_co:
        """Submit a job."""
        ...

    def price(self, request: Request) -> PriceT_co:
        """Ask for a price."""
        ...

    def value(self, request: Request, read: Reader[Any]) -> Any:
        """Make a call and read its answer; in the asynchronous client, as a coroutine."""
        ...

    def run(self, flow: Flow[Any]) -> Any:
        """Carry out a flow of several calls; in the asynchronous client, as a coroutine."""
        ...


class Resource(Generic[JobT, PriceT]):
    """A group of operations, generic in what they return.

    An argument that its method requires must not be None, either: that would leave the field out,
    for the service to miss.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, member in list(vars(cls).items()):
            if inspect.isfunction(member) and not name.startswith("_"):
                setattr(cls, name, _requiring(member))

    def __init__(self, transport: Transport[JobT, PriceT]) -> None:
        self._transport = transport


def _requiring(method: Callable[..., Any]) -> Callable[..., Any]:
    optional = method.__kwdefaults__ or {}
    positional, named = method.__code__.co_argcount, method.__code__.co_kwonlyargcount
    arguments = method.__code__.co_varnames[positional : positional + named]
    required = [name for name in arguments if name not in optional]

    @functools.wraps(method)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for name in required:
            if kwargs.get(name, method) is None:  # one that is missing is for Python to report
                raise TypeError(f"{name} is required; it must not be None.")
        return method(*args, **kwargs)

    return checked


def webhook(url: str | None, secret: str | None) -> dict[str, object]:
    """The fields that ask for reports of a job's progress.

    Raises:
        TypeError: The secret is not a str.
        ValueError: There is a secret without a URL, or it is not of 32 to 255 characters.
    """
    if secret is not None:
        # What is wrong with it is said without showing it.
        if not isinstance(secret, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"webhook_secret must be a str, not {type(secret).__name__}.")
        if url is None:
            raise ValueError("webhook_secret is given without webhook_url. Give both, or neither.")
        if not 32 <= len(secret) <= 255:
            raise ValueError(
                f"webhook_secret must have 32 to 255 characters; this one has {len(secret)}."
            )
    return {"webhook_url": url, "webhook_secret": secret}


def one_of(**sources: object) -> None:
    """Refuse arguments of which exactly one is wanted.

    Raises:
        ValueError: Several are given, or none is.
    """
    given = [name for name, value in sources.items() if value is not None]
    if len(given) != 1:
        problem = f"{' and '.join(given)} are given" if given else "none is given"
        raise ValueError(f"Give exactly one of {' or '.join(sources)}; {problem}.")


def both_or_neither(width: int | None, height: int | None) -> None:
    """Refuse half a size.

    Raises:
        ValueError: One is given without the other.
    """
    if (width is None) != (height is None):
        lone, missing = ("height", "width") if width is None else ("width", "height")
        raise ValueError(f"Give width and height together; {lone} is given without {missing}.")


def check_platform(platform: str | None, duration_seconds: float | None) -> None:
    """Refuse a platform that is named beside a source, which tells its own.

    Raises:
        ValueError: There is a platform, and no duration that needs one.
    """
    if platform is not None and duration_seconds is None:
        raise ValueError("platform is given without duration_seconds. A source tells its own.")


def flag(name: str, given: bool) -> bool:
    """A required argument that must be true or false, or 1 or 0.

    Raises:
        TypeError: It is something else, such as a text or None.
    """
    if given not in (True, False):
        raise TypeError(f"{name} must be True or False, not {given!r:.40}.")
    return bool(given)


def texts(name: str, given: object) -> list[str]:
    """A list of texts.

    Raises:
        TypeError: It is not a list, or an item is not a str.
        ValueError: It is empty, or an item is.
    """
    items = as_list(name, given)
    if not items:
        raise ValueError(f"{name} is an empty list. Give at least one item.")
    for index, item in enumerate(items):
        if not isinstance(item, str):
            raise TypeError(f"{name}[{index}] must be a str, not {type(item).__name__}.")
        if not item:
            raise ValueError(f"{name}[{index}] is an empty text.")
    return items


def files(name: str, given: Sequence[FileInput] | None) -> list[FileInput] | None:
    """A list of files, if one is given.

    Raises:
        TypeError: It is a single file, or no list.
        ValueError: It is empty.
    """
    if given is None:
        return None
    if hasattr(given, "read"):  # a file object would be taken for the list of its lines
        raise TypeError(f"{name} must be a list, not a single file.")
    items = as_list(name, given)
    if not items:
        raise ValueError(f"{name} is an empty list. Give at least one file.")
    return items


def source_or_size(name: str, source: object, width: int | None, height: int | None) -> None:
    """Refuse a price question that names neither a source nor its size, or both.

    Raises:
        ValueError: It is not clear what the price is asked for.
    """
    if source is not None and (width is not None or height is not None):
        raise ValueError(f"Give either {name} or width and height; both are given.")
    if source is None and (width is None or height is None):
        raise ValueError(f"Give {name}, or both width and height.")
