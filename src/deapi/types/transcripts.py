"""Transcripts, whichever way the service writes them down."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from .._json import is_array, is_object
from ._base import Lenient, Model, lenient, rows

_TIME = r"(?:\d{1,4}:)?\d{1,4}:\d{1,2}(?:[.,]\d{1,9})?"
_RANGE = re.compile(rf"\[ *({_TIME}) *-+>? *({_TIME}) *\]")


class TranscriptWord(Model):
    """A word of a transcript.

    Attributes:
        word: The word.
        start: When it begins, in seconds; None for one that could not be placed, as some numbers.
        end: When it ends, likewise.
        score: How sure the model is, from 0 to 1.
        speaker: Who says it: ``SPEAKER_00`` and so on.
    """

    word: Annotated[str, lenient(str)] = ""
    start: Annotated[float | None, Lenient] = None
    end: Annotated[float | None, Lenient] = None
    score: Annotated[float | None, Lenient] = None
    speaker: Annotated[str | None, Lenient] = None


class TranscriptSegment(Model):
    """A stretch of a transcript.

    Attributes:
        start: When it begins, in seconds.
        end: When it ends, in seconds.
        text: What is said.
        speaker: Who says it: ``SPEAKER_00`` and so on, if speakers were told apart.
        words: Its words, if they were timed.
    """

    start: Annotated[float, lenient(float)] = 0.0
    end: Annotated[float, lenient(float)] = 0.0
    text: Annotated[str, lenient(str)] = ""
    speaker: Annotated[str | None, Lenient] = None
    words: Annotated[list[TranscriptWord], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[TranscriptWord]
    )


class Transcript(Model):
    """What was said in a recording.

    Attributes:
        text: All of it, without timestamps; empty when nothing was said.
        language: The language that was heard, where the service says so.
        segments: The same by stretches; empty when no timestamps were asked for.
    """

    text: Annotated[str, lenient(str)] = ""
    language: Annotated[str | None, Lenient] = None
    segments: Annotated[list[TranscriptSegment], BeforeValidator(rows), lenient(list)] = Field(
        default_factory=list[TranscriptSegment]
    )

    @model_validator(mode="after")
    def _join_segments(self) -> Transcript:
        if not self.text and self.segments:
            self.text = " ".join(segment.text.strip() for segment in self.segments)
        return self

    @classmethod
    def parse(cls, text: str | bytes) -> Transcript:
        """Read a transcript from an inline result or from a file that was saved.

        Structured models write JSON. The others write plain text, in which ``[0:01:05 - 0:01:09]``
        stands before each stretch when timestamps were asked for.

        Args:
            text: The whole result or file.

        Returns:
            The transcript.

        Raises:
            ValueError: It is JSON, but of something else.
            TypeError: It is not text; of a file, pass what is in it.
        """
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        elif not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"text must be a str or bytes, not {type(text).__name__}.")
        text = text.removeprefix("\ufeff").strip()
        structured = _structured(text)
        if structured is not None:
            return cls.model_validate(structured)
        # [what is before the first range, start, end, text, start, end, text, ...]
        pieces = _RANGE.split(text)
        segments = [
            TranscriptSegment(start=_seconds(start), end=_seconds(end), text=words.strip())
            for start, end, words in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True)
        ]
        return cls(text=" ".join(filter(None, map(str.strip, pieces[::3]))), segments=segments)


def _structured(text: str) -> dict[str, Any] | None:
    """The transcript as JSON, None when it is plain text."""
    if not text.startswith(("{", "[")):
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None  # plain text that begins with a bracket
    if is_array(content):
        content = {"segments": content}
    if not is_object(content) or not {"text", "segments"} & content.keys():
        raise ValueError("This is JSON, but not that of a transcript: no text, no segments.")
    return content


def _seconds(time: str) -> float:
    """``h:mm:ss`` or ``mm:ss`` as seconds, with a dot or a comma before the fraction."""
    *hours, minutes, seconds = time.replace(",", ".").split(":")
    return sum(map(int, hours)) * 3600 + int(minutes) * 60 + float(seconds)
