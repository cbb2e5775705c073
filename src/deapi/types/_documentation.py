"""Docstrings of models, with the documentation of their fields.

A field is documented by a string below it, which editors show for ``result.result_url``. Python
does not keep these strings, so ``help()`` and Sphinx would not show them.
"""

from __future__ import annotations

import inspect
from itertools import pairwise


def with_fields(model: type, docstring: str | None) -> str | None:
    """Add the fields of a model to its docstring, if it has one."""
    fields = field_docstrings(model) if docstring else {}
    if not docstring or not fields:
        return docstring
    import textwrap

    entries = [
        textwrap.fill(
            f"{name}: {text}",
            100,
            initial_indent="    ",
            subsequent_indent="        ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, text in fields.items()
    ]
    return "\n".join([inspect.cleandoc(docstring), "", "Attributes:", *entries, ""])


def field_docstrings(model: type) -> dict[str, str]:
    """Return the documentation of the fields of a model, without those of unavailable source."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if cls.__module__.startswith("deapi."):
            found.update(_own_docstrings(cls))
    return found


def _own_docstrings(cls: type) -> dict[str, str]:
    import ast
    import textwrap

    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except (OSError, TypeError, SyntaxError):  # generic classes with arguments have no source
        return {}
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: " ".join(inspect.cleandoc(text.value.value).split())
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
        and "ClassVar" not in ast.unparse(field.annotation)
    }
