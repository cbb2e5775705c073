"""One call, described as data, and how its fields become a body."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from .._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .._types import FileInput


SECRETS = ("webhook_secret",)
"""Fields that appear in no error, though the service may repeat them."""

FLAGS = (
    "diarize",
    "enhance_prompt",
    "include_metadata",
    "include_ts",
    "return_result_in_response",
)
"""Fields that are true or false, where a text or a list would be taken for true."""

_LARGEST = 2**64


@dataclass
class Request:
    """One call of an operation: its fields and files, by the names they have on the wire.

    A field or a file that is None is not sent, unless it is one of ``nulls``.
    """

    operation: str
    fields: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    files: Mapping[str, FileInput | Sequence[FileInput] | None] = field(
        default_factory=dict[str, "FileInput | Sequence[FileInput] | None"], repr=False
    )
    identifier: str | None = None
    nulls: tuple[str, ...] = ()


def clean(fields: Mapping[str, object]) -> dict[str, Any]:
    """The fields that are given, each checked to be something that can be sent.

    Raises:
        ValueError: A number is not finite, or a text cannot be written as UTF-8.
        TypeError: A value is of a kind that has no place in a request.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    for name, value in given.items():
        if name in FLAGS:
            given[name] = flag(name, value)
        else:
            _check(name, value)
    return given


def flag(name: str, value: object) -> bool:
    """A value that is true or false, or 1 or 0, as a number or, for old programs, a text.

    Raises:
        TypeError: It is something else.
    """
    if value not in (True, False, "1", "0"):
        raise TypeError(f"{name} must be True or False, not {value!r:.40}.")
    return value not in (False, "0")


def _check(name: str, value: object) -> None:
    if isinstance(value, str):
        # Every text is ASCII or has to pass through this; the first test is the cheap one.
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise ValueError(
                    f"{name} cannot be sent: the character at position {error.start} is half of a "
                    "surrogate pair, which has no form in UTF-8."
                ) from None
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number; got {value!r}.")
    elif is_object(value):
        for key, item in value.items():
            _check(f"{name}[{key}]", item)
    elif is_array(value):
        for index, item in enumerate(value):
            _check(f"{name}[{index}]", item)
    elif isinstance(value, int):
        if abs(value) > _LARGEST:
            raise ValueError(f"{name} cannot be sent: it is too large a number.")
    else:
        raise TypeError(f"{name} cannot be sent: it is a {type(value).__name__}.")


def json_body(fields: Mapping[str, Any]) -> bytes:
    """Clean fields as a JSON document."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def query(fields: Mapping[str, Any]) -> str:
    """Clean fields as a query string."""
    return urlencode(list(form_fields(fields)))


def form_fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Clean fields as names and texts of a form, nested ones in PHP's brackets."""
    for name, value in fields.items():
        yield from _form_field(name, value)


def _form_field(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if is_object(value):
        for key, item in value.items():
            yield from _form_field(f"{name}[{key}]", item)
    elif is_array(value):
        for index, item in enumerate(value):
            yield from _form_field(f"{name}[{index}]", item)
    elif isinstance(value, bool):
        yield name, "1" if value else "0"  # what Laravel's boolean rule always takes
    elif value is None:
        yield name, ""  # what Laravel reads as null
    elif isinstance(value, float):
        # A whole number without ".0": as text, Laravel's integer rule takes "24000" only.
        yield name, format(Decimal(float.__repr__(value)), "f").removesuffix(".0")
    elif isinstance(value, int):
        yield name, int.__repr__(value)
    else:
        # Not str(): a member of an Enum, and a number of numpy's, would write its own name.
        yield name, str.__str__(value)


def loras(given: Iterable[object] | None) -> list[dict[str, Any]] | None:
    """LoRA weights, given as dicts or as ``LoraWeight``, as plain data.

    Raises:
        TypeError: It is not a list, or an item is neither a dict nor a ``LoraWeight``.
        ValueError: A LoRA has no name, or no weight of zero or more.
    """
    if given is None:
        return None
    items = as_list("loras", given)
    return [_lora(f"loras[{index}]", item) for index, item in enumerate(items)]


def _lora(name: str, item: Any) -> dict[str, Any]:
    # LoraWeight is told by its attributes, because importing it would load pydantic.
    if isinstance(item, Mapping):
        plain = {str(key): value for key, value in cast("Mapping[object, Any]", item).items()}
    elif hasattr(item, "name") and hasattr(item, "weight"):
        plain = {"name": item.name, "weight": item.weight}
    else:
        raise TypeError(
            f"{name} must be a LoraWeight or a dict like {{'name': ..., 'weight': 0.8}}, "
            f"not {type(item).__name__}."
        )
    if not isinstance(plain.get("name"), str) or not plain["name"]:
        raise ValueError(f"{name} needs a name: the LoRA's, from the model's list of them.")
    weight = plain.get("weight")
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not weight >= 0:
        raise ValueError(f"{name} needs a weight: a number of zero or more.")
    return plain


def as_list(name: str, given: object) -> list[Any]:
    """``given`` as a list, unless it is a single thing where several belong.

    Raises:
        TypeError: It is a str, bytes or dict, or cannot be iterated.
    """
    if isinstance(given, (str, bytes, bytearray, memoryview, Mapping)):
        raise TypeError(f"{name} must be a list, not a single {type(cast('Any', given)).__name__}.")
    try:
        return list(cast("Iterable[Any]", given))
    except TypeError:
        raise TypeError(f"{name} must be a list, not {type(given).__name__}.") from None
