"""Commands for many jobs: ``batch run`` and ``batch show``."""

from __future__ import annotations

import inspect
import os
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from .._client import DeapiClient
from .._exceptions import JournalError
from ..batch.batches import Batch
from ..batch.journal import Journal
from ..batch.planning import from_row
from ..batch.summary import summarize
from .batch_lines import Line, read_lines
from .console import Console
from .errors import CommandError, ExitCode, exit_code, for_shell, message, show_traceback
from .help import command_group, epilogue
from .parameters import JsonFlag
from .rendering import dollars
from .settings import choose_version, make_client
from .signatures import find_method, make_command, options_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..batch.items import BatchItem

app = command_group("batch", "Run many jobs from a file, with a journal.")


# Arguments of the client's batch() and of its run() that are options, by their names there.
_BATCH_OPTIONS = {
    "path": "journal",
    "budget": "budget",
    "concurrency": "concurrency",
    "retries": "retries",
}
_RUN_OPTIONS = ("retry_unknown", "wait_for_quota")
_SHORT = {"output": ("-o",), "quiet": ("-q",)}
_MAX_PROBLEMS = 10

# Seconds between two updates of the progress bar, which count all items.
_PROGRESS_INTERVAL = 0.1


@dataclass(frozen=True)
class BatchOptions:
    """Options of the command itself.

    Attributes:
        output: Directory for the results; by default the current one. Paths in the file are
            relative to it. A result without a path is named after the ID of its job.
        force: Replace existing files.
        api_version: API version, v1 or v2. By default the first that has all options.
        json: Write one JSON object for each job.
        quiet: Write only results and errors.
    """

    output: str = ""
    force: bool = False
    api_version: str | None = None
    json: bool = False
    quiet: bool = False


