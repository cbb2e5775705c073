"""Commands for a job that was submitted earlier, in this process or in another one."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from .console import Console
from .errors import CommandError, ExitCode
from .help import command_group, epilogue
from .outputs import STANDARD
from .parameters import ApiVersionOption, Flag, JsonFlag
from .rendering import to_json
from .settings import make_client

if TYPE_CHECKING:
    from collections.abc import Generator

    from .._jobs import Job
    from ..types import JobResult

app = command_group("jobs", "Read, wait for and save jobs by their IDs.")

_Id = Annotated[str, Parameter(name="ID")]
_Timeout = Annotated[float, Parameter(name="--timeout", show_default=True)]
_MAX_WAIT = 600.0


@app.command(help_epilogue=epilogue("jobs get"))
def get(
    request_id: _Id, /, *, as_json: JsonFlag = False, api_version: ApiVersionOption = None
) -> None:
    """Show the status of a job, as JSON.

    Args:
        request_id: ID of the job.
        as_json: Print the JSON on one line.
        api_version: API version, v1 or v2.
    """
    with _job(request_id, api_version) as job:
        _show(job.status(), as_json=as_json)


@app.command(help_epilogue=epilogue("jobs wait"))
def wait(
    request_id: _Id,
    /,
    *,
    timeout: _Timeout = _MAX_WAIT,
    as_json: JsonFlag = False,
    api_version: ApiVersionOption = None,
) -> ExitCode:
    """Wait until a job has finished, and show its status, as JSON.

    Args:
        request_id: ID of the job.
        timeout: Maximum seconds to wait.
        as_json: Print the JSON on one line.
        api_version: API version, v1 or v2.
    """
    console = Console()
    with _job(request_id, api_version) as job:
        result = job.wait(max_wait=timeout, on_update=_progress(console, request_id))
        _show(result, as_json=as_json)
        result.raise_for_error()
    return ExitCode.DONE


@app.command(help_epilogue=epilogue("jobs watch"))
def watch(
    request_id: _Id,
    /,
    *,
    timeout: _Timeout = _MAX_WAIT,
    as_json: JsonFlag = False,
    api_version: ApiVersionOption = None,
) -> ExitCode:
    """Print each new status of a job on one line until the job has finished.

    Args:
        request_id: ID of the job.
        timeout: Maximum seconds to wait.
        as_json: Print each status as a JSON object.
        api_version: API version, v1 or v2.
    """
    console = Console(as_json=as_json)
    with _job(request_id, api_version) as job:
        for update in job.updates(max_wait=timeout):
            line = f"{update.status.value} {update.progress:g} %"
            console.result(line, update.model_dump(mode="json"))
            update.raise_for_error()
    return ExitCode.DONE


@app.command(help_epilogue=epilogue("jobs save"))
def save(
    request_id: _Id,
    /,
    *,
    output: Annotated[
        str, Parameter(name=("--output", "-o"), allow_leading_hyphen=True, show_default=False)
    ] = ".",
    suffix: Annotated[str | None, Parameter(name=("--format", "-f"), show_default=False)] = None,
    force: Flag = False,
    timeout: _Timeout = _MAX_WAIT,
    api_version: ApiVersionOption = None,
) -> None:
    """Wait for a job and save its result.

    Args:
        request_id: ID of the job.
        output: File, directory, or - for standard output. By default a file named after the ID.
        suffix: Format of the result, for example webp; srt or vtt for subtitles.
        force: Replace an existing file.
        timeout: Maximum seconds to wait.
        api_version: API version, v1 or v2.
    """
    path = Path(output)
    if output != STANDARD and path.is_file() and not force:
        raise CommandError(f"{path} exists. Pass --force to replace it.")
    console = Console()
    options: Any = {"max_wait": timeout, "on_update": _progress(console, request_id)}
    with _job(request_id, api_version) as job:
        if output == STANDARD:
            console.write_bytes(job.read(format=suffix, **options))
            return
        path = job.save(output, format=suffix, **options)
    console.result(output if output != "." else path.name, {})


@contextmanager
def _job(request_id: str, api_version: str | None) -> Generator[Job]:
    with make_client(api_version) as client:
        yield client.job(request_id)


def _progress(console: Console, request_id: str) -> Any:
    last = ""

    def update(result: JobResult) -> None:
        nonlocal last
        status = result.status.value
        console.progress(request_id, status, result.progress, changed=status != last)
        last = status

    return update


def _show(result: JobResult, *, as_json: bool) -> None:
    Console().result(to_json(result, indent=None if as_json else 2), {})
