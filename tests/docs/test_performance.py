"""The page on performance shows the saved results of the benchmarks."""

from xml.etree import ElementTree

from benchmarks import results
from benchmarks.results import Bar, Part


def part(**changes):
    values = {"columns": ["what", "deapi"], "rows": [["a call", "1.0 x"]], "line": 1.0}
    values |= {"measured": "2026-11-27", "machine": "2 cores", "caption": "CPU time < 2"}
    return Part(**{**values, "bars": [Bar("a & b", 0.5, "0.50 x")], **changes})


def test_the_page_and_its_charts_are_those_of_the_saved_results():
    rendered = results.pages(results.PAGE.read_text(encoding="utf-8"))
    for path, content in rendered.items():
        saved = (results.ROOT / path).read_text(encoding="utf-8")
        assert saved == content, f"run python -m benchmarks --render, to update {path}"


def test_saved_results_replace_only_those_of_the_same_part(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FILE", tmp_path / "results.json")
    results.save({"calls": part(), "push": part(line=None)})
    results.save({"calls": part(measured="2026-11-28")})
    assert results.load() == {"calls": part(measured="2026-11-28"), "push": part(line=None)}
    text = "<!-- calls: begin -->\nold\n<!-- calls: end -->\nrest\n"
    page = results.pages(text)["docs/performance.md"]
    assert "old" not in page
    assert "| a call | 1.0 x |" in page
    assert page.endswith("<!-- calls: end -->\nrest\n")


def test_a_chart_is_an_svg_with_a_bar_for_each_result():
    bars = [Bar("a & b", 0.5, "0.50 x"), Bar("slow", 2.0, "2.00 x", over=True)]
    root = ElementTree.fromstring(results.chart(part(bars=bars)))
    rectangles = root.findall("{http://www.w3.org/2000/svg}rect")
    widths = [float(each.get("width")) for each in rectangles]
    assert widths[1] == 4 * widths[0]
    assert "a & b" in "".join(root.itertext())
