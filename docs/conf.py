"""Sphinx configuration. `make docs` writes the documentation to build/docs/index.html."""

from __future__ import annotations

import ast
import inspect
import os
import pkgutil
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.domains.python import PyObject
from sphinx.pycode import ModuleAnalyzer

import deapi._client
import deapi.batch.batches
from deapi import __version__, resources, types
from deapi._core import poll_plans
from deapi.emulator.account import rate_limits
from deapi.emulator.api import edge_pages, faults
from deapi.emulator.emulator import DEFAULT_API_KEY
from deapi.emulator.jobs import pushes
from deapi.emulator.validation import fields

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# Load the models that are loaded on first use. Otherwise autodoc imports them with TYPE_CHECKING
# set, and pydantic cannot build them then.
for _name in types.__all__:
    getattr(types, _name)

sys.path.insert(0, str(Path(__file__).parents[1]))

project = "deapi"
links = import_module("docs._extensions.links")
release = version = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.linkcode",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_markdown_builder",
    "docs._extensions.examples",
    "docs._extensions.links",
    "docs._extensions.markdown",
    "docs._extensions.metadata",
    "docs._extensions.results",
]
exclude_patterns = ["**/_*.md"]
linkcode_resolve = links.linkcode_resolve
html_theme = "furo"
html_title = project
html_show_copyright = False
html_copy_source = False
html_logo = html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["sidebar.js"]
html_extra_path = ["versions.json"]  # `make site` lists other versions in it
html_additional_pages = {"404": "404.html"}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/versions.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
templates_path = ["_templates"]
html_theme_options = {
    "source_repository": links.REPOSITORY,
    "source_branch": "main",
    "source_directory": "docs/",
    "light_css_variables": {
        "color-brand-primary": "#4f3bb0",
        "color-brand-content": "#4f3bb0",
        "color-brand-visited": "#7a3b8f",
        "color-sidebar-link-text--top-level": "var(--color-foreground-secondary)",
    },
    "dark_css_variables": {
        "color-brand-primary": "#b7a8ff",
        "color-brand-content": "#b7a8ff",
        "color-brand-visited": "#d9b0ec",
        "color-code-background": "#1b1d22",
    },
}
pygments_dark_style = "github-dark"
smartquotes = (
    False  # error messages and options of commands keep their characters
)
copybutton_prompt_text = "$ "

html_baseurl = os.environ.get(
    "READTHEDOCS_CANONICAL_URL", "https://deapi-ai.github.io/deapi-python-sdk/"
)
html_context = {
    "root": html_baseurl,
    "home_title": "deapi: Python SDK for deAPI",
}
default_role = "code"
myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
maximum_signature_line_length = 60  # one parameter a line
toc_object_entries_show_parents = "hide"
# The classes of tables have pages of their own, named after the class.
_MODULES = (
    "deapi",
    "deapi.batch",
    "deapi.emulator",
    "deapi.events",
    "deapi.otel",
    "deapi.types",
)
autosummary_filename_map = {
    f"{module.__name__}.{name}": name
    for module in map(import_module, _MODULES)
    for name in getattr(module, "__all__", vars(module))
} | {"deapi.emulator.Job": "EmulatedJob"}
autodoc_type_aliases = {"FileInput": "FileInput"}
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# Type aliases of fields, and the types that the documentation shows instead.
_ALIASES = {"Date": "date | None", "UtcDatetime": "datetime | None"}

# Private names in signatures, and what the documentation shows instead.
_SHOWN = {
    "_SupportsItems": "Mapping[str, object]",
    "BinaryWriter": "BinaryIO",
    "TimeoutLike": "httpx.Timeout",
    "WebhookHandler": "Callable[[Mapping[str, str], bytes], int | None]",
    "DEFAULT_API_KEY": repr(DEFAULT_API_KEY),
    "POLL_INTERVAL": repr(poll_plans.POLL_INTERVAL),
    "BACKOFF_FACTOR": repr(poll_plans.BACKOFF_FACTOR),
    "MAX_INTERVAL": repr(poll_plans.MAX_INTERVAL),
    "EdgePage": str(edge_pages.EdgePage),
    "FileType": str(fields.FileType),
    "Plan": str(rate_limits.Plan),
    "PreviewFormat": str(pushes.PreviewFormat),
    "SocketFaultName": str(faults.SocketFaultName),
}

_RESOURCE_MODULES = [
    f"deapi.resources.{module.name}"
    for module in pkgutil.iter_modules(resources.__path__)
]

# Callers do not create these objects, so their constructors are not documented.
_WITHOUT_CONSTRUCTOR = (
    "deapi.resources",
    "deapi.types",
    "deapi._core",
    "deapi._exceptions",
    "deapi._jobs",
    "deapi._rate_limits",
    "deapi._response",
    "deapi._types",
    "deapi.batch",
    "deapi.emulator.api",
    "deapi.emulator.jobs",
    "deapi.events",
)


# Napoleon makes the section "Attributes" of docstrings a field that Sphinx calls "Variables".
for _field in PyObject.doc_field_types:
    if _field.name == "variable":
        _field.label = "Attributes"


