"""Commands that call one method of the client and print what it returns."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from .._client import DeapiClient
from .console import Console
from .errors import ExitCode
from .help import EXAMPLES, command_group, epilogue
from .rendering import to_json
from .settings import choose_version, make_client
from .signatures import description, find_method, make_command, options_of

if TYPE_CHECKING:
    from collections.abc import Callable

# Methods of the client itself that call the service.
_CLIENT_METHODS = ("balance",)
_GROUP = "Output and version"


def method_names() -> list[str]:
    """Return the dotted names of all methods of the client that call the service."""
    names: list[str] = [*_CLIENT_METHODS]
    for resource in sorted(vars(DeapiClient)):
        found = getattr(DeapiClient, resource)
        if isinstance(found, type) and found.__module__.startswith("deapi.resources."):
            names += [f"{resource}.{each}" for each in dir(found) if not each.startswith("_")]
    return names


def __getattr__(name: str) -> Callable[..., object]:
    if name.startswith("_") or name not in method_names():
        raise AttributeError(name)
    return method_command(name)


def method_command(
    name: str, to_table: Callable[[Any], str] | None = None
) -> Callable[..., object]:
    """Return the function of a command that calls a method.

    Args:
        name: Dotted name of the method.
        to_table: Returns what the method returned as a table; None to print JSON.
    """
    method = find_method(DeapiClient, name)
    options = options_of(method)

    def run(values: dict[str, Any]) -> ExitCode:
        as_json = values.pop("as_json", False)
        version = values.pop("call_version", None)
        arguments = {key: options[key].convert(value) for key, value in values.items()}
        positional = [arguments.pop(key) for key in values if options[key].is_positional]
        with make_client(choose_version(version, name, arguments)) as client:
            value = find_method(client, name)(*positional, **arguments)
            if to_table is None or as_json:
                show(value, as_json=as_json)
            else:
                Console().result(to_table(value), {})
        return ExitCode.DONE

    parameters = [
        option.positional(option.name.upper(), option.help)
        if option.is_positional
        else option.parameter(required=option.required)
        for option in options.values()
    ]
    return make_command(run, description(method), [*parameters, *_call_parameters()])


def show(value: object, *, as_json: bool) -> None:
    """Print what a method returned, as JSON; an iterator as one line for each item.

    Args:
        value: The value.
        as_json: Whether to print a single value on one line.
    """
    console = Console()
    if isinstance(value, Iterator):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            console.result(to_json(item, indent=None), {})  # pyright: ignore[reportUnknownArgumentType]
    elif value is not None:
        console.result(to_json(value, indent=None if as_json else 2), {})


def _call_parameters() -> list[inspect.Parameter]:
    settings: tuple[tuple[str, str, Any, str], ...] = (
        ("as_json", "--json", bool, "Print JSON on one line."),
        ("call_version", "--api-version", str, "API version, v1 or v2."),
    )
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                value_type | None,
                Parameter(name=flag, help=text, group=_GROUP, negative=(), show_default=False),
            ],
        )
        for name, flag, value_type, text in settings
    ]


def methods_app(name: str, text: str, module: str, commands: dict[str, str]) -> App:
    """Return commands that call methods.

    Args:
        name: Name of the group.
        text: Description of the group.
        module: Name of the module that has the function of each method.
        commands: Dotted names of the methods by command.
    """
    app = command_group(name, text)
    for command, method in commands.items():
        summary = (inspect.getdoc(find_method(DeapiClient, method)) or "").partition("\n")[0]
        own = f"{name} {command}"
        app.command(
            f"{module}:{method}",
            name=command,
            help=summary.replace("``", ""),
            help_epilogue=epilogue(own if own in EXAMPLES else name),
        )
    return app


call_app = methods_app(
    "call",
    "Call a method of the client with all its arguments, and print what it returns as JSON.",
    __name__,
    {name: name for name in method_names()},
)
