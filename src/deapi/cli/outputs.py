"""Where the result of each job is written, and in which format. Decided before anything is paid."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .._core.targets import absolute_path, validate_path
from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .tasks import Task

STANDARD = "-"
_ALIASES = {"jpeg": "jpg", "text": "txt"}


@dataclass(frozen=True)
class Output:
    """Where one result is written: to a file, a directory, or otherwise to standard output.

    Attributes:
        suffix: Format of the result.
        path: The file to write, or None.
        directory: The directory in which the file is named after the job's ID, or None.
    """

    suffix: str
    path: Path | None = None
    directory: Path | None = None


def requested_format(task: Task, output: str | None, name: str | None) -> str | None:
    """Return the format that the options select together, or None for the default.

    Args:
        task: The task.
        output: Value of ``--output``, or None.
        name: Value of ``--format``, or None.

    Raises:
        CommandError: The task has no such format, or the options select different formats.
    """
    requested = None if name is None else _format(task, name)
    if output is None or _is_directory(output) or not Path(output).suffix:
        return requested
    suffix = _format(task, Path(output).suffix.removeprefix("."))
    if requested not in (None, suffix):
        raise CommandError(f"--format is {requested}, but --output ends in .{suffix}.")
    return suffix


def format_argument(suffix: str) -> str:
    """Return the value of a method's argument ``format`` for the suffix of a result."""
    return "text" if suffix == "txt" else suffix


def plan_outputs(
    task: Task, inputs: Sequence[str], output: str | None, suffix: str, *, force: bool
) -> list[Output]:
    """Return where the result of each input is written.

    Args:
        task: The task.
        inputs: The main arguments: texts, paths, URLs, or ``-``.
        output: Value of ``--output``: a file, a directory, ``-``, or None.
        suffix: Format of the results.
        force: Whether existing files may be replaced.

    Raises:
        CommandError: A file exists, or several results would be written to one file.
    """
    if output == STANDARD or (output is None and task.is_text):
        if len(inputs) > 1 and not task.is_text:
            raise CommandError("Only one result can be written to standard output.")
        return [Output(suffix) for _ in inputs]
    if output is not None and not _is_directory(output):
        if len(inputs) > 1:
            raise CommandError(
                f"--output {output} is one file, but there are {len(inputs)} inputs. Pass a "
                f"directory: --output {output}/"
            )
        outputs = [Output(suffix, Path(output))]
    else:
        directory = Path(output or ".")
        ending = f"-{task.command}" if output is None else ""
        outputs = [
            Output(suffix, directory / f"{Path(each).stem}{ending}.{suffix}")
            if task.is_file and each != STANDARD and "://" not in each
            else Output(suffix, directory=directory)
            for each in inputs
        ]
    paths = [each.path for each in outputs if each.path is not None]
    for path in paths:
        if paths.count(path) > 1:
            raise CommandError(f"Several results would be written to {path}.")
        if path.exists() and not force:
            raise CommandError(f"{path} exists. Pass --force to replace it.")
    return outputs


def check_writable(outputs: Sequence[Output]) -> None:
    """Check that the results can be written. Directories that do not exist are not created yet.

    Raises:
        OSError: A directory is not writable.
        ValueError: A path is a device, a pipe or a socket.
    """
    for target in {each.path or each.directory for each in outputs} - {None}:
        path = absolute_path(Path(target or ""))
        existing = next(each for each in (path, *path.parents) if each.exists())
        validate_path(existing, is_directory=existing != path)


def create_directories(outputs: Sequence[Output]) -> None:
    """Create the directories of the results.

    Raises:
        OSError: A directory cannot be created.
    """
    for each in outputs:
        directory = each.path.parent if each.path is not None else each.directory
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write a text file that ends in a line break, completely or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=".deapi-", delete=False
    ) as file:
        try:
            file.write(text if text.endswith("\n") else f"{text}\n")
            file.close()
            partial = Path(file.name)
            partial.chmod(0o666 & ~_umask())
            partial.replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _is_directory(output: str) -> bool:
    return output == STANDARD or output.endswith(("/", "\\")) or Path(output).is_dir()


def _format(task: Task, name: str) -> str:
    suffix = _ALIASES.get(name.lower(), name.lower())
    if suffix not in task.formats:
        raise CommandError(
            f"deapi {task.command} can write {', '.join(task.formats)}; got {name!r}. Nothing was "
            "submitted."
        )
    return suffix
