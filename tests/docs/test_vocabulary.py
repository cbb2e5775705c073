"""Phrases to avoid. ``python tests/support/vocabulary.py`` lists the hits."""

from pathlib import Path

import pytest

from support import vocabulary

ROOT = Path(__file__).parents[2]


def found_in(text, path="src/deapi/module.py"):
    return [hit.found for hit in vocabulary.hits_in(path, text)]


def test_the_project_uses_plain_terms():
    hits = vocabulary.check(ROOT)
    assert not hits, "\n" + "\n".join(map(str, hits))


def test_every_part_of_the_project_is_checked():
    paths = [path.relative_to(ROOT).as_posix() for path in vocabulary.files(ROOT)]
    parts = ["README.md", "CHANGELOG.md", "docs/", "examples/", "benchmarks/", "tests/"]
    for part in [*parts, "src/deapi/_client.py", "src/deapi/emulator/", "src/deapi/resources/"]:
        assert any(path.startswith(part) for path in paths), part


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# The answer is late.", "answer"),
        ("# Answered at once.", "answered"),
        ("class AnswerShape: ...", "answer"),
        ("def read_answer(): ...", "answer"),
        ("MAX_LANES = 3", "lanes"),
        ("class HTTPWeather: ...", "weather"),
        ("# It is tried again.", "tried again"),
        ("# A key that is no ADMIN key.", "is no admin"),
        ("# Those are no errors.", "are no errors"),
        ("# 12 in all.", "in all"),
        ("# The image, or else:", "or else :"),
        ("# The job goes on.", "goes on"),
        ("# It tells the two apart.", "tells the two apart"),
        ("# It takes the job up.", "takes the job up"),
        ("# all\n# the same", "all the same"),
        ('message = "all " "the same"', "all the same"),
        ('message = (\n    "for "\n    "ever"\n)', "for ever"),
        ("def test_a_job_is_taken_up(): ...", "taken up"),
        ("def send(given): ...", "given"),
        ("self._kind = 1", "_kind"),
        ("UNCHANGED = object()", "UNCHANGED"),
    ],
)
def test_a_phrase_to_avoid_is_found(text, found):
    assert found in found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "unanswered = 1  # An unanswered request.",
        "planes = 1  # A planetary momentum.",
        "# It is no longer there, and there is no key.",
        "# It is no more than a minute. Is there no key?",
        "# Arguments that are given in all cases.",
        "# It goes on the first line.",
        "# An operation or else an error.",
        "NOT_GIVEN = NotGiven()",
        "marshall = 1  # the Marshall islands",
        "parameter.kind is parameter.KEYWORD_ONLY",
        "at_least = 1  # at least one, at most two",
        "# Take one. Update it.",
        '"<Picture 1> follows <Picture 2>"',
    ],
)
def test_similar_words_are_not_found(text):
    assert found_in(text) == []


def test_exceptions_apply_to_their_file_only():
    row = "| response | answer |"
    assert found_in(row, "CONTRIBUTING.md") == []
    assert found_in(row, "README.md") == ["answer"]
    assert found_in("An answer.", "CONTRIBUTING.md") == ["answer"]
    assert found_in('    prompt="hang the picture on the wall",', "docs/images.md") == []
    assert found_in("A picture.", "docs/images.md") == ["picture"]


def test_a_hit_has_its_line_and_advice():
    (hit,) = vocabulary.hits_in("docs/a.md", "First line.\n\nThe second,\nfor\never.\n")
    assert str(hit) == "docs/a.md:4: 'for ever': indefinitely"