def simplify_signature(
    _app: Sphinx,
    what: str,
    _name: str,
    subject: object,
    _options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Show no signature for classes that callers do not create, and no private names."""
    if what in ("class", "exception") and getattr(
        subject, "__module__", ""
    ).startswith(_WITHOUT_CONSTRUCTOR):
        return "", None
    if signature:
        # What Sphinx makes of an alias of `autodoc_type_aliases` within another type.
        signature = re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", signature)
        signature = re.sub(
            r"[\w.]+",
            lambda match: _SHOWN.get(match[0].rpartition(".")[2], match[0]),
            signature,
        )
    return signature, returns


def skip_inherited(
    _app: Sphinx,
    _what: str,
    name: str,
    subject: object,
    skip: bool,
    _options: Any,
) -> bool | None:
    """Skip members of pydantic's models, and the fields of tuples, which the class describes."""
    is_field = type(subject).__name__ == "_tuplegetter"
    # False would include private members.
    return True if skip or is_field or name.startswith("model_") else None


def mark_versions(
    _app: Sphinx,
    _what: str,
    _name: str,
    _subject: object,
    _options: Any,
    lines: list[str],
) -> None:
    """Highlight the words "API v2 only", and link them to the page on API versions."""
    marked = re.sub(
        r"\bAPI\s+(v\d)\s+only\b",
        r":doc:`API \1 only </versions>`",
        "\n".join(lines),
    )
    lines[:] = marked.split("\n")


def mark_code(
    _app: Sphinx,
    _what: str,
    _name: str,
    _subject: object,
    _options: Any,
    lines: list[str],
) -> None:
    """Render an indented block after a blank line as code, also without `::`."""
    for index in range(len(lines) - 1, 1, -1):
        begins = lines[index].startswith("    ") and not lines[index - 1]
        if (
            begins
            and lines[index - 2]
            and not lines[index - 2].startswith(" ")
        ):
            lines[index:index] = ["::", ""]


def bare_types(
    _app: Sphinx,
    _what: str,
    _name: str,
    _subject: object,
    _options: Any,
    lines: list[str],
) -> None:
    """Show `str | None` instead of `Annotated[str | None, Lenient]`, and types without modules."""
    for index, line in enumerate(lines):
        field, found, annotation = line.partition(": Annotated[")
        if found and field.startswith(":vartype "):
            parsed = ast.parse(f"Annotated[{annotation}", mode="eval").body
            if isinstance(parsed, ast.Subscript) and isinstance(
                parsed.slice, ast.Tuple
            ):
                lines[index] = f"{field}: {ast.unparse(parsed.slice.elts[0])}"
        elif field.startswith(":vartype "):
            name, _, alias = line.rpartition(" ")
            lines[index] = f"{name} {_ALIASES.get(alias, alias)}"
        if lines[index].startswith(":vartype "):
            # Private modules define most types. The link is found by the name.
            lines[index] = re.sub(
                r"\bdeapi(\.\w+)*\.(?=[A-Z])", "", lines[index]
            )


def use_dashes(_app: Sphinx, doctree: nodes.document) -> None:
    """Separate parameters from their descriptions with a dash, as `smartquotes` would."""
    for text in list(doctree.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" \N{EN DASH} "))


def describe_resources(
    _app: Sphinx,
    _what: str,
    name: str,
    subject: object,
    _options: Any,
    lines: list[str],
) -> None:
    """Describe the attributes of clients, whose values are classes on the class of the client."""
    owner, _, attribute = name.rpartition(".")
    found = _CLIENT_ATTRIBUTES.get((owner.removeprefix("deapi."), attribute))
    if found is not None and inspect.isclass(subject):
        target = f"{subject.__module__}.{subject.__qualname__}"
        lines[:] = [*found, f"See :py:class:`~{target}`."]


_CLIENT_ATTRIBUTES: dict[tuple[str, str], list[str]] = {}


def order_copied_methods(_app: Sphinx, *_arguments: Any) -> None:
    """Order the methods of a concrete class as its generic base class defines them.

    Inherited members of clients and batches come after the members of the class itself.
    """
    own_first = (deapi._client, deapi.batch.batches)  # noqa: SLF001
    client = ModuleAnalyzer.for_module("deapi._client")
    client.analyze()
    _CLIENT_ATTRIBUTES.update(client.attr_docs)
    # Autodoc looks for these here before it writes "alias of".
    package = ModuleAnalyzer.for_module("deapi")
    package.analyze()
    package.attr_docs.update(
        {("", ".".join(names)): doc for names, doc in client.attr_docs.items()}
    )
    for module in (*own_first, *map(import_module, _RESOURCE_MODULES)):
        analyzer = ModuleAnalyzer.for_module(module.__name__)
        analyzer.analyze()
        offset = len(analyzer.tagorder) if module in own_first else 0
        for name, member in vars(module).items():
            if (
                inspect.isclass(member)
                and member.__module__ == module.__name__
            ):
                for base in member.__mro__[1:]:
                    for method in vars(base):
                        order = analyzer.tagorder.get(
                            f"{base.__name__}.{method}"
                        )
                        if order is not None:
                            analyzer.tagorder.setdefault(
                                f"{name}.{method}", offset + order
                            )


def setup(app: Sphinx) -> None:
    """Connect the hooks around Napoleon (500), which reads the sections of docstrings."""
    app.connect("env-before-read-docs", order_copied_methods)
    app.connect("autodoc-skip-member", skip_inherited)
    app.connect("autodoc-process-signature", simplify_signature)
    app.connect("autodoc-process-docstring", describe_resources, priority=300)
    app.connect("autodoc-process-docstring", mark_versions, priority=400)
    app.connect("autodoc-process-docstring", mark_code, priority=400)
    app.connect("autodoc-process-docstring", bare_types, priority=600)
    app.connect("doctree-read", use_dashes)
