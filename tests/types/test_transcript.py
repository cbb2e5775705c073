"""Transcripts and vectors are read from the texts that the service writes them in."""

import json

import pytest

from deapi import InvalidResponseError, JobFailedError, JobResult
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


def test_a_structured_transcript_is_read_to_its_words():
    transcript = Transcript.parse(json.dumps(STRUCTURED))
    assert (transcript.text, transcript.language) == ("Hello there. Bye.", "en")
    assert spans(transcript) == [(0.0, 1.4, "Hello there."), (1.4, 2.0, "Bye.")]
    first, second = transcript.segments
    assert (first.speaker, second.speaker, second.words) == ("SPEAKER_00", None, [])
    placed, unplaced = first.words
    assert (placed.word, placed.start, placed.end, placed.score) == ("Hello", 0.0, 0.6, 0.98)
    assert (unplaced.word, unplaced.start, unplaced.end) == ("2", None, None)
    assert transcript.language_probability == 0.99


@pytest.mark.parametrize("field", ["text", "language", "segments"])
@pytest.mark.parametrize("odd", [None, [], {}, 7], ids=repr)
def test_a_structured_transcript_with_an_odd_field_is_still_read(field, odd):
    transcript = Transcript.parse(json.dumps({**STRUCTURED, field: odd}))
    kept = {"text": "Hello there. Bye.", "language": "en"}
    kept.pop(field, None)
    assert all(getattr(transcript, name) == value for name, value in kept.items())


def test_a_structured_transcript_without_its_text_has_that_of_its_segments():
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
def test_ranges_in_brackets_become_segments(text, expected):
    transcript = Transcript.parse(text)
    assert spans(transcript) == expected
    assert transcript.text == " ".join(filter(None, (words for _, _, words in expected)))


@pytest.mark.parametrize(
    "text", ["", "  \n", "Just words.", "[music] plays", "{x} is unknown", "at [0:10] sharp", "[1"]
)
def test_a_text_without_ranges_has_no_segments(text):
    transcript = Transcript.parse(text)
    assert (transcript.text, transcript.segments) == (text.strip(), [])


def test_what_stands_before_the_first_range_is_kept_in_the_text():
    transcript = Transcript.parse("Intro. [0:00:00 - 0:00:01] One.")
    assert transcript.text == "Intro. One."
    assert spans(transcript) == [(0, 1, "One.")]


def test_a_transcript_is_read_from_the_bytes_of_a_file():
    assert Transcript.parse("\ufeffżółw".encode()).text == "żółw"


def test_json_of_something_else_is_no_transcript():
    with pytest.raises(ValueError, match="no text, no segments"):
        Transcript.parse('{"events": []}')


def test_a_path_is_no_transcript(tmp_path):
    with pytest.raises(TypeError, match="str or bytes"):
        Transcript.parse(tmp_path)


# -- inline results ----------------------------------------------------------------------------


def done(result, **fields):
    return JobResult.model_validate({"status": "done", "result": result, **fields})


def test_an_inline_transcript_has_the_language_that_the_job_knows():
    result = done("[0:00:00 - 0:00:01] Tak.", transcription={"language": "pl"})
    assert result.transcript().language == "pl"
    assert spans(result.transcript()) == [(0, 1, "Tak.")]


def test_a_recording_without_speech_is_an_empty_transcript():
    assert done("").transcript() == Transcript(text="", segments=[])


@pytest.mark.parametrize("result", ["[[0.5, -1], [2e-3, 4]]", [[0.5, -1], [2e-3, 4]]])
def test_inline_embeddings_are_lists_of_floats(result):
    vectors = done(result).embeddings()
    assert vectors == [[0.5, -1.0], [0.002, 4.0]]
    assert {type(number) for vector in vectors for number in vector} == {float}


@pytest.mark.parametrize("result", ["[0.5, -1]", " [\n-1, 2]"])
def test_the_embedding_of_one_text_may_come_alone(result):
    (vector,) = done(result).embeddings()
    assert len(vector) == 2


@pytest.mark.parametrize("result", ["", "text", "{}", "[[1], null]", '[["a"]]', "[[1]", "[1, [2]]"])
def test_what_is_no_list_of_vectors_is_an_invalid_response(result):
    with pytest.raises(InvalidResponseError, match="list of vectors"):
        done(result).embeddings()


def test_what_is_no_transcript_is_an_invalid_response():
    with pytest.raises(InvalidResponseError, match="transcript"):
        done('{"events": []}').transcript()


@pytest.mark.parametrize("read", [JobResult.embeddings, JobResult.transcript])
def test_without_an_inline_result_the_error_says_how_to_get_one(read):
    with pytest.raises(ValueError, match="return_result_in_response=True"):
        read(done(None))
    with pytest.raises(ValueError, match=r"wait\(\)"):
        read(JobResult.model_validate({"status": "pending"}))
    with pytest.raises(JobFailedError, match="TIMEOUT"):
        read(JobResult.model_validate({"status": "error", "error_reason": "TIMEOUT"}))
