"""The prompt endpoints of version 1, which the service has removed, and the sample prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deapi.emulator import errors
from deapi.emulator.media import text
from deapi.emulator.operations import prices
from deapi.emulator.validation.fields import Field
from deapi.emulator.validation.files import check_files
from deapi.emulator.validation.validator import add_error, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLES_PATH = "prompts/samples"

PROMPT = Field("prompt", "string", required=True, minimum=3)
NEGATIVE_PROMPT = Field("negative_prompt", "string", minimum=3)

_SAMPLE_FIELDS = (
    Field("type", "string", required=True, choices=("text2image", "text2speech")),
    Field("topic", "string", maximum=500),
    Field("lang_code", "string", maximum=4),
)
_LEGACY_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "image": (PROMPT, NEGATIVE_PROMPT),
    "video": (PROMPT, NEGATIVE_PROMPT, Field("image", "file", file_types=("image",))),
    "speech": (PROMPT, Field("lang_code", "string")),
    "image2image": (
        PROMPT,
        NEGATIVE_PROMPT,
        Field("image", "file", required=True, file_types=("image",)),
    ),
}


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


def legacy_enhance(name: str, values: Mapping[str, Any]) -> PromptResult:
    """Enhance a prompt for "image", "video", "speech" or "image2image".

    Raises:
        ApiError: 422 with all validation errors.
    """
    fields = _LEGACY_FIELDS[name]
    validated, field_errors = validate(fields, values, None)
    check_files(fields, validated, field_errors)
    if NEGATIVE_PROMPT in fields and "negative_prompt" not in values:
        message = "The negative prompt field must be present."
        add_error(field_errors, "negative_prompt", message)
    if field_errors:
        raise errors.validation_failed(field_errors)
    prompt: str = validated["prompt"]
    body: dict[str, Any] = enhanced_prompts(prompt, validated.get("negative_prompt"), name)
    if NEGATIVE_PROMPT not in fields:
        del body["negative_prompt"]
    return PromptResult(prices.prompt_enhancement(prompt), body)


def enhanced_prompts(
    prompt: str, negative_prompt: str | None, prompt_type: str
) -> dict[str, str | None]:
    """Enhance prompt and negative prompt for a type such as `image2image` or `images.edits`."""
    return {
        "prompt": text.enhance_prompt(prompt, prompt_type),
        "negative_prompt": negative_prompt and f"{negative_prompt}, watermark, low contrast",
    }


def sample_prompt(query: Mapping[str, Any]) -> PromptResult:
    """Generate a sample prompt for the decoded query string of a request.

    Raises:
        ApiError: 422 with all validation errors.
    """
    validated, field_errors = validate(_SAMPLE_FIELDS, query, None)
    if field_errors:
        raise errors.validation_failed(field_errors)
    prompt = text.sample_prompt(validated["type"], validated["topic"])
    body = {"success": True, "data": {"type": validated["type"], "prompt": prompt}}
    return PromptResult(prices.prompt_enhancement(validated["topic"] or ""), body)
