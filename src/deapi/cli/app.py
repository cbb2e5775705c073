"""The application: its commands, and how errors end it."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from cyclopts import (
    App,
    CycloptsError,
    Group,
    MissingArgumentError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from .._version import __version__
from .help import OPTIONS, PROFILE_NOTE, epilogue
from .literals import DELIMITER, count_literals
from .profile import select_profile
from .streams import discard, prepare_streams
from .tasks import TASKS, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP = """Generate and process images, video, audio and text with deAPI.

`deapi login` stores an API key. The environment variable DEAPI_API_KEY has
precedence.
"""
_USAGE_ERROR = 2
_PRICE = "Show the price of a task."

# Where each command is, and its description in the help, by group. The description of the command
# itself is not read, because this would import the client.
_COMMANDS = {
    "Jobs and models": {
        "jobs": ("jobs:app", "Read, wait for and save jobs by their IDs."),
        "batch": ("batch:app", "Run many jobs from a file, with a journal."),
        "models": ("account:models_app", "List the models that the account can use."),
    },
    "Account": {
        "login": ("login:login", "Store an API key, entered or from standard input."),
        "logout": ("login:logout", "Delete a stored API key."),
        "profiles": ("login:profiles", "List the profiles, without their API keys."),
        "balance": ("account:balance", "Show the balance of the account in US dollars."),
        "usage": ("admin:usage", summary("account.usage")),
        "keys": ("admin:keys_app", "Manage the API keys of the account."),
    },
    "Tools": {
        "call": ("method_commands:call_app", "Call any method of the client."),
        "completion": ("completion:completion", "Print the completion script of a shell."),
        "doctor": (
            "doctor.command:doctor",
            "Find problems of the installation, the settings and the account.",
        ),
        "listen": ("listen:listen", "Forward the events of jobs to a local program, as webhooks."),
        "emulator": ("emulator:app", "Run a local server that behaves like deAPI."),
    },
}


def build_app() -> App:
    """Return the application. A command is imported when it runs."""
    app = App(
        name="deapi",
        help=_HELP,
        help_format="plaintext",
        help_epilogue=PROFILE_NOTE,
        version=__version__,
        version_flags=["--version"],
        group_parameters=OPTIONS,
        suppress_keyboard_interrupt=False,
    )
    tasks = Group("Tasks", sort_key=0)
    for position, (command, task) in enumerate(TASKS.items()):
        app.command(
            f"deapi.cli.task_commands:{command}",
            name=command,
            help=task.summary,
            help_epilogue=epilogue(command),
            group=tasks,
            sort_key=position,
        )
    app.command(
        "deapi.cli.task_commands:price_app",
        name="price",
        help=_PRICE,
        group=tasks,
        sort_key=len(TASKS),
    )
    for number, (name, commands) in enumerate(_COMMANDS.items(), start=1):
        group = Group(name, sort_key=number)
        for position, (command, (path, text)) in enumerate(commands.items()):
            # An application has its own examples.
            own = {} if path.endswith("app") else {"help_epilogue": epilogue(command)}
            app.command(
                f"deapi.cli.{path}",
                name=command,
                help=text,
                group=group,
                sort_key=position,
                **own,
            )
    for flag, text in (("--help", "Show this help."), ("--version", "Show the version.")):
        app[flag].group, app[flag].help = (OPTIONS,), text
    return app


def run(arguments: Sequence[str]) -> int:
    """Run the command with arguments, and return its exit code."""
    prepare_streams()
    return _complete(arguments[1:]) if arguments[:1] == ["__complete"] else _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        with select_profile(arguments) as rest, count_literals(rest):
            code = build_app()(
                rest,
                exit_on_error=False,
                print_error=False,
                result_action="return_value",
            )
        sys.stdout.flush()
    except CycloptsError as error:
        from .._text import end_sentence

        command = " ".join(["deapi", *(error.command_chain or ())])
        return _fail(
            f"{end_sentence(_usage_error(error))} Run `{command} --help` for help.", _USAGE_ERROR
        )
    except BrokenPipeError:
        # The reader of standard output has ended. Python would report this again at exit.
        discard(sys.stdout)
        return 1
    except KeyboardInterrupt as interruption:
        from .errors import notes

        return _fail(f"Interrupted. {notes(interruption)}".rstrip(), 130)
    except Exception as error:  # noqa: BLE001 - reported, and determines the exit code
        from .errors import exit_code, message, show_traceback

        show_traceback()
        return _fail(message(error), exit_code(error))
    return code if isinstance(code, int) else 0


def _complete(words: Sequence[str]) -> int:
    """Print the candidates for the last word. A shell shows no errors, so there are none."""
    from .completion import candidates

    with contextlib.suppress(Exception):
        for candidate in candidates(build_app(), words):
            sys.stdout.write(f"{candidate}\n")
    return 0


def _usage_error(error: CycloptsError) -> str:
    """Return what is wrong with the arguments, as one paragraph."""
    words = error.root_input_tokens or []
    if isinstance(error, (UnknownOptionError, UnusedCliTokensError)):
        if DELIMITER in words:
            values = " ".join(words[words.index(DELIMITER) + 1 :])
            return f"Words after {DELIMITER} are values, and there are too many: {values}."
        task = TASKS.get(error.command_chain[-1]) if error.command_chain else None
        problem = next(filter(None, map(task.explain_main, words)), None) if task else None
        if problem is not None:
            return problem
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        unused = error.unused_tokens
        position = words.index(unused[0]) if unused[0] in words else 0
        before = words[position - 1] if position else ""
        if before.startswith("-"):
            return f"Unexpected: {unused[0]}. {before} is unknown, or does not accept a value."
        return f"Unexpected: {' '.join(unused)}. Quote a text that contains spaces."
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        passed = [each.keyword for each in error.argument.tokens if each.keyword]
        option = error.keyword or (passed[-1] if passed else None)
        return f"{option} needs a value." if option else f"{error.argument.name} is required."
    return " ".join(str(error).split())


def _fail(text: str, code: int) -> int:
    from .console import Console

    Console().error(text)
    return code
