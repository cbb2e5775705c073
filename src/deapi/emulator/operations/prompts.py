"""Prompt enhancement, by its own endpoint and before a job, the removed endpoints, and samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .. import errors
from ..catalogue.models import CATALOGUE
from ..media import text
from ..validation.fields import Field, Fields
from ..validation.files import check_files
from ..validation.validator import add_error, find_model, validate
from . import prices
from .registry import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..catalogue.model import Model
    from ..errors import FieldErrors
    from .operation import Operation

SAMPLES_PATH = "prompts/samples"

_NO_GUIDE = "There is no prompt booster guide for the selected model."
_TYPES_WITH_IMAGE = ("images.edits", "videos.animations")


def _prompt_type(operation: Operation) -> str:
    """Return the `type` of an operation's prompts in version 2, such as "images.edits"."""
    return operation.endpoint.replace("/", ".")


_OPERATIONS_BY_TYPE: Mapping[str, Operation] = {
    _prompt_type(operation): operation
    for operation in OPERATIONS.values()
    if operation.supports_enhancement
}
_PROMPT = Field("prompt", "string", required=True, minimum=3)
_NEGATIVE_PROMPT = Field("negative_prompt", "string", minimum=3)
_IMAGE = Field("image", "file", file_types=("image",))
_FIELDS = (
    _PROMPT,
    _NEGATIVE_PROMPT,
    Field("type", "string", required=True, choices=tuple(_OPERATIONS_BY_TYPE)),
    Field("model_slug", "string", required=True),
    _IMAGE,
)
_LEGACY_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "image": (_PROMPT, _NEGATIVE_PROMPT),
    "video": (_PROMPT, _NEGATIVE_PROMPT, _IMAGE),
    "speech": (_PROMPT, Field("lang_code", "string")),
    "image2image": (_PROMPT, _NEGATIVE_PROMPT, replace(_IMAGE, required=True)),
}
_SAMPLE_FIELDS = (
    Field("type", "string", required=True, choices=("text2image", "text2speech")),
    Field("topic", "string", maximum=500),
    Field("lang_code", "string", maximum=4),
)


@dataclass(frozen=True)
class PromptResult:
    """The result of a prompt enhancement or sample prompt.

    Attributes:
        price: Price in USD.
        body: Body of the response.
        model: Slug of the model, or None if the request has no model.
    """

    price: float
    body: dict[str, Any]
    model: str | None = None


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
    body = _enhanced_prompts(prompt, validated["negative_prompt"], validated["type"])
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
    enhanced = _enhanced_prompts(
        fields["prompt"], fields["negative_prompt"], _prompt_type(operation)
    )
    fields.update(enhanced)
    body = {**enhanced, **{f"{name}_original": value for name, value in originals.items()}}
    return PromptResult(prices.prompt_enhancement(originals["prompt"]), body)


def legacy_enhance(name: str, values: Mapping[str, Any], *, price_only: bool) -> PromptResult:
    """Enhance a prompt with a removed endpoint: "image", "video", "speech" or "image2image".

    A price request does not require the image.

    Raises:
        ApiError: 422 with all validation errors.
    """
    fields = _LEGACY_FIELDS[name]
    if price_only:
        fields = tuple(_IMAGE if field.name == "image" else field for field in fields)
    validated, field_errors = validate(fields, values, None)
    check_files(fields, validated, field_errors)
    if _NEGATIVE_PROMPT in fields and "negative_prompt" not in values:
        message = "The negative prompt field must be present."
        add_error(field_errors, "negative_prompt", message)
    if field_errors:
        raise errors.validation_failed(field_errors)
    prompt: str = validated["prompt"]
    body = _enhanced_prompts(prompt, validated.get("negative_prompt"), name)
    if _NEGATIVE_PROMPT not in fields:
        del body["negative_prompt"]
    return PromptResult(prices.prompt_enhancement(prompt), body)


def sample_prompt(query: Mapping[str, Any]) -> PromptResult:
    """Generate a sample prompt for the query string of a request.

    Raises:
        ApiError: 422 with all validation errors.
    """
    validated, field_errors = validate(_SAMPLE_FIELDS, query, None)
    if field_errors:
        raise errors.validation_failed(field_errors)
    prompt = text.sample_prompt(validated["type"], validated["topic"])
    body = {"success": True, "data": {"type": validated["type"], "prompt": prompt}}
    return PromptResult(prices.prompt_enhancement(validated["topic"] or ""), body)


def _enhanced_prompts(
    prompt: str, negative_prompt: str | None, prompt_type: str
) -> dict[str, str | None]:
    return {
        "prompt": text.enhance_prompt(prompt, prompt_type),
        "negative_prompt": negative_prompt and f"{negative_prompt}, watermark, low contrast",
    }


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
