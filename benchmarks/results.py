"""Results of the benchmarks: saved in a file, and rendered as tables and charts for the guide.

``python -m benchmarks PARTS --save`` replaces the saved results of these parts, and ``--render``
writes all saved results to ``docs/performance.md`` and the charts beside it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from .measure import ROOT

FILE = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "performance.md"

_WIDTH, _LABEL_WIDTH, _BAR_HEIGHT, _ROW_HEIGHT = 760, 330, 14, 26

# An image in a page does not inherit the colours of the page.
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 }
.label { text-anchor: end }
.bar { fill: #4a7dbd }
.over { fill: #c0673f }
.line { stroke: #888; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) { text { fill: #ccc } }
"""


@dataclass
class Bar:
    """One bar of a chart.

    Attributes:
        label: What was measured.
        value: The result.
        text: The result with its unit.
        over: Whether it exceeds its budget.
    """

    label: str
    value: float
    text: str
    over: bool = False


@dataclass
class Part:
    """The results of one part.

    Attributes:
        measured: Date.
        machine: The machine and the versions of the libraries.
        columns: Head of the table.
        rows: Rows of the table.
        caption: What the chart shows.
        bars: The bars of the chart.
        line: Value at which the chart has a line, or None.
    """

    measured: str
    machine: str
    columns: list[str]
    rows: list[list[str]]
    caption: str
    bars: list[Bar]
    line: float | None = None


def load() -> dict[str, Part]:
    """Return the saved results by part."""
    saved: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return {
        name: Part(**{**part, "bars": [Bar(**bar) for bar in part["bars"]]})
        for name, part in saved.items()
    }


def save(parts: dict[str, Part]) -> None:
    """Replace the saved results of some parts."""
    merged = {**load(), **parts}
    text = json.dumps({name: asdict(merged[name]) for name in sorted(merged)}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")


def table(part: Part) -> str:
    """Return the table of a part as Markdown."""
    lines = [part.columns, ["---"] * len(part.columns), *part.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def chart(part: Part) -> str:
    """Return the chart of a part as SVG: horizontal bars."""
    height = _ROW_HEIGHT * len(part.bars) + 30
    scale = (_WIDTH - _LABEL_WIDTH - 80) / max(bar.value for bar in part.bars)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(part.caption)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text x="{_LABEL_WIDTH}" y="16">{escape(part.caption)}</text>',
    ]
    for number, bar in enumerate(part.bars):
        top, width = 30 + _ROW_HEIGHT * number, max(bar.value * scale, 1)
        lines += [
            f'<text class="label" x="{_LABEL_WIDTH - 8}" y="{top + 11}">{escape(bar.label)}</text>',
            f'<rect class="{"over" if bar.over else "bar"}" x="{_LABEL_WIDTH}" y="{top}" '
            f'width="{width:.1f}" height="{_BAR_HEIGHT}" rx="2"/>',
            f'<text x="{_LABEL_WIDTH + width + 6:.1f}" y="{top + 11}">{escape(bar.text)}</text>',
        ]
    if part.line is not None:
        x = _LABEL_WIDTH + part.line * scale
        lines.append(f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="24" y2="{height - 2}"/>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def pages(text: str) -> dict[str, str]:
    """Return the page with the saved results, and the charts, by path in the repository.

    Args:
        text: The page. The results of a part are between two comments with its name.
    """
    files = {}
    for name, part in load().items():
        image = f"_static/performance-{name}.svg"
        block = [f"Measured on {part.measured}: {part.machine}.", table(part)]
        if part.bars:
            files[f"docs/{image}"] = chart(part)
            block.insert(0, f"![{part.caption}]({image})")
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        content = "\n\n".join(block)
        text = pattern.sub(lambda _, new=f"{begin}\n{content}\n\n{end}": new, text)
    return {**files, PAGE.relative_to(ROOT).as_posix(): text}


def render() -> None:
    """Write the saved results to the page, and the charts."""
    for path, content in pages(PAGE.read_text(encoding="utf-8")).items():
        (ROOT / path).write_text(content, encoding="utf-8")
