"""Validation of single fields, with Laravel's messages. Pure functions."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from .fields import Field, Fields, Upload
from .json_types import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..catalogue.model import Model
    from ..errors import FieldErrors

Item = TypeVar("Item")

# As PHP's integer filter and is_numeric(): ASCII digits only, and no leading zeros in an integer.
_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LIST_TYPES = ("strings", "loras", "files")
_BOOLEANS = {"1": True, "0": False, "true": True, "false": False}
_MAX_NUMBER_LENGTH = 39
"""Maximum number of characters of a number in a string."""

_NUMBER_LIMIT = 2**63
"""Numbers must be smaller than this."""


def label(name: str) -> str:
    """Return a field's name as Laravel's messages show it."""
    return name.replace("_", " ")


def add_error(errors: FieldErrors, name: str, message: str) -> None:
    """Add a message about a field."""
    errors.setdefault(name, []).append(message)


def find_model(
    slug: Any,
    inference_types: Iterable[str],
    task: str,
    catalogue: Mapping[str, Model],
    *,
    allow_partners: bool,
) -> tuple[Model | None, str | None]:
    """Find a model that has one of the inference types.

    `task` is the name of the task in messages, such as "Text To Image".

    Returns:
        The model and None, or None and an error message.
    """
    if slug is None:
        return None, "The model field is required."
    if not isinstance(slug, str):
        return None, "The model field must be a string."
    model = catalogue.get(slug)
    if model is None:
        return None, "The selected model does not exist."
    if model.partner and not allow_partners:
        return None, "This model is not available on your plan. Please upgrade to access it."
    if not set(inference_types).intersection(model.inference_types):
        return None, f"The selected model does not support {task}."
    return model, None


def validate(
    fields: Iterable[Field], values: Mapping[str, Any], model: Model | None
) -> tuple[Fields, FieldErrors]:
    """Validate each field on its own, and return the validated values and the errors.

    A missing field and null are the same. The limits of the model apply if there is one.
    """
    validated: Fields = {}
    errors: FieldErrors = {}
    for field in fields:
        validated[field.name] = field.default
        if _is_ignored(field, model):
            continue
        value = values.get(field.name)
        if value is None or (value == [] and (field.required or field.type in _LIST_TYPES)):
            if field.required:
                add_error(errors, field.name, f"The {label(field.name)} field is required.")
            continue
        try:
            value = _PARSERS[field.type](field, value)
            if field.snapped and model:
                value = _snap(value, model)
            _check_bounds(field, value, model)
            _check_choice(field, value, model)
        except _ItemsError as error:
            errors.update(error.errors)
        except ValueError as error:
            add_error(errors, field.name, str(error))
        else:
            validated[field.name] = value
    return validated, errors


def _is_ignored(field: Field, model: Model | None) -> bool:
    """Whether the model does not use the field."""
    if field.feature and not (model and model.features.get(field.feature)):
        return True
    return bool(field.options and model and field.options not in model.limits)


def _snap(pixels: int, model: Model) -> int:
    """Round a width or height down to a multiple of the model's step."""
    step = model.limits.get("resolution_step") or model.limits.get("dimension_multiple") or 1
    return pixels // int(step) * int(step)


def format_number(value: float) -> str:
    """Format a number as in Laravel's messages, an integer without a decimal point."""
    return str(int(value)) if value == int(value) else str(value)


def _parse_string(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"The {label(field.name)} field must be a string.")  # noqa: TRY004
    return value


def _parse_integer(field: Field, value: Any) -> int:
    is_numeric_string = (
        isinstance(value, str) and _INTEGER.fullmatch(value) and len(value) <= _MAX_NUMBER_LENGTH
    )
    if is_numeric_string or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _NUMBER_LIMIT:
        return value
    raise ValueError(f"The {label(field.name)} field must be an integer.")


def _parse_number(field: Field, value: Any) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value) and len(value) <= _MAX_NUMBER_LENGTH:
        parsed = float(value)
        value = int(parsed) if parsed.is_integer() else parsed
    # An infinity or a NaN fails the comparison.
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) < _NUMBER_LIMIT
    ):
        return value
    raise ValueError(f"The {label(field.name)} field must be a number.")


