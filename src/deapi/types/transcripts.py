"""Transcripts, parsed from JSON or from plain text with timestamps."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from .._json import is_array, is_object
from ._base import Lenient, Model, lenient, list_of_objects

if TYPE_CHECKING:
    from . import _subtitles

_TIMESTAMP = r"(?:\d{1,4}:)?\d{1,4}:\d{1,2}(?:[.,]\d{1,9})?"
_TIMESTAMP_RANGE = re.compile(rf"\[ *({_TIMESTAMP}) *-+>? *({_TIMESTAMP}) *\]")


class TranscriptWord(Model):
    """A word of a transcript."""

    word: Annotated[str, lenient(str)] = ""
    """The word as it was spoken."""
    start: Annotated[float | None, Lenient] = None
    """Start of the word in seconds, or None if the model could not align it (numbers, for example).
    """
    end: Annotated[float | None, Lenient] = None
    """End of the word in seconds, or None if the model could not align it (numbers, for example).
    """
    score: Annotated[float | None, Lenient] = None
    """Confidence of the alignment, 0 to 1, or None."""
    speaker: Annotated[str | None, Lenient] = None
    """Label of the speaker (``SPEAKER_00``, ``SPEAKER_01``, ...), or None without diarization."""


class TranscriptSegment(Model):
    """A segment of a transcript."""

    start: Annotated[float, lenient(float)] = 0.0
    """Start of the segment in seconds."""
    end: Annotated[float, lenient(float)] = 0.0
    """End of the segment in seconds."""
    text: Annotated[str, lenient(str)] = ""
    """Text of the segment."""
    speaker: Annotated[str | None, Lenient] = None
    """Label of the speaker (``SPEAKER_00``, ``SPEAKER_01``, ...), or None without diarization."""
    words: Annotated[list[TranscriptWord], BeforeValidator(list_of_objects), lenient(list)] = Field(
        default_factory=list[TranscriptWord]
    )
    """Words of the segment with their timestamps; empty without word timestamps."""


class Transcript(Model):
    """Result of a transcription."""

    _suggestions = (("save", "Job.save"), ("srt", "to_srt"), ("vtt", "to_vtt"))

    text: Annotated[str, lenient(str)] = ""
    """Complete text without timestamps; empty if the recording contains no speech."""
    language: Annotated[str | None, Lenient] = None
    """Code of the detected language (``en``), or None if the service does not report it."""
    segments: Annotated[
        list[TranscriptSegment], BeforeValidator(list_of_objects), lenient(list)
    ] = Field(default_factory=list[TranscriptSegment])
    """Segments with timestamps; empty if no timestamps were requested."""

    def _describe_field(self, name: str, value: object) -> str:
        if name == "segments" and self.segments:
            count = len(self.segments)
            return f"<{count} segment{'s' * (count != 1)} until {self.segments[-1].end:.1f} s>"
        return super()._describe_field(name, value)

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

    def to_srt(
        self,
        *,
        max_line_length: int | None = 42,
        max_lines: int = 2,
        speakers: bool = False,
    ) -> str:
        """Return subtitles in the format SRT.

        Segments whose words have timestamps are divided into cues that fit the screen. Other
        segments are one cue each.

        Args:
            max_line_length: Maximum number of characters in a line, at least 1; None for one cue
                and one line per segment.
            max_lines: Maximum number of lines in a cue, at least 1, if words have timestamps.
            speakers: Whether each cue begins with the label of its speaker, if it is known.

        Returns:
            Content of an ``.srt`` file; save it with the encoding UTF-8.

        Raises:
            ValueError: The transcript has no timestamps, or an argument is out of range.
        """
        from . import _subtitles

        return _subtitles.to_srt(
            self._timed_segments(), _layout(max_line_length, max_lines, speakers)
        )

    def to_vtt(
        self,
        *,
        max_line_length: int | None = 42,
        max_lines: int = 2,
        speakers: bool = False,
    ) -> str:
        """Return subtitles in the format WebVTT, for the ``<track>`` of an HTML video.

        Segments whose words have timestamps are divided into cues that fit the screen. Other
        segments are one cue each.

        Args:
            max_line_length: Maximum number of characters in a line, at least 1; None for one cue
                and one line per segment.
            max_lines: Maximum number of lines in a cue, at least 1, if words have timestamps.
            speakers: Whether each cue begins with the label of its speaker, if it is known.

        Returns:
            Content of a ``.vtt`` file; save it with the encoding UTF-8.

        Raises:
            ValueError: The transcript has no timestamps, or an argument is out of range.
        """
        from . import _subtitles

        return _subtitles.to_vtt(
            self._timed_segments(), _layout(max_line_length, max_lines, speakers)
        )

    def to_text(self, *, speakers: bool = False) -> str:
        """Return the text without timestamps.

        Args:
            speakers: Whether to begin a paragraph with the label of the speaker whenever the
                speaker changes. Segments of unknown speakers have no label.

        Returns:
            The text; empty if the recording contains no speech.
        """
        if not speakers or not self.segments:
            return self.text
        paragraphs = [
            (speaker, " ".join(filter(None, (segment.text.strip() for segment in segments))))
            for speaker, segments in groupby(self.segments, lambda segment: segment.speaker)
        ]
        return "\n\n".join(
            f"{speaker}: {text}" if speaker else text for speaker, text in paragraphs if text
        )

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the transcript as JSON, with every field that the service sent.

        ``Transcript.parse()`` reads it.

        Args:
            indent: Number of spaces per level; None for one line.

        Returns:
            A JSON object with ``text``, ``language`` and ``segments``.
        """
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=indent)

    def _timed_segments(self) -> list[TranscriptSegment]:
        if self.text.strip() and not self.segments:
            raise ValueError(
                "The transcript has no timestamps. Submit the job with include_ts=True, or use "
                "to_text()."
            )
        return self.segments


def _layout(max_line_length: int | None, max_lines: int, speakers: bool) -> _subtitles.Layout:
    from . import _subtitles

    for name, value in (("max_line_length", max_line_length), ("max_lines", max_lines)):
        if value is None and name == "max_line_length":
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1; got {value!r:.40}.")
    return _subtitles.Layout(max_line_length, max_lines, speakers)


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
