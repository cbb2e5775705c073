"""Sound: what the speech and music jobs yield, and how long uploaded sound lasts."""

# PyAV's stubs leave some types out.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import io
import wave
from typing import Literal

import av
from av.audio.frame import AudioFrame

from . import containers, synthesis

AudioFormat = Literal["mp3", "wav", "flac"]

_CODECS: dict[str, Literal["libmp3lame", "flac"]] = {"mp3": "libmp3lame", "flac": "flac"}
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_SAMPLE_BYTES = 2


def speech(
    text: str,
    *,
    voice: str,
    speed: float,
    format: AudioFormat,  # noqa: A002 - the API's word
    sample_rate: int,
    seed: int = 0,
) -> bytes:
    """Make a sound file that is paced like speech: a tone per syllable, roughly.

    Args:
        text: What is said. 15 characters take a second; 0.3 seconds is the shortest.
        voice: Any name; each has its own pitch.
        speed: 1 is normal, 2 is twice as fast; above 0.
        format: `mp3`, `wav` or `flac`.
        sample_rate: Samples a second.
        seed: Decides, with the text, on the intonation.

    Returns:
        The content of a mono file.

    Raises:
        ValueError: MP3 knows no such sample rate.
    """
    pcm = synthesis.speech(text, voice=voice, speed=speed, sample_rate=sample_rate, seed=seed)
    return _encoded(pcm, format, sample_rate)


def music(
    caption: str,
    *,
    lyrics: str,
    duration: float,
    bpm: int | None,
    format: AudioFormat,  # noqa: A002 - the API's word
    sample_rate: int = 48000,
    seed: int,
) -> bytes:
    """Make a sound file with chords and drums.

    Args:
        caption: Decides, with `lyrics` and `seed`, on key and chords.
        lyrics: Unless it is `[Instrumental]`, a melody goes along.
        duration: Length in seconds.
        bpm: Beats a minute, or None for a tempo of its own.
        format: `mp3`, `wav` or `flac`.
        sample_rate: Samples a second.
        seed: Any integer.

    Returns:
        The content of a mono file.

    Raises:
        ValueError: MP3 knows no such sample rate.
    """
    pcm = synthesis.music(
        caption, lyrics=lyrics, duration=duration, bpm=bpm, sample_rate=sample_rate, seed=seed
    )
    return _encoded(pcm, format, sample_rate)


def duration(content: bytes) -> float:
    """Measure how long uploaded sound lasts, by decoding it.

    Args:
        content: A sound file, or a video with a sound track.

    Returns:
        Seconds. What is missing from a truncated file does not count.

    Raises:
        ValueError: It cannot be decoded or has no sound.
    """
    with containers.opened(content, containers.AUDIO_FORMATS) as container:
        if not container.streams.audio:
            raise ValueError("the file has no audio stream")
        seconds = sum(frame.samples / frame.sample_rate for frame in containers.sound(container))
    if not seconds:
        raise ValueError("the file has no decodable sound")
    return round(seconds, 6)


def _encoded(pcm: bytes, file_format: AudioFormat, sample_rate: int) -> bytes:
    if file_format == "wav":
        return _wav(pcm, sample_rate)
    if file_format == "mp3" and sample_rate not in _MP3_RATES:
        raise ValueError(f"MP3 knows no sample rate of {sample_rate} Hz")
    file = io.BytesIO()
    container = av.open(file, "w", format=file_format)
    with container:
        # LAME's fastest setting; FLAC is quick as it is.
        options = {"compression_level": "9"} if file_format == "mp3" else {}
        stream = container.add_stream(
            _CODECS[file_format], rate=sample_rate, options=options, layout="mono"
        )
        second = sample_rate * _SAMPLE_BYTES
        for start in range(0, len(pcm), second):
            chunk = pcm[start : start + second]
            frame = AudioFrame("s16", "mono", len(chunk) // _SAMPLE_BYTES)
            frame.sample_rate = sample_rate
            frame.pts = start // _SAMPLE_BYTES
            frame.planes[0].update(chunk)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _wav(pcm: bytes, sample_rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(_SAMPLE_BYTES)
        writer.setframerate(sample_rate)
        writer.writeframes(pcm)
    return file.getvalue()
