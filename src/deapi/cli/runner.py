"""Runs a task: prices, submissions, waits and results of its jobs."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._config import validate_amount, validate_seconds
from .._exceptions import ValidationError
from .._jobs import Job
from .._json import is_object
from .._text import sanitize
from .console import Console
from .errors import CommandError, ExitCode, exit_code, message, notes, show_traceback
from .inputs import argument_of, read_input
from .outputs import (
    STANDARD,
    Output,
    check_writable,
    create_directories,
    format_argument,
    plan_outputs,
    replace_text,
    requested_format,
)
from .rendering import dollars
from .settings import choose_model, choose_version, make_client
from .signatures import find_method, options_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .._client import DeapiClient
    from ..types import JobResult, ModelInfo, PriceResult
    from .tasks import Task


# Arguments that the service requires for some models only.
_REQUIRED_BY_MODELS = ("steps", "guidance")


@dataclass(frozen=True)
class RunOptions:
    """Options of every task.

    Attributes:
        output: File or directory for the result, or - for standard output. By default, text is
            written to standard output, and media to a file in the current directory.
        force: Replace existing files.
        price: Show the price and submit nothing.
        max_price: Maximum price of each job in US dollars. If one costs more, nothing is submitted.
        no_wait: Print the ID of the job and do not wait for its result.
        timeout: Maximum seconds to wait for each job; 600 by default.
        api_version: API version, v1 or v2. By default the first that has all options.
        json: Write one JSON object for each job.
        quiet: Write only results and errors.
    """

    output: str | None = None
    force: bool = False
    price: bool = False
    max_price: float | None = None
    no_wait: bool = False
    timeout: float = 600.0
    api_version: str | None = None
    json: bool = False
    quiet: bool = False


@dataclass
class _Item:
    """One input of a task, and its job."""

    source: str
    output: Output
    arguments: dict[str, Any]
    started_at: float = 0.0
    job: Job | None = None
    status: str = "not submitted"
    is_open: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether the service has accepted the job, which has been paid for."""
        return self.job is not None or self.status == "done"

    @property
    def label(self) -> str:
        """The input, for messages."""
        return "standard input" if self.source == STANDARD else sanitize(self.source, 40)


