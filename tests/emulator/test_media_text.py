"""The texts and vectors that the emulator makes have the forms of the contract."""

from __future__ import annotations

import json
import math
import re

import pytest

from deapi.emulator.media import images, text

LINE = re.compile(r"\[(\d+):(\d\d):(\d\d\.\d{3}) - (\d+):(\d\d):(\d\d\.\d{3})\] (\S.*)")
PICTURE = images.encode(images.generated("a letter", 300, 200, 1), "png")


def seconds(hours, minutes, rest):
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def spans(transcript):
    for line in transcript.splitlines():
        parts = LINE.fullmatch(line).groups()
        yield seconds(*parts[:3]), seconds(*parts[3:6]), parts[6]


def closeness(first, second):
    pairs = zip(text.embedding(first), text.embedding(second), strict=True)
    return sum(one * other for one, other in pairs)


@pytest.mark.parametrize("duration", [0.2, 1, 12.5, 65.4321, 4000])
def test_the_lines_of_a_transcript_cover_the_recording_without_gaps(duration):
    lines = list(spans(text.transcript(duration, timestamps=True, seed="a")))
    starts, ends = [line[0] for line in lines], [line[1] for line in lines]
    assert starts[0] == 0
    assert ends[-1] == pytest.approx(duration, abs=0.001)
    assert starts[1:] == ends[:-1]
    assert all(start < end for start, end in zip(starts, ends, strict=True))


def test_speech_is_paced_like_speech():
    words = text.transcript(600, timestamps=False, seed="a").split()
    assert 2 < len(words) / 600 < 3.2


def test_without_timestamps_the_same_sentences_follow_each_other():
    lines = spans(text.transcript(40, timestamps=True, seed="a"))
    plain = text.transcript(40, timestamps=False, seed="a")
    assert plain == " ".join(line[2] for line in lines)
    assert "[" not in plain


def test_a_transcript_depends_on_its_seed_alone():
    assert text.transcript(60, timestamps=True, seed="a") == text.transcript(
        60, timestamps=True, seed="a"
    )
    assert text.transcript(60, timestamps=True, seed="a") != text.transcript(
        60, timestamps=True, seed="b"
    )


@pytest.mark.parametrize("duration", [0, 0.0004, -1])
def test_of_nothing_the_transcript_is_empty(duration):
    assert text.transcript(duration, timestamps=True, seed="a") == ""


def test_a_transcript_ends_where_less_than_a_millisecond_is_left():
    assert text.transcript(10.0004, timestamps=True, seed="a").count("\n") < 10


def structured(duration=30.0, words=False, speakers=False):
    return text.structured_transcript(
        duration, words=words, speakers=speakers, language="en", seed="a"
    )


def test_a_structured_transcript_says_the_same_at_the_same_times():
    answer = json.loads(json.dumps(structured()))
    lines = list(spans(text.transcript(30, timestamps=True, seed="a")))
    assert [(s["start"], s["end"], s["text"]) for s in answer["segments"]] == lines
    assert answer["text"] == text.transcript(30, timestamps=False, seed="a")
    assert answer["language"] == "en"
    assert 0.9 < answer["language_probability"] <= 1
    assert (answer["ts_level"], answer["diarization_available"]) == ("segment", False)
    assert set(answer["segments"][0]) == {"start", "end", "text", "avg_logprob"}


def test_words_have_times_within_their_segment():
    answer = structured(words=True)
    assert answer["ts_level"] == "word"
    for segment in answer["segments"]:
        words = segment["words"]
        assert " ".join(word["word"] for word in words) == segment["text"]
        assert words[0]["start"] == segment["start"]
        assert words[-1]["end"] == pytest.approx(segment["end"], abs=0.001)
        assert all(0 < word["score"] <= 1 for word in words)
        assert all(word["start"] < word["end"] for word in words)
        assert all(set(word) == {"word", "start", "end", "score"} for word in words)


def test_speakers_are_named_on_segments_and_words():
    answer = structured(120, words=True, speakers=True)
    assert answer["diarization_available"] is True
    assert {s["speaker"] for s in answer["segments"]} == {"SPEAKER_00", "SPEAKER_01"}
    for segment in answer["segments"]:
        assert {word["speaker"] for word in segment["words"]} == {segment["speaker"]}