class BatchRunner:
    """Runs the lines of a file as a batch.

    Args:
        file: Path of the file, or ``-``.
        options: Options of the command.
    """

    def __init__(self, file: str, options: BatchOptions) -> None:
        self._file = file
        self._options = options
        self._console = Console(quiet=options.quiet, as_json=options.json)
        self._lines: dict[int, Line] = {}  # by the identity of the item
        self._exit_code = ExitCode.DONE
        self._next_progress = 0.0

    def run(self, batch_options: dict[str, Any], run_options: dict[str, Any]) -> ExitCode:
        """Run the batch and return the exit code.

        Args:
            batch_options: Arguments of the client's ``batch()``.
            run_options: Arguments of the batch's ``run()``.
        """
        lines, problems = read_lines(self._file)
        self._reject(problems, len(lines) + len(problems))
        requested = self._options.api_version
        chosen = [choose_version(requested, each.method, each.arguments) for each in lines]
        version = max((each for each in chosen if each is not None), default=requested)
        with make_client(version) as client, client.batch(**batch_options) as batch:
            self._plan(batch, lines)
            if not self._options.force:
                self._reject_existing(lines, batch_options.get("path"))
            self._run(batch, run_options, is_kept="path" in batch_options)
        return self._exit_code

    def _plan(self, batch: Batch, lines: Sequence[Line]) -> None:
        problems: list[str] = []
        numbers: dict[str, int] = {}
        for line in lines:
            # The path is the key, so that another --output does not submit the job again.
            name = line.key or line.save
            try:
                item: BatchItem = find_method(batch, line.method)(**line.arguments)
                if name is not None:
                    item.key(name)
                item.save(self._target(line)).tag(**line.tags)
            except (ValueError, TypeError) as error:
                problems.append(f"Line {line.number}: {message(error)}")
                continue
            self._lines[id(item)] = line
            if name is not None and numbers.setdefault(name, line.number) != line.number:
                field = "save" if line.key is None else "key"
                problems.append(
                    f"Line {line.number}: {field} is {name!r}, as in line {numbers[name]}."
                )
        self._reject(problems, len(lines))

    def _target(self, line: Line) -> str:
        return str(Path(self._options.output, line.save)) if line.save else self._directory

    @property
    def _directory(self) -> str:
        return os.path.join(self._options.output or ".", "")  # noqa: PTH118 - ends in a separator

    def _reject(self, problems: Sequence[str], count: int) -> None:
        for problem in problems[:_MAX_PROBLEMS]:
            self._console.error(problem)
        if problems:
            raise CommandError(
                f"{len(problems)} of {count} lines are invalid. Nothing was submitted."
            )

    def _reject_existing(self, lines: Iterable[Line], journal: str | None) -> None:
        """Reject existing files, except those of items that have been submitted already."""
        submitted = set[str]()
        if journal is not None and Path(journal).exists():
            opened = Journal(journal)
            submitted = {row["identity"] for row in opened.items() if row["state"] != "planned"}
            opened.close()
        self._reject(
            [
                f"Line {line.number}: {self._target(line)} exists. Pass --force to replace it."
                for line in lines
                if line.save is not None
                and f"key:{line.key or line.save}" not in submitted
                and Path(self._target(line)).exists()
            ],
            len(self._lines),
        )

    def _run(self, batch: Batch, options: dict[str, Any], *, is_kept: bool) -> None:
        self._show_progress(batch)
        try:
            for item in batch.run(**options):
                self._report(item)
                self._show_progress(batch)
        except (BrokenPipeError, SystemExit):  # the reader of standard output has ended, or SIGTERM
            self._say_how_to_resume(batch, is_kept=is_kept)
            raise
        except KeyboardInterrupt:
            self._fail("Interrupted.", ExitCode.INTERRUPTED)
            self._say_how_to_resume(batch, is_kept=is_kept)
        except Exception as error:  # noqa: BLE001 - reported, and determines the exit code
            show_traceback()
            code = exit_code(error)
            if code is ExitCode.USAGE and any(item.idempotency_key for item in batch.items()):
                code = ExitCode.FAILED  # something was submitted
            self._fail(message(error), code)
            if code is ExitCode.USAGE:
                return
            self._say_how_to_resume(batch, is_kept=is_kept)
        with suppress(JournalError):  # it has been reported
            self._summarize(batch)

    def _report(self, item: BatchItem) -> None:
        line = self._lines.get(id(item))
        code = _code_of(item)
        fields = fields_of(item, line)
        if code is not ExitCode.DONE:
            name = f"Line {line.number}" if line is not None else f"Job {item.request_id}"
            self._fail(f"{name}: {fields['error']}", code)
            if self._options.json:
                self._console.result("", fields)
        elif item.path is not None:
            details = [] if item.price is None else [dollars(item.price)]
            self._console.file(item.path, ", ".join([item.operation, *details]), fields)

    def _show_progress(self, batch: Batch) -> None:
        now = time.monotonic()
        if not self._console.shows_bar or now < self._next_progress:
            return
        self._next_progress = now + _PROGRESS_INTERVAL
        items = batch.items()
        count = sum(item.state in ("saved", "failed", "unknown") for item in items)
        percent = 100 * count / len(items)
        self._console.progress(Path(self._file).name, f"{count} of {len(items)}", percent)

    def _summarize(self, batch: Batch) -> None:
        summary = batch.summary()
        self._console.note(for_shell(str(summary)))
        if summary.failed:
            self._raise_code(ExitCode.FAILED)
        if summary.stopped:
            self._raise_code(ExitCode.ACCOUNT)
        if summary.unknown:
            self._fail(
                f"Unknown items: {summary.unknown}. They may have been accepted and charged. "
                "Compare them with `deapi usage`. To submit them again, pass --retry-unknown.",
                ExitCode.POSSIBLY_ACCEPTED,
            )

    def _say_how_to_resume(self, batch: Batch, *, is_kept: bool) -> None:
        if is_kept:
            self._console.error("Run the same command again to continue.")
            return
        for item in batch.items("submitted", "done"):
            self._console.error(
                f"Job {item.request_id} continues and has been paid for. Resume it with "
                f"`deapi jobs save {item.request_id}`."
            )

    def _fail(self, text: str, code: ExitCode) -> None:
        self._console.error(text)
        self._raise_code(code)

    def _raise_code(self, code: ExitCode) -> None:
        self._exit_code = max(self._exit_code, code)