class TaskRunner:
    """Runs a task for one or several inputs.

    Args:
        task: The task.
        options: Options of the command.
        arguments: Arguments of the method, apart from the main one.
        suffix: Value of ``--format``.
    """

    def __init__(
        self, task: Task, options: RunOptions, arguments: Mapping[str, Any], suffix: str | None
    ) -> None:
        self._task = task
        self._options = options
        self._arguments: dict[str, Any] = {**task.presets, **arguments}
        self._suffix = requested_format(task, options.output, suffix)
        self._console = Console(quiet=options.quiet, as_json=options.json)
        self._exit_code = ExitCode.DONE

    def run(self, inputs: Sequence[str]) -> ExitCode:
        """Run the task and return the exit code."""
        task, options = self._task, self._options
        self._check_options(inputs)
        suffix = self._suffix or task.formats[0]
        outputs = plan_outputs(task, inputs, options.output, suffix, force=options.force)
        if not options.price:
            check_writable(outputs)
        mains = [{argument_of(task, each): read_input(task, each)} for each in inputs]
        names = [*self._arguments, *(name for main in mains for name in main)]
        with make_client(choose_version(options.api_version, task.method, names)) as client:
            suffix = self._complete_arguments(client, {*names}, mains[0])
            items = [
                _Item(source, replace(output, suffix=suffix), {**self._arguments, **main})
                for source, output, main in zip(inputs, outputs, mains, strict=True)
            ]
            if options.price or options.max_price is not None:
                self._check_prices(client, items)
            if not options.price:
                create_directories(outputs)
                self._run_jobs(client, items)
        return self._exit_code

    def _check_options(self, inputs: Sequence[str]) -> None:
        """Reject options that would fail after a job has been paid for."""
        options = self._options
        validate_seconds("--timeout", options.timeout, allow_zero=True)
        if options.max_price is not None:
            validate_amount("--max-price", options.max_price)
        if options.output == STANDARD and options.json:
            raise CommandError("--json and --output - both write to standard output. Pass one.")
        if inputs.count(STANDARD) > 1:
            raise CommandError("Standard input can be read only once.")
        has_timestamps = self._arguments.get("include_ts") or self._arguments.get("diarize")
        if self._suffix in ("srt", "vtt") and not has_timestamps:
            raise CommandError(f"{self._suffix} requires timestamps. Omit --no-include-ts.")

    def _complete_arguments(
        self, client: DeapiClient, names: set[str], main: Mapping[str, Any]
    ) -> str:
        """Set missing arguments to the model's defaults, and return the format of the results.

        Args:
            client: The client.
            names: Names of the arguments that have a value.
            main: The main argument of the first input.
        """
        task, arguments = self._task, self._arguments
        options = options_of(find_method(client, task.method))
        if "format" in options and self._suffix is not None:
            arguments["format"] = format_argument(self._suffix)
        required = {name for name, option in options.items() if option.required} | {"model"}
        published = {*task.model_arguments, *_REQUIRED_BY_MODELS} & {*options}
        missing = (required | published) - names - {*arguments}
        if "mode" in names:
            missing -= {*task.model_arguments}  # the mode determines what else is required
        if missing:
            self._set_defaults(client, missing, main)
        missing = required - names - {*arguments}
        if missing:
            raise CommandError(
                f"The model has no default for {', '.join(sorted(missing))}. Pass a value, or a "
                f"model that `deapi models {task.command}` lists. Nothing was submitted."
            )
        by_service = arguments.get("format") if options.get("format") else None
        return self._suffix or (by_service if by_service in task.formats else task.formats[0])

    def _set_defaults(
        self, client: DeapiClient, missing: set[str], main: Mapping[str, Any]
    ) -> None:
        def is_usable(model: ModelInfo) -> bool:
            if "mode" in self._task.model_arguments:
                features: object = (model.info or {}).get("features")
                mode = self._arguments.get("mode", "custom_voice")
                return not (is_object(features) and features.get(f"supports_{mode}") is False)
            # Only some models have a guide for prompts. The service reports which with the price.
            if self._task.inference_types:
                return True
            try:
                method = find_method(client, f"{self._task.method}_price")
                method(**self._arguments, **main, model=model.slug)
            except ValidationError as error:
                if {*error.errors} & {"model", "model_slug"}:
                    return False
                raise
            return True

        slug = self._arguments.get("model")
        types = self._task.model_types(self._arguments)
        model = choose_model(client, slug, types, is_usable)
        if slug is None:
            self._console.note(f"Using model {model.slug}. Pass --model to use another one.")
        # The voice depends on the language.
        language = {name: each for name, each in self._arguments.items() if name == "lang"}
        defaults = model.defaults(**language)
        self._arguments.update({n: value for n, value in defaults.items() if n in missing})

    def _check_prices(self, client: DeapiClient, items: Sequence[_Item]) -> None:
        method = find_method(client, f"{self._task.method}_price")
        accepted = options_of(method)
        prices: list[PriceResult] = [
            method(**{name: value for name, value in item.arguments.items() if name in accepted})
            for item in items
        ]
        limit = self._options.max_price
        for item, price in zip(items, prices, strict=True):
            shown = dollars(price.price, estimated=price.is_estimated)
            if self._options.price:
                fields = self._fields(item, status="priced", price=price.price)
                line = shown if len(items) == 1 else f"{shown}  {item.label}"
                self._console.result(line, fields)
            elif limit is not None and price.price > limit:
                raise CommandError(
                    f"{item.label} costs {shown}, more than --max-price {limit:g}. Nothing was "
                    "submitted.",
                    ExitCode.ACCOUNT,
                )
        if self._options.price and len(items) > 1:
            self._console.note(f"Total: {dollars(sum(price.price for price in prices))}")

    def _run_jobs(self, client: DeapiClient, items: Sequence[_Item]) -> None:
        try:
            for item in items:
                if not self._attempt(item, partial(self._submit, client)):
                    break
            for item in items:
                if item.is_open and not self._options.no_wait:
                    self._attempt(item, self._finish)
        except KeyboardInterrupt as interruption:
            self._report_interruption(items, interruption)
        skipped = sum(item.status == "not submitted" for item in items)
        if skipped:
            self._console.error(f"{skipped} of {len(items)} inputs were not submitted.")

    def _attempt(self, item: _Item, step: Callable[[_Item], None]) -> bool:
        """Run a step of a job. Report an error, and return whether the step succeeded."""
        try:
            step(item)
        except BrokenPipeError:  # the reader of standard output has ended
            raise
        except Exception as error:  # noqa: BLE001 - reported, and determines the exit code
            show_traceback()
            code = exit_code(error)
            if code == ExitCode.USAGE and item.is_accepted:
                code = ExitCode.FAILED  # its result could not be written
            item.is_open, item.status = False, "error"
            self._exit_code = max(self._exit_code, code)
            text = message(error)
            self._console.error(f"{item.label}: {text}")
            if self._options.json:
                self._console.result("", self._fields(item, error=text))
            return False
        return True

    def _submit(self, client: DeapiClient, item: _Item) -> None:
        item.started_at, item.status = time.monotonic(), "error"
        value = find_method(client, self._task.method)(**item.arguments)
        if not isinstance(value, Job):
            item.status = "done"
            self._write_text(item, value.prompt, None)
            return
        item.job, item.is_open, item.status = value, True, "submitted"
        if self._options.no_wait:
            self._console.result(value.request_id, self._fields(item))
            self._console.note(f"Save the result with `{self._save_command(item)}`.")
        else:
            self._console.progress(item.label, "submitted", 0)

    def _finish(self, item: _Item) -> None:
        job, task, output = item.job, self._task, item.output
        assert job is not None  # noqa: S101 - for type checkers
        wait: Any = {"max_wait": self._options.timeout, "on_update": self._on_update(item)}
        if task.command == "transcribe":
            transcript = job.transcript(**wait)
            methods: dict[str, Callable[[], str]] = {
                "txt": transcript.to_text,
                "srt": transcript.to_srt,
                "vtt": transcript.to_vtt,
                "json": transcript.to_json,
            }
            self._write_text(item, methods[output.suffix](), job.status())
        elif task.is_text:
            text = job.text(**wait)
            self._write_text(item, text, job.status())
        elif output.path is None and output.directory is None:
            content = job.read(format=output.suffix, **wait)
            self._end(item)
            self._console.write_bytes(content)
        else:
            target = output.path or output.directory
            path = job.save(str(target), format=_save_format(output), **wait)
            self._end(item)
            shown = path if Path(target or "").is_absolute() else Path(os.path.relpath(path))
            self._show_file(item, shown, job.status())

    def _on_update(self, item: _Item) -> Callable[[JobResult], None]:
        def update(result: JobResult) -> None:
            status = sanitize(result.status.value, 40)
            self._console.progress(
                item.label, status, result.progress, changed=status != item.status
            )
            item.status = status

        return update

    def _write_text(self, item: _Item, text: str, result: JobResult | None) -> None:
        output = item.output
        if output.directory is not None:
            name = "result" if item.job is None else item.job.request_id
            path = output.directory / f"{sanitize(name, 100).replace('/', '_')}.{output.suffix}"
        elif output.path is not None:
            path = output.path
        else:
            self._end(item)
            self._console.result(text, self._fields(item, result, text=text))
            return
        replace_text(path, text)
        self._end(item)
        self._show_file(item, path, result)

    def _show_file(self, item: _Item, path: Path, result: JobResult | None) -> None:
        fields = self._fields(item, result, file=str(path))
        details = [str(item.arguments.get("model")), f"{time.monotonic() - item.started_at:.1f} s"]
        if fields["price"] is not None:
            details.append(dollars(fields["price"]))
        self._console.file(path, ", ".join(details), fields)

    def _end(self, item: _Item) -> None:
        item.is_open, item.status = False, "done"

    def _fields(
        self, item: _Item, result: JobResult | None = None, **more: object
    ) -> dict[str, Any]:
        """Return the JSON object of a job. Its names are documented in docs/cli.md."""
        price = result.price.amount if result is not None and result.price is not None else None
        return {
            "command": self._task.command,
            "input": item.source,
            "model": item.arguments.get("model"),
            "id": None if item.job is None else item.job.request_id,
            "status": item.status,
            "file": None,
            "text": None,
            "price": price,
            "error": None,
            **more,
        }

    def _save_command(self, item: _Item) -> str:
        output = item.output.path or item.output.directory
        words = ["deapi", "jobs", "save", "" if item.job is None else item.job.request_id]
        if output is not None and output != Path():
            words += ["-o", str(output)]
        elif self._suffix is not None:
            words += ["-f", self._suffix]
        return shlex.join(words)

    def _report_interruption(self, items: Sequence[_Item], error: KeyboardInterrupt) -> None:
        self._exit_code = ExitCode.INTERRUPTED
        running = [item for item in items if item.job is not None and item.is_open]
        self._console.error(f"Interrupted. {'' if running else notes(error)}".rstrip())
        for item in running:
            self._console.error(
                f"The job of {item.label} continues and has been paid for. Resume it with "
                f"`{self._save_command(item)}`."
            )


def _save_format(output: Output) -> str | None:
    """Return the format to pass to ``save()``; None if the path selects it."""
    return output.suffix if output.path is None or not output.path.suffix else None
