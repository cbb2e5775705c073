"""Encode validated fields as JSON, as a query string or as form fields."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .._json import is_array, is_object
from .._secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def json_body(fields: Mapping[str, Any]) -> bytes:
    """Encode fields as a JSON document."""
    encoded = json.dumps(fields, default=_reveal, ensure_ascii=False, separators=(",", ":"))
    return encoded.encode()


def query_string(fields: Mapping[str, Any]) -> str:
    """Encode fields as a query string."""
    return urlencode(list(form_fields(fields)))


def form_fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names and values of form fields. Nested values use PHP's bracket notation."""
    for name, value in fields.items():
        yield from _form_field(name, value)


def _form_field(name: str, value: Any) -> Iterator[tuple[str, str]]:
    # The methods of the built-in types are called, because subclasses override them: str() of an
    # Enum member is its name, and repr() of a numpy number contains its type.
    if is_object(value):
        for key, item in value.items():
            yield from _form_field(f"{name}[{key}]", item)
    elif is_array(value):
        for index, item in enumerate(value):
            yield from _form_field(f"{name}[{index}]", item)
    elif isinstance(value, bool):
        yield name, "1" if value else "0"  # accepted by Laravel's boolean rule in every version
    elif value is None:
        yield name, ""  # read as null by Laravel
    elif isinstance(value, float):
        # A whole number without ".0", because Laravel's integer rule rejects "24000.0".
        yield name, format(Decimal(float.__repr__(value)), "f").removesuffix(".0")
    elif isinstance(value, int):
        yield name, int.__repr__(value)
    elif isinstance(value, Secret):
        yield name, value.value
    else:
        yield name, str.__str__(value)


def _reveal(value: Secret) -> Any:
    """Return the content of a ``Secret``, the only object that ``json`` does not know here."""
    return value.value
