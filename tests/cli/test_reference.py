"""The page docs/cli.md."""

import re
import shlex

import pytest

from support import cli_reference
from support.shell import run_command

BLOCKS = [
    re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    for block in re.findall(r"```console\n(.*?)```", cli_reference.PAGE.read_text(), re.DOTALL)
]


def test_the_page_agrees_with_the_methods_of_the_client():
    _, mark, rest = cli_reference.PAGE.read_text().partition(cli_reference.MARK)
    assert mark + rest == cli_reference.reference(), "run python tests/support/cli_reference.py"


def test_the_page_has_examples():
    assert sum(map(len, BLOCKS)) >= 30


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block[0])
def test_the_examples_of_a_block_run(block, service, folder):
    variables = {"$DEAPI_API_KEY": service.api_key}
    for example in block:
        name, command = re.fullmatch(r"(?:(\w+)=\$\()?(.*?)\)?(?: > \S+)?", example).groups()
        stdin, _, command = command.rpartition(" | ")
        content = shlex.split(stdin)[1] if stdin else ""
        program, *arguments = shlex.split(command)
        assert program == "deapi"
        arguments = [variables.get(each, each) for each in arguments]
        ended = run_command(*arguments, stdin=variables.get(content, content).encode())
        assert ended.code == 0, (example, ended.errors)
        if name:
            variables[f"${name}"] = ended.output.strip()
