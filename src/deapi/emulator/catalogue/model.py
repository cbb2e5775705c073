"""What the emulator knows of a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SORTS = ("id", "name", "created_at", "updated_at")
_DEFAULT_SORT = "-created_at"


@dataclass(frozen=True)
class Language:
    """A language of a speech model, with its voices as (slug, name, gender)."""

    slug: str
    name: str
    voices: tuple[tuple[str, str, str | None], ...] = ()


@dataclass(frozen=True)
class Model:
    """A model of the catalogue.

    Attributes:
        slug: What requests name it by.
        name: What people call it.
        inference_types: Tasks it can be used for.
        limits: `info.limits` of the model list.
        features: `info.features` of the model list.
        defaults: `info.defaults` of the model list.
        loras: LoRAs as (name, display name).
        languages: Languages of a speech model.
        tags: Labels in the model list.
        partner: Whether it needs the Premium plan.
        booster_guide: Whether prompts for it can be boosted.
        unlisted_in: API versions whose list leaves it out, though they may accept it.
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
    booster_guide: bool = True
    unlisted_in: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """The model's entry in the model list."""
        entry: dict[str, Any] = {
            "name": self.name,
            "slug": self.slug,
            "inference_types": list(self.inference_types),
            "tags": list(self.tags),
            "status": "test_model" if self.partner else "standard_model",
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
            return []  # PHP writes an empty map as a list
        return {
            "limits": dict(self.limits) or [],
            "features": dict(self.features) or [],
            "defaults": dict(self.defaults) or [],
        }


def of_types(models: Iterable[Model], wanted: str | None) -> list[Model]:
    """The models that serve one of the comma-separated inference types, or all of them."""
    if not wanted:
        return list(models)
    return [model for model in models if _named(wanted).intersection(model.inference_types)]


def with_tags(models: Iterable[Model], wanted: str | None) -> list[Model]:
    """The models that have one of the comma-separated tags, or all of them."""
    if not wanted:
        return list(models)
    return [model for model in models if _named(wanted).intersection(model.tags)]


def in_order(models: Sequence[Model], sort: str | None) -> list[Model]:
    """The models as `sort` wants them: by `name`, or by age, which the other words mean.

    Args:
        models: The models, the oldest first.
        sort: `name`, `id`, `created_at` or `updated_at`, with a `-` before it for the opposite
            order; anything else is `-created_at`.
    """
    chosen = sort if sort and sort.removeprefix("-") in _SORTS else _DEFAULT_SORT
    ordered = list(models)
    if chosen.endswith("name"):
        ordered.sort(key=lambda model: model.name.casefold())
    return ordered[::-1] if chosen.startswith("-") else ordered


def _named(wanted: str) -> set[str]:
    return {name.strip() for name in wanted.split(",")}
