"""Results of speech and music jobs."""

# PyAV's stubs leave some types out.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import io
import math
import operator
import re
import wave
from array import array
from typing import TYPE_CHECKING, Literal

import av
from av.audio.frame import AudioFrame

from .rng import seeded_random

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.audio.stream import AudioStream
    from av.container import OutputContainer

_CHARACTERS_PER_SECOND = 15
_MIN_SPEECH_SECONDS = 0.3

_CODECS: dict[str, Literal["libmp3lame", "flac"]] = {"mp3": "libmp3lame", "flac": "flac"}
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_SAMPLE_BYTES = 2

_SYLLABLE = re.compile(r"\S{1,6}")
# Relative pitches of the syllables, and strengths of the overtones of a syllable.
_INTONATION = (5 / 6, 1.0, 9 / 8, 5 / 4)
_VOWEL = (1.0, 0.5, 0.3, 0.12, 0.05)

_PEAK = 11000  # of 32767

# Pitches of the notes of a chord. In these whole-number ratios they share a short period, which
# can be repeated like that of a single note.
_MAJOR, _MINOR = (4, 5, 6), (10, 12, 15)
# Each chord: the pitch of its root relative to the key, and the notes.
_PROGRESSIONS = (
    ((1, _MAJOR), (3 / 2, _MAJOR), (5 / 3, _MINOR), (4 / 3, _MAJOR)),
    ((5 / 3, _MINOR), (4 / 3, _MAJOR), (1, _MAJOR), (3 / 2, _MAJOR)),
    ((1, _MAJOR), (5 / 3, _MINOR), (4 / 3, _MAJOR), (3 / 2, _MAJOR)),
    ((1, _MINOR), (8 / 5, _MAJOR), (6 / 5, _MAJOR), (9 / 5, _MAJOR)),
)
_STRING = (1.0, 0.25, 0.08)


def synthesize_speech(
    text: str,
    *,
    voice: str,
    speed: float,
    format: str,  # noqa: A002 - the API's name
    sample_rate: int,
) -> bytes:
    """Make a mono file with a soft tone for each syllable and silence between the words.

    The voice decides on the pitch, voice and text on the intonation. At speed 1, 15 characters take
    a second. The minimum duration is 0.3 seconds.

    Raises:
        ValueError: MP3 does not support the sample rate.
    """
    seconds = max(_MIN_SPEECH_SECONDS, len(text) / (_CHARACTERS_PER_SECOND * speed))
    total = round(seconds * sample_rate)
    samples_per_character = total / max(1, len(text))
    pitch = seeded_random("voice", voice).uniform(100, 210)
    random = seeded_random("speech", text, voice)
    rise, fall = _ramp(samples_per_character * 0.25), _ramp(samples_per_character * 0.6)
    pcm = array("h", bytes(total * _SAMPLE_BYTES))
    tones: dict[tuple[float, int], array[int]] = {}  # most of them occur several times
    for syllable in _SYLLABLE.finditer(text):
        key = random.choice(_INTONATION), len(syllable[0])
        if key not in tones:
            waveform = _waveform(pitch * key[0], (1,), _VOWEL, sample_rate)
            tones[key] = _tone(waveform, int(key[1] * samples_per_character), rise, fall)
        start = int(syllable.start() * samples_per_character)
        pcm[start : start + len(tones[key])] = tones[key]
    return _encode_file(pcm.tobytes(), format, sample_rate)


def compose_music(
    caption: str,
    *,
    lyrics: str,
    duration: float,
    bpm: int | None,
    format: str,  # noqa: A002 - the API's name
    sample_rate: int = 48000,
    seed: int,
) -> bytes:
    """Make a mono file that repeats four chords for `duration` seconds.

    Caption, lyrics and seed decide on key and chords, and on the tempo if `bpm` is None. Unless
    the lyrics are `[Instrumental]`, there is a melody.

    Raises:
        ValueError: MP3 does not support the sample rate.
    """
    random = seeded_random("music", caption, lyrics, seed)
    beat = round(60 / (bpm or random.randrange(70, 111)) * sample_rate)
    key = random.uniform(110, 165)
    has_melody = lyrics.strip().lower() != "[instrumental]"
    rise, fall = _ramp(beat * 0.05), _ramp(beat * 0.95)
    phrase = array("h")
    for root, chord in random.choice(_PROGRESSIONS):
        octave = 2 * chord[0]
        upper = (octave, 4 * random.choice(chord)) if has_melody else (octave,)
        first, second = (
            _tone(_waveform(key * root / chord[0], notes, _STRING, sample_rate), beat, rise, fall)
            for notes in (chord, upper)
        )
        phrase += (first + second) * 2
    samples = round(duration * sample_rate)
    pcm = phrase * (samples // len(phrase) + 1)
    return _encode_file(pcm[:samples].tobytes(), format, sample_rate)


def encode_pcm(container: OutputContainer, stream: AudioStream, pcm: bytes | bytearray) -> None:
    """Encode 16-bit samples at the rate and layout of a stream, and write them to its container."""
    sample_bytes = _SAMPLE_BYTES * stream.layout.nb_channels
    second = stream.rate * sample_bytes
    for start in range(0, len(pcm), second):
        chunk = bytes(pcm[start : start + second])
        frame = AudioFrame("s16", stream.layout.name, len(chunk) // sample_bytes)
        frame.sample_rate = stream.rate
        frame.pts = start // sample_bytes
        frame.planes[0].update(chunk)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _waveform(
    base: float, notes: Sequence[int], overtones: Sequence[float], sample_rate: int
) -> array[int]:
    """Return one period of notes whose frequencies are multiples of a base frequency."""
    shared = math.gcd(*notes)
    length = max(2, round(sample_rate / (base * shared)))
    sines = [
        (math.tau * number * (note // shared) / length, strength)
        for note in notes
        for number, strength in enumerate(overtones, start=1)
    ]
    period = [
        sum(strength * math.sin(angle * index) for angle, strength in sines)
        for index in range(length)
    ]
    scale = _PEAK / max(map(abs, period))
    return array("h", [int(value * scale) for value in period])


def _tone(
    waveform: array[int], length: int, rise: Sequence[float], fall: Sequence[float]
) -> array[int]:
    """Repeat a waveform, and fade it in and out."""
    tone = (waveform * (length // len(waveform) + 1))[:length]
    tone[: len(rise)] = array("h", map(int, map(operator.mul, tone, rise)))
    tone[-len(fall) :] = array("h", map(int, map(operator.mul, tone[-len(fall) :], fall[::-1])))
    return tone


def _ramp(length: float) -> list[float]:
    steps = max(1, int(length))
    return [(step / steps) ** 2 for step in range(steps)]


def _encode_file(pcm: bytes, file_format: str, sample_rate: int) -> bytes:
    file = io.BytesIO()
    if file_format == "wav":
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(_SAMPLE_BYTES)
            writer.setframerate(sample_rate)
            writer.writeframes(pcm)
        return file.getvalue()
    if file_format == "mp3" and sample_rate not in _MP3_RATES:
        raise ValueError(f"MP3 does not support a sample rate of {sample_rate} Hz")
    container = av.open(file, "w", format=file_format)
    with container:
        # The fastest level of LAME. The default of FLAC is fast enough.
        options = {"compression_level": "9"} if file_format == "mp3" else {}
        stream = container.add_stream(
            _CODECS[file_format], rate=sample_rate, options=options, layout="mono"
        )
        encode_pcm(container, stream, pcm)
    return file.getvalue()
