"""Options of commands, derived from the signatures and docstrings of the client's methods."""

from __future__ import annotations

import collections.abc
import inspect
import re
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from cyclopts import Parameter
from docstring_parser import DocstringStyle, parse

from .._types import NotGiven
from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Values in the order in which one replaces another, if an argument accepts several types.
_SCALARS: tuple[type, ...] = (str, bool, float, int)


@dataclass(frozen=True)
class Option:
    """An argument of a method, as an option of a command.

    Attributes:
        name: Name of the argument.
        type: Type of one value: ``str``, ``bool``, ``int`` or ``float``.
        is_list: Whether the argument accepts several values.
        is_lora: Whether the values are LoRAs with their weights.
        required: Whether the method requires the argument.
        clears: Whether None is a value that the method sends; the option's value is then ``none``.
        is_positional: Whether the method accepts the argument without its name.
        is_file: Whether the values are files to upload.
        help: Description.
    """

    name: str
    type: type
    is_list: bool
    is_lora: bool
    required: bool
    clears: bool
    is_positional: bool
    is_file: bool
    help: str

    def parameter(
        self, *, required: bool, names: tuple[str, ...] = (), group: str | None = None
    ) -> inspect.Parameter:
        """Return a keyword-only parameter.

        Args:
            required: Whether the option is required.
            names: Further names of the option, for example ``-o``.
            group: Heading in the help, or None for the default one.
        """
        single: Any = str if self.clears else self.type
        annotation: Any = list[single] if self.is_list else single
        if not required:
            annotation = annotation | None
        flags = (_flag(self.name), *names)
        settings: dict[str, Any] = {"name": flags, "help": self.help, "show_default": False}
        if self.name == "output":
            settings["allow_leading_hyphen"] = True  # a single hyphen is standard output
        if group is not None:
            settings["group"] = group
        if (self.is_list and not self.clears) or group is not None:
            settings["negative"] = ()
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if required else None,
            annotation=Annotated[annotation, Parameter(**settings)],
        )

    def convert(self, value: Any) -> Any:
        """Return the value of the argument for a value of the option.

        Raises:
            CommandError: The value is malformed.
        """
        if self.is_lora:
            return [_to_lora(each) for each in value]
        if not self.clears or self.is_list:
            return value
        try:
            return None if value == "none" else self.type(value)
        except ValueError:
            raise CommandError(
                f"--{self.name} must be {self.type.__name__} or none; got {value!r}."
            ) from None

    def positional(self, name: str, text: str) -> inspect.Parameter:
        """Return a positional parameter.

        Args:
            name: Name in the help.
            text: Description in the help.
        """
        return inspect.Parameter(
            self.name,
            inspect.Parameter.POSITIONAL_ONLY,
            annotation=Annotated[self.type, Parameter(name=name, help=text)],
        )


def options_of(
    method: Callable[..., Any], positional: Mapping[str, str] | None = None
) -> dict[str, Option]:
    """Return the options for a method or a dataclass, by name of the argument.

    Args:
        method: The method or dataclass.
        positional: Names in the help of the arguments that are not options.
    """
    hints = get_type_hints(method, include_extras=True)
    docs = {each.arg_name: each.description or "" for each in _parse_docstring(method).params}
    parameters = inspect.signature(method).parameters
    names = _names_in_help(method, positional)
    return {
        name: _option(parameter, hints[name], _plain(docs.get(name, ""), names))
        for name, parameter in parameters.items()
        if name != "self"
    }


def description(method: Callable[..., Any], positional: Mapping[str, str] | None = None) -> str:
    """Return the description of a method, without its arguments and its endpoint.

    Args:
        method: The method.
        positional: Names in the help of the arguments that are not options.
    """
    parsed = _parse_docstring(method)
    names = _names_in_help(method, positional)
    parts = [parsed.short_description or ""]
    parts += (parsed.long_description or "").split("\n\n")
    return "\n\n".join(
        _plain(part, names) for part in parts if part and not part.startswith("Endpoint:")
    )


def make_command(
    run: Callable[[dict[str, Any]], object], text: str, parameters: Iterable[inspect.Parameter]
) -> Callable[..., object]:
    """Return a function with a signature, which passes its arguments as a dict.

    Args:
        run: Called with the arguments that have a value.
        text: Docstring of the function.
        parameters: Parameters of the function.
    """

    def command(*positional: Any, **keywords: Any) -> object:
        names = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.kind in _POSITIONAL
        ]
        values = {**dict(zip(names, positional, strict=False)), **keywords}
        return run({name: value for name, value in values.items() if value is not None})

    signature = inspect.Signature(list(parameters))
    vars(command)["__signature__"] = signature
    command.__annotations__ = {name: each.annotation for name, each in signature.parameters.items()}
    command.__doc__ = text
    return command


