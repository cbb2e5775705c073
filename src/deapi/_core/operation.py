"""Operations of the API as data.

Each resource declares its operations directly above the methods that call them. Everything the
core has to know about an operation stands there: its routes by API version, its fields, its side
effect and its result type.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from urllib.parse import quote

from .._config import API_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SideEffect: TypeAlias = Literal["billable", "creates_key"]

OPERATIONS: dict[str, Operation] = {}
"""Every operation that has been declared so far, by name. Resources are loaded when first used."""


class Route(NamedTuple):
    """How to call an operation with one version of the API."""

    path: str
    """Path below the version's prefix; ``{}`` stands for the id in it."""

    method: str = "POST"
    """HTTP method. The fields of a POST or PATCH are its body, otherwise the query string."""

    multipart: bool = False
    """Whether the body is always a multipart form. Otherwise it is JSON unless there are files."""

    adds: tuple[str, ...] = ()
    """Fields that this version accepts, and another one does not."""

    requires: tuple[str, ...] = ()
    """Fields that are required with this version, and optional with another one."""

    drops: tuple[str, ...] = ()
    """Fields that are validated but not sent, because the endpoint does not accept them.

    A price method takes the arguments of its operation, and some price endpoints accept only those
    that affect the price.
    """

    sends_null: tuple[str, ...] = ()
    """Fields that are sent as null when they are not given, because the endpoint requires them."""

    renames: Mapping[str, str] = {}
    """Names on the wire of fields and files that the method calls differently."""

    returns: str | None = None
    """Result type with this version, if it differs from ``Operation.returns``."""

    def format_path(self, identifier: str | None) -> str:
        """Return the path, with ``identifier`` quoted as one segment."""
        return self.path if identifier is None else self.path.format(quote(identifier, safe=""))


@dataclass(frozen=True)
class Operation:
    """One operation of the API.

    Attributes:
        name: Dotted name of the method, such as ``"images.generate"``.
        v1: Route with API v1, or None if that version does not have the operation.
        v2: Route with API v2, or None if that version does not have the operation.
        returns: Name of the result type in ``deapi.types``, or None if the response has no body.
        required: Arguments of the method that must not be None.
        booleans: Fields that must be true or false. A string or a list would be taken for true.
        secrets: Fields whose values never appear in an error, even if the response repeats them.
        side_effect: What a blind retry could duplicate: a charge, or an API key.
    """

    name: str
    v1: Route | None = None
    v2: Route | None = None
    returns: str | None = None
    required: tuple[str, ...] = ()
    booleans: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    side_effect: SideEffect | None = None
    unsupported: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        init=False, repr=False, compare=False
    )
    """For each version, the fields that only other versions accept, with these versions."""

    def __post_init__(self) -> None:
        routes = self.routes
        unsupported = {
            version: {
                name: tuple(other for other, its in routes.items() if name in its.adds)
                for accepted in routes.values()
                for name in accepted.adds
                if name not in route.adds
            }
            for version, route in routes.items()
        }
        object.__setattr__(self, "unsupported", unsupported)
        OPERATIONS[self.name] = self

    @property
    def routes(self) -> dict[str, Route]:
        """The routes by version, only those that exist."""
        routes = {version: getattr(self, version) for version in API_PREFIXES}
        return {version: route for version, route in routes.items() if route is not None}

    def price(
        self,
        *,
        required: tuple[str, ...],
        multipart: bool = False,
        drops: tuple[str, ...] = (),
        v1: Route | None = None,
        v2: Route | None = None,
    ) -> Operation:
        """Declare the operation that asks for the price of this one.

        Args:
            required: Arguments of the price method that must not be None.
            multipart: Whether the body is always a multipart form with API v2.
            drops: Fields that are validated but not sent.
            v1: The whole route with API v1; by default ``/price-calculation`` below this one's.
            v2: The whole route with API v2; by default ``/price`` below this one's.
        """
        if v1 is None and self.v1 is not None:
            v1 = self.v1._replace(path=f"{self.v1.path}/price-calculation", drops=drops)
        if v2 is None and self.v2 is not None:
            v2 = self.v2._replace(path=f"{self.v2.path}/price", multipart=multipart, drops=drops)
        return replace(
            self,
            name=f"{self.name}_price",
            v1=v1,
            v2=v2,
            returns="PriceResult",
            required=required,
            side_effect=None,
        )

    def route(self, version: str, names: Collection[str]) -> Route:
        """Return how to call this operation with one version of the API.

        Args:
            version: The version.
            names: Names of the fields and files that have a value.

        Raises:
            TypeError: A required argument is None.
            ValueError: The version does not have the operation, does not accept a field, or
                requires another one.
        """
        for name in self.required:
            if name not in names:
                raise TypeError(f"{name} is required; it must not be None.")
        route: Route | None = getattr(self, version)
        if route is None:
            raise ValueError(
                f"API {version} does not have {self.name}(). {_version_hint(tuple(self.routes))}"
            )
        unsupported = self.unsupported[version]
        if unsupported:
            for name in names:
                if name in unsupported:
                    raise ValueError(
                        f"{self.name}() does not accept '{name}' with API {version}. "
                        f"{_version_hint(unsupported[name])}"
                    )
        for name in route.requires:
            if name not in names:
                raise ValueError(
                    f"{name} is required: {self.name}() needs it with API {version}. "
                    "Nothing was sent."
                )
        return route

    def result_type(self, version: str) -> str | None:
        """Return the name of the result type with one version of the API."""
        route: Route = getattr(self, version)
        return route.returns or self.returns


def find_by_path(path: str) -> tuple[str, Operation] | None:
    """Return the version and the operation at a path, None if no declared operation has it.

    Of several at one path, the one that was declared first is returned.
    """
    for operation in OPERATIONS.values():
        for version, route in operation.routes.items():
            if API_PREFIXES[version] + route.path == path:
                return version, operation
    return None


def _version_hint(versions: tuple[str, ...]) -> str:
    return (
        f"API {' or '.join(versions)} does: create the client with api_version={versions[0]!r}, or "
        f"call client.with_options(api_version={versions[0]!r}). Nothing was sent."
    )
