"""Subtitles from the segments and words of a transcript, in the formats SRT and WebVTT."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .transcripts import TranscriptSegment

# Players and parsers read two digits of hours: 99:59:59.999.
_MAX_SECONDS = 359_999.999

# Seconds that a cue is shown if its end is not after its start.
_DEFAULT_DURATION = 1.0

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

# SRT has no escapes. An invisible WORD JOINER keeps players from reading a tag, such as <i> or
# {\an8}, or an arrow, which separates timestamps.
_SRT_MARKUP = re.compile(r"<|\{(?=\\)|--(?=>)")


@dataclass
class Cue:
    """Text that is shown for a time.

    Attributes:
        start: Start in seconds.
        end: End in seconds, after ``start``.
        lines: Lines of the text, none of them blank.
    """

    start: float
    end: float
    lines: list[str]


class Layout(NamedTuple):
    """How the text is divided into cues.

    Attributes:
        max_line_length: Maximum number of characters in a line; None for one line per segment.
        max_lines: Maximum number of lines in a cue, if the words have timestamps.
        speakers: Whether each cue begins with the label of its speaker.
    """

    max_line_length: int | None
    max_lines: int
    speakers: bool


class _Piece(NamedTuple):
    """A part of a segment's text, usually one word and the white space before it."""

    text: str
    start: float | None
    end: float | None
    speaker: str | None


def to_srt(segments: Sequence[TranscriptSegment], layout: Layout) -> str:
    """Return subtitles in the format SRT (SubRip)."""
    cues = [
        f"{number}\n{_timestamp(cue.start, ',')} --> {_timestamp(cue.end, ',')}\n"
        + "\n".join(_SRT_MARKUP.sub("\\g<0>\N{WORD JOINER}", line) for line in cue.lines)
        + "\n"
        for number, cue in enumerate(to_cues(segments, layout), 1)
    ]
    return "\n".join(cues)


def to_vtt(segments: Sequence[TranscriptSegment], layout: Layout) -> str:
    """Return subtitles in the format WebVTT."""
    cues = [
        f"{_timestamp(cue.start, '.')} --> {_timestamp(cue.end, '.')}\n"
        + "\n".join(html.escape(line, quote=False) for line in cue.lines)
        + "\n"
        for cue in to_cues(segments, layout)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def to_cues(segments: Sequence[TranscriptSegment], layout: Layout) -> list[Cue]:
    """Divide segments into cues, in the order of their start."""
    cues = [cue for segment in segments for cue in _cues_of_segment(segment, layout)]
    cues.sort(key=lambda cue: cue.start)
    start = later = math.inf
    for cue in reversed(cues):
        if cue.start < start:
            start, later = cue.start, start
        if cue.end <= cue.start:
            cue.end = min(cue.start + _DEFAULT_DURATION, later)
    return cues


def _cues_of_segment(segment: TranscriptSegment, layout: Layout) -> Iterator[Cue]:
    start, end = _finite(segment.start), _finite(segment.end)
    pieces = _pieces(segment)
    timed = layout.max_line_length is not None and any(piece.start is not None for piece in pieces)
    if not timed:
        text = "".join(piece.text for piece in pieces)
        words = [text] if layout.max_line_length is None else _split(text)
        pieces = [_Piece(word, None, None, segment.speaker) for word in words]
        layout = layout._replace(max_lines=len(pieces))
    for group, lines in _fill(pieces, layout):
        times = [time for piece in group for time in (piece.start, piece.end) if time is not None]
        first = next((piece.start for piece in group if piece.start is not None), start)
        last = times[-1] if times else end
        yield Cue(_finite(first), _finite(last), lines)
        start = last


def _pieces(segment: TranscriptSegment) -> list[_Piece]:
    """Divide the text of a segment at its words.

    The words are found in the text, because not every language separates words with spaces.
    """
    text = _clean(segment.text)
    words = [(word, _clean(word.word)) for word in segment.words]
    words = [(word, spoken) for word, spoken in words if spoken]
    if not text:
        text = " ".join(spoken for _, spoken in words)
    ends: list[int] = []
    position = 0
    for _, spoken in words:
        position = text.find(spoken, position)
        if position < 0:
            return [_Piece(text, None, None, segment.speaker)]
        position += len(spoken)
        ends.append(position)
    if not ends:
        return [_Piece(text, None, None, segment.speaker)]
    # What follows a word without white space is punctuation that belongs to it.
    ends = [_end_of_punctuation(text, end, words, index) for index, end in enumerate(ends)]
    ends[-1] = len(text)
    return [
        _Piece(text[begin:end], word.start, word.end, word.speaker or segment.speaker)
        for (word, _), begin, end in zip(words, [0, *ends], ends, strict=False)
    ]


def _end_of_punctuation(
    text: str, end: int, words: Sequence[tuple[object, str]], index: int
) -> int:
    following = words[index + 1][1] if index + 1 < len(words) else None
    while end < len(text) and not text[end].isspace():
        if following is not None and text.startswith(following, end):
            break
        end += 1
    return end


def _split(text: str) -> list[str]:
    """Split a text before each run of white space, which is kept."""
    return re.findall(r"\s*\S+", text)


def _fill(pieces: Iterable[_Piece], layout: Layout) -> Iterator[tuple[list[_Piece], list[str]]]:
    """Yield the pieces and lines of each cue."""
    group: list[_Piece] = []
    lines: list[str] = []
    for piece in pieces:
        text = piece.text.strip()
        if not text:
            continue
        joined = f"{lines[-1]}{piece.text}" if lines else ""
        if group and piece.speaker != group[-1].speaker:
            yield group, lines
            group, lines = [], []
        elif lines and (layout.max_line_length is None or len(joined) <= layout.max_line_length):
            lines[-1] = joined
            group.append(piece)
            continue
        elif len(lines) >= layout.max_lines:
            yield group, lines
            group, lines = [], []
        if layout.speakers and piece.speaker and not lines:
            text = f"{_clean(piece.speaker)}: {text}"
        lines.append(text)
        group.append(piece)
    if group:
        yield group, lines


def _clean(text: str) -> str:
    """Return a text in one line, without control characters: a blank line would end a cue."""
    return " ".join(_CONTROL_CHARACTERS.sub(" ", text).split())


def _finite(seconds: float) -> float:
    return min(max(seconds, 0.0), _MAX_SECONDS) if math.isfinite(seconds) else 0.0


def _timestamp(seconds: float, separator: str) -> str:
    milliseconds = min(round(seconds * 1000), round(_MAX_SECONDS * 1000))
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{separator}{milliseconds % 1000:03}"
