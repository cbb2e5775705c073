"""The page docs/cli.md, and the examples in the help of each command."""

import re
import shlex
from itertools import groupby
from pathlib import Path

import pytest

from deapi.cli.help import EXAMPLES
from support import cli_reference
from support.shell import run_command

GUIDE, _, REFERENCE = cli_reference.PAGE.read_text().partition(cli_reference.MARK)
BLOCKS = [
    commands
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
    if (commands := re.findall(r"^\$ (.*)$", block, re.MULTILINE))  # others show output only
]

# Examples of commands with a common first word, in the order in which they can run.
GROUPS = {
    word: [example for command in commands for example in EXAMPLES[command]]
    for word, commands in groupby(EXAMPLES, lambda command: command.split()[0])
}

# What an example requires, and the command that provides it.
BEFORE = {
    "deapi keys update 2": "deapi keys create --name ci",
    "deapi logout --profile work": 'echo "$DEAPI_API_KEY" | deapi login --profile work',
}


def test_the_page_agrees_with_the_methods_of_the_client():
    assert (
        REFERENCE.strip() == cli_reference.reference().partition(cli_reference.MARK)[2].strip()
    ), "run python tests/support/cli_reference.py"


def test_the_page_has_examples():
    assert sum(map(len, BLOCKS)) >= 30


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block[0])
def test_the_examples_of_a_block_run(block, service, directory):
    run_examples(block, service)


@pytest.mark.parametrize("word", sorted({*GROUPS} - {"listen"}))  # listen does not end
def test_the_examples_in_the_help_run(word, service, directory):
    (directory / "talk.txt").write_text("Good morning.\n")
    required = [BEFORE[example] for example in GROUPS[word] if example in BEFORE]
    run_examples([*required, *GROUPS[word]], service)


def run_examples(examples, service):
    variables = {"$DEAPI_API_KEY": service.api_key}
    for example in examples:
        name, command = re.fullmatch(r"(?:(\w+)=\$\()?(.*?)\)?(?: > \S+)?", example).groups()
        stdin, _, command = command.rpartition(" | ")
        program, *arguments = shlex.split(command)
        assert program == "deapi"
        expanded = [each for word in arguments for each in expand(variables.get(word, word))]
        ended = run_command(*expanded, stdin=read(stdin, variables))
        assert ended.code == 0, (example, ended.errors)
        if name:
            variables[f"${name}"] = ended.output.strip()


def expand(word):
    """Return the names of files that a word with an asterisk stands for."""
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


def read(command, variables):
    """Return what ``echo`` or ``cat`` writes."""
    program, *arguments = shlex.split(command) or [""]
    if program == "cat":
        return Path(arguments[0]).read_bytes()
    return "".join(variables.get(each, each) for each in arguments).encode()
