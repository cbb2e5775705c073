"""The vendor's OpenAPI files, as far as is needed to check a request against them.

They are stored beside the project and never in it. Tests that use them have the marker `openapi`:
see `openapi_hooks.py` for what happens where the files are missing.
"""

import functools
import json
import re
from pathlib import Path

import pytest

DIRECTORY = Path(__file__).parents[3] / "shared" / "contract"

CHECKS = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
FORM_PATTERNS = {
    "string": r"(?s).*",
    "integer": r"-?\d+",
    "number": r"-?\d+(\.\d+)?",
    "boolean": r"[01]",
}


FILES = ("openapi-v1.json", "openapi-v1-removed-prompts.json", "openapi-v2.json")


@functools.cache
def document(name):
    """Return a file, parsed. The test fails if it is missing."""
    file = DIRECTORY / name
    if not file.exists():
        pytest.fail(f"{file} is missing; it is not part of the project", pytrace=False)
    return json.loads(file.read_text(encoding="utf-8"))


def paths(name):
    """Return the paths of a file."""
    return document(name)["paths"]


def operation(path, method):
    """Return the operation at a path, from the file of its version or of the removed endpoints."""
    name = "openapi-v2.json"
    if path.startswith("/api/v1/"):
        removed = path.startswith("/api/v1/client/prompt")
        name = "openapi-v1-removed-prompts.json" if removed else "openapi-v1.json"
    return _resolved(paths(name)[path][method.lower()], document(name))


def _resolved(node, root):
    """Return a part of a file with every `$ref` replaced by its target."""
    if isinstance(node, list):
        return [_resolved(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        target = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return _resolved(target, root)
    return {key: _resolved(value, root) for key, value in node.items()}


def alternatives(body):
    """Return the alternatives of the schema of a body."""
    return body.get("oneOf", [body])


def fields(schema):
    """Return the fields of a schema by name, and the names of the required ones."""
    return schema["properties"], set(schema.get("required", ()))


def field_of_part(name):
    """Return the field that a part of a form belongs to: ``loras`` for ``loras[0][name]``."""
    return re.sub(r"(?<!^)\[.+", "", name)


def problem_in_json(schema, value, where):
    """Return what is wrong with a JSON value, or None."""
    if value is None:
        return None if schema.get("nullable") else f"{where} is null"
    if "oneOf" in schema:
        problems = [problem_in_json(schema_, value, where) for schema_ in schema["oneOf"]]
        return None if None in problems else problems[0]
    if not CHECKS[schema["type"]](value):
        return f"{where} is not of type {schema['type']}: {value!r}"
    if value not in schema.get("enum", [value]):
        return f"{where} is not one of {schema['enum']}"
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
    """Return what is wrong with a part of a form, or None."""
    if schema["type"] == "array" and schema["items"].get("format") == "binary":
        problems = (problem_in_form(schema["items"], item, where) for item in value)
        return next(filter(None, problems), None)
    if schema["type"] == "array":  # a part such as loras[0][weight]
        schema = schema["items"]["properties"][where.rpartition("[")[2].rstrip("]")]
    if isinstance(value, bytes) or schema.get("format") == "binary":
        fits = isinstance(value, bytes) and schema.get("format") == "binary"
        return None if fits else f"{where} is a file and must not be one, or vice versa"
    if value == "" and schema.get("nullable"):
        return None
    if not re.fullmatch(FORM_PATTERNS[schema["type"]], value):
        return f"{where} is not of type {schema['type']}: {value!r}"
    numeric = schema["type"] in ("integer", "number")
    if not _within(schema, float(value) if numeric else value):
        return f"{where} is out of range: {value!r}"
    choices = [str(choice) for choice in schema.get("enum", [value])]
    return None if value in choices else f"{where} is not one of {choices}"


def _within(schema, value):
    """Return whether a number or the length of a string is within the limits of its schema."""
    if isinstance(value, str):
        return schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    if isinstance(value, (int, float)):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return True
