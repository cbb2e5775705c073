"""An example for each method in the reference, found in the code of the guides.

The tests run that code. ``docs/reference/_examples.md`` has the methods that no guide shows.
"""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .snippets import find_snippets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

_V2 = 'v2 = client.with_options(api_version="v2")'
_V1 = _V2.replace("v2", "v1")
_MAX_LINES = 16
_CLIENTS = {"client": None, "v2": _V2, "v1": _V1}
# What the variables of the guides are called.
_VARIABLES = {
    "client": "DeapiClient",
    "job": "Job",
    "result": "JobResult",
    "transcript": "Transcript",
    "VideoDescription": "VideoDescription",
    "Transcript": "Transcript",
    "batch": "Batch",
    "item": "BatchItem",
    "emulator": "Emulator",
}
_FUNCTIONS = (
    "openai_settings",
    "unwrap",
    "construct_event",
    "verify_signature",
    "sign",
)


class Example(NamedTuple):
    """Code that uses a method, and the line that defines its client, if any."""

    code: str
    client: str | None


def find_examples(docs: Path) -> dict[tuple[str, str], Example]:
    """Return the first example of each method, by the names of its owner and the method.

    The owner is a class, or the attribute of a client that is a resource; of a function it is "".
    The guide of a resource comes before other pages, ``client`` before ``v2``. Long examples and
    functions come last.
    """
    found: dict[tuple[str, str], list[tuple[tuple[bool, ...], Example]]] = {}
    for page in [
        *sorted(docs.glob("*.md")),
        docs / "reference" / "_examples.md",
    ]:
        for _, code in find_snippets(page.read_text("utf-8")):
            for owner, method, root, example in _uses(code):
                guide = _GUIDES.get(owner, owner)
                rank = (
                    example.code.count("\n") > _MAX_LINES,
                    example.code.startswith(("def ", "async def ", "class ")),
                    page.stem not in (guide, "_examples"),
                    root in ("v1", "v2"),
                )
                found.setdefault((owner, method), []).append((rank, example))
    return {
        name: min(each, key=lambda item: item[0])[1]
        for name, each in found.items()
    }


_GUIDES = {
    "Job": "jobs",
    "JobResult": "jobs",
    "Transcript": "transcription",
    "Batch": "batch",
    "BatchItem": "batch",
    "Emulator": "testing",
    "": "webhooks",
}


def _uses(code: str) -> Iterator[tuple[str, str, str, Example]]:
    statements = ast.parse(code).body
    lines = code.splitlines()
    for index, statement in enumerate(statements):
        for node in ast.walk(statement):
            match node:
                case ast.Attribute(
                    attr=method,
                    value=ast.Attribute(attr=owner, value=ast.Name(id=root)),
                ) if root in _CLIENTS:
                    line = _CLIENTS[root]
                case ast.Attribute(attr=method, value=ast.Name(id=root)) if (
                    root in _VARIABLES
                ):
                    owner, line = _VARIABLES[root], None
                case ast.Call(func=ast.Name(id=method)) if (
                    method in _FUNCTIONS
                ):
                    owner, root, line = "", "", None
                case _:
                    continue
            last = _last_that_uses(statements, index)
            text = "\n".join(lines[statement.lineno - 1 : last.end_lineno])
            yield owner, method, root, Example(textwrap.dedent(text), line)


def _last_that_uses(statements: list[ast.stmt], index: int) -> ast.stmt:
    """Return the last of the following statements that use what a statement assigns."""
    first = last = statements[index]
    if isinstance(first, ast.Assign):
        names = {
            target.id
            for target in first.targets
            if isinstance(target, ast.Name)
        }
        for each in statements[index + 1 :]:
            used = {
                node.id
                for node in ast.walk(each)
                if isinstance(node, ast.Name)
            }
            length = (each.end_lineno or 0) - first.lineno
            if not names & used or length > _MAX_LINES:
                break
            last = each
    return last


def add_examples(
    app: Sphinx,
    what: str,
    name: str,
    _subject: object,
    _options: Any,
    lines: list[str],
) -> None:
    """Append its example to the documentation of a method, property or function."""
    module, _, owner = name.rpartition(".")[0].rpartition(".")
    member = name.rpartition(".")[2]
    if what == "function":
        owner = ""
    elif what not in ("method", "property"):
        return
    if owner.startswith("Async"):
        sync = owner.removeprefix("Async")
        summary = lines.index("") if "" in lines else len(lines)
        role = "attr" if what == "property" else "meth"
        call = member if what == "property" else f"{member}()"
        lines[summary:] = [
            "",
            f"See :py:{role}:`{sync}.{call} <{module}.{sync}.{member}>`.",
        ]
        return
    if module.startswith("deapi.resources."):
        owner = _RESOURCES.get(owner, owner.lower())
    example = app.examples.get((owner, member))  # type: ignore[attr-defined]
    if example is None:
        return
    code = [*filter(None, [example.client]), *example.code.splitlines()]
    lines += ["", ".. rubric:: Example", "", ".. code-block:: python", ""]
    lines += [f"   {line}" for line in code] + [""]


_RESOURCES = {"OCR": "ocr", "CurrentKey": "current_key"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Find the examples, and add them after Napoleon (500) has read the docstring."""
    app.examples = find_examples(Path(app.srcdir))  # type: ignore[attr-defined]
    app.connect("autodoc-process-docstring", add_examples, priority=700)
    return {"parallel_read_safe": True}