def test_the_same_picture_always_holds_the_same_text():
    found = text.recognized(PICTURE, format="text", language=None)
    assert found == text.recognized(PICTURE, format="text", language="de")
    assert 3 <= len(found.splitlines()) <= 7
    other = images.encode(images.generated("a letter", 300, 200, 2), "png")
    assert found != text.recognized(other, format="text", language=None)


def test_recognized_json_holds_the_text_and_where_it_stands():
    answer = json.loads(text.recognized(PICTURE, format="json", language="de"))
    assert answer["text"] == text.recognized(PICTURE, format="text", language=None)
    assert answer["language"] == "de"
    assert [block["text"] for block in answer["blocks"]] == answer["text"].splitlines()
    for block in answer["blocks"]:
        left, top, right, bottom = block["bbox"]
        assert 0 <= left < right <= 300
        assert 0 <= top < bottom <= 200


def test_no_text_is_recognized_in_what_is_no_picture():
    with pytest.raises(ValueError, match="not a decodable image"):
        text.recognized(b"nonsense", format="text", language=None)


@pytest.mark.parametrize("sent", ["a fox", "", "?!", "\ud83d", "猫が好き", "word " * 3000])
def test_an_embedding_has_length_one_and_is_always_the_same(sent):
    vector = text.embedding(sent)
    assert len(vector) == 1024
    assert math.hypot(*vector) == pytest.approx(1)
    assert vector == text.embedding(sent)


def test_an_embedding_has_the_dimensions_asked_for():
    assert [len(text.embedding("a fox", size)) for size in (1, 8, 384)] == [1, 8, 384]


def test_texts_are_the_closer_the_more_they_share():
    query = "how to paint a wooden fence"
    same = closeness(query, "How to paint a wooden fence?")
    near = closeness(query, "painting wooden fences")
    far = closeness(query, "quarterly revenue of the shipping company")
    assert same == pytest.approx(1)
    assert same > near > far
    assert near > 0.3
    assert abs(far) < 0.2


@pytest.mark.parametrize(
    "kind",
    ["images.generations", "images.edits", "videos.animations", "audio.speech", "audio.music", "x"],
)
def test_a_boosted_prompt_is_longer_and_begins_with_the_prompt(kind):
    longer = text.boosted("A fox, in snow", kind)
    assert longer.startswith("A fox, in snow")
    assert len(longer) > 40
    assert longer == text.boosted("A fox, in snow", kind)


def test_each_kind_of_prompt_is_boosted_in_its_own_way():
    kinds = ("image", "images.edits", "videos.generations", "audio.speech", "audio.music")
    assert len({text.boosted("A fox", kind) for kind in kinds}) == 5
    assert "motion" in "".join(text.boosted(str(n), "videos.generations") for n in range(9))


@pytest.mark.parametrize("kind", ["text2image", "text2speech"])
def test_a_sample_prompt_names_its_topic(kind):
    assert "{braces} and bears" in text.sample_prompt(kind, "{braces} and bears")
    own = text.sample_prompt(kind, None)
    assert len(own) > 30
    assert "{" not in own


def test_kinds_of_sample_prompts_differ():
    assert text.sample_prompt("image", "bears") != text.sample_prompt("speech", "bears")


@pytest.mark.parametrize("part", ["events", "scenes"])
@pytest.mark.parametrize("duration", [0.5, 25, 61.7])
def test_events_and_scenes_cover_the_video(part, duration):
    parts = text.described(duration, "fast", "a")[part]
    assert parts[0]["start"] == 0
    assert parts[-1]["end"] == duration
    assert [one["end"] for one in parts[:-1]] == [one["start"] for one in parts[1:]]
    assert all(one["start"] < one["end"] and one["description"] for one in parts)


def test_a_more_detailed_preset_tells_more_events():
    counts = [len(text.described(30, name, "a")["events"]) for name in ("fast", "balanced")]
    detailed = [len(text.described(30, name, "a")["events"]) for name in ("detail", "detailed")]
    assert counts[0] < counts[1] < detailed[0] == detailed[1]


def test_a_description_repeats_duration_and_preset_and_is_json():
    answer = text.described(12.5, "balanced", "a")
    assert json.loads(json.dumps(answer)) == answer
    assert answer["meta"] == {"duration": 12.5, "preset": "balanced"}
    assert answer == text.described(12.5, "balanced", "a")
    assert answer != text.described(12.5, "balanced", "b")
    assert text.described(0, "fast", "a")["events"] == []
