"""Comparison of a response with a model of the SDK, and with the response of the emulator."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import AliasChoices, BaseModel, ValidationError

from ... import types
from ..._core.parsing import is_wrapped
from ..._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

MODEL = "SDK"
EMULATOR = "emulator"

_MODULE = re.compile(r"\b(?:\w+\.)+")
_EMPTY: tuple[object, ...] = (None, [], {}, "", 0)


class Difference(NamedTuple):
    """A difference between a response of the service and what the package expects.

    Attributes:
        category: ``unknown field``, ``missing field``, ``type``, ``value``, ``status``,
            ``content type`` or ``body``.
        where: Path of the field, for example ``data.price.amount``, or an empty string.
        source: What expects something else: the models of the SDK or the emulator.
        expected: What it expects.
        received: What the service sent. It contains no value of a field, except an unknown status.
    """

    category: str
    where: str
    source: str
    expected: str
    received: str


def json_type(value: object) -> str:
    """Return the name of the type of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def shape_of(value: object) -> dict[str, set[str]]:
    """Return the types of each field of a JSON value, by its path. ``[]`` is an array's item."""
    shape: dict[str, set[str]] = {}
    _add(shape, "", value)
    return shape


def _add(shape: dict[str, set[str]], path: str, value: object) -> None:
    shape.setdefault(path, set()).add(json_type(value))
    if is_object(value):
        for key, item in value.items():
            _add(shape, _join(path, key), item)
    elif is_array(value):
        for item in value:
            _add(shape, f"{path}[]", item)


def compare_shapes(
    received: Mapping[str, set[str]], expected: Mapping[str, set[str]]
) -> Iterator[Difference]:
    """Compare a response with that of the emulator to the same call.

    Fields of an array that is empty in one of them, and null, agree with everything.

    Args:
        received: Shape of the response of the service.
        expected: Shape of the response of the emulator.
    """
    for path in sorted({*received, *expected}):
        found, wanted = received.get(path), expected.get(path)
        if found is None and wanted is not None:
            if "object" in received.get(_parent(path), ()) and not path.endswith("[]"):
                yield Difference("missing field", path, EMULATOR, _names(wanted), "no field")
        elif wanted is None and found is not None:
            if "object" in expected.get(_parent(path), ()) and not path.endswith("[]"):
                yield Difference("unknown field", path, EMULATOR, "no field", _names(found))
        elif found is not None and wanted is not None:
            others = found - wanted - {"null"}
            if others and wanted != {"null"}:
                yield Difference("type", path, EMULATOR, _names(wanted), _names(others))


def compare_with_model(body: object, result_type: str | None) -> Iterator[Difference]:
    """Compare a successful response with the model of the SDK for it.

    Args:
        body: The decoded response.
        result_type: Name of the model in ``deapi.types``, or None if no body is expected.
    """
    if result_type is None:
        return
    model: type[types.Model] = getattr(types, result_type)
    path = ""
    if is_wrapped(model) and is_object(body) and is_object(body.get("data")):
        body, path = body["data"], "data"
    try:
        parsed = model.model_validate(body)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False, include_context=False):
            category = "missing field" if each["type"] == "missing" else "type"
            where = _join(path, ".".join(map(str, each["loc"])))
            received = "no field" if category == "missing field" else "another value"
            yield Difference(category, where, MODEL, each["msg"], received)
        return
    yield from _compare(body, parsed, path, model.__name__)


def _compare(value: object, parsed: object, path: str, expected: str) -> Iterator[Difference]:
    """Compare a JSON value with what it was parsed to."""
    if isinstance(parsed, BaseModel) and is_object(value):
        fields = {
            key: (name, field)
            for name, field in type(parsed).model_fields.items()
            for key in _keys(name, field)
        }
        for key, item in value.items():
            where = _join(path, key)
            if key in fields:
                name, field = fields[key]
                yield from _compare(item, getattr(parsed, name), where, _type_name(field))
            else:
                yield Difference("unknown field", where, MODEL, "no field", json_type(item))
    elif is_array(parsed) and is_array(value):
        if len(parsed) != len(value):
            types_of_items = {json_type(item) for item in value}
            yield Difference("type", f"{path}[]", MODEL, expected, _names(types_of_items))
            return
        for item, parsed_item in zip(value, parsed, strict=True):
            yield from _compare(item, parsed_item, f"{path}[]", expected)
    elif isinstance(parsed, Enum) and isinstance(value, str):
        known = [each.value for each in type(parsed)]
        if value not in known:
            yield Difference("value", path, MODEL, ", ".join(map(str, known)), repr(value))
    elif _is_dropped(value, parsed):
        yield Difference("type", path, MODEL, expected, json_type(value))


def _is_dropped(value: object, parsed: object) -> bool:
    """Whether a field of a model has its default because the value has another type."""
    if value in _EMPTY or parsed not in _EMPTY:
        return False
    try:
        return not (isinstance(value, str) and float(value) == parsed)
    except ValueError:
        return True


def _keys(name: str, field: FieldInfo) -> list[str]:
    """Return the names of a field in JSON."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [str(each) for each in alias.choices]
    return [alias if isinstance(alias, str) else name]


def _type_name(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    shown = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return _MODULE.sub("", shown)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _names(names: set[str]) -> str:
    return " or ".join(sorted(names))
