"""The vendor's OpenAPI files, read just far enough to hold a request against them.

They lie beside the project, where there are any, and never in it.
"""

import functools
import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "contract"

CHECKS = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
FORM_TEXTS = {
    "string": r"(?s).*",
    "integer": r"-?\d+",
    "number": r"-?\d+(\.\d+)?",
    "boolean": r"[01]",
}


FILES = ("openapi-v1.json", "openapi-v1-removed-prompts.json", "openapi-v2.json")


@functools.cache
def document(name):
    """A file; the test is skipped where there is none."""
    file = FOLDER / name
    if not file.exists():
        pytest.skip(f"{file} is not here: the contract's files are not part of the project")
    return json.loads(file.read_text(encoding="utf-8"))


def paths(name):
    """The paths of a file."""
    return document(name)["paths"]


def operation(path, method):
    """The operation at a path, from the file of its version or of what was removed from it."""
    name = "openapi-v2.json"
    if path.startswith("/api/v1/"):
        removed = path.startswith("/api/v1/client/prompt")
        name = "openapi-v1-removed-prompts.json" if removed else "openapi-v1.json"
    return _whole(paths(name)[path][method.lower()], document(name))


def _whole(node, root):
    """A part of a file with what it refers to in its place."""
    if isinstance(node, list):
        return [_whole(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        target = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return _whole(target, root)
    return {key: _whole(value, root) for key, value in node.items()}


def shapes(body):
    """The alternatives of a body's schema."""
    return body.get("oneOf", [body])


def names(shape):
    """The fields of a shape by name, and the names of those that it requires."""
    return shape["properties"], set(shape.get("required", ()))


def base(name):
    """The field that a part of a form belongs to: ``loras[0][name]`` to ``loras``."""
    return re.sub(r"(?<!^)\[.+", "", name)


def problem_in_json(schema, value, where):
    """What is wrong with a JSON value, None if nothing is."""
    if value is None:
        return None if schema.get("nullable") else f"{where} is null"
    if "oneOf" in schema:
        found = [problem_in_json(kind, value, where) for kind in schema["oneOf"]]
        return None if None in found else found[0]
    if not CHECKS[schema["type"]](value):
        return f"{where} is no {schema['type']}: {value!r}"
    if value not in schema.get("enum", [value]):
        return f"{where} is none of {schema['enum']}"
    if not _within(schema, value):
        return f"{where} is out of range: {value!r}"
    nested = []
    if schema["type"] == "array":
        nested = [(schema["items"], item, f"{where}[{i}]") for i, item in enumerate(value)]
    elif schema["type"] == "object":
        nested = [
            (schema["properties"][key], item, f"{where}.{key}") for key, item in value.items()
        ]
    return next(filter(None, (problem_in_json(*step) for step in nested)), None)


def problem_in_form(schema, value, where):
    """What is wrong with a part of a form, None if nothing is."""
    if schema["type"] == "array" and schema["items"].get("format") == "binary":
        found = (problem_in_form(schema["items"], item, where) for item in value)
        return next(filter(None, found), None)
    if schema["type"] == "array":  # in brackets, such as loras[0][weight]
        schema = schema["items"]["properties"][where.rpartition("[")[2].rstrip("]")]
    if isinstance(value, bytes) or schema.get("format") == "binary":
        fits = isinstance(value, bytes) and schema.get("format") == "binary"
        return None if fits else f"{where} is a file where none belongs, or the other way round"
    if value == "" and schema.get("nullable"):
        return None
    if not re.fullmatch(FORM_TEXTS[schema["type"]], value):
        return f"{where} is no {schema['type']}: {value!r}"
    numeric = schema["type"] in ("integer", "number")
    if not _within(schema, float(value) if numeric else value):
        return f"{where} is out of range: {value!r}"
    choices = [str(choice) for choice in schema.get("enum", [value])]
    return None if value in choices else f"{where} is none of {choices}"


def _within(schema, value):
    """Whether a number or the length of a text is between the limits that there are."""
    if isinstance(value, str):
        return schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    if isinstance(value, (int, float)):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return True
