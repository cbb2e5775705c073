"""The page docs/cli.md."""

import contextlib
import io
import re
import shlex

import pytest

from support import cli_reference
from support.shell import run_command

EXAMPLES = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", cli_reference.PAGE.read_text(), re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_the_page_agrees_with_the_methods_of_the_client():
    _, mark, rest = cli_reference.PAGE.read_text().partition(cli_reference.MARK)
    assert mark + rest == cli_reference.reference(), "run python tests/support/cli_reference.py"


def test_the_page_has_examples():
    assert len(EXAMPLES) >= 18


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_runs(example, service, folder):
    command, _, _target = example.partition(" > ")
    stdin, _, command = ("", "", command) if "|" not in command else command.partition(" | ")
    content = shlex.split(stdin)[1].encode() if stdin else b""
    program, *arguments = shlex.split(command)
    assert program == "deapi"
    with contextlib.redirect_stdout(io.StringIO()):
        ended = run_command(*arguments, stdin=content)
    assert ended.code == 0, ended.errors
