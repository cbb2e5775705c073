"""The command ``deapi doctor``."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter

from ..._config import API_PREFIXES, environment_base_url
from ..console import Console, color
from ..emulator import missing_emulator
from ..errors import CommandError, ExitCode, notes
from ..help import join_docstring_lines
from ..outputs import replace_text
from ..parameters import ApiVersionOption, Flag, JsonFlag
from ..rendering import dollars
from .check import State
from .environment import check_certificates, check_key, check_proxy
from .installation import check_installation
from .service import check_service, not_checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .check import Check
    from .report import Report

_TIMEOUT = 10.0  # seconds of each step of a check

_COLORS = {State.OK: "32", State.WARNING: "33", State.PROBLEM: "31", State.NOT_CHECKED: "2"}
_STATE_WIDTH = max(map(len, State)) + 2
_NAME_WIDTH = 14


@join_docstring_lines
def doctor(
    *,
    live: Flag = False,
    budget: float = 0.05,
    yes: Flag = False,
    output: Annotated[str | None, Parameter(name=("--output", "-o"), show_default=False)] = None,
    force: Flag = False,
    timeout: float = 600.0,
    as_json: JsonFlag = False,
    api_version: ApiVersionOption = None,
) -> ExitCode:
    """Find problems of the installation, the settings and the account.

    Args:
        live: Call each operation of the service instead, compare the responses with what this
            package expects, and print a report. This costs money.
        budget: With --live: maximum sum of the prices of all calls, in US dollars.
        yes: With --live: do not ask before the calls that cost money.
        output: With --live: file for the report, Markdown or with the suffix .json JSON. By default
            it is written to standard output.
        force: With --live: replace an existing file.
        timeout: With --live: maximum seconds to wait for the jobs.
        as_json: Print each check as a JSON object on one line; with --live, the report as JSON.
        api_version: API version, v1 or v2. By default --live compares both.
    """
    if live:
        return _run_live(LiveOptions(budget, yes, output, force, timeout, as_json, api_version))
    return _run_checks(Console(as_json=as_json), api_version)


def _run_checks(console: Console, api_version: str | None) -> ExitCode:
    found: list[Check] = []
    for check in _checks(api_version):
        found.append(check)
        _show(console, check)
    problems = [check for check in found if check.state is State.PROBLEM]
    warnings = sum(check.state is State.WARNING for check in found)
    console.note(f"Problems: {len(problems)}, warnings: {warnings}.")
    if any(check.is_account for check in problems):
        return ExitCode.ACCOUNT
    return ExitCode.FAILED if problems else ExitCode.DONE


class LiveOptions(NamedTuple):
    """The options of ``deapi doctor --live``. See ``doctor()``."""

    budget: float
    yes: bool
    output: str | None
    force: bool
    timeout: float
    as_json: bool
    api_version: str | None


def _run_live(options: LiveOptions) -> ExitCode:
    """Compare the service with what the package expects, and write the report."""
    console = Console()
    _validate(options)
    try:
        from .live import LiveCheck, choose_versions
    except ImportError as error:
        raise missing_emulator(error) from None
    versions = choose_versions(options.api_version)
    code = ExitCode.DONE
    check = LiveCheck(versions, budget=options.budget, timeout=options.timeout, note=console.note)
    try:
        check.read()
        console.note("Requesting prices. They are free.")
        count, total = check.plan()
        console.note(f"{len(check.report.skipped)} calls are not made; the report has the reasons.")
        prompt = f"Submit {count} calls for {dollars(total)} in total? [y/N] "
        if count and (options.yes or _confirms(prompt)):
            check.submit()
        else:
            console.note("Nothing was submitted.")
    except KeyboardInterrupt as interruption:
        code = ExitCode.INTERRUPTED
        console.error(f"Interrupted. {notes(interruption)}".rstrip())
        for request_id in check.open_jobs:
            console.error(f"Job {request_id} continues. Its price is charged.")
    finally:
        check.close()
    check.compare()
    _write(console, check.report, options)
    differences, failures = len(check.report.differences), check.report.failures
    console.note(f"Differences: {differences}, failed calls: {failures}.")
    return code or (ExitCode.FAILED if differences or failures else ExitCode.DONE)


def _validate(options: LiveOptions) -> None:
    """Reject options before anything is sent.

    Raises:
        CommandError: An option is invalid, or there is no terminal for the prompt.
    """
    if not 0 < options.budget < math.inf:
        raise CommandError(f"--budget must be more than 0; got {options.budget:g}.")
    if options.api_version not in (None, *API_PREFIXES):
        raise CommandError(f"--api-version must be one of {', '.join(API_PREFIXES)}.")
    if options.output is not None and Path(options.output).exists() and not options.force:
        raise CommandError(f"{options.output} exists. Pass --force to replace it.")
    if not options.yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError(
            "--live submits jobs that cost money, and there is no terminal to ask. Pass --yes to "
            f"spend at most {dollars(options.budget)}. Nothing was submitted."
        )


def _confirms(prompt: str) -> bool:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _write(console: Console, report: Report, options: LiveOptions) -> None:
    is_json = options.as_json or (options.output or "").endswith(".json")
    text = report.to_json() if is_json else report.to_markdown()
    if options.output is None:
        console.result(text, {})
    else:
        replace_text(Path(options.output), text)
        console.result(options.output, {})


def _checks(api_version: str | None) -> Iterator[Check]:
    """Run the checks, those that send nothing first."""
    yield from check_installation()
    yield check_proxy(environment_base_url())
    yield check_certificates(environment_base_url())
    key = check_key()
    yield key
    if key.state is State.PROBLEM:
        yield from not_checked("there is no API key")
    else:
        yield from check_service(api_version, _TIMEOUT)


def _show(console: Console, check: Check) -> None:
    console.result(
        f"{color(check.state.value.ljust(_STATE_WIDTH), _COLORS[check.state], sys.stdout)}"
        f"{check.name.ljust(_NAME_WIDTH)}{check.text} {check.advice}".rstrip(),
        {
            "check": check.name,
            "state": check.state.value,
            "text": check.text,
            "advice": check.advice or None,
        },
    )
