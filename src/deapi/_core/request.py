"""Requests: calls of operations, and the validation of their fields."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from .._json import is_array, is_object
from .._secrets import Secret
from .._text import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .._types import FileInput
    from .operation import Operation, Route

_MAX_INT = 2**64


@dataclass(eq=False)
class Request:
    """A call of an operation, as its method creates it.

    Attributes:
        operation: The operation to call.
        fields: Values by field name. A field that is None is not sent.
        files: Files by field name. A name that ends in ``[]`` has a list of files.
        identifier: The ID in the path, for operations on one job or key.
        nulls: Fields to send as null.
    """

    operation: Operation
    fields: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    files: Mapping[str, FileInput | Sequence[FileInput] | None] = field(
        default_factory=dict[str, "FileInput | Sequence[FileInput] | None"], repr=False
    )
    identifier: str | None = None
    nulls: tuple[str, ...] = ()


def validate(request: Request, version: str) -> tuple[dict[str, Any], dict[str, Any], Route]:
    """Return the fields and files that have a value, and the route, after checking them.

    Args:
        request: The request.
        version: The API version, for example ``"v1"``.

    Raises:
        ValueError, TypeError: A field cannot be sent, or the version does not accept it.
    """
    operation = request.operation
    values = validate_fields(request.fields, operation.booleans)
    files = {name: file for name, file in request.files.items() if file is not None}
    names = [*values, *(name.removesuffix("[]") for name in files)] if files else values
    return values, files, operation.route(version, names)


def validate_fields(
    fields: Mapping[str, object], booleans: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return the fields that have a value, after checking that they can be sent.

    Args:
        fields: Values by field name.
        booleans: Names of the fields that must be true or false, the only ones that may be a bool;
            None if any field may be one.

    Raises:
        ValueError: A number is not finite or too large, or a string cannot be encoded as UTF-8.
        TypeError: A value has a type that cannot be sent.
    """
    values = {name: value for name, value in fields.items() if value is not None}
    for name, value in values.items():
        if booleans is None:
            _validate(name, value)
        elif name in booleans:
            values[name] = parse_bool(name, value)
        elif isinstance(value, bool):
            raise TypeError(f"{name} must not be a bool; got {value}.")
        else:
            _validate(name, value)
    return values


def parse_bool(name: str, value: object) -> bool:
    """Return a boolean for True, False, 1 or 0, or for ``"1"`` or ``"0"`` from old programs.

    Raises:
        TypeError: ``value`` is anything else.
    """
    if value not in (True, False, "1", "0"):
        raise TypeError(f"{name} must be True or False, not {describe(value)}.")
    return value not in (False, "0")


def require_list(name: str, value: object) -> list[Any]:
    """Return ``value`` as a list.

    Raises:
        TypeError: It is a str, bytes or dict, or cannot be iterated.
    """
    if isinstance(value, (str, bytes, bytearray, memoryview, Mapping)):
        raise TypeError(f"{name} must be a list, not a single {type(cast('Any', value)).__name__}.")
    try:
        return list(cast("Iterable[Any]", value))
    except TypeError:
        raise TypeError(f"{name} must be a list, not {type(value).__name__}.") from None


def each_file(files: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield each file of a request with the name of its field and that of its argument.

    Args:
        files: Files by field name. A name that ends in ``[]`` has a list of files.

    Raises:
        TypeError: The value of such a field is not a list.
    """
    for name, value in files.items():
        if value is not None and name.endswith("[]"):
            argument = name.removesuffix("[]")
            for index, file in enumerate(require_list(argument, value)):
                yield name, f"{argument}[{index}]", file
        elif value is not None:
            yield name, name, value


def _validate(name: str, value: object) -> None:
    if isinstance(value, (str, Secret)):
        position = _find_surrogate(value if isinstance(value, str) else value.value)
        if position is not None:
            raise ValueError(
                f"{name} cannot be sent: the character at position {position} is half of a "
                "surrogate pair, which cannot be encoded as UTF-8."
            )
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number; got {value!r}.")
    elif is_object(value):
        for key, item in value.items():
            _validate(f"{name}[{key}]", item)
    elif is_array(value):
        for index, item in enumerate(value):
            _validate(f"{name}[{index}]", item)
    elif isinstance(value, int):
        if abs(value) > _MAX_INT:
            raise ValueError(f"{name} cannot be sent: the number is too large.")
    else:
        raise TypeError(f"{name} cannot be sent: its type is {type(value).__name__}.")


def _find_surrogate(text: str) -> int | None:
    # Encoding a long string is slow. ASCII strings, the most common ones, are not encoded.
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return error.start
    return None
