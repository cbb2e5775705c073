"""Base model, and lenient field types."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, WrapValidator
from pydantic_core import CoreSchema, core_schema

from .._datetimes import ensure_utc
from .._json import is_array, is_object
from .._response import ResponseHead
from .._suggestions import suggest_attribute
from .._text import describe, format_call

if TYPE_CHECKING:
    Documented = BaseModel
else:

    class _DocumentedType(type(BaseModel)):
        @property
        def __doc__(cls) -> str | None:
            from ._documentation import with_fields

            return with_fields(cls, cls.__dict__.get("__doc__"))

    class Documented(BaseModel, metaclass=_DocumentedType):
        """Base of all models. The docstring of a model lists its fields when it is needed."""


class Model(Documented):
    """Base of all models of responses. Unknown fields are kept."""

    # Not a private attribute of pydantic, which would cost time for each nested model, and would
    # take part in comparisons and pickles.
    __slots__ = ("_response",)

    # json.loads() accepts NaN and Infinity, with which no comparison of prices or times holds.
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    _suggestions: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Names that other libraries use for attributes, each with the suggestion."""

    if not TYPE_CHECKING:  # because __getattr__ makes type checkers accept any name

        def __getattr__(self, name: str) -> object:
            try:
                return super().__getattr__(name)  # pydantic's, for unknown fields
            except AttributeError as error:
                cls = type(self)
                hint = suggest_attribute(name, cls._suggestions, (*cls.model_fields, *dir(cls)))
                if not hint or not str(error).endswith(f"has no attribute {name!r}"):
                    raise
                # Without the object, tracebacks do not add a suggestion of their own.
                raise AttributeError(f"{error}{hint}", name=name) from None

    @property
    def response(self) -> ResponseHead | None:
        """Status and headers of the response that contained this result.

        None for a part of a result, a copy, and a result that no request returned.
        """
        return getattr(self, "_response", None)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Return the fields to show, each in a short form.

        Only declared fields are shown: an unknown one may contain a secret.
        """
        for name, value in super().__repr_args__():
            if name in type(self).model_fields and not (value is None or value in ([], {})):
                yield name, Shown(self._describe_field(name, value))

    def _describe_field(self, name: str, value: object) -> str:
        """Describe the value of one field."""
        del name
        return repr(value) if isinstance(value, Model) else describe(value, 48)

    def __repr__(self) -> str:
        arguments = {str(name): str(value) for name, value in self.__repr_args__()}
        return format_call(type(self).__name__, arguments)

    __str__ = __repr__

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return the representations that a notebook may show."""
        html = self._notebook_html()
        return {"text/plain": repr(self), **({} if html is None else {"text/html": html})}

    def _notebook_html(self) -> str | None:
        """Return HTML for a notebook, or None to show the repr."""
        return None


class Shown(str):
    """A string that is its own repr, for values that pydantic or rich show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


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


class FixedSchema:
    """Schema of a field, whatever its annotation evaluates to.

    freezegun replaces ``datetime.date`` and ``datetime.datetime``, and pydantic rejects the
    replacements in annotations. A model must also work if it is loaded while time is frozen.
    """

    def __init__(self, schema: CoreSchema) -> None:
        self._schema = schema

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Return the schema. pydantic calls this method."""
        return self._schema


def _to_utc(value: datetime.datetime | None) -> datetime.datetime | None:
    return None if value is None else ensure_utc(value)


UtcDatetime: TypeAlias = Annotated[
    datetime.datetime | None,
    FixedSchema(core_schema.nullable_schema(core_schema.datetime_schema())),
    AfterValidator(_to_utc),
    Lenient,
]
