"""The catalogue of models."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from .._json import is_array, is_object
from ._base import Lenient, Model, lenient, object_or_empty, rows
from .pages import Page

_SECTIONS = ("limits", "features", "defaults")


def _names(value: object) -> object:
    """Names that are either listed or the keys of an object."""
    if is_object(value):
        # An object with numbers for keys is a list of PHP's whose numbering has gaps.
        value = [item if key.isdecimal() else key for key, item in value.items()]
    return [item for item in value if isinstance(item, str)] if is_array(value) else []


def _info(value: object) -> object:
    value = object_or_empty(value)
    if not is_object(value):
        return value
    return {
        name: object_or_empty(item) if name in _SECTIONS else item for name, item in value.items()
    }


class Lora(Model):
    """A LoRA that can be applied to a model.

    Attributes:
        name: What ``loras=[{"name": ..., "weight": ...}]`` takes.
        display_name: A name for people.
    """

    name: Annotated[str, lenient(str)] = ""
    display_name: Annotated[str | None, Lenient] = None


class Voice(Model):
    """A voice of a speech model.

    Attributes:
        name: A name for people.
        slug: What ``voice=`` takes.
        gender: ``male`` or ``female``, where it is known.
    """

    name: Annotated[str, lenient(str)] = ""
    slug: Annotated[str, lenient(str)] = ""
    gender: Annotated[str | None, Lenient] = None


class Language(Model):
    """A language that a speech model speaks.

    Attributes:
        name: A name for people.
        slug: What ``lang=`` takes.
        voices: The voices that speak it.
    """

    name: Annotated[str, lenient(str)] = ""
    slug: Annotated[str, lenient(str)] = ""
    voices: Annotated[list[Voice], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[Voice]
    )


class ModelInfo(Model):
    """A model and what it can do.

    Attributes:
        name: A name for people.
        slug: What ``model=`` takes.
        inference_types: Its tasks, as ``InferenceType`` names them.
        info: Its ``limits``, ``features`` and ``defaults``, which are open JSON; empty for a model
            without any, None where the service does not say.
        loras: The LoRAs that can be applied to it.
        languages: The languages that it speaks, with their voices.
        tags: ``new``, ``beta``, ``experimental``, ``test`` and the like.
        status: ``standard_model``, or ``test_model`` for one of a partner's.
    """

    name: Annotated[str, lenient(str)] = ""
    slug: Annotated[str | None, Lenient] = None
    inference_types: Annotated[list[str], BeforeValidator(_names)] = Field(
        default_factory=list[str]
    )
    info: Annotated[dict[str, Any] | None, BeforeValidator(_info), Lenient] = Field(
        default=None, validation_alias=AliasChoices("info", "specs")
    )
    loras: Annotated[list[Lora], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[Lora]
    )
    languages: Annotated[list[Language], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[Language]
    )
    tags: Annotated[list[str], BeforeValidator(_names)] = Field(default_factory=list[str])
    status: Annotated[str | None, Lenient] = None

    @property
    def specs(self) -> dict[str, Any] | None:
        """The same as ``info``."""
        return self.info


class ModelsResponse(Page[ModelInfo]):
    """A page of the catalogue.

    Attributes:
        data: The models on this page.
        links: The addresses of the other pages.
        meta: Where this page stands among them.
    """
