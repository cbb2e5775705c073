"""Transcripts, parsed from JSON or from plain text with timestamps."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from .._json import is_array, is_object
from ._base import Lenient, Model, lenient, list_of_objects

_TIMESTAMP = r"(?:\d{1,4}:)?\d{1,4}:\d{1,2}(?:[.,]\d{1,9})?"
_TIMESTAMP_RANGE = re.compile(rf"\[ *({_TIMESTAMP}) *-+>? *({_TIMESTAMP}) *\]")


class TranscriptWord(Model):
    """A word of a transcript.

    Attributes:
        word: The word as it was spoken.
        start: Start of the word in seconds, or None if the model could not align it (numbers, for
            example).
        end: End of the word in seconds, or None if the model could not align it (numbers, for
            example).
        score: Confidence of the alignment, 0 to 1, or None.
        speaker: Label of the speaker (``SPEAKER_00``, ``SPEAKER_01``, ...), or None without
            diarization.
    """

    word: Annotated[str, lenient(str)] = ""
    start: Annotated[float | None, Lenient] = None
    end: Annotated[float | None, Lenient] = None
    score: Annotated[float | None, Lenient] = None
    speaker: Annotated[str | None, Lenient] = None


class TranscriptSegment(Model):
    """A segment of a transcript.

    Attributes:
        start: Start of the segment in seconds.
        end: End of the segment in seconds.
        text: Text of the segment.
        speaker: Label of the speaker (``SPEAKER_00``, ``SPEAKER_01``, ...), or None without
            diarization.
        words: Words of the segment with their timestamps; empty without word timestamps.
    """

    start: Annotated[float, lenient(float)] = 0.0
    end: Annotated[float, lenient(float)] = 0.0
    text: Annotated[str, lenient(str)] = ""
    speaker: Annotated[str | None, Lenient] = None
    words: Annotated[list[TranscriptWord], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[TranscriptWord]
    )


class Transcript(Model):
    """Result of a transcription.

    Attributes:
        text: Complete text without timestamps; empty if the recording contains no speech.
        language: Code of the detected language (``en``), or None if the service does not report it.
        segments: Segments with timestamps; empty if no timestamps were requested.
    """

    text: Annotated[str, lenient(str)] = ""
    language: Annotated[str | None, Lenient] = None
    segments: Annotated[
        list[TranscriptSegment], BeforeValidator(list_of_objects), lenient(list)
    ] = Field(default_factory=list[TranscriptSegment])

    @model_validator(mode="after")
    def _join_segments(self) -> Transcript:
        if not self.text and self.segments:
            self.text = " ".join(segment.text.strip() for segment in self.segments)
        return self

    @classmethod
    def parse(cls, text: str | bytes) -> Transcript:
        """Parse a transcript from an inline result or the content of a saved file.

        Some models return JSON. The others return plain text, with a timestamp range such as
        ``[0:01:05 - 0:01:09]`` before each segment if timestamps were requested.

        Args:
            text: Complete content of the result or file, not its path.

        Returns:
            The transcript.

        Raises:
            ValueError: The content is JSON, but not a transcript.
            TypeError: ``text`` is neither str nor bytes.
        """
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        elif not isinstance(text, str):
            raise TypeError(f"text must be str or bytes, not {type(text).__name__}.")
        text = text.removeprefix("\ufeff").strip()
        content = _parse_json(text)
        if content is not None:
            return cls.model_validate(content)
        # [text before the first range, start, end, text, start, end, text, ...]
        parts = _TIMESTAMP_RANGE.split(text)
        segments = [
            TranscriptSegment(start=_to_seconds(start), end=_to_seconds(end), text=spoken.strip())
            for start, end, spoken in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
        ]
        return cls(text=" ".join(filter(None, map(str.strip, parts[::3]))), segments=segments)


def _parse_json(text: str) -> dict[str, Any] | None:
    """Return the transcript as a JSON object, or None if it is plain text."""
    if not text.startswith(("{", "[")):
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None  # plain text that starts with a bracket
    if is_array(content):
        content = {"segments": content}
    if not is_object(content) or not {"text", "segments"} & content.keys():
        raise ValueError("The JSON is not a transcript: it has neither 'text' nor 'segments'.")
    return content


def _to_seconds(timestamp: str) -> float:
    """Convert ``h:mm:ss`` or ``mm:ss``, with a dot or comma before the fraction, to seconds."""
    *hours, minutes, seconds = timestamp.replace(",", ".").split(":")
    return sum(map(int, hours)) * 3600 + int(minutes) * 60 + float(seconds)
