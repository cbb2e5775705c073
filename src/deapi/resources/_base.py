"""What every resource is made of."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias

from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .._core.flows import Core, Flow
    from .._core.readers import Reader
    from .._core.request import Request
    from .._jobs import AsyncJob, Job
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
