"""How answers are read: generously, field by field."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, WrapValidator

from .._datetimes import ensure_utc
from .._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable


class Model(BaseModel):
    """The base of everything that the service sends."""

    model_config = ConfigDict(extra="allow")


def lenient(default: Callable[[], Any]) -> WrapValidator:
    """Reads a field that is not understood as a default: it is not worth the rest of the answer."""

    def read(value: object, validate: Callable[[object], Any]) -> Any:
        try:
            return validate(value)
        except ValueError:
            return default()

    return WrapValidator(read)


Lenient = lenient(lambda: None)


def rows(value: object) -> object:
    """The objects of a list, for which PHP sends an object when its numbering has gaps."""
    if value is None:
        return []
    items: object = list(value.values()) if is_object(value) else value
    if not is_array(items):
        return value
    return [item for item in items if is_object(item) or isinstance(item, BaseModel)]


def object_or_empty(value: object) -> object:
    """An object, for which PHP sends an empty array when there is nothing in it."""
    return {} if value == [] else value


def texts(value: object) -> object:
    """The texts of a list, for which PHP sends an object when its numbering has gaps."""
    items: object = list(value.values()) if is_object(value) else value
    return [item for item in items if isinstance(item, str)] if is_array(items) else []


def _in_utc(moment: datetime.datetime | None) -> datetime.datetime | None:
    return None if moment is None else ensure_utc(moment)


Moment: TypeAlias = Annotated[datetime.datetime | None, AfterValidator(_in_utc), Lenient]
