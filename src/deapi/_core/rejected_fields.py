"""What the message of an error says about the fields that the service rejected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .._json import is_array, is_object
from .._text import describe
from .catalogue import explain_field, explain_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .catalogue import Catalogue

_MAX_EXPLAINED_FIELDS = 3

# Longer strings are prompts, which do not belong in logs.
_MAX_SHOWN_LENGTH = 100


def explain_fields(
    rejected: Iterable[str],
    fields: Mapping[str, object],
    renames: Mapping[str, str],
    catalogue: Catalogue,
) -> str:
    """Return the rejected values, and the values that the model accepts if it is known.

    Args:
        rejected: Names of the rejected fields, as in the request.
        fields: Fields without secrets, by argument name.
        renames: Names of fields in the request by argument name, if the two differ.
        catalogue: Models that the client has fetched.
    """
    names = {renames.get(name, name): name for name in fields}
    found = [
        (path, value) for name in rejected for path, value in _sent_values(name, names, fields)
    ][:_MAX_EXPLAINED_FIELDS]
    if not found:
        return ""
    values = ", ".join(f"{path}={_describe_sent(value)}" for path, value in found)
    model = catalogue.get(fields.get("model"))
    explanations = [f" The request had {values}."]
    for path, value in found:
        if path == "model" and isinstance(value, str):
            hint = explain_model(model) if model is not None else catalogue.suggest(value)
        else:
            hint = explain_field(model, path, fields) if model is not None else ""
        explanations += [f" {hint}"] if hint else []
    return "".join(explanations)


def _sent_values(
    path: str, names: Mapping[str, str], fields: Mapping[str, object]
) -> list[tuple[str, object]]:
    """Return the name and value of a field that the service names like ``loras.0.weight``."""
    first, *steps = path[:200].split(".")
    if first not in names:
        return []
    name = names[first]
    value: Any = fields[name]
    for step in steps:
        if is_object(value) and step in value:
            value = value[step]
        elif is_array(value) and re.fullmatch("[0-9]{1,6}", step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return []
        name += f"[{step}]"
    return [(name, value)]


def _describe_sent(value: object) -> str:
    if isinstance(value, str) and len(value) > _MAX_SHOWN_LENGTH and "://" not in value[:10]:
        return f"<{len(value):,} characters>"
    return describe(value)
