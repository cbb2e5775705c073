"""The definition of an operation for all API versions, and fields of several operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..validation.fields import Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..catalogue.model import Model
    from ..validation.fields import Fields, FileType
    from ..validation.rules import Rule

PROMPT = Field("prompt", "string", required=True)
NEGATIVE_PROMPT = Field("negative_prompt", "string", feature="supports_negative_prompt")
SIZE = tuple(
    Field(side, "integer", required=True, limit=side, snapped=True) for side in ("width", "height")
)
STEPS = Field("steps", "integer", required=True, minimum=1, limit="steps", feature="supports_steps")
GUIDANCE = Field("guidance", "number", required=True, limit="guidance", feature="supports_guidance")
SEED = Field("seed", "integer", required=True)
INLINE_RESULT = Field("return_result_in_response", "boolean", default=False)
ENHANCE_PROMPT = Field("enhance_prompt", "boolean", default=False, not_in_v1=True)


@dataclass(frozen=True)
class Operation:
    """An operation of the service, as data.

    Attributes:
        name: Name of the operation, and its path in version 1.
        task: Name of the task in messages, such as "Text To Image".
        inference_types: Inference types of which the model must have one.
        endpoint: Path in version 2, and name in the rate limit table.
        seconds: Emulated seconds that a job takes.
        fields: Fields of a submission, except the model and webhook fields.
        price_fields: Fields of a price request, except the model.
        price: Computes the price in USD from validated fields of either request.
        produce: Generates the result from the fields and the file extension.
        extension: File extension of the result, or a function of the fields that returns it.
        rules: Rules of a submission over several fields, or a field and the model.
        price_rules: Rules of a price request over several fields, or a field and the model.
        preview: Generates the preview at a progress percentage, if the operation has previews.
        job_type: Returns the job's inference type, if the operation has several.
        supports_enhancement: Whether its prompts can be enhanced.
        details: Returns additional fields of a finished job's full status.
        not_in_v1: Whether version 1 lacks the operation.
        only_in_v1: Whether version 2 lacks the operation.
        v1_price_suffix: Last part of the price's path in version 1.
        slow: Whether the result may take longer than a second to generate. It is then generated
            while the job runs.
    """

    name: str
    task: str
    inference_types: tuple[str, ...]
    endpoint: str
    seconds: float
    fields: tuple[Field, ...]
    price_fields: tuple[Field, ...]
    price: Callable[[Model, Fields], float]
    produce: Callable[[Fields, str], bytes]
    extension: str | Callable[[Fields], str]
    rules: tuple[Rule, ...] = ()
    price_rules: tuple[Rule, ...] = ()
    preview: Callable[[Fields, float], str] | None = None
    job_type: Callable[[Fields], str] | None = None
    supports_enhancement: bool = False
    details: Callable[[Fields], dict[str, Any]] | None = None
    not_in_v1: bool = False
    only_in_v1: bool = False
    v1_price_suffix: str = "price-calculation"
    slow: bool = False

    def result_extension(self, fields: Fields) -> str:
        """Return the file extension of the result of a job with these fields."""
        return self.extension if isinstance(self.extension, str) else self.extension(fields)

    def paths(self, version: str) -> tuple[str, str] | None:
        """Return the paths of the operation and its price, or None if the API version lacks it."""
        if version == "v1":
            return None if self.not_in_v1 else (self.name, f"{self.name}/{self.v1_price_suffix}")
        return None if self.only_in_v1 else (self.endpoint, f"{self.endpoint}/price")


def file_or_size_fields(file_type: FileType) -> tuple[Field, ...]:
    """Return the fields of a price request: the file, or its width and height instead."""
    return (
        Field(file_type, "file", file_types=(file_type,)),
        Field("width", "integer", minimum=1, limit="width"),
        Field("height", "integer", minimum=1, limit="height"),
    )