def _parse_boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, str)) and str(value) in _BOOLEANS:
        return _BOOLEANS[str(value)]
    raise ValueError(f"The {label(field.name)} field must be true or false.")


class _ItemsError(ValueError):
    """Validation errors of the items of a list, by the name of each item."""

    def __init__(self, errors: FieldErrors) -> None:
        super().__init__()
        self.errors = errors


def _parse_items(field: Field, value: Any, parse: Callable[[Field, Any], Item]) -> list[Item]:
    """Parse the items of a list, or a single item."""
    if is_object(value):
        raise ValueError(f"The {label(field.name)} field must be a list.")
    values: list[Item] = []
    errors: FieldErrors = {}
    for index, item in enumerate(value if is_list(value) else [value]):
        name = f"{field.name}.{index}"
        try:
            values.append(parse(Field(name, field.type), item))
        except _ItemsError as error:
            errors.update(error.errors)
        except ValueError as error:
            add_error(errors, name, str(error))
    if errors:
        raise _ItemsError(errors)
    return values


def _parse_loras(field: Field, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not is_list(value):
        raise ValueError(f"The {field.name} field must be an array.")
    return _parse_items(field, value, _parse_lora)


def _parse_lora(field: Field, item: Any) -> dict[str, Any]:
    parts = (
        Field(f"{field.name}.name", "string", required=True),
        Field(f"{field.name}.weight", "number", required=True, minimum=0),
    )
    entry = item if is_object(item) else {}
    part_values = {part.name: entry.get(part.name.rpartition(".")[2]) for part in parts}
    validated, errors = validate(parts, part_values, None)
    if errors:
        raise _ItemsError(errors)
    return {name.rpartition(".")[2]: value for name, value in validated.items()}


def _parse_file(field: Field, value: Any) -> Upload:
    if not isinstance(value, Upload):
        raise ValueError(f"The {label(field.name)} field must be a file.")  # noqa: TRY004
    return value


_PARSERS: dict[str, Callable[[Field, Any], Any]] = {
    "string": _parse_string,
    "integer": _parse_integer,
    "number": _parse_number,
    "boolean": _parse_boolean,
    "strings": partial(_parse_items, parse=_parse_string),
    "loras": _parse_loras,
    "file": _parse_file,
    "files": partial(_parse_items, parse=_parse_file),
}


def _check_bounds(field: Field, value: Any, model: Model | None) -> None:
    if isinstance(value, str):
        measure: float = len(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        measure = value
    else:
        return
    limits: Mapping[str, Any] = model.limits if model and field.limit else {}
    minimum = _strictest(max, field.minimum, limits.get(f"min_{field.limit}"))
    maximum = _strictest(min, field.maximum, limits.get(f"max_{field.limit}"))
    name, unit = label(field.name), " characters" if field.type == "string" else ""
    if minimum is not None and measure < minimum:
        raise ValueError(f"The {name} field must be at least {format_number(minimum)}{unit}.")
    if maximum is not None and measure > maximum:
        raise ValueError(
            f"The {name} field must not be greater than {format_number(maximum)}{unit}."
        )


def _strictest(pick: Callable[[Iterable[float]], float], *bounds: float | None) -> float | None:
    known = [bound for bound in bounds if bound is not None]
    return pick(known) if known else None


def _check_choice(field: Field, value: Any, model: Model | None) -> None:
    allowed: Iterable[Any] = field.choices
    if field.options and model:
        allowed = model.limits[field.options]
    if allowed and value not in allowed:
        raise ValueError(f"The selected {label(field.name)} is invalid.")
    if field.type == "loras" and model:
        known = {name for name, _ in model.loras}
        unknown = [f"loras.{i}.name" for i, lora in enumerate(value) if lora["name"] not in known]
        if unknown:
            raise _ItemsError({name: [f"The selected {name} is invalid."] for name in unknown})
