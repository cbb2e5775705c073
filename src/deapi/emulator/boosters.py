"""The prompt boosters of version 1, which the service has removed, and the sample prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deapi.emulator import errors, prices
from deapi.emulator.fields import Field
from deapi.emulator.media import text
from deapi.emulator.uploads import check_files
from deapi.emulator.validation import add, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLES = "prompts/samples"

_PROMPT = Field("prompt", "string", required=True, minimum=3)
_NEGATIVE_PROMPT = Field("negative_prompt", "string", minimum=3)
_SAMPLE = (
    Field("type", "string", required=True, choices=("text2image", "text2speech")),
    Field("topic", "string", maximum=500),
    Field("lang_code", "string", maximum=4),
)


@dataclass(frozen=True)
class Boosted:
    """What a boost or a sample costs and answers."""

    price: float
    answer: dict[str, Any]


def _pictured(*, required: bool) -> tuple[Field, ...]:
    image = Field("image", "file", required=required, media=("image",))
    return (_PROMPT, _NEGATIVE_PROMPT, image)


BOOSTERS: Mapping[str, tuple[Field, ...]] = {
    "image": (_PROMPT, _NEGATIVE_PROMPT),
    "video": _pictured(required=False),
    "speech": (_PROMPT, Field("lang_code", "string")),
    "image2image": _pictured(required=True),
}
"""The fields of each booster."""


def boost(name: str, given: Mapping[str, Any]) -> Boosted:
    """Boost a prompt.

    Args:
        name: Which booster.
        given: Fields of the request.

    Raises:
        ApiError: 422 with everything that is wrong.
    """
    fields = BOOSTERS[name]
    values, found = validate(fields, given, None)
    check_files(fields, values, found)
    if _NEGATIVE_PROMPT in fields and "negative_prompt" not in given:
        add(found, "negative_prompt", "The negative prompt field must be present.")
    if found:
        raise errors.unprocessable(found)
    prompt: str = values["prompt"]
    answer: dict[str, Any] = {"prompt": text.boosted(prompt, name)}
    if _NEGATIVE_PROMPT in fields:
        negative = values["negative_prompt"]
        answer["negative_prompt"] = negative and f"{negative}, watermark, low contrast"
    return Boosted(prices.boost(prompt), answer)


def sample(query: Mapping[str, Any]) -> Boosted:
    """Make up a prompt.

    Args:
        query: Query string of the request.

    Raises:
        ApiError: 422 with everything that is wrong.
    """
    values, found = validate(_SAMPLE, query, None)
    if found:
        raise errors.unprocessable(found)
    prompt = text.sample_prompt(values["type"], values["topic"])
    answer = {"success": True, "data": {"type": values["type"], "prompt": prompt}}
    return Boosted(prices.boost(values["topic"] or ""), answer)
