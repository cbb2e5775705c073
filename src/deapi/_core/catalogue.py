"""The models that a client has fetched, and what they accept. It never sends a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .._json import is_array, is_object
from .._text import describe, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..types import ModelInfo

_MAX_MODELS = 1000  # the service has a few dozen

# Longer names are not compared, because the comparison takes quadratic time.
_MAX_NAME_LENGTH = 100

# Limits of a model that list the values of a field.
_LISTS = {
    "format": "output_formats",
    "lang": "languages",
    "language": "languages",
    "sample_rate": "available_ratios",
    "quality": "quality_options",
    "ts_level": "timestamp_levels",
    "preset": "available_presets",
}
_SIDES = ("width", "height")


class Catalogue:
    """The models that a client has fetched so far.

    Threads share an instance without a lock, because each access to the dict is atomic.
    """

    def __init__(self) -> None:
        self._models: dict[str, ModelInfo] = {}
        self._reported_sizes: set[tuple[object, ...]] = set()

    def record(self, models: Iterable[ModelInfo]) -> None:
        """Keep models that the service has returned."""
        for model in models:
            if model.slug and (model.slug in self._models or len(self._models) < _MAX_MODELS):
                self._models[model.slug] = model

    def get(self, slug: object) -> ModelInfo | None:
        """Return a model, or None if it has not been fetched."""
        return self._models.get(slug) if isinstance(slug, str) else None

    def new_size_warning(self, fields: Mapping[str, object]) -> str | None:
        """Return a warning if the service rounds the size of a request, once for each size."""
        model = self.get(fields.get("model"))
        size = adjusted_size(model, fields) if model is not None else None
        requested = (fields.get("model"), *map(fields.get, _SIDES))
        if model is None or size is None or requested in self._reported_sizes:
            return None
        if len(self._reported_sizes) < _MAX_MODELS:
            self._reported_sizes.add(requested)
        return (
            f"The result will be {size[0]} x {size[1]} pixels instead of {requested[1]} x "
            f"{requested[2]}: {_label(model)} rounds down to multiples of {_step(model):g}."
        )

    def suggest(self, wanted: str) -> str:
        """Return a sentence with the models whose slug or name resembles ``wanted``."""
        slugs_by_name: dict[str, str] = {}
        for slug, model in list(self._models.items()):
            slugs_by_name[slug[:_MAX_NAME_LENGTH].lower()] = slug
            slugs_by_name[model.name[:_MAX_NAME_LENGTH].lower()] = slug
        slugs = dict.fromkeys(slugs_by_name[name] for name in _similar(wanted, slugs_by_name))
        return _did_you_mean(list(slugs)) or "Use client.models.iterate() to list all models."


def explain_model(model: ModelInfo) -> str:
    """Return a sentence with the tasks of a model, for a model that lacks the requested one."""
    tasks = ", ".join(sanitize(task, 40) for task in model.inference_types[:10])
    return f"{_label(model)} has the inference types {tasks}." if tasks else ""


def explain_field(model: ModelInfo, name: str, fields: Mapping[str, object]) -> str:
    """Return a sentence with the values of a field that a model accepts, or an empty string.

    Args:
        model: The model of the request.
        name: Name of the field.
        fields: Fields of the request.
    """
    values = _accepted_values(model, name, fields)
    if values:
        shown = ", ".join(describe(value, 30) for value in values[:10])
        more = f", … ({len(values)} in total)" if len(values) > 10 else ""
        close = _did_you_mean(_similar(str(fields.get(name, "")), map(str, values)))
        return f"{close} {_label(model)} accepts {name} {shown}{more}.".lstrip()
    minimum, maximum = _limit(model, f"min_{name}"), _limit(model, f"max_{name}")
    if minimum is None and maximum is None:
        return ""
    limits = [
        f"{word} {number:g}"
        for word, number in (("from", minimum), ("to", maximum))
        if number is not None
    ]
    step = _step(model) if name in _SIDES else None
    steps = f" in steps of {step:g}" if step else ""
    return f"{_label(model)} accepts {name} {' '.join(limits)}{steps}."


def adjusted_size(model: ModelInfo, fields: Mapping[str, object]) -> tuple[int, int] | None:
    """Return the width and height to which the service rounds down those of a request.

    Args:
        model: The model of the request.
        fields: Fields of the request.

    Returns:
        The size, or None if the requested one is not rounded, rejected, or not known.
    """
    step = _step(model)
    width, height = (fields.get(side) for side in _SIDES)
    if step is None or not isinstance(width, int) or not isinstance(height, int):
        return None
    size = (int(width - width % step), int(height - height % step))
    minimums = [_limit(model, f"min_{side}") or step for side in _SIDES]
    if width < minimums[0] or height < minimums[1]:
        return None  # the service rejects it
    return size if size != (width, height) else None


def _accepted_values(model: ModelInfo, name: str, fields: Mapping[str, object]) -> list[Any]:
    if name == "voice":
        languages = [each for each in model.languages if each.slug == fields.get("lang")]
        return [voice.slug for each in languages or model.languages for voice in each.voices]
    if re.fullmatch(r"loras\[\d+\]\[name\]", name):
        return [lora.name for lora in model.loras]
    if name == "lang" and model.languages:
        return [language.slug for language in model.languages]
    values = _limits(model).get(_LISTS.get(name, ""))
    return [v for v in values if isinstance(v, (str, int, float))] if is_array(values) else []


def _limits(model: ModelInfo) -> dict[str, Any]:
    limits = (model.info or {}).get("limits")
    return limits if is_object(limits) else {}


def _limit(model: ModelInfo, name: str) -> float | None:
    value = _limits(model).get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < 1e15 else None  # also rejects NaN


def _step(model: ModelInfo) -> float | None:
    step = _limit(model, "resolution_step") or _limit(model, "dimension_multiple")
    return step if step and step > 1 else None


def _label(model: ModelInfo) -> str:
    return sanitize(model.slug or model.name, 60)


def _similar(wanted: str, names: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    wanted = wanted[:_MAX_NAME_LENGTH].lower()
    short = {name[:_MAX_NAME_LENGTH].lower(): name for name in names}
    found = [name for name in short if wanted and wanted in name]
    return [short[name] for name in found or get_close_matches(wanted, short)][:3]


def _did_you_mean(names: list[str]) -> str:
    shown = " or ".join(repr(sanitize(name, 60)) for name in names)
    return f"Did you mean {shown}?" if shown else ""
