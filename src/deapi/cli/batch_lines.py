"""The file of a batch: one job on each line, as a JSON object, validated before anything is sent.

The name ``operation`` is a task or a method of the client. ``save``, ``key`` and ``tags`` are those
of ``BatchItem``. All other names are arguments of the method.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from .._client import DeapiClient
from .._json import is_array, is_object
from .._secrets import SECRET_ARGUMENTS
from .._suggestions import similar_names
from .._text import describe
from ..batch.batches import Batch
from .errors import CommandError
from .method_commands import method_names
from .outputs import STANDARD, format_argument, requested_format
from .signatures import Option, find_method, options_of
from .tasks import TASKS, Task

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_NAMES = ("operation", "save", "key", "tags")
"""Names that are not arguments of the method."""

_TASK_BY_METHOD = {task.method: task for task in TASKS.values()}


@dataclass(frozen=True)
class Line:
    """One job.

    Attributes:
        number: Number of the line, starting at 1.
        operation: The task or the method, as written.
        method: Dotted name of the method.
        arguments: Arguments of the method. Files are paths.
        save: Path for the result, or None.
        key: Identity of the item, or None.
        tags: Values that the journal keeps.
    """

    number: int
    operation: str
    method: str
    arguments: dict[str, Any]
    save: str | None = None
    key: str | None = None
    tags: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def source(self) -> str | None:
        """The main argument of the task, or None."""
        task = _TASK_BY_METHOD.get(self.method)
        if task is None:
            return None
        value = self.arguments.get(task.main, self.arguments.get(task.url_argument or ""))
        return value if isinstance(value, str) else None


def read_lines(path: str) -> tuple[list[Line], list[str]]:
    """Return the lines of a file, and what is wrong with the others.

    Args:
        path: Path of the file, or ``-`` for standard input.

    Raises:
        CommandError: The file has no lines, or is not UTF-8.
        OSError: The file cannot be read.
    """
    is_standard = path == STANDARD
    content = sys.stdin.buffer.read() if is_standard else Path(path).read_bytes()
    directory = Path() if is_standard else Path(path).parent
    try:
        texts = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not UTF-8. Nothing was submitted.") from None
    lines: list[Line] = []
    problems: list[str] = []
    for number, text in enumerate(texts, 1):
        if text.strip():
            try:
                lines.append(_parse(number, text, directory))
            except (ValueError, CommandError) as error:
                problems.append(f"Line {number}: {error}")
    if not lines and not problems:
        raise CommandError(f"{path} has no lines. Nothing was submitted.")
    return lines, problems


@cache
def operations() -> list[str]:
    """Return the names that ``operation`` may have: tasks, and methods that a batch has."""
    resources = get_type_hints(Batch)
    methods = [
        name
        for name in method_names()
        if name.partition(".")[0] in resources and not name.endswith("_price")
    ]
    return [*(task.command for task in TASKS.values() if task.method in methods), *methods]


def _parse(number: int, text: str, directory: Path) -> Line:
    """Return a line.

    Raises:
        ValueError: It is not a JSON object, or one of its values is invalid.
        CommandError: The task does not have the format of ``save``.
    """
    try:
        values: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"each line must be a JSON object. This one is not JSON: {error.msg} at column "
            f"{error.colno}."
        ) from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply.") from None
    if not is_object(values):
        raise ValueError(f"a line must be a JSON object; got {describe(values, 80)}.")
    operation = values.pop("operation", None)
    if operation is None:
        raise ValueError(
            "operation is missing. It is a task, such as image, or a method, such as "
            "images.generate."
        )
    if not isinstance(operation, str) or operation not in operations():
        raise ValueError(_unknown("operation", operation, operations()))
    task = TASKS.get(operation)
    method = operation if task is None else task.method
    save, key, tags = (values.pop(name, None) for name in OWN_NAMES[1:])
    for name, value in (("save", save), ("key", key)):
        if value is not None and (not isinstance(value, str) or not value):
            raise ValueError(f"{name} must be a string that is not empty.")
    if tags is not None and not is_object(tags):
        raise ValueError(f"tags must be an object; got {describe(tags, 80)}.")
    arguments = {**(task.presets if task is not None else {}), **values}
    _set_format(_TASK_BY_METHOD.get(method), method, save, arguments)
    _validate(method, arguments, directory)
    return Line(number, operation, method, arguments, save, key, tags or {})


def _set_format(
    task: Task | None, method: str, save: str | None, arguments: dict[str, Any]
) -> None:
    """Request the format of the path from the service, as the task does.

    Raises:
        CommandError: The task does not have this format.
    """
    suffix = None if task is None else requested_format(task, save, None)
    if suffix is not None and "format" in _options_of(method):
        arguments.setdefault("format", format_argument(suffix))


def _validate(method: str, arguments: dict[str, Any], directory: Path) -> None:
    """Validate arguments by the signature of the method, and make paths relative to the directory.

    Raises:
        ValueError: An argument is unknown, missing, malformed, or a file that does not exist.
    """
    options, types = _options_of(method), _types_of(method)
    for name in arguments:
        if name not in options:
            raise ValueError(_unknown("argument", name, options))
    missing = [
        name for name, option in options.items() if option.required and name not in arguments
    ]
    if missing:
        raise ValueError(f"{method} requires {', '.join(missing)}.")
    for name, value in arguments.items():
        if options[name].is_file and value is not None:
            arguments[name] = _resolve_files(name, value, directory, many=options[name].is_list)
            continue
        try:
            types[name].validate_python(value)
        except ValidationError as error:
            shown = "" if name in SECRET_ARGUMENTS else f"; got {describe(value, 80)}"
            raise ValueError(f"{name}: {error.errors()[0]['msg']}{shown}.") from None


@cache
def _options_of(method: str) -> dict[str, Option]:
    return options_of(find_method(DeapiClient, method))


@cache
def _types_of(method: str) -> dict[str, TypeAdapter[Any]]:
    options = _options_of(method)
    return {
        name: TypeAdapter(hint, config=ConfigDict(strict=True))
        for name, hint in get_type_hints(find_method(DeapiClient, method)).items()
        if name in options and not options[name].is_file
    }


def _resolve_files(name: str, value: object, directory: Path, *, many: bool) -> Any:
    if many and is_array(value):
        return [
            _resolve_files(f"{name}[{index}]", each, directory, many=False)
            for index, each in enumerate(value)
        ]
    path = directory / value if isinstance(value, str) else None
    if path is None:
        raise ValueError(f"{name} must be the path of a file; got {describe(value, 80)}.")
    if not path.is_file():
        raise ValueError(f"{name}: there is no file {path}.")
    return str(path)


def _unknown(noun: str, name: object, names: Iterable[str]) -> str:
    similar = similar_names(name, names) if isinstance(name, str) else []
    hint = f" Did you mean {similar[0]!r}?" if similar else f" Known are {', '.join(names)}."
    return f"unknown {noun} {describe(name, 80)}.{hint}"
