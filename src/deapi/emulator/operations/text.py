"""Operations that yield text or vectors: recognition and embeddings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deapi.emulator.media import text
from deapi.emulator.operations import prices
from deapi.emulator.operations.operation import INLINE, Operation, always, file_or_size, source_fits
from deapi.emulator.validation.fields import Field, Fields
from deapi.emulator.validation.validator import add

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.errors import Errors

_MAX_INPUTS = 2048

_OCR_HINTS = (
    Field("language", "string"),
    Field("format", "string", choices=("text", "json")),
)


def _few_enough(fields: Fields, model: Model | None, errors: Errors) -> None:
    texts: Sequence[str] | None = fields["input"]
    if not texts or "input" in errors:
        return
    if len(texts) > _MAX_INPUTS:
        add(errors, "input", f"The input field must not have more than {_MAX_INPUTS} items.")
    if model is None:
        return
    counts = [prices.tokens(item) for item in texts]
    each, together = model.limits["max_input_tokens"], model.limits["max_total_tokens"]
    for index, count in enumerate(counts):
        if count > each:
            message = f"The input.{index} field must not be greater than {each} tokens."
            add(errors, f"input.{index}", message)
    if sum(counts) > together:
        add(errors, "input", f"The input field must not be greater than {together} tokens in all.")


def _embed(fields: Fields, extension: str) -> bytes:
    del extension
    return json.dumps([text.embedding(item) for item in fields["input"]]).encode()


def _recognise(fields: Fields, extension: str) -> bytes:
    del extension
    recognised = text.recognized(
        fields["image"].read(), format=fields["format"] or "text", language=fields["language"]
    )
    return recognised.encode()


def _recognised_as(fields: Fields) -> str:
    return "json" if fields["format"] == "json" else "txt"


_INPUT = Field("input", "strings", required=True)

TEXT_OPERATIONS = (
    Operation(
        name="img2txt",
        task="Image To Text",
        inference_types=("img2txt",),
        quota="images/ocr",
        seconds=3,
        fields=(
            Field("image", "file", required=True, media=("image",)),
            *_OCR_HINTS,
            INLINE,
        ),
        price_fields=(
            Field("image", "file", media=("image",)),
            Field("width", "integer", minimum=1, limit="width"),
            Field("height", "integer", minimum=1, limit="height"),
            *_OCR_HINTS,
        ),
        price=prices.ocr,
        produce=_recognise,
        extension=_recognised_as,
        rules=(source_fits("image"),),
        price_rules=(file_or_size("image"), source_fits("image")),
    ),
    Operation(
        name="txt2embedding",
        task="Text To Embedding",
        inference_types=("txt2embedding",),
        quota="embeddings",
        seconds=1.5,
        fields=(_INPUT, INLINE),
        price_fields=(_INPUT,),
        price=prices.embedding,
        produce=_embed,
        extension=always("json"),
        rules=(_few_enough,),
        price_rules=(_few_enough,),
    ),
)
