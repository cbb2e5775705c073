"""What every resource is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias

from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from .._jobs import AsyncJob, Job
    from .._transport.request import Request
    from ..types import PriceResult

LateJob: TypeAlias = "Coroutine[Any, Any, AsyncJob]"
LatePrice: TypeAlias = "Coroutine[Any, Any, PriceResult]"

JobT = TypeVar("JobT", default="Job")
PriceT = TypeVar("PriceT", default="PriceResult")
JobT_co = TypeVar("JobT_co", covariant=True)
PriceT_co = TypeVar("PriceT_co", covariant=True)


class Transport(Protocol[JobT_co, PriceT_co]):
    """What carries a resource's calls out and says what they return."""

    def job(self, request: Request) -> JobT_co:
        """Submit a job."""
        ...

    def price(self, request: Request) -> PriceT_co:
        """Ask for a price."""
        ...


class Resource(Generic[JobT, PriceT]):
    """A group of operations, generic in what they return."""

    def __init__(self, transport: Transport[JobT, PriceT]) -> None:
        self._transport = transport


def one_of(first: str, first_given: object, second: str, second_given: object) -> None:
    """Refuse two arguments of which exactly one is wanted.

    Raises:
        ValueError: Both are given, or neither is.
    """
    if (first_given is None) == (second_given is None):
        problem = "neither is" if first_given is None else "both are"
        raise ValueError(f"Give either {first} or {second}; {problem} given.")


def source_or_size(name: str, source: object, width: int | None, height: int | None) -> None:
    """Refuse a price question that names neither a source nor its size, or both.

    Raises:
        ValueError: It is not clear what the price is asked for.
    """
    if source is not None and (width is not None or height is not None):
        raise ValueError(f"Give either {name} or width and height; both are given.")
    if source is None and (width is None or height is None):
        raise ValueError(f"Give {name}, or both width and height.")
