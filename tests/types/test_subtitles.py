"""Subtitles of transcripts, read back with pysubs2 and with FFmpeg's parsers."""

import itertools
import json
import math

import av
import pysubs2
import pytest

from deapi.types import Transcript

SENTENCE = "The quick brown fox jumps over the lazy dog while the small brown bird sings a song"


def transcript(*segments, text=None):
    return Transcript.parse(json.dumps({"text": text, "segments": list(segments)}))


def segment(start, end, text, speaker=None, words=None):
    return {"start": start, "end": end, "text": text, "speaker": speaker, "words": words}


def timed(spoken, start=0.0, step=0.5, **fields):
    """A segment whose words last half a second each."""
    words = [
        {"word": word, "start": start + index * step, "end": start + (index + 1) * step}
        for index, word in enumerate(spoken.split())
    ]
    return {**segment(start, start + len(words) * step, spoken, words=words), **fields}


def written(subtitles, form):
    return subtitles.to_srt() if form == "srt" else subtitles.to_vtt()


def read_with_pysubs2(content, form):
    """Return ``(start, end, text)`` of each cue, in milliseconds."""
    events = pysubs2.SSAFile.from_string(content, format_=form)
    return [(event.start, event.end, event.plaintext) for event in events]


def read_with_ffmpeg(content, form, directory):
    """Return ``(start, text)`` of each cue, in milliseconds. FFmpeg converts the text to ASS."""
    path = directory / f"subtitles.{form}"
    path.write_text(content, encoding="utf-8")
    cues = []
    with av.open(path) as container:
        for packet in container.demux(subtitles=0):
            for sub in packet.decode():
                line = sub.ass.decode() if isinstance(sub.ass, bytes) else sub.ass
                text = line.split(",", 8)[-1].replace(r"\N", "\n")
                cues.append((round(float(packet.pts * packet.time_base) * 1000), text))
    return cues


READERS = pytest.mark.parametrize("form", ["srt", "vtt"])


@READERS
def test_each_segment_without_words_is_one_cue(form, tmp_path):
    content = written(transcript(segment(0, 1.5, "Hello there."), segment(1.5, 3, "Bye.")), form)
    expected = [(0, 1500, "Hello there."), (1500, 3000, "Bye.")]
    assert read_with_pysubs2(content, form) == expected
    assert read_with_ffmpeg(content, form, tmp_path) == [(0, "Hello there."), (1500, "Bye.")]


@READERS
def test_segments_with_timed_words_are_divided_into_cues_of_two_short_lines(form, tmp_path):
    content = written(transcript(timed(f"{SENTENCE} and {SENTENCE}")), form)
    cues = read_with_pysubs2(content, form)
    assert len(cues) == 3
    for start, end, text in cues:
        assert start < end
        assert len(text.split("\n")) <= 2
        assert all(len(line) <= 42 for line in text.split("\n"))
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(cues))
    assert " ".join(text for _, _, text in cues).split() == f"{SENTENCE} and {SENTENCE}".split()
    assert [text for _, text in read_with_ffmpeg(content, form, tmp_path)] == [
        text for _, _, text in cues
    ]


def test_a_cue_lasts_from_its_first_word_to_its_last():
    content = transcript(timed("one two three four", start=60)).to_srt(
        max_line_length=8, max_lines=1
    )
    assert read_with_pysubs2(content, "srt") == [
        (60_000, 61_000, "one two"),
        (61_000, 61_500, "three"),
        (61_500, 62_000, "four"),
    ]


def test_a_word_without_timestamps_stays_beside_its_neighbours():
    item = timed("we are 1984 people")
    del item["words"][2]["start"], item["words"][2]["end"]
    content = transcript(item).to_srt()
    assert read_with_pysubs2(content, "srt") == [(0, 2000, "we are 1984 people")]


def test_without_a_line_length_each_segment_is_one_line():
    content = transcript(timed(SENTENCE), segment(9, 10, SENTENCE)).to_srt(max_line_length=None)
    assert [text for _, _, text in read_with_pysubs2(content, "srt")] == [SENTENCE, SENTENCE]


def test_a_long_segment_without_words_is_wrapped_and_stays_one_cue():
    (cue,) = read_with_pysubs2(transcript(segment(0, 9, SENTENCE * 3)).to_srt(), "srt")
    assert len(cue[2].split("\n")) > 2
    assert all(len(line) <= 42 for line in cue[2].split("\n"))


def test_words_are_found_in_a_text_without_spaces():
    words = ["早上", "好", "世界"]
    item = segment(
        0,
        3,
        "早上好,世界。",
        words=[
            {"word": word, "start": index, "end": index + 1} for index, word in enumerate(words)
        ],
    )
    assert read_with_pysubs2(transcript(item).to_srt(), "srt") == [(0, 3000, "早上好,世界。")]
    lines = transcript(item).to_srt(max_line_length=4, max_lines=1)
    assert read_with_pysubs2(lines, "srt") == [(0, 2000, "早上好,"), (2000, 3000, "世界。")]


def test_words_that_are_not_in_the_text_do_not_change_it():
    item = timed("completely other words", text="Hello there.")
    assert read_with_pysubs2(transcript(item).to_srt(), "srt") == [(0, 1500, "Hello there.")]


def test_a_segment_without_text_has_that_of_its_words():
    item = timed("only the words", text="")
    assert read_with_pysubs2(transcript(item).to_srt(), "srt") == [(0, 1500, "only the words")]


@READERS
def test_blank_segments_are_left_out(form):
    content = written(
        transcript(segment(0, 1, " \n"), segment(1, 2, "Hi"), segment(2, 3, "")), form
    )
    assert read_with_pysubs2(content, form) == [(1000, 2000, "Hi")]


