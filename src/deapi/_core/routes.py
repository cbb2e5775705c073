"""What the API offers: how an operation is asked for, and what a version of the API is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

Encoding: TypeAlias = Literal["json", "multipart", "either", "query"]
Effect: TypeAlias = Literal["charge", "key"]


class Route(NamedTuple):
    """How one operation is asked for."""

    path: str
    """Below the version's prefix; ``{}`` stands for the id in it."""

    encoding: Encoding
    """How the fields travel.

    ``either`` is multipart for a request that has a file, and JSON for one that has none.
    """

    method: str = "POST"

    effect: Effect | None = None
    """What repeating it blindly might do twice: cost money, or make a key."""

    also: tuple[str, ...] = ()
    """Fields that it takes in this version, and not in every other one."""

    needs: tuple[str, ...] = ()
    """Fields that it cannot do without in this version, though it can in another."""

    ignores: tuple[str, ...] = ()
    """Fields that are checked but not sent: the endpoint has no use for them.

    A price is asked for with the arguments of the call that it is for, and some price endpoints
    know only those that bear on the price.
    """

    nulls: tuple[str, ...] = ()
    """Fields that are sent, as null, even when they are not given: the endpoint insists on them."""

    renames: Mapping[str, str] = {}
    """Names on the wire of fields and files that the method calls differently."""

    def place(self, identifier: str | None) -> str:
        """The path, with the id quoted as one segment of it."""
        return self.path if identifier is None else self.path.format(quote(identifier, safe=""))


class Version(NamedTuple):
    """One version of the API."""

    prefix: str
    routes: dict[str, Route]


def get(path: str, *, effect: Effect | None = None) -> Route:
    """The route of an operation that reads."""
    return Route(path, "query", "GET", effect)
