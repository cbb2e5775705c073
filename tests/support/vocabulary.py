"""Find wording that the project avoids: ``python tests/support/vocabulary.py [ROOT]``.

Words are compared, not substrings: ``unanswered`` does not contain the word ``answer``. Identifiers
are split at underscores and capitals first, so that names are read like sentences. A phrase is
found across line breaks, comment signs and the quotes of concatenated strings.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SCANNED = (
    "src",
    "docs",
    "examples",
    "benchmarks",
    "tests",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
)
SUFFIXES = {".py", ".md", ".rst", ".txt"}
SKIPPED_DIRECTORIES = {"__pycache__", "build", "_build", "node_modules"}

# The files that list the words themselves.
SKIPPED_FILES = {"tests/support/vocabulary.py", "tests/docs/test_vocabulary.py"}

# Regular expressions over words in lower case that are separated by single spaces; of the
# punctuation only , . ; : ! ? ( ) is left, as words of its own. The right side says what to write.
PHRASES = {
    r"answer(s|ed|ing)?": "response, respond",
    r"moments?": "datetime, timestamp",
    r"lanes?": "pool",
    r"folders?": "directory",
    r"deeds?": "step",
    r"weather": "faults, fault injection",
    r"likewise": "also, or repeat the sentence",
    r"shall": "should, must, or the plain verb",
    r"pictures?(?! [0-9])": "image",  # "<Picture 1>" is the vendor's syntax
    r"heed(s|ed|ing)?": "respect, use",
    r"lest": "so that ... not",
    r"afresh": "again, from the start",
    r"garbled": "invalid, malformed",
    r"all the same": "anyway, nevertheless",
    r"for ever": "indefinitely",
    r"or else :": "a sentence for each argument",
    r"(well or badly|badly or well)": "succeeded or failed",
    r"in all (?=[,.;:!?)])": "in total",
    r"in all and": "in total",
    r"(?<!there )(is|are|was|were|be) no "
    r"(?!longer|more|less|fewer|greater|larger|later|earlier|better|worse|different|[,.;:!?()])"
    r"[a-z0-9]+": "is not a",
    r"nobody": "no caller, unauthenticated",
    r"somebody": "a caller, a user",
    r"strangers?": "unauthenticated caller, unrelated exception",
    r"(take|takes|taken|took|taking) up": "resume",
    r"(take|takes|taken|took|taking) (it|them|a job|the job) up": "resume",
    r"anew": "reset, start over",
    r"(go|goes|going|went) on (?!the |a |an |its |one |line |to )": "continue, is still running",
    r"(tell|tells|telling|told) ([a-z]+ ){0,3}apart": "distinguish",
    r"(told|tells)": "report, return, say",
    r"(write|writes|written|writing|wrote) down what": "transcribe",
    r"what is (said|spoken|sung)": "speech, lyrics",
    r"(speak|speaks|spoken|speaking) a text": "synthesize speech",
    r"(cut|cuts|cutting) out": "remove the background",
    r"enlarge(s|d|ment)?": "upscale",
    r"(make|makes|making|made) more of": "enhance, expand",
    r"(put|puts|putting) (it )?into words": "describe",
    r"in passing": "transient",
    r"(tried|tries) again": "retry",
    r"how (it|a job|the job|jobs) stands?": "status",
    r"ration(s|ed|ing)?": "rate-limited",
    r"(be|is|are) sought": "seekable",
    r"dearer": "costs more",
    r"behind your back": "without your consent",
    r"see to it": "ensure",
    r"beyond all measure": "the limit by name",
    r"became of": "status, outcome",
    r"comes? of it": "result, outcome",
    r"of ours": "this package, deapi",
    r"generously": "leniently",
    r"without more ado": "immediately",
    r"another day another process": "resuming a job",
    r"how far to trust it": "limitations",
    r"words for the states": "job statuses",
    r"quotas in the open": "inspecting rate limits",
    r"web address(es)?": "URL",
    r"(is|are) still to come": "pending",
    r"settle the settings": "create the client",
}

# Whole identifiers of Python files, without the underscores before and after them.
IDENTIFIERS = {
    "given": "value, arguments, options",
    "kind": "type, class, name",
    "kinds": "types, classes, names",
    "most": "maximum",
    "least": "minimum",
    "said": "message",
    "asked": "requested, retry_after",
    "ahead": "prefetched",
    "chance": "jitter, random",
    "trouble": "last_error",
    "doubt": "possibly_accepted",
    "doubts": "possibly_accepted",
    "doubted": "possibly_accepted",
    "start_over": "reset_after_fork",
    "own_key": "current_key",
    "OwnKey": "CurrentKey",
    "Unchanged": "NotGiven",
    "UNCHANGED": "NOT_GIVEN",
    "reads_per_step": "polls_per_state",
    "goes_on": "still_running",
}


class Allowed(NamedTuple):
    """An exception from the rules: a line of a file that may contain a phrase, and why."""

    path: str
    line: str
    reason: str


# Regular expressions for the path and for the line.
ALLOWED = (
    Allowed(r"CONTRIBUTING\.md", r"^\s*\|", "the table of words to use and to avoid"),
    Allowed(r".*\.py", r"\bparam(eter)?\.kind\b", "an attribute of inspect.Parameter"),
    Allowed(r".*otel\.py", r"\bspan\.kind\b|\bkind=trace\.SpanKind\b", "names of OpenTelemetry"),
    Allowed(r"(docs|examples)/.*", r"\bprompt=", "a sample prompt"),
    Allowed(r".*\.py", r"\"Just a moment\.\.\.\"", "the title of a page of the network edge"),
)

_TOKEN = re.compile(r"[a-z]+|[0-9]+|[,.;:!?()]")
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CONTRACTION = re.compile(r"(?<=[a-z])['\u2019](?=[a-z])")
_PHRASES = {re.compile(rf" {phrase}(?![a-z0-9])"): PHRASES[phrase] for phrase in PHRASES}
_IDENTIFIERS = re.compile("|".join(IDENTIFIERS))


class Hit(NamedTuple):
    """Wording to replace."""

    path: str
    line: int
    found: str
    advice: str

    def __str__(self) -> str:
        """One line, in the form that editors and terminals make a link of."""
        return f"{self.path}:{self.line}: {self.found!r}: {self.advice}"


def phrases_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the words and the advice for every phrase to avoid."""
    words: list[str] = []
    lines: dict[int, int] = {}
    offset = 0
    for number, line in enumerate(text.splitlines(), 1):
        plain = _CAPITALS.sub(" ", _CONTRACTION.sub("", line))
        for word in _TOKEN.findall(plain.lower()):
            lines[offset] = number
            words.append(word)
            offset += len(word) + 1
    joined = f" {' '.join(words)} "
    for pattern, advice in _PHRASES.items():
        for match in pattern.finditer(joined):
            yield lines[match.start()], match.group().strip(), advice


