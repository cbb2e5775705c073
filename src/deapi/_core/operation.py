"""Operations of the API as data.

Each resource declares its operations directly above the methods that call them. A declaration
contains everything that the core needs: routes by API version, rules for fields, the side effect
and the result type.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from urllib.parse import quote

from .._config import API_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Maximum size of a successful response, in bytes.
MAX_RESPONSE_SIZE = 8 * 1024 * 1024
MAX_INLINE_RESULT_SIZE = 64 * 1024 * 1024

STATUS_OPERATION = "jobs.status"
"""Name of the operation that polls a job."""

SideEffect: TypeAlias = Literal["billable", "creates_key"]

OPERATIONS: dict[str, Operation] = {}
"""Every operation that has been declared so far, by name. Resources are loaded when first used."""


class Route(NamedTuple):
    """How to call an operation with one API version."""

    path: str
    """Path below the version's prefix. ``{}`` is replaced by an ID."""

    method: str = "POST"
    """HTTP method. The fields of a POST or PATCH are its body, otherwise the query string."""

    multipart: bool = False
    """Whether the body is always a multipart form. Otherwise it is JSON unless there are files."""

    adds: tuple[str, ...] = ()
    """Fields that this version accepts and at least one other version does not."""

    requires: tuple[str, ...] = ()
    """Fields that are required with this version and optional with at least one other version."""

    drops: tuple[str, ...] = ()
    """Fields that are validated but not sent, because the endpoint does not accept them.

    A price method has the arguments of its operation, but some price endpoints accept only the
    fields that affect the price.
    """

    sends_null: tuple[str, ...] = ()
    """Fields that are sent as null if they have no value, because the endpoint requires them."""

    renames: Mapping[str, str] = {}
    """Names of fields and files in the request, by argument name, if the two differ."""

    returns: str | None = None
    """Result type with this version, if it differs from ``Operation.returns``."""

    def format_path(self, identifier: str | None) -> str:
        """Return the path, with ``identifier`` quoted as one segment."""
        if identifier is None:
            return self.path
        segment = quote(identifier, safe="", errors="surrogatepass")
        if segment in (".", ".."):
            segment = segment.replace(".", "%2E")  # unquoted, they would change the path
        return self.path.format(segment)


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of the API.

    Attributes:
        name: Dotted name of the method, such as ``"images.generate"``.
        v1: Route with API v1, or None if that version does not have the operation.
        v2: Route with API v2, or None if that version does not have the operation.
        returns: Name of the result type in ``deapi.types``, or None if the response has no body.
        required: Arguments of the method that must not be None.
        booleans: Fields that must be true or false. Other values are rejected, not converted.
        secrets: Fields whose values never appear in an error, even if the response contains them.
        side_effect: What a blind retry could duplicate: a charge, or an API key.
        max_response_size: Maximum size of a successful response, in bytes.
        public: Whether it has a method in the client. Otherwise it is not in ``OPERATIONS``.
    """

    name: str
    v1: Route | None = None
    v2: Route | None = None
    returns: str | None = None
    required: tuple[str, ...] = ()
    booleans: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    side_effect: SideEffect | None = None
    max_response_size: int = MAX_RESPONSE_SIZE
    public: bool = True
    unsupported: Mapping[str, Mapping[str, tuple[str, ...]]] = field(init=False, repr=False)
    """By version, the fields that it does not accept, each with the versions that do."""

    def __post_init__(self) -> None:
        routes = self.routes
        unsupported = {
            version: {
                name: tuple(other for other, each in routes.items() if name in each.adds)
                for accepted in routes.values()
                for name in accepted.adds
                if name not in route.adds
            }
            for version, route in routes.items()
        }
        object.__setattr__(self, "unsupported", unsupported)
        if self.public:
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
        """Declare the operation that returns the price of this one.

        Args:
            required: Arguments of the price method that must not be None.
            multipart: Whether the body is always a multipart form with API v2.
            drops: Fields that are validated but not sent, in both versions.
            v1: Route with API v1. By default ``/price-calculation`` is appended to the path of this
                operation. If it is passed, ``drops`` does not apply to it.
            v2: Route with API v2. By default ``/price`` is appended to the path of this operation.
                If it is passed, ``multipart`` and ``drops`` do not apply to it.
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
        """Return the route with one API version, after checking the arguments.

        Args:
            version: The API version, for example ``"v1"``.
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
                    f"{name} is required by {self.name}() with API {version}. Nothing was sent."
                )
        return route

    def result_type(self, version: str) -> str | None:
        """Return the name of the result type with one API version."""
        route: Route = getattr(self, version)
        return route.returns or self.returns


def find_by_path(path: str) -> tuple[str, Operation] | None:
    """Return the API version and the operation of a path, or None if no operation has it.

    If several operations have the path, the first declared one is returned.
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
