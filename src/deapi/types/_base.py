"""Base model, and lenient field types."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, WrapValidator

from .._datetimes import ensure_utc
from .._json import is_array, is_object


class Model(BaseModel):
    """Base of all models of responses. Unknown fields are kept."""

    model_config = ConfigDict(extra="allow")

    unwrap_data: ClassVar[bool] = True
    """Whether a response wraps this model in ``{"data": ...}``."""


def lenient(default: Callable[[], Any]) -> WrapValidator:
    """Replace an invalid value with ``default()``, so that one field does not fail the response."""

    def validate_or_default(value: object, validate: Callable[[object], Any]) -> Any:
        try:
            return validate(value)
        except ValueError:
            return default()

    return WrapValidator(validate_or_default)


Lenient = lenient(lambda: None)


def list_of_objects(value: object) -> object:
    """Return the objects of a JSON array. PHP encodes an array with gaps as an object."""
    if value is None:
        return []
    items: object = list(value.values()) if is_object(value) else value
    if not is_array(items):
        return value
    return [item for item in items if is_object(item) or isinstance(item, BaseModel)]


def list_of_strings(value: object) -> object:
    """Return the strings of a JSON array. PHP encodes an array with gaps as an object."""
    items: object = list(value.values()) if is_object(value) else value
    return [item for item in items if isinstance(item, str)] if is_array(items) else []


def empty_array_as_object(value: object) -> object:
    """Replace an empty array with an empty object, because PHP encodes both as an array."""
    return {} if value == [] else value


def _to_utc(value: datetime.datetime | None) -> datetime.datetime | None:
    return None if value is None else ensure_utc(value)


UtcDatetime: TypeAlias = Annotated[datetime.datetime | None, AfterValidator(_to_utc), Lenient]
