"""Arguments that the published defaults and limits of a model supply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .models import ModelInfo

_IMAGE = ("width", "height", "steps", "guidance", "seed")
_VIDEO = (*_IMAGE, "frames", "fps")

# The arguments of the methods by inference type, apart from the model and the input.
_ARGUMENTS = {
    "txt2img": _IMAGE,
    "img2img": ("steps", "guidance", "seed"),
    "txt2video": _VIDEO,
    "img2video": _VIDEO,
    "audio2video": _VIDEO,
    "video-replace": ("steps",),
    "txt2audio": ("lang", "mode", "voice", "format", "speed", "sample_rate"),
    "txt2music": ("duration", "inference_steps", "guidance_scale", "seed", "format"),
}

# Arguments whose names in the catalogue differ.
_PUBLISHED = {"inference_steps": "steps", "guidance_scale": "guidance"}

# Arguments that the service does not require. Without a published default they are left out.
_OPTIONAL = ("steps", "guidance")

_LISTS = {"format": "output_formats", "sample_rate": "available_ratios"}
_MODES = ("custom_voice", "voice_clone", "voice_design")
_RANDOM_SEED = -1


def default_arguments(model: ModelInfo, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for a model: its defaults, replaced by ``overrides``, within its limits.

    Args:
        model: The model.
        overrides: Arguments that replace defaults; None removes an argument.
    """
    wanted = {"model": model.slug, **_defaults(model, overrides.get("lang")), **overrides}
    return {name: _fit(model, name, value) for name, value in wanted.items() if value is not None}


def _defaults(model: ModelInfo, lang: object) -> dict[str, Any]:
    names = [name for task in model.inference_types for name in _ARGUMENTS.get(task, ())]
    values = {name: _default(model, name) for name in names}
    if "lang" in values:
        values["lang"] = lang or values["lang"]
        custom = values["mode"] in (None, "custom_voice")
        values["voice"] = _voice(model, values["lang"]) if custom else None
    return {name: value for name, value in values.items() if value is not None}


def _default(model: ModelInfo, name: str) -> Any:
    if name == "seed":
        return _RANDOM_SEED
    if name == "mode":
        return _mode(model)
    if name == "lang":
        languages = [(each.slug, each.name) for each in model.languages]
        return _listed(_section(model, "defaults").get(name), languages)
    published = _PUBLISHED.get(name, name)
    default = _section(model, "defaults").get(published)
    values = _section(model, "limits").get(_LISTS.get(name, ""))
    if is_array(values) and values and default not in values:
        return values[0]
    if default is None and name not in _OPTIONAL:
        return _section(model, "limits").get(f"min_{published}")
    return default


def _mode(model: ModelInfo) -> str | None:
    """Return the only mode of a speech model, or None for the default, a built-in voice."""
    features = _section(model, "features")
    supported = [mode for mode in _MODES if features.get(f"supports_{mode}") is True]
    return supported[0] if supported and "custom_voice" not in supported else None


def _voice(model: ModelInfo, lang: object) -> str | None:
    voices = [
        (voice.slug, voice.name)
        for language in model.languages
        if language.slug == lang
        for voice in language.voices
    ]
    return _listed(_section(model, "defaults").get("voice"), voices)


def _listed(default: object, entries: list[tuple[str, str]]) -> str | None:
    """Return the slug of a default, which may be a display name; otherwise the first slug."""
    for slug, name in entries:
        if default in (slug, name):
            return slug
    if entries:
        return entries[0][0]
    return default if isinstance(default, str) else None


def _fit(model: ModelInfo, name: str, value: Any) -> Any:
    """Return a number within the limits of the model. Sizes are rounded down to its step."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    limits, published = _section(model, "limits"), _PUBLISHED.get(name, name)
    minimum, maximum = (_number(limits.get(f"{end}_{published}")) for end in ("min", "max"))
    fitted = value
    if maximum is not None:
        fitted = min(fitted, maximum)
    if minimum is not None:
        fitted = max(fitted, minimum)
    step = _number(limits.get("resolution_step")) or _number(limits.get("dimension_multiple"))
    if name in ("width", "height") and step:
        fitted -= fitted % step
        if minimum is not None and fitted < minimum:
            fitted += step
    return int(fitted) if isinstance(value, int) else fitted


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value < 1e15 else None  # also rejects NaN


def _section(model: ModelInfo, name: str) -> dict[str, Any]:
    section = (model.info or {}).get(name)
    return section if is_object(section) else {}
