"""Fields of a request against the rules of an operation: pure decisions, in Laravel's words."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from deapi.emulator.validation.fields import NOT_IN_V1, Field, Fields, Upload
from deapi.emulator.validation.json_types import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors

Item = TypeVar("Item")

_INTEGER = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BOOLEANS = {"1": True, "0": False, "true": True, "false": False}
_UNITS = {"string": " characters"}
_LONGEST = 40
"""Numbers in text have fewer characters than this."""

_OVERFLOW = 2**63
"""Numbers are smaller than this."""

WEBHOOK_FIELDS = (
    Field("webhook_url", "string", maximum=2048),
    Field("webhook_secret", "string", minimum=32, maximum=255, unknown_to=NOT_IN_V1),
)


def label(name: str) -> str:
    """A field's name as Laravel's messages show it."""
    return name.replace("_", " ")


def add(errors: Errors, name: str, message: str) -> None:
    """Add a message about a field."""
    errors.setdefault(name, []).append(message)


def choose_model(
    slug: Any,
    inference_types: Iterable[str],
    task: str,
    catalogue: Mapping[str, Model],
    *,
    partners: bool,
) -> tuple[Model | None, str | None]:
    """Find the model that a request names.

    Args:
        slug: The request's `model`.
        inference_types: Tasks of which the model must know one.
        task: The task's name in messages, such as "Text To Image".
        catalogue: Models by slug.
        partners: Whether the plan includes partner models.

    Returns:
        The model and None, or None and what is wrong.
    """
    if slug is None:
        return None, "The model field is required."
    if not isinstance(slug, str):
        return None, "The model field must be a string."
    model = catalogue.get(slug)
    if model is None:
        return None, "The selected model does not exist."
    if model.partner and not partners:
        return None, ("This model is not available on your plan. Please upgrade to access it.")
    if not set(inference_types).intersection(model.inference_types):
        return None, f"The selected model does not support {task}."
    return model, None


def validate(
    fields: Iterable[Field], given: Mapping[str, Any], model: Model | None
) -> tuple[Fields, Errors]:
    """Check every field by itself.

    Args:
        fields: The operation's fields.
        given: What the request holds; an absent field and null are the same.
        model: The model named, for its limits; None if there is none.

    Returns:
        The values, and the messages about those that are missing or wrong.
    """
    values: Fields = {}
    errors: Errors = {}
    for field in fields:
        values[field.name] = field.default
        if _unsupported(field, model):
            continue
        value = given.get(field.name)
        if value is None or value == []:
            if field.required:
                add(errors, field.name, f"The {label(field.name)} field is required.")
            continue
        try:
            value = _CASTS[field.kind](field, value)
            if field.snapped and model:
                value = snapped(value, model)
            _check_bounds(field, value, model)
            _check_choice(field, value, model)
        except _ItemsError as error:
            errors.update(error.errors)
        except ValueError as error:
            add(errors, field.name, str(error))
        else:
            values[field.name] = value
    return values, errors


def _unsupported(field: Field, model: Model | None) -> bool:
    """Whether the model has no use for the field."""
    if field.feature and not (model and model.features.get(field.feature)):
        return True
    return bool(field.options and model and field.options not in model.limits)


def snapped(pixels: int, model: Model) -> int:
    """`pixels` rounded down to what the model can make."""
    step = model.limits.get("resolution_step") or model.limits.get("dimension_multiple") or 1
    return pixels // int(step) * int(step)


def check_webhook(values: Fields, errors: Errors, *, allow_http: bool) -> None:
    """Check what `webhook_url` and `webhook_secret` have to be beyond strings."""
    url = values.get("webhook_url")
    if url is not None:
        problem = _webhook_problem(url, allow_http=allow_http)
        if problem:
            add(errors, "webhook_url", problem)
    if values.get("webhook_secret") is not None and url is None and "webhook_url" not in errors:
        message = "The webhook url field is required when webhook secret is present."
        add(errors, "webhook_url", message)


def number(value: float) -> str:
    """A number as messages show it: without a fraction that is not there."""
    return str(int(value)) if value == int(value) else str(value)


def _webhook_problem(url: str, *, allow_http: bool) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
        parts = urlsplit("")
    if not parts.scheme or not host:
        return "The webhook url field must be a valid URL."
    if parts.scheme == "https" or (allow_http and parts.scheme == "http" and is_loopback(host)):
        return None
    return "The webhook url field must start with one of the following: https://."


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _string(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"The {label(field.name)} field must be a string.")  # noqa: TRY004
    return value


def _integer(field: Field, value: Any) -> int:
    in_text = isinstance(value, str) and _INTEGER.fullmatch(value) and len(value) < _LONGEST
    if in_text or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _OVERFLOW:
        return value
    raise ValueError(f"The {label(field.name)} field must be an integer.")


def _number(field: Field, value: Any) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value) and len(value) < _LONGEST:
        parsed = float(value)
        value = int(parsed) if parsed.is_integer() else parsed
    # Neither an infinity nor a NaN compares as small.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _OVERFLOW:
        return value
    raise ValueError(f"The {label(field.name)} field must be a number.")


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, str)) and str(value) in _BOOLEANS:
        return _BOOLEANS[str(value)]
    raise ValueError(f"The {label(field.name)} field must be true or false.")


class _ItemsError(ValueError):
    """What is wrong with the items of a list, each under a name of its own."""

    def __init__(self, errors: Errors) -> None:
        super().__init__()
        self.errors = errors


def _each(field: Field, value: Any, cast: Callable[[Field, Any], Item]) -> list[Item]:
    """The items of a list, or of a single one, by another cast."""
    if is_object(value):
        raise ValueError(f"The {label(field.name)} field must be a list.")
    values: list[Item] = []
    errors: Errors = {}
    for index, item in enumerate(value if is_list(value) else [value]):
        name = f"{field.name}.{index}"
        try:
            values.append(cast(Field(name, field.kind), item))
        except _ItemsError as error:
            errors.update(error.errors)
        except ValueError as error:
            add(errors, name, str(error))
    if errors:
        raise _ItemsError(errors)
    return values


def _strings(field: Field, value: Any) -> list[str]:
    return _each(field, value, _string)


def _loras(field: Field, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not is_list(value):
        raise ValueError(f"The {field.name} field must be an array.")
    return _each(field, value, _lora)


def _lora(field: Field, item: Any) -> dict[str, Any]:
    parts = (
        Field(f"{field.name}.name", "string", required=True),
        Field(f"{field.name}.weight", "number", required=True, minimum=0),
    )
    entry = item if is_object(item) else {}
    given = {part.name: entry.get(part.name.rpartition(".")[2]) for part in parts}
    values, errors = validate(parts, given, None)
    if errors:
        raise _ItemsError(errors)
    return {name.rpartition(".")[2]: value for name, value in values.items()}


def _file(field: Field, value: Any) -> Upload:
    if not isinstance(value, Upload):
        raise ValueError(f"The {label(field.name)} field must be a file.")  # noqa: TRY004
    return value


def _files(field: Field, value: Any) -> list[Upload]:
    return _each(field, value, _file)


_CASTS: dict[str, Callable[[Field, Any], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "strings": _strings,
    "loras": _loras,
    "file": _file,
    "files": _files,
}


def _check_bounds(field: Field, value: Any, model: Model | None) -> None:
    if isinstance(value, str):
        measure: float = len(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        measure = value
    else:
        return
    limits: Mapping[str, Any] = model.limits if model and field.limit else {}
    least = _tighter(max, field.minimum, limits.get(f"min_{field.limit}"))
    most = _tighter(min, field.maximum, limits.get(f"max_{field.limit}"))
    unit = _UNITS.get(field.kind, "")
    if least is not None and measure < least:
        raise ValueError(f"The {label(field.name)} field must be at least {number(least)}{unit}.")
    if most is not None and measure > most:
        raise ValueError(
            f"The {label(field.name)} field must not be greater than {number(most)}{unit}."
        )


def _tighter(pick: Callable[[Iterable[float]], float], *bounds: float | None) -> float | None:
    known = [bound for bound in bounds if bound is not None]
    return pick(known) if known else None


def _check_choice(field: Field, value: Any, model: Model | None) -> None:
    allowed: Iterable[Any] = field.choices
    if field.options and model:
        allowed = model.limits[field.options]
    if allowed and value not in allowed:
        raise ValueError(f"The selected {label(field.name)} is invalid.")
    if field.kind == "loras" and model:
        known = {name for name, _ in model.loras}
        unknown = [f"loras.{i}.name" for i, lora in enumerate(value) if lora["name"] not in known]
        if unknown:
            raise _ItemsError({name: [f"The selected {name} is invalid."] for name in unknown})
