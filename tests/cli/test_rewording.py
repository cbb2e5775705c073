"""Docstrings and messages for Python programs, reworded for a shell."""

import ast
import re
from pathlib import Path

import pytest

import deapi
from deapi.cli import errors, signatures
from deapi.cli.signatures import find_method, options_of
from deapi.cli.task_commands import task_command, task_parameters
from deapi.cli.tasks import TASKS
from support import cli_reference

# What only a Python program understands: values, types, calls, arguments by name, attributes.
PYTHON = re.compile(
    r"""\b(?:None|True|False|NOT_GIVEN|datetime|bool|bytes|dict|float|int|str|tuple)\b
    | \bkeyword[ ]argument | \bcoroutine | \bawait\b | \biterator | \bexception
    | ``
    | \b\w+\(\w*[=,)]  # a call
    | \b(?:client|info|job|result|self)\.\w
    | \b[A-Z]\w*[a-z]\.[a-z]""",
    re.VERBOSE,
)


def test_each_rule_for_docstrings_applies_to_one(monkeypatch):
    rules = signatures._FOR_SHELL
    monkeypatch.setattr(signatures, "_FOR_SHELL", ())
    text = cli_reference.reference()
    assert [pattern for pattern, _ in rules if not re.search(pattern, text)] == []


def test_the_descriptions_of_the_commands_name_nothing_of_python():
    text = re.sub(r"```.*?```", "", cli_reference.reference(), flags=re.DOTALL)
    assert len(text) > 20_000
    assert [found.group() for found in PYTHON.finditer(text)] == []


@pytest.mark.parametrize("command", TASKS)
def test_the_help_of_a_task_names_only_its_own_options(command):
    task = TASKS[command]
    settings = [each.annotation.__metadata__[0] for each in task_parameters(task)]
    flags = {name for each in settings for name in each.name}
    text = "\n".join([task_command(task).__doc__, *(each.help for each in settings)])
    assert {*re.findall(r"--[a-z][a-z-]*", text)} <= flags
    arguments = options_of(find_method(deapi.DeapiClient, task.method))
    assert not [name for name in arguments if "_" in name and re.search(rf"\b{name}\b", text)]


@pytest.mark.parametrize(
    "text", ["None removes it", "a (name, file) tuple", "call update(key_id)", "see job.wait()"]
)
def test_terms_of_python_are_found(text):
    assert PYTHON.search(text)


def messages():
    """Yield the strings of the source, with a value in each place of an f-string."""
    for path in Path(deapi.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(map(shown, node.values))


def shown(part):
    if isinstance(part, ast.Constant):
        return part.value
    return "'value'" if part.conversion == ord("r") else "value"


def test_each_rule_for_messages_applies_to_one():
    # Without the patterns themselves.
    texts = [text for text in messages() if "\\" not in text]
    unused = [rule for rule, _ in errors._ADVICE if not any(map(rule.search, texts))]
    assert unused == []


def test_a_message_that_resumes_a_job_does_so_in_a_shell():
    reworded = {errors.for_shell(text) for text in messages() if "client.job('" in text}
    assert len(reworded) > 3
    assert [
        text for text in reworded if PYTHON.search(text) or re.search(r"`deapi[^`]*`\.\w", text)
    ] == []
