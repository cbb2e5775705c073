"""The versions of the API that this package speaks, and what each of them can do.

A version is a table of routes; a new one is a new table and a row here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .routes_v1 import V1
from .routes_v2 import V2

if TYPE_CHECKING:
    from collections.abc import Collection

    from .routes import Route

VERSIONS = {"v1": V1, "v2": V2}


def route_of(version: str, operation: str, given: Collection[str]) -> Route:
    """How a version carries out an operation.

    Args:
        version: The name of the version.
        operation: The name of the operation.
        given: The names of the fields and files that have a value.

    Raises:
        ValueError: The version has no such operation, does not take a field, or needs another.
    """
    route = VERSIONS[version].routes.get(operation)
    if route is None:
        owners = [name for name, other in VERSIONS.items() if operation in other.routes]
        raise ValueError(f"API {version} has no {operation}(). {_advice(owners)} Nothing was sent.")
    strange = _strange(version, operation)
    if strange:
        for field in given:
            if field in strange:
                raise ValueError(
                    f"{operation}() takes no {field} on API {version}. "
                    f"{_advice(strange[field])} Nothing was sent."
                )
    for field in route.needs:
        if field not in given:
            raise ValueError(f"{operation}() needs {field} on API {version}. Nothing was sent.")
    return route


def successor(path: str) -> tuple[str, str] | None:
    """The version and the operation that a path leads to, if it is one of ours.

    Where several do, it is the one that stands first in its table.
    """
    for name, version in VERSIONS.items():
        for operation, route in version.routes.items():
            if version.prefix + route.path == path:
                return name, operation
    return None


@cache
def _strange(version: str, operation: str) -> dict[str, list[str]]:
    """The fields that only other versions take for an operation, and which versions these are."""
    own = VERSIONS[version].routes[operation].also
    strange: dict[str, list[str]] = {}
    for name, other in VERSIONS.items():
        if operation in other.routes:
            for field in set(other.routes[operation].also).difference(own):
                strange.setdefault(field, []).append(name)
    return strange


def _advice(versions: list[str]) -> str:
    """How to reach what another version has."""
    names = " or ".join(versions)
    return (
        f"API {names} does: make the client with api_version={versions[0]!r}, or call it on "
        f"client.with_options(api_version={versions[0]!r})."
    )
