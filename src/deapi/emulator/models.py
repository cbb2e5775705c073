"""What the emulator knows of a model, and the pages of the model list."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100


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
        unlisted_in: API versions whose list leaves it out though they accept it.
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
    types = {name.strip() for name in wanted.split(",")}
    return [model for model in models if types.intersection(model.inference_types)]


def page_of(models: Sequence[Model], query: Mapping[str, str], url: str) -> dict[str, Any]:
    """A page of the model list, with Laravel's `links` and `meta`.

    Args:
        models: What is to be paged.
        query: Query string of the request; `limit` (or `per_page`), `page`.
        url: URL of the list without its query string.

    Returns:
        The body of the answer.
    """
    size = _positive(query.get("limit") or query.get("per_page"), DEFAULT_PAGE_SIZE)
    size = min(size, MAX_PAGE_SIZE)
    number = _positive(query.get("page"), 1)
    last = max(1, math.ceil(len(models) / size))
    start = (number - 1) * size
    shown = models[start : start + size]
    kept = {name: value for name, value in query.items() if name != "page"}

    def link(page: int) -> str | None:
        return f"{url}?{urlencode({**kept, 'page': page})}" if 1 <= page <= last else None

    previous, following = link(number - 1), link(number + 1)
    numbered = [
        {"url": link(page), "label": str(page), "page": page, "active": page == number}
        for page in range(1, last + 1)
    ]
    return {
        "data": [model.as_json() for model in shown],
        "links": {"first": link(1), "last": link(last), "prev": previous, "next": following},
        "meta": {
            "current_page": number,
            "from": start + 1 if shown else None,
            "last_page": last,
            "links": [
                _step(previous, "&laquo; Previous", number - 1),
                *numbered,
                _step(following, "Next &raquo;", number + 1),
            ],
            "path": url,
            "per_page": size,
            "to": start + len(shown) if shown else None,
            "total": len(models),
        },
    }


def _step(url: str | None, label: str, page: int) -> dict[str, Any]:
    return {"url": url, "label": label, "page": page if url else None, "active": False}


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and int(text) > 0 else default
