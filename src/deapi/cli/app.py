"""The application: its commands, and how errors end it."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from cyclopts import App, CycloptsError, UnusedCliTokensError

from .._version import __version__
from .profile import OPTION, select_profile
from .tasks import TASKS, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP = """Generate and process images, video, audio and text with deAPI.

`deapi login` stores an API key. The environment variable DEAPI_API_KEY has
precedence.
"""
_EPILOGUE = f"{OPTION} NAME, with every command: use the API key of this profile.\n"
_USAGE_ERROR = 2
_PRICE = "Show the price of a task."

# Where each command is, and its description in the help. The description of the command itself is
# not read, because this would import the client.
_COMMANDS = {
    "jobs": ("jobs:app", "Read, wait for and save jobs by their IDs."),
    "models": ("account:models_app", "List the models that the account can use."),
    "batch": ("batch:app", "Run many jobs from a file, with a journal."),
    "balance": ("account:balance", "Show the balance of the account in US dollars."),
    "usage": ("calls:usage", summary("account.usage")),
    "keys": ("calls:keys_app", "Manage the API keys of the account."),
    "login": ("login:login", "Store an API key, entered or from standard input."),
    "logout": ("login:logout", "Delete a stored API key."),
    "profiles": ("login:profiles", "List the profiles, without their API keys."),
    "call": ("calls:call_app", "Call any method of the client."),
    "completion": ("completion:completion", "Print the completion script of bash, zsh or fish."),
    "doctor": ("doctor.command:doctor", "Find problems of the installation and the account."),
    "listen": ("listen:listen", "Forward the events of jobs to a local program, as webhooks."),
    "emulator": ("emulator:app", "Run a local server that behaves like deAPI."),
}


def build_app() -> App:
    """Return the application. A command is imported when it runs."""
    app = App(
        name="deapi",
        help=_HELP,
        help_format="plaintext",
        help_epilogue=_EPILOGUE,
        version=__version__,
        version_flags=["--version"],
        suppress_keyboard_interrupt=False,
    )
    for command, task in TASKS.items():
        app.command(
            f"deapi.cli.commands:{command}",
            name=command,
            help=summary(task.method),
            group="Tasks",
        )
    app.command("deapi.cli.commands:price_app", name="price", help=_PRICE, group="Tasks")
    for command, (path, text) in _COMMANDS.items():
        app.command(f"deapi.cli.{path}", name=command, help=text)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run the command with arguments, and return its exit code."""
    return _complete(arguments[1:]) if arguments[:1] == ["__complete"] else _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        with select_profile(arguments) as rest:
            code = build_app()(
                rest,
                exit_on_error=False,
                print_error=False,
                result_action="return_value",
            )
        sys.stdout.flush()
    except UnusedCliTokensError as error:
        unused = " ".join(error.unused_tokens or ())
        return _fail(f"Unexpected: {unused}. Quote a text that contains spaces.", _USAGE_ERROR)
    except CycloptsError as error:
        command = " ".join(["deapi", *(error.command_chain or ())])
        return _fail(f"{_paragraph(error)} Run `{command} --help` for help.", _USAGE_ERROR)
    except BrokenPipeError:
        # The reader of standard output has ended. Python would report this again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
        for candidate in candidates([*TASKS, "price", *_COMMANDS], words):
            sys.stdout.write(f"{candidate}\n")
    return 0


def _paragraph(error: BaseException) -> str:
    return " ".join(str(error).split())


def _fail(text: str, code: int) -> int:
    from .console import Console

    Console().error(text)
    return code