def identifiers_in(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the name and the advice for every identifier to avoid in Python code."""
    if not _IDENTIFIERS.search(source):
        return  # tokenizing takes longer than this search
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = token.string.strip("_")
        if token.type == tokenize.NAME and name in IDENTIFIERS:
            yield token.start[0], token.string, IDENTIFIERS[name]


def hits_in(path: str, text: str) -> Iterator[Hit]:
    """Yield what is to be replaced in one file, whose path is relative to the project."""
    found = list(phrases_in(text))
    if path.endswith(".py"):
        found += identifiers_in(text)
    lines = text.splitlines()
    exceptions = [allowed for allowed in ALLOWED if re.fullmatch(allowed.path, path)]
    for number, words, advice in sorted(found):
        if not any(re.search(allowed.line, lines[number - 1]) for allowed in exceptions):
            yield Hit(path, number, words, advice)


def files(root: Path) -> Iterator[Path]:
    """Yield every file of the project that is checked."""
    for name in SCANNED:
        start = root / name
        for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
            directories = path.relative_to(root).parts[:-1]
            if (
                path.is_file()
                and path.suffix in SUFFIXES
                and not SKIPPED_DIRECTORIES & {*directories}
            ):
                yield path


def check(root: Path) -> list[Hit]:
    """Return what is to be replaced in the whole project."""
    hits: list[Hit] = []
    for path in files(root):
        relative = path.relative_to(root).as_posix()
        if relative not in SKIPPED_FILES:
            hits += hits_in(relative, path.read_text(encoding="utf-8"))
    return hits


def main() -> int:
    """Print every hit, then their number for each file."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    hits = check(root)
    for hit in hits:
        print(hit)
    print()
    for path in sorted({hit.path for hit in hits}):
        print(f"{sum(hit.path == path for hit in hits):5} {path}")
    print(f"{len(hits):5} in total")
    return 1 if hits else 0


if __name__ == "__main__":
    raise SystemExit(main())
