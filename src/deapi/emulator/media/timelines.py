"""What is heard and seen in the course of a recording."""

from __future__ import annotations

import math
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, NamedTuple

from . import phrases
from .seeding import randomness

if TYPE_CHECKING:
    import random

_WORDS_PER_SECOND = 2.6
# A pause that is too short for another sentence goes to the one before it.
_SHORTEST_SEGMENT = 1.0
_SCENE_SECONDS = 12.0
_EVENT_SECONDS = {"fast": 6.0, "balanced": 4.0}
_DETAILED_EVENT_SECONDS = 2.0


class _Segment(NamedTuple):
    start: float
    end: float
    text: str


def transcript(duration: float, *, timestamps: bool, seed: str) -> str:
    """Make up what is said in a recording.

    Args:
        duration: Length of the recording in seconds.
        timestamps: Whether each sentence stands on a line of its own, after its time as
            `[h:mm:ss.fff - h:mm:ss.fff]`.
        seed: Decides on the sentences.

    Returns:
        English text, empty when there is no recording.
    """
    segments = _segments(duration, seed)
    if not timestamps:
        return " ".join(segment.text for segment in segments)
    return "\n".join(f"[{_clock(start)} - {_clock(end)}] {text}" for start, end, text in segments)


def structured_transcript(
    duration: float, *, words: bool, speakers: bool, language: str, seed: str
) -> dict[str, object]:
    """Make up what is said in a recording, as the structured answer of the larger models.

    Args:
        duration: Length of the recording in seconds.
        words: Whether each word has its times, too.
        speakers: Whether segments and words name their speaker, `SPEAKER_00` or `SPEAKER_01`.
        language: The code to report, such as `en`; the text is English all the same.
        seed: Decides on the sentences, which are those of `transcript`.

    Returns:
        The answer, ready for JSON; times are in seconds.
    """
    random = randomness("structure", seed)
    segments = _segments(duration, seed)
    told: list[dict[str, object]] = []
    for segment in segments:
        speaker = {"speaker": f"SPEAKER_0{random.randrange(2)}"} if speakers else {}
        entry: dict[str, object] = {
            "start": segment.start,
            "end": segment.end,
            "text": segment.text,
            "avg_logprob": round(random.uniform(-0.4, -0.1), 3),
            **speaker,
        }
        if words:
            entry["words"] = [{**word, **speaker} for word in _timed_words(segment, random)]
        told.append(entry)
    return {
        "text": " ".join(segment.text for segment in segments),
        "language": language,
        "language_probability": round(random.uniform(0.95, 0.999), 3),
        "ts_level": "word" if words else "segment",
        "diarization_available": speakers,
        "segments": told,
    }


def _segments(duration: float, seed: str) -> list[_Segment]:
    duration = round(float(duration), 3)
    sentences = _shuffled(phrases.SPEECH, randomness("transcript", seed))
    segments: list[_Segment] = []
    start = 0.0
    while start < duration:
        words = next(sentences).split()
        end = round(start + len(words) / _WORDS_PER_SECOND, 3)
        if end > duration:
            words = words[: max(1, int((duration - start) * _WORDS_PER_SECOND))]
        if end > duration - _SHORTEST_SEGMENT:
            end = duration
        segments.append(_Segment(start, end, " ".join(words)))
        start = end
    return segments


def _shuffled(stock: tuple[str, ...], random: random.Random) -> cycle[str]:
    return cycle(random.sample(stock, len(stock)))


def _timed_words(segment: _Segment, random: random.Random) -> list[dict[str, object]]:
    words = segment.text.split()
    per_letter = (segment.end - segment.start) / sum(map(len, words))
    timed: list[dict[str, object]] = []
    letters = 0
    for word in words:
        start = segment.start + letters * per_letter
        letters += len(word)
        end = segment.start + letters * per_letter
        score = round(random.uniform(0.8, 0.99), 3)
        timed.append({"word": word, "start": round(start, 3), "end": round(end, 3), "score": score})
    return timed


def _clock(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


def described(duration: float, preset: str, seed: str) -> dict[str, object]:
    """Make up what is seen in a video.

    Args:
        duration: Length of the video in seconds.
        preset: `fast`, `balanced` or `detail`; the later, the more events.
        seed: Decides on events and scenes.

    Returns:
        The events, scenes and `meta` of a video description, ready for JSON; times are in
        seconds.
    """
    random = randomness("description", seed)
    every = _EVENT_SECONDS.get(preset, _DETAILED_EVENT_SECONDS)
    return {
        "events": _parts(duration, every, phrases.EVENTS, random),
        "scenes": _parts(duration, _SCENE_SECONDS, phrases.SCENES, random),
        "meta": {"duration": round(duration, 3), "preset": preset},
    }


def _parts(
    duration: float, seconds: float, stock: tuple[str, ...], random: random.Random
) -> list[dict[str, object]]:
    count = math.ceil(max(0.0, duration) / seconds)
    edges = [round(duration * index / count, 3) for index in range(count)] + [round(duration, 3)]
    descriptions = _shuffled(stock, random)
    return [
        {"start": start, "end": end, "description": next(descriptions)}
        for start, end in pairwise(edges)
    ]
