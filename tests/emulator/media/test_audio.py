"""The emulator's audio decodes and has the requested format, rate and duration."""

from __future__ import annotations

import io
import wave
from array import array
from itertools import pairwise

import av
import pytest

from deapi.emulator.media import audio, uploads

TEXT = "Good morning, and welcome to the show. "


def speech(text=TEXT, *, voice="af_sky", speed=1, file_format="wav", rate=24000):
    return audio.synthesize_speech(
        text, voice=voice, speed=speed, format=file_format, sample_rate=rate
    )


def music(
    duration=2.0,
    *,
    caption="calm lo-fi",
    lyrics="[Instrumental]",
    bpm=120,
    seed=1,
    file_format="wav",
    **more,
):
    return audio.compose_music(
        caption, lyrics=lyrics, duration=duration, bpm=bpm, format=file_format, seed=seed, **more
    )


def to_samples(content: bytes) -> array[int]:
    with wave.open(io.BytesIO(content)) as reader:
        return array("h", reader.readframes(reader.getnframes()))


def loudness(part: array[int]) -> float:
    return (sum(value * value for value in part) / len(part)) ** 0.5


def count_periods(part: array[int]) -> int:
    return sum(1 for before, after in pairwise(part) if before < 0 <= after)


def largest_step(part: array[int]) -> int:
    return max(abs(after - before) for before, after in pairwise(part))


@pytest.mark.parametrize("file_format", ["mp3", "wav", "flac"])
@pytest.mark.parametrize("rate", [16000, 24000, 48000])
def test_speech_has_the_requested_format_and_sample_rate(file_format, rate):
    content = speech(file_format=file_format, rate=rate)
    with av.open(io.BytesIO(content)) as container:
        (stream,) = container.streams
        assert container.format.name == file_format
        assert (stream.type, stream.rate, stream.channels) == ("audio", rate, 1)
        count = sum(frame.samples for frame in container.decode(stream))
    assert count / rate == pytest.approx(len(TEXT) / 15, abs=0.05)


@pytest.mark.parametrize("speed", [0.5, 1, 2])
def test_15_characters_of_speech_take_a_second_at_normal_speed(speed):
    assert uploads.audio_duration(speech(TEXT * 3, speed=speed)) == pytest.approx(
        len(TEXT) * 3 / 15 / speed, abs=0.01
    )


@pytest.mark.parametrize("text", ["", "a", "Hi.", "\ud83d"])
def test_the_minimum_duration_of_speech_is_300_milliseconds(text):
    assert uploads.audio_duration(speech(text)) == pytest.approx(0.3, abs=0.001)


def test_words_are_audible_and_pauses_are_silent():
    samples = to_samples(speech("aaaa          bbbb", rate=8000))
    per_letter = len(samples) // 18
    assert loudness(samples[: per_letter * 4]) > 1000
    assert loudness(samples[per_letter * 5 : per_letter * 13]) == 0
    assert loudness(samples[per_letter * 14 :]) > 1000


@pytest.mark.parametrize("speed", [0.5, 1, 4])
def test_speech_has_no_clicks_and_never_clips(speed):
    samples = to_samples(speech(TEXT * 2, speed=speed))
    assert 5000 < max(samples) < 16000
    assert largest_step(samples) < 3000
    assert abs(samples[0]) < 100
    assert abs(samples[-1]) < 100


def test_each_voice_has_its_own_pitch():
    voices = ("af_sky", "am_adam", "Ryan")
    assert len({count_periods(to_samples(speech(voice=voice))) for voice in voices}) == 3


def test_speech_depends_on_text_and_voice_only():
    assert speech(file_format="mp3") == speech(file_format="mp3")
    others = [speech("Something else, of some length."), speech(voice="am_adam")]
    assert len({speech(), *others}) == 3


def test_a_long_text_without_spaces_can_be_synthesized():
    assert uploads.audio_duration(speech("猫" * 3000, rate=8000)) == pytest.approx(200, abs=0.1)


