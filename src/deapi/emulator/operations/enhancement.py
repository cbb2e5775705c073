"""The prompt booster of version 2: on its own, and before a job whose prompt it improves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deapi.emulator import errors
from deapi.emulator.catalogue.models import CATALOGUE
from deapi.emulator.operations import prices
from deapi.emulator.operations.legacy_prompts import NEGATIVE_PROMPT, PROMPT, Boosted, improved
from deapi.emulator.operations.registry import OPERATIONS
from deapi.emulator.validation.fields import Field, Fields
from deapi.emulator.validation.files import check_files
from deapi.emulator.validation.validator import add, choose_model, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors
    from deapi.emulator.operations.operation import Operation

_NO_GUIDE = "There is no prompt booster guide for the selected model."


def _type(operation: Operation) -> str:
    """What version 2 calls the prompts of an operation, such as "images.edits"."""
    return operation.quota.replace("/", ".")


_TYPES: Mapping[str, Operation] = {
    _type(operation): operation for operation in OPERATIONS.values() if operation.boosts
}
_PICTURED = ("images.edits", "videos.animations")
_FIELDS = (
    PROMPT,
    NEGATIVE_PROMPT,
    Field("type", "string", required=True, choices=tuple(_TYPES)),
    Field("model_slug", "string", required=True),
    Field("image", "file", media=("image",)),
)


def enhance(given: Mapping[str, Any], *, partners: bool, quote: bool) -> Boosted:
    """Boost a prompt.

    Args:
        given: Fields of the request.
        partners: Whether the plan includes partner models.
        quote: Whether only the price is asked for.

    Raises:
        ApiError: 422 with everything that is wrong.
    """
    values, found = validate(_FIELDS, given, None)
    check_files(_FIELDS, values, found)
    _check_image(values, found, quote=quote)
    if "type" not in found and "model_slug" not in found:
        _check_model(values, found, partners=partners)
    if found:
        raise errors.unprocessable(found)
    prompt: str = values["prompt"]
    answer = improved(prompt, values["negative_prompt"], values["type"])
    return Boosted(prices.boost(prompt), answer, values["model_slug"])


def boosted_order(
    operation: Operation, model: Model | None, fields: Fields, found: Errors
) -> Boosted | None:
    """Boost the prompt of a job that asks for it.

    Args:
        operation: What is ordered.
        model: With which model, if that was found.
        fields: The validated fields, whose prompts are replaced.
        found: What is wrong with them; says in the end if the model has no guide, too.

    Returns:
        What the boost costs, and the prompts as the status answer shows them; None if there is
        nothing to boost.
    """
    if model is None or not fields.get("enhance_prompt"):
        return None
    if not model.booster_guide:
        add(found, "enhance_prompt", _NO_GUIDE)
    if found:
        return None
    originals = {name: fields[name] for name in ("prompt", "negative_prompt")}
    better = improved(fields["prompt"], fields["negative_prompt"], _type(operation))
    fields.update(better)
    told = {**better, **{f"{name}_original": value for name, value in originals.items()}}
    return Boosted(prices.boost(originals["prompt"]), told)


def _check_image(values: Fields, found: Errors, *, quote: bool) -> None:
    kind, image = values["type"], values["image"]
    if "type" in found or "image" in found:
        return
    if kind in _PICTURED and image is None and not quote:
        add(found, "image", f"The image field is required when type is {kind}.")
    elif kind not in _PICTURED and image is not None:
        add(found, "image", f"The image field is prohibited when type is {kind}.")


def _check_model(values: Fields, found: Errors, *, partners: bool) -> None:
    operation = _TYPES[values["type"]]
    model, problem = choose_model(
        values["model_slug"],
        operation.inference_types,
        operation.task,
        CATALOGUE,
        partners=partners,
    )
    if model is not None and not model.booster_guide:
        problem = _NO_GUIDE
    if problem:
        add(found, "model_slug", problem)
