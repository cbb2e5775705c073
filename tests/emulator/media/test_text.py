"""The emulator's texts and vectors have the forms of the contract."""

from __future__ import annotations

import json
import math
import re

import pytest

from deapi.emulator.media import images, text, transcripts

LINE = re.compile(r"\[(\d+):(\d\d):(\d\d\.\d{3}) - (\d+):(\d\d):(\d\d\.\d{3})\] (\S.*)")
IMAGE = images.encode(images.generate("a letter", 300, 200, 1), "png")


def to_seconds(hours, minutes, rest):
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def parse_lines(transcript):
    for line in transcript.splitlines():
        parts = LINE.fullmatch(line).groups()
        yield to_seconds(*parts[:3]), to_seconds(*parts[3:6]), parts[6]


def similarity(first, second):
    pairs = zip(text.embed(first), text.embed(second), strict=True)
    return sum(a * b for a, b in pairs)


@pytest.mark.parametrize("duration", [0.2, 1, 12.5, 65.4321, 4000])
def test_the_lines_of_a_transcript_cover_the_recording_without_gaps(duration):
    lines = list(parse_lines(transcripts.transcribe(duration, timestamps=True, seed="a")))
    starts, ends = [line[0] for line in lines], [line[1] for line in lines]
    assert starts[0] == 0
    assert ends[-1] == pytest.approx(duration, abs=0.001)
    assert starts[1:] == ends[:-1]
    assert all(start < end for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize("duration", [1, 3, 5, 600])
def test_a_transcript_has_as_many_words_as_speech_of_that_duration(duration):
    words = transcripts.transcribe(duration, timestamps=False, seed="a").split()
    assert 2 < len(words) / duration <= 4


def test_a_transcript_without_timestamps_has_the_same_sentences():
    lines = parse_lines(transcripts.transcribe(40, timestamps=True, seed="a"))
    plain = transcripts.transcribe(40, timestamps=False, seed="a")
    assert plain == " ".join(line[2] for line in lines)
    assert "[" not in plain


def test_a_transcript_depends_on_its_seed():
    first = transcripts.transcribe(60, timestamps=True, seed="a")
    assert first == transcripts.transcribe(60, timestamps=True, seed="a")
    assert first != transcripts.transcribe(60, timestamps=True, seed="b")


@pytest.mark.parametrize("duration", [0, 0.0004, -1])
def test_the_transcript_of_an_empty_recording_is_empty(duration):
    assert transcripts.transcribe(duration, timestamps=True, seed="a") == ""
    structured = transcripts.transcribe_structured(
        duration, words=True, speakers=True, language="en", seed="a"
    )
    assert (structured["text"], structured["segments"]) == ("", [])


def test_a_fraction_of_a_millisecond_does_not_add_a_line():
    assert transcripts.transcribe(10.8004, timestamps=True, seed="a").count("\n") == 2


def transcribe_structured(duration=30.0, words=False, speakers=False):
    return transcripts.transcribe_structured(
        duration, words=words, speakers=speakers, language="en", seed="a"
    )


def test_a_structured_transcript_has_the_same_sentences_and_times():
    result = json.loads(json.dumps(transcribe_structured()))
    lines = list(parse_lines(transcripts.transcribe(30, timestamps=True, seed="a")))
    assert [(s["start"], s["end"], s["text"]) for s in result["segments"]] == lines
    assert result["text"] == transcripts.transcribe(30, timestamps=False, seed="a")
    assert result["language"] == "en"
    assert 0.9 < result["language_probability"] <= 1
    assert (result["ts_level"], result["diarization_available"]) == ("segment", False)
    assert set(result["segments"][0]) == {"start", "end", "text", "avg_logprob"}


@pytest.mark.parametrize("duration", [0.3, 4, 30])
def test_the_times_of_words_are_within_their_segment(duration):
    result = transcribe_structured(duration, words=True)
    assert result["ts_level"] == "word"
    for segment in result["segments"]:
        words = segment["words"]
        assert " ".join(word["word"] for word in words) == segment["text"]
        assert words[0]["start"] == segment["start"]
        assert words[-1]["end"] == pytest.approx(segment["end"], abs=0.001)
        assert all(0 < word["score"] <= 1 for word in words)
        assert all(word["start"] < word["end"] for word in words)
        assert all(set(word) == {"word", "start", "end", "score"} for word in words)


def test_segments_and_words_include_their_speaker():
    result = transcribe_structured(120, words=True, speakers=True)
    assert result["diarization_available"] is True
    assert {s["speaker"] for s in result["segments"]} == {"SPEAKER_00", "SPEAKER_01"}
    for segment in result["segments"]:
        assert {word["speaker"] for word in segment["words"]} == {segment["speaker"]}


def test_the_same_image_always_has_the_same_text():
    found = text.recognize_text(IMAGE, format="text", language=None)
    assert found == text.recognize_text(IMAGE, format="text", language="de")
    assert 3 <= len(found.splitlines()) <= 7
    other = images.encode(images.generate("a letter", 300, 200, 2), "png")
    assert found != text.recognize_text(other, format="text", language=None)


def test_ocr_in_json_includes_text_language_and_positions():
    result = json.loads(text.recognize_text(IMAGE, format="json", language="de"))
    assert result["text"] == text.recognize_text(IMAGE, format="text", language=None)
    assert result["language"] == "de"
    assert [block["text"] for block in result["blocks"]] == result["text"].splitlines()
    for block in result["blocks"]:
        left, top, right, bottom = block["bbox"]
        assert 0 <= left < right <= 300
        assert 0 <= top < bottom <= 200


def test_ocr_rejects_a_file_that_is_not_an_image():
    with pytest.raises(ValueError, match="not a decodable image"):
        text.recognize_text(b"nonsense", format="text", language=None)


@pytest.mark.parametrize("sent", ["a fox", "", "?!", "\ud83d", "猫が好き", "word " * 3000])
def test_an_embedding_has_length_one_and_is_always_the_same(sent):
    vector = text.embed(sent)
    assert len(vector) == 1024
    assert math.hypot(*vector) == pytest.approx(1)
    assert vector == text.embed(sent)


def test_texts_with_more_words_in_common_have_more_similar_embeddings():
    query = "how to paint a wooden fence"
    same = similarity(query, "How to paint a wooden fence?")
    near = similarity(query, "painting wooden fences")
    far = similarity(query, "quarterly revenue of the shipping company")
    assert same == pytest.approx(1)
    assert same > near > far
    assert near > 0.3
    assert abs(far) < 0.2


@pytest.mark.parametrize(
    "prompt_type",
    ["images.generations", "images.edits", "videos.animations", "audio.speech", "audio.music", "x"],
)
def test_an_enhanced_prompt_is_longer_and_starts_with_the_prompt(prompt_type):
    enhanced = text.enhance_prompt("A fox, in snow", prompt_type)
    assert enhanced.startswith("A fox, in snow")
    assert len(enhanced) > 40
    assert enhanced == text.enhance_prompt("A fox, in snow", prompt_type)


def test_each_type_of_prompt_gets_other_details():
    types = ("image", "images.edits", "videos.generations", "audio.speech", "audio.music")
    assert len({text.enhance_prompt("A fox", prompt_type) for prompt_type in types}) == 5
    assert "motion" in text.enhance_prompt("A fox", "videos.generations")
    same = [text.enhance_prompt("A fox", prompt_type) for prompt_type in ("image2image", types[1])]
    assert same[0] == same[1]


@pytest.mark.parametrize("prompt_type", ["text2image", "text2speech"])
def test_a_sample_prompt_contains_its_topic(prompt_type):
    assert "{braces} and bears" in text.sample_prompt(prompt_type, "{braces} and bears")
    without_topic = text.sample_prompt(prompt_type, None)
    assert len(without_topic) > 30
    assert "{" not in without_topic


def test_sample_prompts_depend_on_their_type():
    assert text.sample_prompt("image", "bears") != text.sample_prompt("speech", "bears")


@pytest.mark.parametrize("part", ["events", "scenes"])
@pytest.mark.parametrize("duration", [0.5, 25, 61.7])
def test_events_and_scenes_cover_the_video(part, duration):
    parts = transcripts.describe_video(duration, "fast", "a")[part]
    assert parts[0]["start"] == 0
    assert parts[-1]["end"] == duration
    assert [one["end"] for one in parts[:-1]] == [one["start"] for one in parts[1:]]
    assert all(one["start"] < one["end"] and one["description"] for one in parts)


def test_a_more_detailed_preset_returns_more_events():
    fast, balanced, detail, detailed = (
        len(transcripts.describe_video(30, preset, "a")["events"])
        for preset in ("fast", "balanced", "detail", "detailed")
    )
    assert fast < balanced < detail == detailed


def test_a_description_includes_duration_and_preset_and_is_json():
    result = transcripts.describe_video(12.5, "balanced", "a")
    assert json.loads(json.dumps(result)) == result
    assert result["meta"] == {"duration": 12.5, "preset": "balanced"}
    assert result == transcripts.describe_video(12.5, "balanced", "a")
    assert result != transcripts.describe_video(12.5, "balanced", "b")
    assert transcripts.describe_video(0, "fast", "a")["events"] == []
