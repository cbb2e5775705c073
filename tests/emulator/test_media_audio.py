"""The sound that the emulator makes is real, and as long as it should be."""

from __future__ import annotations

import io
import wave
from array import array
from itertools import pairwise

import av
import pytest

from deapi.emulator.media import audio

WORDS = "Good morning, and welcome to the show. "


def speech(text=WORDS, *, voice="af_sky", speed=1, file_format="wav", rate=24000, seed=0):
    return audio.speech(
        text, voice=voice, speed=speed, format=file_format, sample_rate=rate, seed=seed
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
    return audio.music(
        caption, lyrics=lyrics, duration=duration, bpm=bpm, format=file_format, seed=seed, **more
    )


def samples(content: bytes) -> array[int]:
    with wave.open(io.BytesIO(content)) as reader:
        return array("h", reader.readframes(reader.getnframes()))


def loudness(part: array[int]) -> float:
    return (sum(value * value for value in part) / len(part)) ** 0.5


def crossings(part: array[int]) -> int:
    return sum(1 for before, after in pairwise(part) if before < 0 <= after)


@pytest.mark.parametrize("file_format", ["mp3", "wav", "flac"])
@pytest.mark.parametrize("rate", [16000, 24000, 48000])
def test_speech_has_the_format_and_the_rate_asked_for(file_format, rate):
    content = speech(file_format=file_format, rate=rate)
    with av.open(io.BytesIO(content)) as container:
        (stream,) = container.streams
        assert container.format.name == file_format
        assert (stream.type, stream.rate, stream.channels) == ("audio", rate, 1)
        decoded = sum(frame.samples for frame in container.decode(stream))
    assert decoded / rate == pytest.approx(len(WORDS) / 15, abs=0.05)


@pytest.mark.parametrize("speed", [0.5, 1, 2])
def test_speech_takes_a_second_for_15_characters_over_the_speed(speed):
    assert audio.duration(speech(WORDS * 3, speed=speed)) == pytest.approx(
        len(WORDS) * 3 / 15 / speed, abs=0.01
    )


@pytest.mark.parametrize("text", ["", "a", "Hi.", "\ud83d"])
def test_the_shortest_speech_takes_three_tenths_of_a_second(text):
    assert audio.duration(speech(text)) == pytest.approx(0.3, abs=0.001)


def test_words_sound_and_pauses_are_silent():
    heard = samples(speech("aaaa          bbbb", rate=8000))
    per_letter = len(heard) // 18
    assert loudness(heard[: per_letter * 4]) > 1000
    assert loudness(heard[per_letter * 5 : per_letter * 13]) == 0
    assert loudness(heard[per_letter * 14 :]) > 1000


def test_each_voice_has_its_own_pitch():
    pitches = {crossings(samples(speech(voice=name))) for name in ("af_sky", "am_adam", "Ryan")}
    assert len(pitches) == 3


def test_the_same_speech_is_the_same_file_and_any_other_is_not():
    first = speech(file_format="mp3")
    assert first == speech(file_format="mp3")
    others = [speech("Something else, of some length."), speech(voice="am_adam"), speech(seed=1)]
    assert len({speech(), *others}) == 4


def test_a_long_text_without_spaces_can_be_spoken():
    assert audio.duration(speech("猫" * 3000, rate=8000)) == pytest.approx(200, abs=0.1)


@pytest.mark.parametrize("file_format", ["mp3", "wav", "flac"])
@pytest.mark.parametrize("duration", [0.5, 2.345, 10])
def test_music_lasts_exactly_as_long_as_asked(file_format, duration):
    content = music(duration, file_format=file_format)
    assert audio.duration(content) == pytest.approx(duration, abs=0.001)


def test_ten_minutes_of_music_are_made_in_full():
    assert audio.duration(music(600, file_format="flac")) == pytest.approx(600, abs=0.001)


def test_music_repeats_with_the_tempo():
    # At 120 a minute a bar takes two seconds. Its halves are alike, and the phrase has four.
    heard = samples(music(20, bpm=120, sample_rate=8000))
    phrase = 8 * 8000
    assert heard[:8000] == heard[phrase : phrase + 8000]
    assert heard[:8000] == heard[8000:16000]
    assert heard[:8000] != heard[16000:24000]
    beats = [heard[beat * 4000 : beat * 4000 + 800] for beat in range(16)]
    assert all(loudness(beat) > 1000 for beat in beats)


def test_music_never_clips():
    heard = samples(music(8, lyrics="la la la"))
    assert 5000 < max(heard) < 32767
    assert min(heard) > -32768


def test_lyrics_caption_seed_and_tempo_all_change_the_music():
    made = [
        music(),
        music(lyrics="la la la"),
        music(caption="fast metal"),
        music(seed=2),
        music(bpm=90),
    ]
    assert len(set(made)) == 5
    assert music() == made[0]


def test_without_a_tempo_the_music_chooses_one():
    assert music(bpm=None) == music(bpm=None)
    assert audio.duration(music(bpm=None)) == pytest.approx(2)


def test_mp3_refuses_a_rate_that_it_does_not_know():
    with pytest.raises(ValueError, match="12345 Hz"):
        speech(file_format="mp3", rate=12345)


@pytest.mark.parametrize(
    ("container_format", "codec"), [("ogg", "libopus"), ("adts", "aac"), ("mp4", "aac")]
)
def test_sound_of_other_formats_is_measured(container_format, codec):
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=48000, layout="stereo")
        frame = av.AudioFrame("s16", "stereo", 96000)
        frame.planes[0].update(bytes(96000 * 4))
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert audio.duration(file.getvalue()) == pytest.approx(2, abs=0.05)


def test_half_of_a_file_lasts_half_as_long():
    content = music(4, file_format="mp3")
    assert audio.duration(content[: len(content) // 2]) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"hello world " * 100, bytes(5000), b"ID3\x03\x00", speech()[:40]],
    ids=["empty", "riff", "text", "zeros", "id3", "header only"],
)
def test_what_is_no_sound_is_refused(content):
    with pytest.raises(ValueError, match="file"):
        audio.duration(content)


def test_a_list_of_local_files_is_never_followed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.wav").write_bytes(speech())
    playlist = b"ffconcat version 1.0\nfile secret.wav\n"
    with av.open(io.BytesIO(playlist)) as container:  # FFmpeg itself would follow it
        assert any(container.decode(audio=0))
    with pytest.raises(ValueError, match="not a decodable media file"):
        audio.duration(playlist)