def fields_of(item: BatchItem, line: Line | None) -> dict[str, Any]:
    """Return the JSON object of an item. Its names are documented in docs/cli.md."""
    if item.state in ("done", "saved") and _code_of(item) is ExitCode.DONE:
        status = "done"
    else:
        status = "error" if item.state in ("done", "failed") else item.state
    return {
        "command": item.operation if line is None else line.operation,
        "input": None if line is None else line.source,
        "model": item.arguments.get("model"),
        "id": item.request_id,
        "status": status,
        "file": None if item.path is None else str(item.path),
        "text": None,
        "price": item.price,
        "error": None if item.error is None else message(item.error),
        "line": None if line is None else line.number,
        "key": None if line is None else line.key,
        "tags": item.tags,
    }


def _code_of(item: BatchItem) -> ExitCode:
    """Return the exit code for an item."""
    if item.state == "unknown":
        return ExitCode.POSSIBLY_ACCEPTED
    if item.error is None:
        return ExitCode.DONE
    return ExitCode.FAILED if item.state in ("failed", "done") else exit_code(item.error)


def run_parameters() -> list[inspect.Parameter]:
    """Return the parameters of ``batch run``."""
    file = inspect.Parameter(
        "file",
        inspect.Parameter.POSITIONAL_ONLY,
        annotation=Annotated[
            str,
            Parameter(
                name="FILE",
                help="File with a JSON object on each line; - is standard input.",
                allow_leading_hyphen=True,
            ),
        ],
    )
    batch, run = options_of(DeapiClient.batch), options_of(Batch.run)
    options = [
        *(replace(batch[name], name=shown) for name, shown in _BATCH_OPTIONS.items()),
        *(run[name] for name in _RUN_OPTIONS),
        *options_of(BatchOptions).values(),
    ]
    return [
        file,
        *(
            each.parameter(required=False, names=_SHORT.get(each.name, ()), group="Options")
            for each in options
        ),
    ]


def _run(values: dict[str, Any]) -> ExitCode:
    file = values.pop("file")
    in_batch = {
        name: values.pop(shown) for name, shown in _BATCH_OPTIONS.items() if shown in values
    }
    in_run = {name: values.pop(name) for name in _RUN_OPTIONS if name in values}
    return BatchRunner(file, BatchOptions(**values)).run(in_batch, in_run)


run: Callable[..., object] = make_command(
    _run,
    "Run the jobs of a file, and save their results.\n\n"
    "Each line is a JSON object: the operation, its arguments, and save, the path for the result. "
    "With a journal, the same command continues after an interruption, and never submits a job "
    "twice.",
    run_parameters(),
)
app.command(run, name="run", help_epilogue=epilogue("batch run"))


@app.command(help_epilogue=epilogue("batch show"))
def show(journal: str, /, *, as_json: JsonFlag = False) -> None:
    """Show the summary of a journal, and the items that failed or are unknown. Nothing is sent.

    Args:
        journal: Path of the journal.
        as_json: Print each item of the journal as a JSON object on one line.
    """
    if not Path(journal).is_file():
        raise CommandError(f"There is no file {journal}.")
    opened = Journal(journal)
    rows, counts, spent = opened.items(), opened.count(), opened.spent()
    opened.close()
    console = Console(as_json=as_json)
    for row in rows:
        item = from_row(row).item
        if item.state == "sending":  # a process that is sending would have locked the journal
            item.state = "unknown"
        basis, _, name = row["identity"].partition(":")
        if as_json:
            console.result("", fields_of(item, None) | {"key": name if basis == "key" else None})
        elif item.state in ("failed", "unknown"):
            console.result(f"{item.state}  {item.operation}  {name}  {row['error'] or ''}", {})
    counts["unknown"] = counts.get("unknown", 0) + counts.pop("sending", 0)
    if not as_json:
        console.result(str(summarize(counts, spent)), {})
