"""Prompt enhancement in version 2: its endpoint, and the enhancement before a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deapi.emulator import errors
from deapi.emulator.catalogue.models import CATALOGUE
from deapi.emulator.operations import prices
from deapi.emulator.operations.legacy_prompts import (
    NEGATIVE_PROMPT,
    PROMPT,
    PromptResult,
    enhanced_prompts,
)
from deapi.emulator.operations.registry import OPERATIONS
from deapi.emulator.validation.fields import Field, Fields
from deapi.emulator.validation.files import check_files
from deapi.emulator.validation.validator import add_error, find_model, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import FieldErrors
    from deapi.emulator.operations.operation import Operation

_NO_GUIDE = "There is no prompt booster guide for the selected model."


def _prompt_type(operation: Operation) -> str:
    """The `type` of an operation's prompts in version 2, such as "images.edits"."""
    return operation.endpoint.replace("/", ".")


_OPERATIONS_BY_TYPE: Mapping[str, Operation] = {
    _prompt_type(operation): operation
    for operation in OPERATIONS.values()
    if operation.supports_enhancement
}
_TYPES_WITH_IMAGE = ("images.edits", "videos.animations")
_FIELDS = (
    PROMPT,
    NEGATIVE_PROMPT,
    Field("type", "string", required=True, choices=tuple(_OPERATIONS_BY_TYPE)),
    Field("model_slug", "string", required=True),
    Field("image", "file", file_types=("image",)),
)


def enhance(values: Mapping[str, Any], *, allow_partners: bool, price_only: bool) -> PromptResult:
    """Enhance the prompt of a request, or compute the price only.

    Raises:
        ApiError: 422 with all validation errors.
    """
    validated, field_errors = validate(_FIELDS, values, None)
    check_files(_FIELDS, validated, field_errors)
    _check_image(validated, field_errors, price_only=price_only)
    if "type" not in field_errors and "model_slug" not in field_errors:
        _check_model(validated, field_errors, allow_partners=allow_partners)
    if field_errors:
        raise errors.validation_failed(field_errors)
    prompt: str = validated["prompt"]
    body = enhanced_prompts(prompt, validated["negative_prompt"], validated["type"])
    return PromptResult(prices.prompt_enhancement(prompt), body, validated["model_slug"])


def enhance_submission(
    operation: Operation, model: Model | None, fields: Fields, field_errors: FieldErrors
) -> PromptResult | None:
    """Replace the prompts of a valid submission with `enhance_prompt` by enhanced ones.

    Returns:
        The price, and the prompts as the status response shows them. None if the submission does
        not request enhancement or is invalid.
    """
    if model is None or not fields.get("enhance_prompt"):
        return None
    if not model.has_enhancement_guide:
        add_error(field_errors, "enhance_prompt", _NO_GUIDE)
    if field_errors:
        return None
    originals = {name: fields[name] for name in ("prompt", "negative_prompt")}
    enhanced = enhanced_prompts(
        fields["prompt"], fields["negative_prompt"], _prompt_type(operation)
    )
    fields.update(enhanced)
    body = {**enhanced, **{f"{name}_original": value for name, value in originals.items()}}
    return PromptResult(prices.prompt_enhancement(originals["prompt"]), body)


def _check_image(values: Fields, field_errors: FieldErrors, *, price_only: bool) -> None:
    if "type" in field_errors or "image" in field_errors:
        return
    prompt_type, image = values["type"], values["image"]
    if prompt_type in _TYPES_WITH_IMAGE and image is None and not price_only:
        message = f"The image field is required when type is {prompt_type}."
        add_error(field_errors, "image", message)
    elif prompt_type not in _TYPES_WITH_IMAGE and image is not None:
        message = f"The image field is prohibited when type is {prompt_type}."
        add_error(field_errors, "image", message)


def _check_model(values: Fields, field_errors: FieldErrors, *, allow_partners: bool) -> None:
    operation = _OPERATIONS_BY_TYPE[values["type"]]
    model, message = find_model(
        values["model_slug"],
        operation.inference_types,
        operation.task,
        CATALOGUE,
        allow_partners=allow_partners,
    )
    if model is not None and not model.has_enhancement_guide:
        message = _NO_GUIDE
    if message:
        add_error(field_errors, "model_slug", message)
