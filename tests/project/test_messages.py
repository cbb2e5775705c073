"""Messages that contain another message are sentences with one full stop."""

import ast
import itertools
from pathlib import Path

import deapi
from deapi._text import end_sentence

SOURCE = Path(deapi.__file__).parent


def exceptions_of(tree):
    """Return the names of exceptions in a module: of handlers, and of annotated arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        elif isinstance(node, ast.arg) and node.annotation is not None:
            annotation = ast.unparse(node.annotation)
            if annotation.endswith(("Error", "Exception")):
                yield node.arg


def shows_message(expression, exceptions):
    """Whether an expression is the message of an exception, and not only an attribute of it."""
    if isinstance(expression, ast.Name):
        return expression.id in exceptions
    if isinstance(expression, ast.Attribute):
        return expression.attr == "message"
    if isinstance(expression, ast.Call) and ast.unparse(expression.func) in ("type", "exit_code"):
        return False
    return any(shows_message(each, exceptions) for each in ast.iter_child_nodes(expression))


def interpolated_messages():
    """Yield the place of each message in an f-string, its expression, and the text after it."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        exceptions = set(exceptions_of(tree))
        for text in (each for each in ast.walk(tree) if isinstance(each, ast.JoinedStr)):
            for value, after in itertools.pairwise([*text.values, None]):
                if isinstance(value, ast.FormattedValue) and shows_message(value.value, exceptions):
                    rest = after.value if isinstance(after, ast.Constant) else ""
                    yield f"{path}:{value.lineno}", ast.unparse(value.value), rest


def test_a_message_in_a_message_ends_with_one_full_stop():
    # A message may or may not have a full stop, also within parentheses at its end.
    found = list(interpolated_messages())
    assert len(found) > 20
    for place, expression, rest in found:
        is_sentence = expression.startswith(("end_sentence(", "connection.reason("))
        followed = is_sentence and rest.startswith(" ")
        assert followed or not rest.strip(), f"{place}: {expression}{rest}"


def test_a_full_stop_is_added_where_there_is_none():
    for text in ("No.", "Why?", "Stop!", "cut off…", "no (HTTP 403: denied.)", "it says 'no.'"):
        assert end_sentence(text) == text
    for text in ("no", "no (HTTP 500)", "it says 'no'", ""):
        assert end_sentence(text) == f"{text}."