@READERS
@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (5, 5, (5000, 6000)),
        (5, 3, (5000, 6000)),
        (-4, 2, (0, 2000)),
        (math.nan, math.nan, (0, 1000)),
        (math.inf, 1, (0, 1000)),
        (3600 * 11 + 61.0004, 3600 * 11 + 62.9996, (39_661_000, 39_663_000)),
        (1.0006, 1.9996, (1001, 2000)),
    ],
)
def test_odd_times_give_a_cue_that_is_shown(form, start, end, shown):
    content = written(transcript(segment(start, end, "Hi")), form)
    assert read_with_pysubs2(content, form) == [(*shown, "Hi")]


@READERS
def test_times_beyond_two_digits_of_hours_are_capped(form):
    content = written(transcript(segment(1e300, 1e308, "Hi")), form)
    ((start, _, text),) = read_with_pysubs2(content, form)
    assert (start, text) == (359_999_999, "Hi")


@READERS
def test_a_cue_that_runs_backwards_ends_before_the_next_one_starts(form):
    content = written(transcript(segment(5, 2, "one"), segment(5.25, 6, "two")), form)
    assert read_with_pysubs2(content, form) == [(5000, 5250, "one"), (5250, 6000, "two")]


@READERS
def test_cues_that_start_together_end_before_the_next_one(form):
    segments = [segment(1, 1, "a"), segment(1, 0, "b"), segment(1.5, 1.5, "c")]
    cues = read_with_pysubs2(written(transcript(*segments), form), form)
    assert cues == [(1000, 1500, "a"), (1000, 1500, "b"), (1500, 2500, "c")]


@pytest.mark.parametrize(
    "segments",
    [[segment(0, 0, "a")] * 40_000, [segment(0, 1, "hello " * 600_000)]],
    ids=["without times", "long"],
)
@pytest.mark.timeout(30)  # in quadratic time, it takes a minute or more
def test_the_time_for_subtitles_grows_with_the_size_of_the_transcript(segments):
    subtitles = transcript(*segments).to_srt(max_line_length=None)
    assert subtitles.count("a") == 40_000 or subtitles.count("hello") == 600_000


@READERS
def test_cues_are_in_the_order_of_their_start(form):
    content = written(transcript(segment(5, 6, "later"), segment(1, 2, "earlier")), form)
    assert [text for _, _, text in read_with_pysubs2(content, form)] == ["earlier", "later"]


@READERS
@pytest.mark.parametrize(
    "text",
    [
        "a < b & c > d",
        "<i>not italic</i> and </b>",
        "<script>alert(1)</script>",
        r"{\an8} not at the top",
        "an arrow --> here",
        "00:00:01,000 --> 00:00:02,000",
        "&amp; stays &lt;",
        "WEBVTT",
        "NOTE a remark",
        "STYLE",
        "42",
        "مرحبا بالعالم",
        "שלום, world",
        "👩‍👩‍👧 family",
    ],
)
def test_every_character_of_a_text_is_shown(form, text, tmp_path):
    content = written(transcript(segment(0, 1, text), segment(1, 2, "next")), form)
    cues = read_with_ffmpeg(content, form, tmp_path)
    # ASS writes "{" as "\\{" or "{{}".
    shown = [
        spoken.replace("\N{WORD JOINER}", "").replace("{{}", "{").replace("\\{", "{")
        for _, spoken in cues
    ]
    assert shown == [text, "next"]


@READERS
def test_line_breaks_and_control_characters_do_not_end_a_cue(form):
    text = "first\n\nsecond\r\n\r\nthird\x00\x1b[31m\u2028fourth"
    ((_, _, shown),) = read_with_pysubs2(written(transcript(segment(0, 1, text)), form), form)
    assert shown == "first second third [31m fourth"


def test_speakers_are_a_prefix_on_request():
    item = timed("yes no", speaker="SPEAKER_00")
    item["words"][1]["speaker"] = "SPEAKER_01"
    spoken = transcript(item, segment(4, 5, "perhaps"))
    cues = read_with_pysubs2(spoken.to_srt(speakers=True), "srt")
    assert [text for _, _, text in cues] == ["SPEAKER_00: yes", "SPEAKER_01: no", "perhaps"]
    assert "SPEAKER" not in spoken.to_srt() + spoken.to_vtt()
    assert "SPEAKER_01: no" in spoken.to_vtt(speakers=True)
    assert spoken.to_text(speakers=True) == "SPEAKER_00: yes no\n\nperhaps"
    assert spoken.to_text() == "yes no perhaps"


@READERS
def test_a_recording_without_speech_has_no_cues(form):
    assert read_with_pysubs2(written(Transcript(), form), form) == []


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_a_transcript_without_timestamps_has_no_subtitles(form):
    with pytest.raises(ValueError, match=r"no timestamps.*include_ts=True"):
        written(Transcript.parse("Hello there."), form)


@pytest.mark.parametrize("name", ["max_line_length", "max_lines"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2", math.nan])
def test_an_invalid_size_is_rejected(name, value):
    for method in (Transcript().to_srt, Transcript().to_vtt):
        with pytest.raises(ValueError, match=name):
            method(**{name: value})


def test_json_is_read_back_with_every_field():
    original = transcript({**timed("Grüße an alle"), "avg_logprob": -0.5}, text="Grüße")
    content = original.to_json(indent=2)
    assert "Grüße" in content
    assert Transcript.parse(content) == original


def test_json_contains_only_numbers_that_json_has():
    words = [{"word": "fox", "start": math.nan, "end": math.inf, "score": math.nan}]
    odd = {"start": math.nan, "end": -math.inf, "text": "fox", "words": words, "logprob": math.nan}
    content = transcript(odd).to_json()
    assert json.loads(content, parse_constant=pytest.fail)["segments"][0]["text"] == "fox"
