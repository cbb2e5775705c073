"""The directive ``{result} NAME``, which shows a file that the snippets of the page write.

``:alt:`` describes an image or a player, and ``:caption:`` is shown below it.

When the documentation is built, the snippets of each page with this directive run against the
emulator, which needs no network. The files are deterministic if the snippets pass a seed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from docutils import nodes
from docutils.parsers.rst import directives
from PIL import Image
from sphinx.util.docutils import SphinxDirective

from .snippets import run_snippets, write_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

RESULT = re.compile(r"^ *[`:]{3,}\{result\} (\S+)$", re.MULTILINE)


class Result(SphinxDirective):
    """Shows a file: an image, an audio or video player, or text."""

    required_arguments = 1
    option_spec = {  # noqa: RUF012
        "alt": directives.unchanged_required,
        "caption": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the node for the type of the file."""
        name = self.arguments[0]
        path = _directory(self.env.app) / "results" / self.env.docname / name
        alt = self.options.get("alt", name)
        if path.suffix not in _HTML:
            block = nodes.literal_block(
                "", path.read_text("utf-8"), language="text"
            )
            return [block]
        depth = self.env.docname.count("/")
        url = f"{'../' * depth}_static/results/{self.env.docname}/{name}"
        width, height = _size(path)
        html = _HTML[path.suffix].format(
            url=escape(url), alt=escape(alt), width=width, height=height
        )
        if "caption" in self.options:
            caption = escape(self.options["caption"])
            html = f"<figure>{html}<figcaption>{caption}</figcaption></figure>"
        return [nodes.raw("", html, format="html")]


_IMAGE = '<img class="result" src="{url}" alt="{alt}" width="{width}" height="{height}">'
_AUDIO = '<audio class="result" controls preload="metadata" src="{url}" aria-label="{alt}"></audio>'
_VIDEO = (
    '<video class="result" controls loop muted playsinline preload="metadata" src="{url}"'
    ' poster="{url}.webp"'
    ' width="{width}" height="{height}" aria-label="{alt}"></video>'
)
_HTML = {
    ".png": _IMAGE,
    ".webp": _IMAGE,
    ".jpg": _IMAGE,
    ".mp3": _AUDIO,
    ".mp4": _VIDEO,
}


def _size(path: Path) -> tuple[int, int]:
    """Return the width and height in pixels, with which a browser reserves space."""
    if path.suffix == ".mp3":
        return 0, 0
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            return stream.width, stream.height
    with Image.open(path) as image:
        return image.size


def _write_poster(video: Path) -> None:
    """Write the last frame of a video, which browsers show until it is played."""
    with av.open(str(video)) as container:
        *_, frame = container.decode(video=0)
    frame.to_image().save(f"{video}.webp")


def _directory(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "generated"


@contextlib.contextmanager
def _working_directory() -> Iterator[Path]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        try:
            yield Path(directory)
        finally:
            os.chdir(before)


def write_results(app: Sphinx) -> None:
    """Run the snippets of the pages that show results, and keep the files that they show."""
    directory = _directory(app)
    shutil.rmtree(directory, ignore_errors=True)
    source = Path(app.srcdir)
    for page in sorted(source.rglob("*.md")):
        text = page.read_text("utf-8")
        names = RESULT.findall(text)
        if not names:
            continue
        last = list(RESULT.finditer(text))[-1].start()
        target = (
            directory / "results" / page.relative_to(source).with_suffix("")
        )
        target.mkdir(parents=True)
        with _working_directory() as workspace:
            write_inputs(workspace)
            with (
                Path(os.devnull).open("w") as null,
                contextlib.redirect_stdout(null),
            ):
                logging.disable(logging.WARNING)
                try:
                    run_snippets(text[:last], str(page))
                finally:
                    logging.disable(logging.NOTSET)
            for name in names:
                shutil.copyfile(workspace / name, target / name)
                if name.endswith(".mp4"):
                    _write_poster(target / name)
    app.config.html_static_path.append(str(directory))


def inline_charts(app: Sphinx, doctree: nodes.document) -> None:
    """Replace SVG files by their content, which follows the theme of the page."""
    for image in list(doctree.findall(nodes.image)):
        if image["uri"].endswith(".svg"):
            svg = (Path(app.srcdir) / image["uri"]).read_text("utf-8")
            html = (
                f'<figure class="chart" tabindex="0" aria-label="{escape(image["alt"])}">'
                f"{svg}</figure>"
            )
            image.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, and run the snippets before the pages are read."""
    app.add_directive("result", Result)
    app.connect("doctree-read", inline_charts)
    app.connect("builder-inited", write_results)
    return {"parallel_read_safe": True}
