"""The commands of the tasks. Each is created when it is first used."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from .._client import DeapiClient
from .errors import CommandError
from .help import command_group, epilogue
from .literals import DELIMITER, literal_count
from .runner import RunOptions, TaskRunner
from .signatures import Option, description, find_method, make_command, options_of
from .tasks import TASKS, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Arguments that are of no use in a shell: the result is downloaded in any case, other users of the
# machine could read a secret in the list of processes, and an alias has another name.
# `images` and references exclude the main argument, and `format` is a common option.
_OMITTED = (
    "return_result_in_response",
    "webhook_secret",
    "model_slug",
    "images",
    "ref_images",
    "ref_videos",
    "ref_audios",
    "format",
)

# Required arguments whose defaults the model supplies.
_BY_MODEL = frozenset(
    (
        "model",
        "width",
        "height",
        "seed",
        "frames",
        "fps",
        "lang",
        "speed",
        "sample_rate",
        "duration",
        "inference_steps",
        "guidance_scale",
    )
)
_ALTERNATIVE = re.compile(r" Pass either this or [^.]*\.")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*(=.*)?")
_SHORT = {"output": ("-o",), "model": ("-m",), "quiet": ("-q",)}


price_app = command_group(
    "price", "Show the price of a task, with the arguments of the task. Nothing is submitted."
)
for _position, _task in enumerate(TASKS.values()):
    price_app.command(
        f"deapi.cli.task_commands:price.{_task.command}",
        name=_task.command,
        help=_task.summary,
        help_epilogue=epilogue(f"price {_task.command}"),
        sort_key=_position,
    )


def __getattr__(name: str) -> Callable[..., object]:
    command = name.removeprefix("price.")
    if command not in TASKS:
        raise AttributeError(name)
    return task_command(TASKS[command], price=command != name)


def task_command(task: Task, *, price: bool = False) -> Callable[..., object]:
    """Return the function of a task, with all its options in its signature.

    Args:
        task: The task.
        price: Whether the command shows the price and submits nothing.
    """
    method = find_method(DeapiClient, task.method)

    def run(values: dict[str, Any]) -> object:
        inputs = values.pop("inputs")
        suffix = values.pop("format", None)
        own = {name: values.pop(name) for name in options_of(RunOptions) if name in values}
        own["price"] = price or own.get("price", False)
        arguments = {name: options[name].convert(value) for name, value in values.items()}
        inputs = inputs if task.is_file else [inputs]
        _reject_options(task, [*inputs[: len(inputs) - literal_count()], own.get("output", "")])
        runner = TaskRunner(task, RunOptions(**own), arguments, suffix)
        return runner.run(inputs)

    options = options_of(method)
    text = task.narrower or description(method, {task.main: task.main_name})
    return make_command(run, text, task_parameters(task))


def task_parameters(task: Task) -> list[inspect.Parameter]:
    """Return the parameters of the command of a task."""
    options = options_of(find_method(DeapiClient, task.method), {task.main: task.main_name})
    main = options[task.main]
    text = _ALTERNATIVE.sub("", main.help)
    hint = "Several files are several jobs; - is standard input." if task.is_file else ""
    if task.url_argument is not None:
        url = _ALTERNATIVE.sub("", options[task.url_argument].help)
        hint = f"Or the {url} {hint}"
    positional = inspect.Parameter(
        "inputs",
        inspect.Parameter.POSITIONAL_ONLY,
        annotation=Annotated[
            list[str] if task.is_file else str,
            Parameter(
                name=task.main_name,
                help=f"{text} {hint}" if hint else f"{text} - is standard input.",
                allow_leading_hyphen=True,
            ),
        ],
    )
    derived = [
        option.parameter(
            required=name not in task.presets and _is_required(option),
            names=_SHORT.get(name, ()),
        )
        for name, option in options.items()
        if name not in (task.main, task.url_argument, *_OMITTED)
    ]
    return [positional, *derived, _format_parameter(task), *shared_parameters()]


def _reject_options(task: Task, values: Iterable[str]) -> None:
    """Reject values that are options. The library accepts them, because it accepts ``-``.

    Raises:
        CommandError: A value is an option.
    """
    for value in values:
        if _OPTION.fullmatch(value):
            problem = task.explain_main(value) or (
                f"Unknown option: {value}. Write a value that begins with a hyphen after "
                f"{DELIMITER}, at the end of the command."
            )
            raise CommandError(f"{problem} Nothing was submitted.")


def _is_required(option: Option) -> bool:
    return option.required and option.name not in _BY_MODEL


def shared_parameters() -> list[inspect.Parameter]:
    """Return the parameters that every task has."""
    return [
        option.parameter(required=False, names=_SHORT.get(name, ()), group="Output and limits")
        for name, option in options_of(RunOptions).items()
    ]


def _format_parameter(task: Task) -> inspect.Parameter:
    return inspect.Parameter(
        "format",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[
            str | None,
            Parameter(
                name=("--format", "-f"),
                help=f"Format of the result: {', '.join(task.formats)}. By default the suffix of "
                "--output selects it.",
                show_default=False,
                group="Output and limits",
            ),
        ],
    )
