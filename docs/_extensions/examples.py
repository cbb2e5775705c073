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


class Example(NamedTuple):
    """Code that calls a method of a resource, and the line that defines its client, if any."""

    code: str
    client: str | None


def find_examples(docs: Path) -> dict[tuple[str, str], Example]:
    """Return the first example of each method, by the names of the resource and the method.

    The guide of a resource comes before other pages, and the client before ``v2``.
    """
    found: dict[tuple[str, str], list[tuple[tuple[bool, bool], Example]]] = {}
    for page in [
        *sorted(docs.glob("*.md")),
        docs / "reference" / "_examples.md",
    ]:
        for _, code in find_snippets(page.read_text("utf-8")):
            for resource, method, root, example in _calls(code):
                rank = (
                    page.stem not in (resource, "_examples"),
                    root != "client",
                )
                found.setdefault((resource, method), []).append(
                    (rank, example)
                )
    return {
        name: min(each, key=lambda item: item[0])[1]
        for name, each in found.items()
    }


def _calls(code: str) -> Iterator[tuple[str, str, str, Example]]:
    statements = ast.parse(code).body
    lines = code.splitlines()
    for index, statement in enumerate(statements):
        for node in ast.walk(statement):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        attr=method,
                        value=ast.Attribute(
                            attr=resource,
                            value=ast.Name(
                                id=("client" | "v2" | "v1") as root
                            ),
                        ),
                    )
                ):
                    last = _last_that_uses(statements, index)
                    text = "\n".join(
                        lines[statement.lineno - 1 : last.end_lineno]
                    )
                    line = {"v2": _V2, "v1": _V1}.get(root)
                    yield (
                        resource,
                        method,
                        root,
                        Example(textwrap.dedent(text), line),
                    )
                case _:
                    pass


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
    _name: str,
    subject: object,
    _options: Any,
    lines: list[str],
) -> None:
    """Append its example to the documentation of a method of a resource."""
    qualified = getattr(subject, "__qualname__", "")
    module = getattr(subject, "__module__", "") or ""
    if what != "method" or not module.startswith("deapi.resources"):
        return
    owner, _, method = qualified.partition(".")
    if owner.startswith("Async"):
        sync = owner.removeprefix("Async")
        summary = lines.index("") if "" in lines else len(lines)
        lines[summary:] = [
            "",
            f"See :py:meth:`{sync}.{method}() <{module}.{sync}.{method}>`.",
        ]
        return
    resource = {"OCR": "ocr", "CurrentKey": "current_key"}.get(
        owner, owner.lower()
    )
    example = app.examples[resource, method]  # type: ignore[attr-defined]
    code = [*filter(None, [example.client]), *example.code.splitlines()]
    lines += ["", ".. rubric:: Example", "", ".. code-block:: python", ""]
    lines += [f"   {line}" for line in code] + [""]


def setup(app: Sphinx) -> dict[str, Any]:
    """Find the examples, and add them after Napoleon (500) has read the docstring."""
    app.examples = find_examples(Path(app.srcdir))  # type: ignore[attr-defined]
    app.connect("autodoc-process-docstring", add_examples, priority=700)
    return {"parallel_read_safe": True}
