"""The file of a finished job: its format and its name."""

from __future__ import annotations

import pytest

from deapi._core.result_files import find_file, path_format
from deapi._jobs import job_state
from deapi.types import JobResult


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ('{"text": "Hello"}', "json"),
        ("{}", "json"),
        ("[[0.25, -1e-3], [1, 2]]\n", "json"),
        ("[-1, 2]", "json"),
        ("[]", "json"),
        ('[{"text": "Hello"}]', "json"),
        ("[0:00:01.000 - 0:00:02.000] Hello", "txt"),
        ("[0:00:01.000 - 0:00:02.000]", "txt"),
        ("[00:01.000 --> 00:02.000] Hello [applause]", "txt"),
        ("[Music]", "txt"),
        ("[1] Smith, 2019", "txt"),
        ("{name} owes $5", "txt"),
        ("", "txt"),
    ],
)
def test_inline_text_is_json_only_if_it_looks_like_json(text, suffix):
    result = JobResult.model_validate({"status": "done", "result": text})
    assert find_file(job_state("1", "ocr.extract"), result, None).suffix == suffix


@pytest.mark.parametrize(
    ("operation", "name", "selected"),
    [
        ("transcription.create", "talk.json", "json"),
        ("transcription.create", "talk.TXT", "txt"),
        ("transcription.create", "talk.srt", "srt"),
        ("transcription.create", "talk.md", None),
        ("ocr.extract", "page.json", None),
        ("ocr.extract", "page.txt", None),
        (None, "talk.json", None),
        (None, "fox.webp", "webp"),
    ],
)
def test_the_suffix_of_a_path_selects_a_format(operation, name, selected):
    assert path_format(job_state("1", operation), name, None) == selected


def test_a_transcript_in_json_is_also_available_as_text():
    segments = [{"start": 0, "end": 1, "text": " Hello", "speaker": "SPEAKER_00"}]
    result = JobResult.model_validate({"status": "done", "result_url": "https://x/1.json"})
    file = find_file(job_state("1", "transcription.create"), result, "txt")
    assert file.convert is not None
    text = f'{{"segments": {segments!r}}}'.replace("'", '"').encode()
    assert file.convert(text) == b"SPEAKER_00: Hello"
    plain = b"[0:00:00.000 - 0:00:01.000] Hello"
    assert file.convert(plain) == plain
