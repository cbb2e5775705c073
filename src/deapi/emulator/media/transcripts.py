"""Transcripts of recordings and descriptions of videos. All times are in seconds."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

from . import sample_text
from .rng import seeded_random

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_SENTENCE_SECONDS = 3.6
_MAX_WORDS_PER_SECOND = 4
_SCENE_SECONDS = 12.0
_EVENT_SECONDS = {"fast": 6.0, "balanced": 4.0}  # 2 in more detailed presets


class _Segment(NamedTuple):
    start: float
    end: float
    text: str


def transcribe(duration: float, *, timestamps: bool, seed: str) -> str:
    """Return a transcript in English, which depends on the seed.

    With timestamps, each sentence is on its own line, after `[h:mm:ss.fff - h:mm:ss.fff]`.
    """
    segments = _speech_segments(duration, seed)
    if not timestamps:
        return " ".join(segment.text for segment in segments)
    return "\n".join(
        f"[{_clock_time(start)} - {_clock_time(end)}] {text}" for start, end, text in segments
    )


def transcribe_structured(
    duration: float, *, words: bool, speakers: bool, language: str, seed: str
) -> dict[str, object]:
    """Return the sentences of `transcribe()` in the JSON form of the larger models.

    Segments include the times of their words, and a speaker (`SPEAKER_00` or `SPEAKER_01`), if
    requested. The language code is only reported. The text is always English.
    """
    random = seeded_random("structure", seed)
    segments: list[dict[str, object]] = []
    for segment in _speech_segments(duration, seed):
        speaker = {"speaker": f"SPEAKER_0{random.randrange(2)}"} if speakers else {}
        logprob = round(random.uniform(-0.4, -0.1), 3)
        entry: dict[str, object] = {**segment._asdict(), "avg_logprob": logprob, **speaker}
        if words:
            entry["words"] = [{**word, **speaker} for word in _timed_words(segment, random)]
        segments.append(entry)
    return {
        "text": transcribe(duration, timestamps=False, seed=seed),
        "language": language,
        "language_probability": round(random.uniform(0.95, 0.999), 3),
        "ts_level": "word" if words else "segment",
        "diarization_available": speakers,
        "segments": segments,
    }


def describe_video(duration: float, preset: str, seed: str) -> dict[str, object]:
    """Return the events and scenes of a video, ready for JSON.

    The presets `fast`, `balanced` and `detail` return increasing numbers of events.
    """
    random = seeded_random("description", seed)
    event_seconds = _EVENT_SECONDS.get(preset, 2.0)

    def describe(seconds: float, texts: Sequence[str]) -> list[dict[str, object]]:
        segments = _split(duration, seconds, texts, random)
        return [{"start": start, "end": end, "description": text} for start, end, text in segments]

    return {
        "events": describe(event_seconds, sample_text.EVENTS),
        "scenes": describe(_SCENE_SECONDS, sample_text.SCENES),
        "meta": {"duration": round(duration, 3), "preset": preset},
    }


def _speech_segments(duration: float, seed: str) -> list[_Segment]:
    random = seeded_random("transcript", seed)
    segments: list[_Segment] = []
    for start, end, sentence in _split(duration, _SENTENCE_SECONDS, sample_text.SPEECH, random):
        # A short recording does not have time for the whole sentence.
        count = max(1, round((end - start) * _MAX_WORDS_PER_SECOND))
        segments.append(_Segment(start, end, " ".join(sentence.split()[:count])))
    return segments


def _split(
    duration: float, seconds: float, texts: Sequence[str], random: random.Random
) -> list[_Segment]:
    """Split a duration into equal parts of at most `seconds`, each with one of the texts."""
    duration = max(0.0, round(duration, 3))
    count = math.ceil(duration / seconds)
    times = [round(duration * index / count, 3) for index in range(count)] + [duration]
    shuffled = itertools.cycle(random.sample(texts, len(texts)))
    return [_Segment(*span, next(shuffled)) for span in itertools.pairwise(times)]


def _timed_words(segment: _Segment, random: random.Random) -> list[dict[str, object]]:
    words = segment.text.split()
    seconds_per_letter = (segment.end - segment.start) / sum(map(len, words))
    timed: list[dict[str, object]] = []
    start = segment.start
    for word in words:
        end = start + len(word) * seconds_per_letter
        score = round(random.uniform(0.8, 0.99), 3)
        timed.append({"word": word, "start": round(start, 3), "end": round(end, 3), "score": score})
        start = end
    return timed


def _clock_time(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
