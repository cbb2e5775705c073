"""What every resource is made of."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias

from typing_extensions import TypeVar

from .._transport.request import as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .._jobs import AsyncJob, Job
    from .._transport.flows import Core, Flow
    from .._transport.request import Request
    from .._transport.response import Reader
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


def source_or_size(name: str, source: object, width: int | None, height: int | None) -> None:
    """Refuse a price question that names neither a source nor its size, or both.

    Raises:
        ValueError: It is not clear what the price is asked for.
    """
    if source is not None and (width is not None or height is not None):
        raise ValueError(f"Give either {name} or width and height; both are given.")
    if source is None and (width is None or height is None):
        raise ValueError(f"Give {name}, or both width and height.")
