"""The description of each page, for search engines and previews of links, and its navigation."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_IMAGE = "_static/results/index/sunset.png"
_MAX_LENGTH = 200


def describe(doctree: nodes.document) -> str:
    """Return the first paragraph of a page as plain text, at most 200 characters."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if text and not text.startswith("Bases: "):  # of a class
            cut = text[: _MAX_LENGTH + 1].rpartition(" ")[0]
            return text if len(text) <= _MAX_LENGTH else f"{cut} ..."
    return ""


def add_metadata(
    app: Sphinx,
    page: str,
    _template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add the description and the OpenGraph tags of a page."""
    if doctree is None:
        return
    if context["page_source_suffix"] == ".rst":
        # Generated, so there is no source to show or edit.
        context["page_source_suffix"] = ""
    url = app.config.html_baseurl
    description = describe(doctree)
    is_home = page == app.config.root_doc
    tags = {
        "og:title": context["home_title"]
        if is_home
        else app.env.titles[page].astext(),
        "og:description": description,
        "og:type": "website",
        "og:url": f"{url}{page}.html",
        "og:site_name": app.config.project,
        "og:image": url + _IMAGE,
        "og:image:alt": "A sunset over hills",
        "twitter:card": "summary_large_image",
    }
    lines = [f'<meta name="description" content="{escape(description)}">']
    lines += [
        f'<meta property="{key}" content="{escape(tag)}">'
        for key, tag in tags.items()
    ]
    context["metatags"] = context.get("metatags", "") + "\n".join(lines)


def collapse_navigation(
    _app: Sphinx,
    _page: str,
    _template: str,
    context: dict[str, Any],
    _doctree: object,
) -> None:
    """Show only the pages near the current one. All pages of classes would make each page large."""
    if "toctree" in context:
        toctree = context["toctree"]
        context["toctree"] = lambda **options: toctree(
            **{**options, "collapse": True}
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the tags when a page is written, and change the navigation before furo (500) reads it."""
    app.connect("html-page-context", collapse_navigation, priority=400)
    app.connect("html-page-context", add_metadata)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