@pytest.mark.parametrize("file_format", ["mp3", "wav", "flac"])
@pytest.mark.parametrize("duration", [0.5, 2.345, 10])
def test_music_has_exactly_the_requested_duration(file_format, duration):
    content = music(duration, file_format=file_format)
    assert uploads.audio_duration(content) == pytest.approx(duration, abs=0.001)


def test_ten_minutes_of_music_are_complete():
    content = music(600, file_format="flac")
    assert uploads.audio_duration(content) == pytest.approx(600, abs=0.001)


def test_music_has_four_bars_at_the_requested_tempo_that_are_repeated():
    # At 120 bpm, a beat takes 0.5 seconds and a bar 2 seconds.
    samples = to_samples(music(20, bpm=120, sample_rate=8000))
    assert samples[: 16 * 4000] == samples[16 * 4000 : 32 * 4000]
    assert samples[:8000] == samples[8000:16000]
    assert samples[:8000] != samples[16000:24000]
    for beat in range(16):
        assert abs(samples[beat * 4000]) < 100
        assert loudness(samples[beat * 4000 : beat * 4000 + 800]) > 1000


@pytest.mark.parametrize("lyrics", ["[Instrumental]", "la la la"])
@pytest.mark.parametrize("seed", range(4))
def test_music_has_no_clicks_and_never_clips(lyrics, seed):
    samples = to_samples(music(8, lyrics=lyrics, seed=seed))
    assert 5000 < max(samples) < 16000
    assert min(samples) > -16000
    assert largest_step(samples) < 3000


def test_music_depends_on_lyrics_caption_seed_and_tempo():
    results = [
        music(),
        music(lyrics="la la la"),
        music(caption="fast metal"),
        music(seed=2),
        music(bpm=90),
    ]
    assert len(set(results)) == 5
    assert music() == results[0]


def test_the_seed_decides_on_the_tempo_by_default():
    assert music(bpm=None) == music(bpm=None)
    assert uploads.audio_duration(music(bpm=None)) == pytest.approx(2)


def test_a_sample_rate_that_mp3_does_not_support_is_rejected():
    with pytest.raises(ValueError, match="12345 Hz"):
        speech(file_format="mp3", rate=12345)


@pytest.mark.parametrize(
    ("container_format", "codec"), [("ogg", "libopus"), ("adts", "aac"), ("mp4", "aac")]
)
def test_uploaded_audio_of_other_formats_is_measured(container_format, codec):
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=48000, layout="stereo")
        frame = av.AudioFrame("s16", "stereo", 96000)
        frame.planes[0].update(bytes(96000 * 4))
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert uploads.audio_duration(file.getvalue()) == pytest.approx(2, abs=0.05)


def test_half_of_a_file_has_half_of_the_duration():
    content = music(4, file_format="mp3")
    half = content[: len(content) // 2]
    assert uploads.audio_duration(half) == pytest.approx(2, abs=0.2)


def test_damaged_audio_is_skipped():
    content = bytearray(music(4, file_format="mp3"))
    middle = len(content) // 2
    content[middle : middle + 600] = b"\xff" * 600
    damaged = bytes(content)
    with av.open(io.BytesIO(damaged)) as container, pytest.raises(av.FFmpegError):
        list(container.decode(audio=0))
    assert uploads.audio_duration(damaged) == pytest.approx(3.8, abs=0.15)


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"hello world " * 100, bytes(5000), b"ID3\x03\x00", speech()[:40]],
    ids=["empty", "riff", "text", "zeros", "id3", "header only"],
)
def test_a_file_that_is_not_audio_is_rejected(content):
    with pytest.raises(ValueError, match="file"):
        uploads.audio_duration(content)


def test_a_playlist_never_opens_local_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.wav").write_bytes(speech())
    playlist = b"ffconcat version 1.0\nfile secret.wav\n"
    with av.open(io.BytesIO(playlist)) as container:  # FFmpeg itself opens it
        assert any(container.decode(audio=0))
    with pytest.raises(ValueError, match="not a decodable media file"):
        uploads.audio_duration(playlist)
