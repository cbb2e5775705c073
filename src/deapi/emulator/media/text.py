"""Results of OCR, embedding and prompt operations."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Literal

from . import sample_text, uploads
from .rng import digest, seeded_random

_DIMENSIONS = 1024


def recognize_text(image: bytes, *, format: Literal["text", "json"], language: str | None) -> str:  # noqa: A002 - the API's name
    """Return text lines, or JSON that includes their positions in pixels.

    The same image always has the same text. The language is only reported, in JSON.

    Raises:
        ValueError: The image cannot be decoded.
    """
    width, height = uploads.image_size(image)
    random = seeded_random("ocr", hashlib.sha256(image).hexdigest())
    count = random.randrange(3, 8)
    lines = [
        line.format(number=random.randrange(100, 1000))
        for line in random.sample(sample_text.DOCUMENT_LINES, count)
    ]
    text = "\n".join(lines)
    if format == "text":
        return text
    row = height / (count + 1)
    left, right = round(width * 0.1), round(width * 0.9)
    blocks = [
        {"text": line, "bbox": [left, round(row * (index + 0.5)), right, round(row * (index + 1))]}
        for index, line in enumerate(lines)
    ]
    result = {"text": text, "language": language or "en", "blocks": blocks}
    return json.dumps(result, ensure_ascii=False)


def embed(text: str) -> list[float]:
    """Compute a vector of length 1 that is similar for texts with similar words.

    Each group of three letters of a word adds 1 or -1 to one of the dimensions. Their order in
    the text does not matter.
    """
    vector = [0.0] * _DIMENSIONS
    for word in re.findall(r"\w+", text.casefold()):
        padded = f" {word} "
        for start in range(len(word)):
            number = int.from_bytes(digest(padded[start : start + 3]), "big")
            vector[(number >> 1) % _DIMENSIONS] += 1 if number & 1 else -1
    length = math.hypot(*vector)
    if not length:  # no words, or (rarely) their groups cancel each other out
        vector[int.from_bytes(digest(text), "big") % _DIMENSIONS] = length = 1.0
    return [value / length for value in vector]


def enhance_prompt(prompt: str, prompt_type: str) -> str:
    """Append details that suit a type such as `images.edits`, `audio.music` or `image2image`."""
    searched = prompt_type.replace("image2image", "edit")
    name = next((name for name in sample_text.ENHANCEMENTS if name in searched), "image")
    details = sample_text.ENHANCEMENTS[name]
    return f"{prompt} {details}" if name == "speech" else f"{prompt}, {details}"


def sample_prompt(prompt_type: str, topic: str | None) -> str:
    """Return a prompt for `text2image` or `text2speech` about a topic, or about any if None."""
    random = seeded_random("sample", prompt_type, topic)
    is_speech = "speech" in prompt_type
    templates = sample_text.SPEECH_PROMPTS if is_speech else sample_text.IMAGE_PROMPTS
    default_topic = random.choice(sample_text.TOPICS)
    return random.choice(templates).replace("{topic}", topic or default_topic)
