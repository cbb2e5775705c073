"""A model of the catalogue, and how the model list is filtered and sorted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SORTS = ("id", "name", "created_at", "updated_at")
_DEFAULT_SORT = "-created_at"


@dataclass(frozen=True)
class Language:
    """A language of a speech model. Its voices are tuples of slug, name and gender."""

    slug: str
    name: str
    voices: tuple[tuple[str, str, str | None], ...] = ()


@dataclass(frozen=True)
class Model:
    """A model of the catalogue.

    Attributes:
        slug: Identifier in requests.
        name: Display name.
        inference_types: Supported inference types.
        limits: `info.limits` of the model list.
        features: `info.features` of the model list.
        defaults: `info.defaults` of the model list.
        loras: LoRAs as tuples of name and display name.
        languages: Languages of a speech model.
        tags: Tags in the model list.
        partner: Whether it is a partner model, which requires the Premium plan.
        has_enhancement_guide: Whether prompts for it can be enhanced.
        unlisted_in: API versions whose model list omits it, although they may accept it.
    """

    slug: str
    name: str
    inference_types: tuple[str, ...]
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    features: Mapping[str, bool] = field(default_factory=dict[str, bool])
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    loras: tuple[tuple[str, str], ...] = ()
    languages: tuple[Language, ...] = ()
    tags: tuple[str, ...] = ()
    partner: bool = False
    has_enhancement_guide: bool = True
    unlisted_in: frozenset[str] = frozenset()

    def as_json(self, *, full: bool) -> dict[str, Any]:
        """Return the model's entry in the model list. Only a full one has tags and a status."""
        labels = {
            "tags": list(self.tags),
            "status": "test_model" if self.partner else "standard_model",
        }
        entry: dict[str, Any] = {
            "name": self.name,
            "slug": self.slug,
            "inference_types": list(self.inference_types),
            **(labels if full else {}),
            "info": self._info(),
        }
        if self.loras:
            entry["loras"] = [
                {"display_name": display_name, "name": name} for name, display_name in self.loras
            ]
        if self.languages:
            entry["languages"] = [
                {
                    "name": language.name,
                    "slug": language.slug,
                    "voices": [
                        {"name": name, "slug": slug, "gender": gender}
                        for slug, name, gender in language.voices
                    ],
                }
                for language in self.languages
            ]
        return entry

    def _info(self) -> dict[str, Any] | list[Any]:
        if not (self.limits or self.features or self.defaults):
            return []  # PHP encodes an empty map as a list
        return {
            "limits": dict(self.limits) or [],
            "features": dict(self.features) or [],
            "defaults": dict(self.defaults) or [],
        }


def filter_by_types(models: Iterable[Model], types: str | None) -> list[Model]:
    """Return the models with one of the comma-separated inference types. None returns all."""
    if not types:
        return list(models)
    return [model for model in models if _split(types).intersection(model.inference_types)]


def filter_by_tags(models: Iterable[Model], tags: str | None) -> list[Model]:
    """Return the models with one of the comma-separated tags. None returns all."""
    if not tags:
        return list(models)
    return [model for model in models if _split(tags).intersection(model.tags)]


def sort_models(models: Sequence[Model], sort: str | None) -> list[Model]:
    """Sort models, which are ordered from the oldest, by `name` or by age.

    `id`, `created_at` and `updated_at` all mean the age. The prefix `-` reverses the order. Any
    other value means `-created_at`.
    """
    chosen = sort if sort and sort.removeprefix("-") in _SORTS else _DEFAULT_SORT
    ordered = list(models)
    if chosen.endswith("name"):
        ordered.sort(key=lambda model: model.name.casefold())
    return ordered[::-1] if chosen.startswith("-") else ordered


def _split(names: str) -> set[str]:
    return {name.strip() for name in names.split(",")}
