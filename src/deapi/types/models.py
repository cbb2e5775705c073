"""The model catalogue."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from .._json import is_array, is_object
from ._base import Lenient, Model, empty_array_as_object, lenient, list_of_objects
from .pages import Page

_INFO_SECTIONS = ("limits", "features", "defaults")
_TEXT_DEFAULTS = ("format", "lang", "negative_prompt", "prompt", "voice")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_FLAGS: dict[str | int, bool] = {"0": False, "1": True, 0: False, 1: True}


def _list_of_names(value: object) -> object:
    """Return names that the service sends as an array or as the keys of an object."""
    if is_object(value):
        # An object with numeric keys is a PHP array with gaps.
        value = [item if key.isdecimal() else key for key, item in value.items()]
    return [item for item in value if isinstance(item, str)] if is_array(value) else []


def _normalize_info(value: object) -> object:
    value = empty_array_as_object(value)
    if not is_object(value):
        return value
    return {
        name: _normalize_section(name, item) if name in _INFO_SECTIONS else item
        for name, item in value.items()
    }


def _normalize_section(name: str, value: object) -> object:
    """Return a section with numbers and flags, which PHP may encode as strings."""
    value = empty_array_as_object(value)
    if not is_object(value):
        return value
    if name == "features":
        return {
            key: _FLAGS.get(item, item) if isinstance(item, (str, int)) else item
            for key, item in value.items()
        }
    return {key: item if key in _TEXT_DEFAULTS else _to_number(item) for key, item in value.items()}


def _to_number(value: object) -> object:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return [_to_number(item) for item in value] if is_array(value) else value


class Lora(Model):
    """A LoRA that can be applied to a model."""

    name: Annotated[str, lenient(str)] = ""
    """Name to pass in the argument ``loras``: ``[{"name": ..., "weight": ...}]``."""
    display_name: Annotated[str | None, Lenient] = None
    """Display name, or None."""


class Voice(Model):
    """A voice of a speech model."""

    name: Annotated[str, lenient(str)] = ""
    """Display name."""
    slug: Annotated[str, lenient(str)] = ""
    """Value to pass as the argument ``voice``."""
    gender: Annotated[str | None, Lenient] = None
    """``male``, ``female``, or None if unknown."""


class Language(Model):
    """A language of a speech model."""

    name: Annotated[str, lenient(str)] = ""
    """Display name."""
    slug: Annotated[str, lenient(str)] = ""
    """Value to pass as the argument ``lang``."""
    voices: Annotated[list[Voice], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[Voice]
    )
    """Voices for this language."""


class ModelInfo(Model):
    """A model of the catalogue and its capabilities."""

    _suggestions = (("id", "slug"), ("model", "slug"))

    name: Annotated[str, lenient(str)] = ""
    """Display name."""
    slug: Annotated[str | None, Lenient] = None
    """Value to pass as the argument ``model``."""
    inference_types: Annotated[list[str], BeforeValidator(_list_of_names)] = Field(
        default_factory=list[str]
    )
    """Tasks of the model; ``InferenceType`` lists the known ones."""
    info: Annotated[dict[str, Any] | None, BeforeValidator(_normalize_info), Lenient] = Field(
        default=None, validation_alias=AliasChoices("info", "specs")
    )
    """JSON object with ``limits``, ``features`` and ``defaults``. Empty if the model has none, None
    if the service does not report it."""
    loras: Annotated[list[Lora], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[Lora]
    )
    """LoRAs that can be applied to the model."""
    languages: Annotated[list[Language], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[Language]
    )
    """Languages of a speech model, with their voices."""
    tags: Annotated[list[str], BeforeValidator(_list_of_names)] = Field(default_factory=list[str])
    """Tags of the model: ``new``, ``beta``, ``experimental``, ``test``. The service may add others.
    API v2 only."""
    status: Annotated[str | None, Lenient] = None
    """``standard_model``, or ``test_model`` for a partner's model. API v2 only."""

    @property
    def specs(self) -> dict[str, Any] | None:
        """Alias of ``info``."""
        return self.info

    def defaults(self, **overrides: Any) -> dict[str, Any]:
        """Return arguments for a method of the model's task, from the model's published defaults.

        ``client.images.generate(prompt="a fox", **model.defaults(width=768))`` passes all arguments
        that the method requires. The seed is -1, which picks one. Where the model publishes no
        default, it is the minimum, or the first value of the list that the model accepts. If the
        model also generates images, pass ``width=None, height=None`` to edit an image in its size.

        Args:
            **overrides: Arguments that replace defaults. Numbers are adjusted to the model's
                limits, and sizes are rounded down to its resolution step. None removes an argument.

        Returns:
            Arguments by name, including ``model``.
        """
        from ._defaults import default_arguments

        return default_arguments(self, overrides)


class ModelsResponse(Page[ModelInfo]):
    """One page of the model catalogue."""
