"""Pages for programs: each page in Markdown beside its HTML, ``llms.txt`` and ``llms-full.txt``.

https://llmstxt.org describes ``llms.txt``, a list of all pages. ``llms-full.txt`` has their text.
Guides are written in Markdown. The reference is converted to it.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx_markdown_builder.translator import MarkdownTranslator

from .links import link_examples
from .metadata import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

_DROPPED = re.compile(
    r"\A---\n.*?\n---\n\n?"  # metadata
    r"|^```\{toctree\}\n.*?^```\n"
    r"|^:{3,}[^\n]*\n(?:^:[\w-]+:[^\n]*\n)*"  # grids and tabs; the title of a tab is kept below
    r"|^\{\.\w+\}\n",  # classes of paragraphs
    re.MULTILINE | re.DOTALL,
)
_TAB = re.compile(
    r"^:::\{(?:tab-item|grid-item-card)\} (.+)\n(?:^:[\w-]+:.*\n)*",
    re.MULTILINE,
)
_RESULT = re.compile(
    r"^```\{result\} (\S+)\n(?::alt: (.*)\n)?(?::caption: .*\n)?```",
    re.MULTILINE,
)


def simplify(source: str, page: str) -> str:
    """Convert a guide to plain Markdown, without the syntax of Sphinx."""
    results = f"{'../' * page.count('/')}_static/results/{page}"
    text = _RESULT.sub(
        lambda match: f"![{match[2] or match[1]}]({results}/{match[1]})",
        source,
    )
    text = _TAB.sub(r"**\1**\n\n", text)
    text = _DROPPED.sub("", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _pages(app: Sphinx) -> Iterator[tuple[str, str]]:
    """Yield the name of each page with its Markdown, in the order of the navigation."""
    for page in _in_order(app, app.config.root_doc):
        path = Path(app.env.doc2path(page))
        source = path.read_text("utf-8")
        if (
            path.suffix == ".rst"
            or "{eval-rst}" in source
            or "{include}" in source
        ):
            doctree = app.env.get_and_resolve_doctree(page, app.builder)
            _reduce(doctree)
            translator = MarkdownTranslator(doctree, app.builder)
            doctree.walkabout(translator)
            yield page, translator.astext()
        else:
            yield page, simplify(link_examples(source), page)


def _reduce(doctree: nodes.document) -> None:
    """Let links lead to the Markdown of pages, and keep signatures and types free of links."""
    for node in list(doctree.findall(nodes.reference)):
        if node.get("internal"):
            node["refuri"] = re.sub(
                r"\.html(?=#|$)", ".md", node.get("refuri", "")
            )
        if node.astext() == "[source]":
            node.parent.remove(node)
    for signature in doctree.findall(addnodes.desc_signature):
        linked = (nodes.reference, nodes.abbreviation)
        for node in [
            each for each in signature.findall() if isinstance(each, linked)
        ]:
            node.parent.replace(node, nodes.Text(node.astext()))
    for paragraph in doctree.findall(nodes.paragraph):
        parts = groupby(list(paragraph.children), _is_type)
        paragraph.children.clear()
        for is_type, part in parts:
            if is_type:
                text = "".join(node.astext() for node in part)
                paragraph.append(nodes.literal(text, text))
            else:
                paragraph.extend(part)


def _is_type(node: nodes.Node) -> bool:
    """Return whether a node is a part of the type of an attribute."""
    if isinstance(node, nodes.reference) and node.children:
        node = node.children[0]
    return isinstance(node, addnodes.literal_emphasis)


def _in_order(app: Sphinx, page: str) -> Iterator[str]:
    yield page
    for child in app.env.toctree_includes.get(page, []):
        yield from _in_order(app, child)


def write_markdown(app: Sphinx, exception: Exception | None) -> None:
    """Write the Markdown of all pages, and the two files that list them."""
    if exception or app.builder.format != "html":
        return
    lines = [f"# {app.config.project}", ""]
    full = []
    for page, text in _pages(app):
        path = Path(app.outdir) / f"{page}.md"
        path.write_text(text, "utf-8")
        title = app.env.titles[page].astext()
        summary = describe(app.env.get_doctree(page))
        if page == app.config.root_doc:
            lines += [f"> {summary}", "", "## Pages", ""]
        lines.append(
            f"- [{title}]({app.config.html_baseurl}{page}.md): {summary}"
        )
        full.append(f"<!-- {page}.md -->\n\n{text}")
    outdir = Path(app.outdir)
    (outdir / "llms.txt").write_text("\n".join(lines) + "\n", "utf-8")
    (outdir / "llms-full.txt").write_text("\n\n".join(full), "utf-8")


def add_link(
    _app: Sphinx,
    page: str,
    _template: str,
    context: dict[str, Any],
    doctree: object,
) -> None:
    """Announce the Markdown of a page in its head."""
    if doctree is not None:
        name = page.rpartition("/")[2]
        link = f'<link rel="alternate" type="text/markdown" href="{name}.md">'
        context["metatags"] = context.get("metatags", "") + link


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the files after the pages."""
    app.connect("html-page-context", add_link)
    app.connect("build-finished", write_markdown)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
