"""Completion for bash, zsh and fish: commands, options, models, formats, voices and languages.

The scripts call ``deapi __complete`` with the words of the command line, and it prints candidates.
If there are none, the shell completes names of files.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from .profile import PROFILE_OPTION, select_profile
from .tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cyclopts import App, Argument

Shell: TypeAlias = Literal["bash", "zsh", "fish"]

_SCRIPTS: dict[str, str] = {
    "bash": r"""_deapi() {
    local IFS=$'\n'
    COMPREPLY=($(deapi __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _deapi deapi
""",
    # As a file in $fpath it is loaded at the first completion, otherwise it is evaluated.
    "zsh": r"""#compdef deapi
_deapi() {
    local -a candidates
    candidates=("${(@f)$(deapi __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${candidates[*]}" ]]; then
        compadd -- "${candidates[@]}"
    else
        _files
    fi
}
if [[ "${funcstack[1]}" = _deapi ]]; then
    _deapi "$@"
else
    compdef _deapi deapi
fi
""",
    "fish": r"""function __deapi_complete
    set -l word (commandline -ct)
    set -l found (deapi __complete (commandline -opc)[2..] "$word" 2>/dev/null)
    if test -n "$found"
        printf '%s\n' $found
    else
        __fish_complete_path "$word"
    end
end
complete -c deapi -f -a '(__deapi_complete)'
""",
}


def completion(shell: Shell, /) -> None:
    """Print the completion script of a shell.

    Args:
        shell: Name of the shell: bash, zsh or fish.
    """
    sys.stdout.write(_SCRIPTS[shell])


def candidates(app: App, words: Sequence[str]) -> list[str]:
    """Return the words that can replace the last one.

    Args:
        app: The application.
        words: Words of the command line after the name of the program. The last one is incomplete.
    """
    *before, prefix = _join_values(words) or [""]
    option, equals, value = prefix.partition("=")
    if option.startswith("--") and equals:  # --model=Flux
        return [f"{option}={each}" for each in candidates(app, [*before, option, value])]
    if before[-1:] == [PROFILE_OPTION]:
        from .._profiles import read_profiles

        found = [*read_profiles()]
    else:
        with select_profile(before) as rest:
            found = [
                *_all(app, rest, prefix),
                *([PROFILE_OPTION] if prefix.startswith("-") else []),
            ]
    return sorted(each for each in found if each.startswith(prefix))


def _join_values(words: Sequence[str]) -> list[str]:
    """Remove the equals signs that bash passes as words: ``--model = Flux``."""
    joined = [each for each in words if each != "="]
    return [*joined, ""] if words[-1:] == ["="] else joined


def _all(app: App, before: list[str], prefix: str) -> Iterable[str]:
    names, apps, rest = app.parse_commands(before)
    command = apps[-1]
    arguments: Sequence[Argument] = ()
    if command.default_command:
        arguments = command.assemble_argument_collection(parse_docstring=False)
    for argument in arguments:
        is_flag = bool in (argument.hint, *get_args(argument.hint))
        if rest and rest[-1] in argument.names and not is_flag:
            return _values(names, argument.field_info.name, rest)
    if prefix.startswith("-"):
        options = [name for argument in arguments for name in argument.names]
        return [*(name for name in options if name.startswith("--")), "--help"]
    if rest:
        return ()
    positional = [_literals(each.hint) for each in arguments if each.field_info.is_positional]
    found = [name for name in command if not name.startswith("-")]
    found += [str(value) for values in positional for value in values]
    if names == ("models",):
        found += TASKS
    return _slugs(()) if names == ("models", "show") else found


def _values(names: tuple[str, ...], argument: str, rest: list[str]) -> Iterable[str]:
    """Return the values of an option.

    Args:
        names: Words of the command.
        argument: Name of the argument that the option sets.
        rest: The words after the command.
    """
    task = TASKS.get(names[-1])
    if argument in ("api_version", "call_version"):
        from .._config import API_PREFIXES

        return API_PREFIXES
    if argument == "format" and task is not None:
        return task.formats
    if argument == "model":
        return _slugs(() if task is None else task.inference_types)
    if argument in ("lang", "voice"):
        return _languages(rest, argument)
    method = _method_of(names)
    if method is None:
        return ()
    from .._client import DeapiClient
    from .signatures import find_method

    hint = get_type_hints(find_method(DeapiClient, method)).get(argument)
    return [str(value) for value in _literals(hint)]


def _method_of(names: tuple[str, ...]) -> str | None:
    """Return the method that a command calls, or None."""
    if names[-1] in TASKS:
        return TASKS[names[-1]].method
    if names == ("usage",):
        return "account.usage"
    return {"keys": ".".join(names), "call": names[-1]}.get(names[0])


def _slugs(inference_types: Sequence[str]) -> list[str]:
    from .model_cache import cached_models

    return [
        str(model.get("slug"))
        for model in cached_models()
        if not inference_types or {*inference_types} & {*model.get("inference_types", ())}
    ]


def _languages(rest: list[str], option: str) -> set[str]:
    """Return languages, or the voices of the language; of the model that is passed, or of all."""
    from .model_cache import cached_models

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
