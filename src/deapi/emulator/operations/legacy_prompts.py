"""The prompt boosters of version 1, which the service has removed, and the sample prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deapi.emulator import errors
from deapi.emulator.account.usage import NO_MODEL
from deapi.emulator.media import text
from deapi.emulator.operations import prices
from deapi.emulator.validation.fields import Field
from deapi.emulator.validation.files import check_files
from deapi.emulator.validation.validator import add, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLES = "prompts/samples"

PROMPT = Field("prompt", "string", required=True, minimum=3)
NEGATIVE_PROMPT = Field("negative_prompt", "string", minimum=3)
_SAMPLE = (
    Field("type", "string", required=True, choices=("text2image", "text2speech")),
    Field("topic", "string", maximum=500),
    Field("lang_code", "string", maximum=4),
)


@dataclass(frozen=True)
class Boosted:
    """What a boost or a sample costs and answers, and for which model it is made, if for one."""

    price: float
    answer: dict[str, Any]
    model: str = NO_MODEL


def _pictured(*, required: bool) -> tuple[Field, ...]:
    image = Field("image", "file", required=required, media=("image",))
    return (PROMPT, NEGATIVE_PROMPT, image)


BOOSTERS: Mapping[str, tuple[Field, ...]] = {
    "image": (PROMPT, NEGATIVE_PROMPT),
    "video": _pictured(required=False),
    "speech": (PROMPT, Field("lang_code", "string")),
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
    if NEGATIVE_PROMPT in fields and "negative_prompt" not in given:
        add(found, "negative_prompt", "The negative prompt field must be present.")
    if found:
        raise errors.unprocessable(found)
    prompt: str = values["prompt"]
    answer: dict[str, Any] = improved(prompt, values.get("negative_prompt"), name)
    if NEGATIVE_PROMPT not in fields:
        del answer["negative_prompt"]
    return Boosted(prices.boost(prompt), answer)


def improved(prompt: str, negative: str | None, kind: str) -> dict[str, str | None]:
    """A better prompt and negative prompt.

    Args:
        prompt: The prompt.
        negative: The negative prompt, if there is one.
        kind: What they are for, such as `image2image` or `images.edits`.
    """
    return {
        "prompt": text.boosted(prompt, kind),
        "negative_prompt": negative and f"{negative}, watermark, low contrast",
    }


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
