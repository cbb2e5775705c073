"""Waveforms in plain Python: 16-bit mono samples, written once and repeated."""

from __future__ import annotations

import math
import re
from array import array
from typing import TYPE_CHECKING

from .seeding import randomness

if TYPE_CHECKING:
    from collections.abc import Sequence

CHARACTERS_PER_SECOND = 15
SHORTEST_SPEECH = 0.3

_SAMPLE_BYTES = 2
# Strengths of the overtones: the first set sounds like a vowel, the second like a plucked string.
_VOICE = (1.0, 0.7, 0.5, 0.12, 0.2, 0.1)
_STRING = (1.0, 0.35, 0.15)
_SYLLABLE = re.compile(r"\S{1,6}")
_INTONATION = (0.85, 0.94, 1.0, 1.08, 1.2)
_BEATS = 4
# Semitones above the key: the three notes of each chord.
_MAJOR, _MINOR = (0, 4, 7), (0, 3, 7)
_PROGRESSIONS = (
    ((0, _MAJOR), (7, _MAJOR), (9, _MINOR), (5, _MAJOR)),
    ((9, _MINOR), (5, _MAJOR), (0, _MAJOR), (7, _MAJOR)),
    ((0, _MAJOR), (9, _MINOR), (5, _MAJOR), (7, _MAJOR)),
    ((0, _MINOR), (8, _MAJOR), (3, _MAJOR), (10, _MAJOR)),
)


def speech(text: str, *, voice: str, speed: float, sample_rate: int, seed: int) -> bytes:
    """Make a tone per syllable, roughly, with silence where the text has white space.

    Args:
        text: What is said.
        voice: Decides on the pitch.
        speed: 1 is normal, 2 is twice as fast; above 0.
        sample_rate: Samples a second.
        seed: Decides, with the text, on the intonation.

    Returns:
        16-bit mono samples in native byte order.
    """
    seconds = max(SHORTEST_SPEECH, len(text) / (CHARACTERS_PER_SECOND * speed))
    total = round(seconds * sample_rate)
    samples_per_character = total / max(1, len(text))
    pitch = randomness("voice", voice).uniform(95, 225)
    random = randomness("speech", text, voice, seed)
    blips: dict[tuple[float, int], bytes] = {}
    pcm = bytearray(total * _SAMPLE_BYTES)
    for match in _SYLLABLE.finditer(text):
        start = int(match.start() * samples_per_character)
        kind = random.choice(_INTONATION), len(match[0])
        if kind not in blips:
            length = int(kind[1] * samples_per_character)
            blips[kind] = _blip(pitch * kind[0], length, sample_rate)
        blip = blips[kind]
        pcm[start * _SAMPLE_BYTES : start * _SAMPLE_BYTES + len(blip)] = blip
    return bytes(pcm)


def _blip(pitch: float, length: int, sample_rate: int) -> bytes:
    period = _period(pitch, sample_rate, _VOICE, 11000)
    samples = _repeated(period, length)
    attack, release = length // 8, length // 3
    for index in range(attack):
        samples[index] = samples[index] * index // attack
    for index in range(release):
        samples[-1 - index] = samples[-1 - index] * index // release
    return samples.tobytes()


def music(
    caption: str, *, lyrics: str, duration: float, bpm: int | None, sample_rate: int, seed: int
) -> bytes:
    """Make four bars of chords and drums, and repeat them.

    Args:
        caption: Decides, with `lyrics` and `seed`, on key and chords.
        lyrics: Unless it is `[Instrumental]`, a melody goes along.
        duration: Length in seconds.
        bpm: Beats a minute, or None for a tempo of its own.
        sample_rate: Samples a second.
        seed: Any integer.

    Returns:
        16-bit mono samples in native byte order.
    """
    random = randomness("music", caption, lyrics, seed)
    tempo = random.randrange(80, 131)
    beat = round((60 / (bpm or tempo)) * sample_rate)
    key = random.uniform(110, 200)
    sung = lyrics.strip().lower() != "[instrumental]"
    kick, hat = _kick(beat, sample_rate), _hat(beat, sample_rate)
    phrase = bytearray()
    for root, chord in random.choice(_PROGRESSIONS):
        steps = [root + step for step in chord]
        notes = [root - 12, *steps]
        if sung:
            notes.append(12 + random.choice(steps))
        strings = _strings([key * 2 ** (note / 12) for note in notes], beat, sample_rate)
        strong, weak = (
            array("h", map(int.__add__, strings, drum)).tobytes() for drum in (kick, hat)
        )
        phrase += (strong + weak) * (_BEATS // 2)
    size = round(duration * sample_rate) * _SAMPLE_BYTES
    return bytes(phrase * (size // len(phrase) + 1))[:size]


def _strings(pitches: Sequence[float], length: int, sample_rate: int) -> list[int]:
    volume = 18000 / len(pitches)
    voices = [_repeated(_period(pitch, sample_rate, _STRING, volume), length) for pitch in pitches]
    together = map(sum, zip(*voices, strict=True))
    return [total * (length - index) // length for index, total in enumerate(together)]


def _kick(length: int, sample_rate: int) -> list[int]:
    sounding = min(length, sample_rate // 6)
    hit = [
        int(11000 * (1 - i / sounding) ** 2 * math.sin(math.tau * 60 * i / sample_rate))
        for i in range(sounding)
    ]
    return hit + [0] * (length - sounding)


def _hat(length: int, sample_rate: int) -> list[int]:
    sounding = min(length, sample_rate // 25)
    random = randomness("hat")
    hit = [int(3500 * (1 - i / sounding) * random.uniform(-1, 1)) for i in range(sounding)]
    return hit + [0] * (length - sounding)


def _period(
    pitch: float, sample_rate: int, overtones: Sequence[float], volume: float
) -> array[int]:
    length = max(2, round(sample_rate / pitch))
    scale = volume / sum(overtones)
    return array(
        "h",
        [
            int(
                scale
                * sum(
                    strength * math.sin(math.tau * number * index / length)
                    for number, strength in enumerate(overtones, start=1)
                )
            )
            for index in range(length)
        ],
    )


def _repeated(period: array[int], length: int) -> array[int]:
    return (period * (length // len(period) + 1))[:length]