_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


def _option(parameter: inspect.Parameter, hint: Any, text: str) -> Option:
    members = set(_members(hint))
    sequences = [each for each in members if get_origin(each) in _SEQUENCES]
    items = {item for sequence in sequences for arg in get_args(sequence) for item in _members(arg)}
    is_lora = collections.abc.Mapping in {get_origin(item) for item in items}
    # A name and a value: a file is a path, and a datetime is a string.
    names = {each if isinstance(each, type) else str for each in (members - {*sequences}) | items}
    scalars = [each for each in _SCALARS if each in names]
    return Option(
        name=parameter.name,
        type=str if str in names or not scalars else scalars[0],
        is_list=bool(sequences),
        is_lora=is_lora,
        required=parameter.default is inspect.Parameter.empty,
        # Arguments whose default is not None distinguish None from no value.
        clears=isinstance(parameter.default, NotGiven)
        and (bool(sequences) or NoneType in get_args(hint)),
        is_positional=parameter.kind in _POSITIONAL,
        is_file=_has_file(hint),
        help="LoRAs of the model: NAME=WEIGHT, for example Ink=0.8." if is_lora else text,
    )


_SEQUENCES = (list, collections.abc.Sequence, collections.abc.Iterable)


def _members(hint: Any) -> Iterable[Any]:
    """Yield the types of a union. The values of a Literal stand for their type."""
    origin = get_origin(hint)
    if origin is Annotated:
        yield str  # a file
    elif origin in (Union, UnionType):
        for member in get_args(hint):
            yield from _members(member)
    elif origin is Literal:
        yield from {type(value) for value in get_args(hint)}
    elif isinstance(hint, type) and issubclass(hint, (Enum, NoneType)):
        return
    else:
        yield hint


def _has_file(hint: Any) -> bool:
    return get_origin(hint) is Annotated or any(_has_file(each) for each in get_args(hint))


def _parse_docstring(method: Callable[..., Any]) -> Any:
    return parse(inspect.getdoc(method) or "", DocstringStyle.GOOGLE)


# What a docstring says about Python, and what to say in a shell instead.
_FOR_SHELL = (
    (r"a date, an aware datetime \(.*?\), or a str in ISO 8601", "a date in ISO 8601"),
    (r"an aware datetime, or a str in ISO 8601", "a time in ISO 8601"),
    (r"one of the model's info\.limits\.", "one of the model's "),
    (r"A text, or a list of at most [\d,]+ texts", "A text"),
    (r"None removes", "none removes"),
    (r"False (\w+) the key; True (\w+) it", r"--no-active \1 the key; --active \2 it"),
    (r" JobResult\.source_metadata\(\) parses it\.", ""),
    (r" Either this or --model-slug is required\.", ""),
    (r"Properties whose argument is not passed, or is NOT_GIVEN,", "Other properties"),
    (r"The error then has possibly_accepted=True", "The exit code is then 5"),
    (r"update\(key_id, active=False\)", "`deapi keys update ID --no-active`"),
    (r"ApiKey\.id", "the id in the list"),
)


def _names_in_help(
    method: Callable[..., Any], positional: Mapping[str, str] | None
) -> dict[str, str]:
    """Return the names in the help of the arguments of a method."""
    names = {name: _flag(name) for name in inspect.signature(method).parameters}
    return {**names, **(positional or {})}


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _plain(text: str, names: Mapping[str, str]) -> str:
    """Return a docstring without markup, in which arguments have the names of the command."""
    joined = " ".join(text.split())
    plain = re.sub(r"``(.*?)``", lambda quoted: names.get(quoted[1], quoted[1]), joined)
    for pattern, replacement in _FOR_SHELL:
        plain = re.sub(pattern, replacement, plain)
    return plain


def _to_lora(value: str) -> dict[str, object]:
    name, separator, weight = value.rpartition("=")
    try:
        return (
            {"name": name, "weight": float(weight)} if separator else {"name": value, "weight": 1.0}
        )
    except ValueError:
        raise CommandError(
            f"--loras must be NAME=WEIGHT, for example Ink=0.8; got {value!r}."
        ) from None


def find_method(client: object, name: str) -> Callable[..., Any]:
    """Return a method of a client, or of its class, by its dotted name."""
    found: Any = client
    for part in name.split("."):
        found = getattr(found, part)
    return cast("Callable[..., Any]", found)
