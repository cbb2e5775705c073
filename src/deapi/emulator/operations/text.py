"""Operations that return text or vectors: OCR and embeddings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..media import text
from ..validation.fields import Field, Fields
from ..validation.rules import dimensions_within_limits, file_or_size
from ..validation.validator import add_error
from . import prices
from .operation import INLINE_RESULT, Operation, file_or_size_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..catalogue.model import Model
    from ..errors import FieldErrors

_MAX_INPUTS = 2048

_OCR_OPTIONS = (Field("language", "string"), Field("format", "string", choices=("text", "json")))


def _inputs_within_limits(fields: Fields, model: Model | None, errors: FieldErrors) -> None:
    texts: Sequence[str] | None = fields["input"]
    if not texts or "input" in errors:
        return
    if len(texts) > _MAX_INPUTS:
        add_error(errors, "input", f"The input field must not have more than {_MAX_INPUTS} items.")
    if model is None:
        return
    counts = [prices.count_tokens(item) for item in texts]
    max_input, max_total = model.limits["max_input_tokens"], model.limits["max_total_tokens"]
    for index, count in enumerate(counts):
        if count > max_input:
            message = f"The input.{index} field must not be greater than {max_input} tokens."
            add_error(errors, f"input.{index}", message)
    if sum(counts) > max_total:
        message = f"The input field must not be greater than {max_total} tokens in total."
        add_error(errors, "input", message)


def _embed(fields: Fields, _extension: str) -> bytes:
    return json.dumps([text.embed(item) for item in fields["input"]]).encode()


def _recognize(fields: Fields, _extension: str) -> bytes:
    recognized = text.recognize_text(
        fields["image"].read(), format=fields["format"] or "text", language=fields["language"]
    )
    return recognized.encode()


def _ocr_extension(fields: Fields) -> str:
    return "json" if fields["format"] == "json" else "txt"


_INPUTS = Field("input", "strings", required=True)

TEXT_OPERATIONS = (
    Operation(
        name="img2txt",
        task="Image To Text",
        inference_types=("img2txt",),
        endpoint="images/ocr",
        seconds=3,
        fields=(
            Field("image", "file", required=True, file_types=("image",)),
            *_OCR_OPTIONS,
            INLINE_RESULT,
        ),
        price_fields=(*file_or_size_fields("image"), *_OCR_OPTIONS),
        price=prices.ocr,
        produce=_recognize,
        extension=_ocr_extension,
        rules=(dimensions_within_limits("image"),),
        price_rules=(file_or_size("image"), dimensions_within_limits("image")),
    ),
    Operation(
        name="txt2embedding",
        task="Text To Embedding",
        inference_types=("txt2embedding",),
        endpoint="embeddings",
        seconds=1.5,
        fields=(_INPUTS, INLINE_RESULT),
        price_fields=(_INPUTS,),
        price=prices.embedding,
        produce=_embed,
        extension="json",
        rules=(_inputs_within_limits,),
        price_rules=(_inputs_within_limits,),
    ),
)
