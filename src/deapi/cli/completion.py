"""Completion for bash, zsh and fish: commands, options, models, formats, voices and languages.

The scripts call ``deapi __complete`` with the words of the command line, and it prints candidates.
If there are none, the shell completes names of files.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from .._client import DeapiClient
from .._config import API_PREFIXES
from .._profiles import read_profiles
from .account import models_app
from .calls import KEY_COMMANDS, method_command, method_names
from .catalogue import cached_models
from .commands import task_command
from .jobs import app as jobs_app
from .profile import OPTION, select_profile
from .signatures import find_method
from .tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Shell: TypeAlias = Literal["bash", "zsh", "fish"]

_SCRIPTS: dict[str, str] = {
    "bash": r"""_deapi() {
    local IFS=$'\n'
    COMPREPLY=($(deapi __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _deapi deapi
""",
    "zsh": r"""#compdef deapi
_deapi() {
    local -a candidates
    candidates=("${(@f)$(deapi __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${candidates[*]}" ]]; then
        compadd -- "${candidates[@]}"
    else
        _files
    fi
}
compdef _deapi deapi
""",
    "fish": r"""complete -c deapi \
    -a '(deapi __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
""",
}


def completion(shell: Shell, /) -> None:
    """Print the completion script of a shell.

    Args:
        shell: Name of the shell: bash, zsh or fish.
    """
    sys.stdout.write(_SCRIPTS[shell])


def candidates(commands: Iterable[str], words: Sequence[str]) -> list[str]:
    """Return the words that can replace the last one.

    Args:
        commands: The commands of the application.
        words: Words of the command line after the name of the program. The last one is incomplete.
    """
    *before, prefix = words or [""]
    if before[-1:] == [OPTION]:
        found: Iterable[str] = read_profiles()
    else:
        with select_profile(before) as rest:
            found = [*_all(commands, rest, prefix), *([OPTION] if prefix.startswith("-") else [])]
    return sorted(each for each in found if each.startswith(prefix))


def _all(commands: Iterable[str], before: list[str], prefix: str) -> Iterable[str]:
    if not before:
        return commands
    command, *rest = before
    if command == "price":
        return _all(TASKS, rest, prefix)
    if command in TASKS:
        task = TASKS[command]
        return _of_function(task_command(task), task.method, rest, prefix, command)
    method = _method(command, rest)
    if method is not None:
        return _of_function(method_command(method), method, rest, prefix, "")
    return _subcommands(command, rest)


def _method(command: str, rest: list[str]) -> str | None:
    """Return the method that a command calls, or None."""
    if command == "usage":
        return "account.usage"
    name = f"keys.{rest[0]}" if command == "keys" and rest else "".join(rest[:1])
    return name if command in ("keys", "call") and name in method_names() else None


def _subcommands(command: str, rest: list[str]) -> Iterable[str]:
    if command == "models" and rest == ["show"]:
        return _slugs(())
    if rest:
        return ()
    names: dict[str, Iterable[str]] = {
        "models": [*TASKS, *models_app],
        "jobs": jobs_app,
        "batch": ("run", "show"),
        "keys": KEY_COMMANDS,
        "call": method_names(),
        "completion": get_args(Shell),
    }
    return [name for name in names.get(command, ()) if not name.startswith("-")]


def _of_function(
    function: Callable[..., object], method: str, rest: list[str], prefix: str, command: str
) -> Iterable[str]:
    """Return the values of the option before the incomplete word, or the options.

    Args:
        function: Function of the command.
        method: Dotted name of the method that it calls.
        rest: The words before the incomplete one, without the command.
        prefix: The incomplete word.
        command: The task, or an empty string.
    """
    annotations: dict[str, Any] = function.__annotations__
    names = {
        flag: name
        for name, annotation in annotations.items()
        for flag in annotation.__metadata__[0].name
        if flag.startswith("-")
    }
    option = names.get(rest[-1]) if rest else None
    if option is not None and bool not in get_args(get_args(annotations[option])[0]):
        return _values(method, option, rest, command)
    return [name for name in names if name.startswith("--")] if prefix.startswith("-") else ()


def _values(method: str, option: str, rest: list[str], command: str) -> Iterable[str]:
    task = TASKS.get(command)
    if option in ("api_version", "call_version"):
        return API_PREFIXES
    if option == "format" and task is not None:
        return task.formats
    if option == "model":
        return _slugs(() if task is None else task.inference_types)
    if option in ("lang", "voice"):
        return _languages(rest, option)
    hint = get_type_hints(find_method(DeapiClient, method)).get(option)
    return [str(value) for value in _literals(hint)]


def _slugs(inference_types: Sequence[str]) -> list[str]:
    return [
        str(model.get("slug"))
        for model in cached_models()
        if not inference_types or {*inference_types} & {*model.get("inference_types", ())}
    ]


def _languages(rest: list[str], option: str) -> set[str]:
    """Return languages, or the voices of the language; of the model that is passed, or of all."""
    passed = dict(pairwise(rest))
    slug = passed.get("--model") or passed.get("-m")
    languages = [
        language
        for model in cached_models()
        if slug in (None, model.get("slug"))
        for language in model.get("languages", ())
    ]
    if option == "lang":
        return {str(language["slug"]) for language in languages}
    lang = passed.get("--lang")
    return {
        str(voice["slug"])
        for language in languages
        if lang in (None, language["slug"])
        for voice in language["voices"]
    }


def _literals(hint: Any) -> Iterable[object]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    else:
        for member in get_args(hint):
            yield from _literals(member)
