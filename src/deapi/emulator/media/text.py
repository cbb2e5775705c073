"""Text and vectors: what the transcription, OCR, embedding and prompt operations yield."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import TYPE_CHECKING, Literal

from . import images, phrases
from .seeding import digest, randomness
from .timelines import described, structured_transcript, transcript

if TYPE_CHECKING:
    import random

__all__ = [
    "boosted",
    "described",
    "embedding",
    "recognized",
    "sample_prompt",
    "structured_transcript",
    "transcript",
]

_WORD = re.compile(r"\w+")
# Whole words weigh more than their parts, which make "paint" and "painted" similar.
_WORD_WEIGHT, _TRIGRAM_WEIGHT = 1.0, 0.25
_PLACES_PER_FEATURE = 4


def recognized(image: bytes, *, format: Literal["text", "json"], language: str | None) -> str:  # noqa: A002 - the API's word
    """Make up the text that stands in a picture.

    Args:
        image: The uploaded picture; the same picture always holds the same text.
        format: `text` for lines of text, `json` for a JSON object that also says where they are.
        language: The language to report in JSON, or None for English.

    Returns:
        The text or the JSON.

    Raises:
        ValueError: It is not a decodable image.
    """
    width, height = images.size(image)
    random = randomness("print", hashlib.sha256(image).hexdigest())
    count = random.randrange(3, 8)
    lines = [_filled(line, random) for line in random.sample(phrases.PRINT, count)]
    text = "\n".join(lines)
    if format == "text":
        return text
    row = height / (count + 1)
    blocks = [
        {
            "text": line,
            "bbox": [
                round(width * 0.1),
                round(row * (index + 0.5)),
                round(width * random.uniform(0.5, 0.9)),
                round(row * (index + 1.2)),
            ],
        }
        for index, line in enumerate(lines)
    ]
    answer = {"text": text, "language": language or "en", "blocks": blocks}
    return json.dumps(answer, ensure_ascii=False)


def _filled(line: str, random: random.Random) -> str:
    return line.format(
        number=random.randrange(100, 10_000),
        day=random.randrange(1, 29),
        month=random.randrange(1, 13),
        hour=random.randrange(6, 12),
        cents=random.randrange(60),
    )


def embedding(text: str, dimensions: int = 1024) -> list[float]:
    """Turn a text into a vector by hashing its words and their parts.

    Args:
        text: Any text. The order of its words does not count.
        dimensions: Length of the vector.

    Returns:
        A vector of length 1. The more words two texts share, the larger is the product of
        their vectors.
    """
    vector = [0.0] * dimensions
    words = _WORD.findall(text.casefold())
    for word in words:
        _add(vector, word, _WORD_WEIGHT)
        padded = f" {word} "
        for start in range(len(padded) - 2):
            _add(vector, padded[start : start + 3], _TRIGRAM_WEIGHT)
    length = math.hypot(*vector)
    if not length:  # no words, or (hardly ever) all of them cancelled out
        vector[int.from_bytes(digest(text), "big") % dimensions] = length = 1.0
    return [value / length for value in vector]


def _add(vector: list[float], feature: str, weight: float) -> None:
    hashed = digest(feature)
    for start in range(0, _PLACES_PER_FEATURE * 4, 4):
        number = int.from_bytes(hashed[start : start + 4], "big")
        vector[(number >> 1) % len(vector)] += weight if number & 1 else -weight


def boosted(prompt: str, kind: str) -> str:
    """Make a prompt longer, as the prompt booster does.

    Args:
        prompt: The prompt, which the result begins with.
        kind: What the prompt is for, such as `images.edits`, `audio.music` or `image2image`.

    Returns:
        The prompt and some details that suit its kind.
    """
    family = _family(kind)
    random = randomness("boost", prompt, kind)
    details = random.sample(phrases.DETAILS[family], 3)
    return " ".join([prompt, *details]) if family == "speech" else ", ".join([prompt, *details])


def _family(kind: str) -> str:
    for family, marks in (
        ("edit", ("edit", "image2image")),
        ("video", ("video",)),
        ("speech", ("speech",)),
        ("music", ("music",)),
    ):
        if any(mark in kind for mark in marks):
            return family
    return "image"


def sample_prompt(kind: str, topic: str | None) -> str:
    """Make up a prompt.

    Args:
        kind: `text2image` (or `image`) or `text2speech` (or `speech`).
        topic: What it is about, or None for a topic of its own.

    Returns:
        A prompt that names the topic.
    """
    random = randomness("sample", kind, topic)
    templates = phrases.SPEECH_PROMPTS if "speech" in kind else phrases.IMAGE_PROMPTS
    chosen = random.choice(phrases.TOPICS)
    return random.choice(templates).replace("{topic}", topic or chosen)
