"""``Transcript``: parsing of structured and plain transcripts, from files and inline."""

import json

import pytest

from deapi import InvalidResponseError, JobResult
from deapi.types import Transcript

STRUCTURED = {
    "text": "Hello there. Bye.",
    "language": "en",
    "language_probability": 0.99,
    "segments": [
        {
            "start": 0.0,
            "end": 1.4,
            "text": "Hello there.",
            "avg_logprob": -0.21,
            "speaker": "SPEAKER_00",
            "words": [
                {"word": "Hello", "start": 0.0, "end": 0.6, "score": 0.98, "speaker": "SPEAKER_00"},
                {"word": "2"},
            ],
        },
        {"start": 1.4, "end": 2, "text": "Bye.", "words": None, "speaker": None},
    ],
}


def spans(transcript):
    return [(segment.start, segment.end, segment.text) for segment in transcript.segments]


def test_every_field_of_a_structured_transcript_is_parsed():
    transcript = Transcript.parse(json.dumps(STRUCTURED))
    assert (transcript.text, transcript.language) == ("Hello there. Bye.", "en")
    assert spans(transcript) == [(0.0, 1.4, "Hello there."), (1.4, 2.0, "Bye.")]
    first, second = transcript.segments
    assert (first.speaker, second.speaker, second.words) == ("SPEAKER_00", None, [])
    timed, untimed = first.words
    assert (timed.word, timed.start, timed.end, timed.score) == ("Hello", 0.0, 0.6, 0.98)
    assert (untimed.word, untimed.start, untimed.end) == ("2", None, None)
    assert transcript.language_probability == 0.99


@pytest.mark.parametrize("field", ["text", "language", "segments"])
@pytest.mark.parametrize("value", [None, [], {}, 7], ids=repr)
def test_an_invalid_field_of_a_transcript_does_not_affect_the_others(field, value):
    transcript = Transcript.parse(json.dumps({**STRUCTURED, field: value}))
    others = {"text": "Hello there. Bye.", "language": "en"}
    others.pop(field, None)
    assert {name: getattr(transcript, name) for name in others} == others


def test_a_transcript_without_text_joins_the_text_of_its_segments():
    for body in ({"segments": STRUCTURED["segments"]}, STRUCTURED["segments"]):
        assert Transcript.parse(json.dumps(body)).text == "Hello there. Bye."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[0:00:00 - 0:00:01] One.\n[0:00:01 - 1:00:02] Two.", [(0, 1, "One."), (1, 3602, "Two.")]),
        ("[0:00:00.000 - 0:00:01.250] One.", [(0, 1.25, "One.")]),
        ("[00:01 - 01:05] One.", [(1, 65, "One.")]),
        ("[00:00:01,500 - 00:00:02,750] One.", [(1.5, 2.75, "One.")]),
        ("[00:01 --> 00:02]One.[00:02-90:03]  Two.  ", [(1, 2, "One."), (2, 5403, "Two.")]),
        ("[0:00:00 - 0:00:01] One [laughs]\nand a half.", [(0, 1, "One [laughs]\nand a half.")]),
        ("\ufeff[0:00:00 - 0:00:01] One.\r\n", [(0, 1, "One.")]),
        ("[0:00:00 - 0:00:01]\n", [(0, 1, "")]),
    ],
)
def test_time_ranges_in_brackets_become_segments(text, expected):
    transcript = Transcript.parse(text)
    assert spans(transcript) == expected
    assert transcript.text == " ".join(
        filter(None, (segment_text for _, _, segment_text in expected))
    )


@pytest.mark.parametrize(
    "text", ["", "  \n", "Just words.", "[music] plays", "{x} is unknown", "at [0:10] sharp", "[1"]
)
def test_plain_text_has_no_segments(text):
    transcript = Transcript.parse(text)
    assert (transcript.text, transcript.segments) == (text.strip(), [])


def test_text_before_the_first_time_range_is_kept():
    transcript = Transcript.parse("Intro. [0:00:00 - 0:00:01] One.")
    assert transcript.text == "Intro. One."
    assert spans(transcript) == [(0, 1, "One.")]


def test_a_transcript_is_parsed_from_the_bytes_of_a_file():
    assert Transcript.parse("\ufeffżółw".encode()).text == "żółw"


def test_other_json_is_not_a_transcript():
    with pytest.raises(ValueError, match="neither 'text' nor 'segments'"):
        Transcript.parse('{"events": []}')


def test_a_path_is_not_a_transcript(tmp_path):
    with pytest.raises(TypeError, match="str or bytes"):
        Transcript.parse(tmp_path)


# -- inline results ----------------------------------------------------------------------------


def done(result, **fields):
    return JobResult.model_validate({"status": "done", "result": result, **fields})


def test_an_inline_transcript_has_the_language_of_the_job():
    result = done("[0:00:00 - 0:00:01] Tak.", transcription={"language": "pl"})
    assert result.transcript().language == "pl"
    assert spans(result.transcript()) == [(0, 1, "Tak.")]


def test_a_recording_without_speech_is_an_empty_transcript():
    assert done("").transcript() == Transcript(text="", segments=[])


def test_an_inline_result_that_is_not_a_transcript_is_an_invalid_response():
    with pytest.raises(InvalidResponseError, match="transcript"):
        done('{"events": []}').transcript()
