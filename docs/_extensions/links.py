"""Links of the reference: to the source, to types of deapi, and to the docs of other projects.

Sphinx would download the names of other projects. The few that annotations use are listed here, so
that the documentation is built without a network.
"""

from __future__ import annotations

import inspect
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

REPOSITORY = "https://github.com/deapi-ai/deapi-python-sdk/"
_ROOT = Path(__file__).parents[2]
_PYTHON = "https://docs.python.org/3/library/"

_FUNCTIONS = (
    "bool",
    "bytearray",
    "bytes",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
)
_CLASSES = {
    "functions": (
        *_FUNCTIONS,
        "memoryview",
        "object",
        "set",
        "str",
        "tuple",
        "type",
    ),
    "constants": ("None", "True", "False"),
    "exceptions": (
        "AttributeError",
        "Exception",
        "ImportError",
        "OSError",
        "FileNotFoundError",
        "TypeError",
        "ValueError",
        "RuntimeError",
        "UnicodeDecodeError",
    ),
    "collections.abc": (
        "AsyncIterator",
        "Awaitable",
        "Callable",
        "Coroutine",
        "Generator",
        "Iterable",
        "Iterator",
        "Mapping",
        "Sequence",
    ),
    "datetime": ("date", "datetime", "timedelta"),
    "os": ("PathLike",),
    "pathlib": ("Path",),
    "typing": (
        "Any",
        "BinaryIO",
        "IO",
        "Literal",
        "NamedTuple",
        "Protocol",
        "Self",
    ),
    "enum": ("Enum",),
}
_HTTPX = "https://www.python-httpx.org/"
_BUILTIN = ("functions", "constants", "exceptions")
OTHER_PROJECTS = {
    **{
        name: f"{_PYTHON}{module}.html#{name if module in _BUILTIN else f'{module}.{name}'}"
        for module, names in _CLASSES.items()
        for name in names
    },
    "httpx.Client": f"{_HTTPX}api/#client",
    "httpx.AsyncClient": f"{_HTTPX}api/#asyncclient",
    "httpx.Timeout": f"{_HTTPX}advanced/timeouts/",
    "httpx.Response": f"{_HTTPX}api/#response",
    "pydantic.BaseModel": "https://docs.pydantic.dev/latest/api/base_model/#pydantic.BaseModel",
    "opentelemetry.trace.TracerProvider": "https://opentelemetry-python.readthedocs.io/en/latest/api/trace.html#opentelemetry.trace.TracerProvider",
    "PIL.Image.Image": "https://pillow.readthedocs.io/en/stable/reference/Image.html",
}


@cache
def _public_names(env: BuildEnvironment) -> dict[str, tuple[str, str, str]]:
    """Return the full name, the page and the anchor of what public modules define."""
    found: dict[str, tuple[str, str, str]] = {}
    for name, entry in env.domains["py"].objects.items():  # type: ignore[attr-defined]
        module, _, short = name.rpartition(".")
        if module in ("deapi", "deapi.types"):
            found.setdefault(short, (name, entry.docname, entry.node_id))
    return found


def resolve(
    app: Sphinx,
    env: BuildEnvironment,
    node: pending_xref,
    content: nodes.TextElement,
) -> nodes.reference | None:
    """Link a type that Sphinx does not find, because its private module or a package defines it."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    short = target.rpartition(".")[2]
    if target.startswith("deapi") or "." not in target:
        found = _public_names(env).get(short)
        if found is not None:
            name, page, anchor = found
            return make_refnode(
                app.builder, node["refdoc"], page, anchor, content, name
            )
    url = OTHER_PROJECTS.get(target) or OTHER_PROJECTS.get(short)
    if url is None or target.startswith("deapi"):
        return None
    return nodes.reference(
        "", "", content, internal=False, refuri=url, reftitle=target
    )


def link_examples(text: str) -> str:
    """Let links to examples lead to the repository. On the site they would download a file."""
    return text.replace("](../examples/", f"]({REPOSITORY}blob/main/examples/")


def read_source(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Change the links of a page before it is parsed."""
    source[0] = link_examples(source[0])


def read_changelog(
    _app: Sphinx, path: Path, _page: str, content: list[str]
) -> None:
    """Remove the brackets around versions, which lead nowhere."""
    if path.name == "CHANGELOG.md":
        content[0] = re.sub(
            r"^## \[(.+?)\]", r"## \1", content[0], flags=re.MULTILINE
        )


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """Return the URL of the source of a documented object."""
    if domain != "py" or not info["module"]:
        return None
    subject: Any = sys.modules.get(info["module"])
    for part in info["fullname"].split("."):
        subject = getattr(subject, part, None)
    subject = inspect.unwrap(subject) if callable(subject) else subject
    if isinstance(subject, property):
        subject = subject.fget
    try:
        path = Path(inspect.getsourcefile(subject) or "")
        lines, first = inspect.getsourcelines(subject)
    except (TypeError, OSError):
        return None
    if not path.is_relative_to(_ROOT):
        return None
    file = path.relative_to(_ROOT).as_posix()
    return f"{REPOSITORY}blob/main/{file}#L{first}-L{first + len(lines) - 1}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Resolve the types that Sphinx does not find."""
    app.connect("missing-reference", resolve)
    app.connect("source-read", read_source)
    app.connect("include-read", read_changelog)
    return {"parallel_read_safe": True}
