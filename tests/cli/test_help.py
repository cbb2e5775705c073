"""The help of each command, at 80 columns."""

import inspect
import re

import pytest

from deapi.cli.app import build_app
from deapi.cli.help import EXAMPLES
from deapi.cli.tasks import TASKS, summary
from support import cli_reference
from support.shell import run_command

# The emulator has its own help. Of the methods of the client, the help is that for Python.
NAMES = [name for name in build_app() if not name.startswith("-")]
COMMANDS = sorted({*NAMES, *EXAMPLES} - {"emulator"})
PYTHON = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|NOT_GIVEN|datetime|\bstr\b|``|\w=\w+\)|info\.limits"
)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_with_examples(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    ended = run_command(*command.split(), "--help")
    assert (ended.code, ended.errors) == (0, "")
    assert "\nExamples:\n  " in ended.output
    assert max(map(len, ended.output.splitlines())) <= 80
    assert not PYTHON.findall(ended.output)


@pytest.mark.parametrize("command", ["animate", "price animate"])
def test_animate_has_no_options_for_references_because_they_exclude_its_file(command):
    output = run_command(*command.split(), "--help").output
    assert "--last-frame-image" in output
    assert "--ref-" not in output


def test_the_tasks_come_first_in_the_help_in_the_order_of_their_media(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    output = run_command("--help").output
    order = [output.index(f" {each} ") for each in ("Tasks", "image", "video", "speak", "jobs")]
    assert order == sorted(order)


@pytest.mark.parametrize("command", cli_reference.COMMANDS)
def test_a_description_has_no_line_breaks(command):
    text = inspect.cleandoc(cli_reference.COMMANDS[command].__doc__)
    assert not re.search(r"\n {8}\S", text), "use @join_docstring_lines"


@pytest.mark.parametrize("method", ["account.usage", *(task.method for task in TASKS.values())])
def test_the_description_of_a_task_is_the_same_without_source_files(method, monkeypatch):
    def fail(*_):
        raise FileNotFoundError("a program of PyInstaller has compiled files only")

    found = summary(method)
    monkeypatch.setattr("pkgutil.get_data", fail)
    assert summary(method) == found != ""
