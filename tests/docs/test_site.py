"""The documentation as a site: the results that it shows, and the width of its code."""

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from docs._extensions.examples import find_examples
from docs._extensions.markdown import simplify
from docs._extensions.results import RESULT, write_results
from docs._extensions.snippets import find_snippets
from pydantic import BaseModel

from deapi import DeapiClient, Job, JobResult, webhook
from deapi.batch import Batch, BatchItem
from deapi.emulator import Emulator
from deapi.types import Transcript, VideoDescription

DOCS = Path(__file__).parents[2] / "docs"


def test_the_files_of_each_page_are_kept_for_the_site(tmp_path):
    for name in ("first", "second"):
        code = f"from pathlib import Path\n\nPath('{name}.txt').write_text('by {name}')"
        page = f"```python\n{code}\n```\n\n```{{result}} {name}.txt\n```\n"
        (tmp_path / f"{name}.md").write_text(page)
    static = []
    app = SimpleNamespace(
        srcdir=tmp_path,
        doctreedir=tmp_path / "build",
        config=SimpleNamespace(html_static_path=static),
    )
    write_results(app)
    (directory,) = map(Path, static)
    for name in ("first", "second"):
        assert (directory / "results" / name / f"{name}.txt").read_text() == f"by {name}"


def test_a_shown_file_is_written_by_a_snippet_above_it():
    shown = 0
    for page in DOCS.rglob("*.md"):
        text = page.read_text()
        for match in RESULT.finditer(text):
            code = "".join(code for _, code in find_snippets(text[: match.start()]))
            assert re.search(rf'(save|open)\("{match[1]}"', code), (page.name, match[1])
            shown += 1
    assert shown >= 4


def test_shown_files_are_the_same_in_each_build():
    for page in DOCS.rglob("*.md"):
        text = page.read_text()
        for match in RESULT.finditer(text):
            code = [code for _, code in find_snippets(text[: match.start()])][-1]
            assert "seed=-1" not in code, page.name


def test_code_fits_79_columns():
    too_long = []
    for page in sorted(DOCS.rglob("*.md")):
        language = None
        for number, line in enumerate(page.read_text().splitlines(), 1):
            fence = re.match(r" *```(\S*)", line)
            if fence:
                language = fence[1] if language is None else None
            elif language in ("python", "py", "sh", "text", "toml") and len(line) > 79:
                too_long.append(f"{page.name}:{number}: {line}")
    assert not too_long, "\n".join(too_long)


def test_each_method_of_a_resource_has_an_example_that_the_tests_run():
    with DeapiClient(api_key="1|key") as client:
        methods = [
            (name, method)
            for name in dir(client)
            if type(getattr(client, name)).__module__.startswith("deapi.resources")
            for method in dir(getattr(client, name))
            if not method.startswith("_")
        ]
    assert len(methods) > 60
    check_examples(methods)


OWNERS = [DeapiClient, Job, JobResult, Transcript, VideoDescription, Batch, BatchItem, Emulator]


@pytest.mark.parametrize("owner", OWNERS)
def test_each_method_outside_of_resources_has_an_example(owner):
    methods = {
        name
        for name in dir(owner)
        if not name.startswith("_")
        and name not in dir(BaseModel)
        and inspect.isroutine(getattr(owner, name))
    }
    assert methods
    check_examples((owner.__name__, method) for method in methods)


def test_each_property_of_the_emulator_has_an_example():
    examples = find_examples(DOCS)
    for name, value in vars(Emulator).items():
        if isinstance(value, property) and not name.startswith("_"):
            assert f".{name}" in examples["Emulator", name].code


def test_each_function_for_webhooks_has_an_example():
    functions = [name for name in webhook.__all__ if inspect.isfunction(getattr(webhook, name))]
    check_examples(("", name) for name in functions)


def check_examples(names):
    examples = find_examples(DOCS)
    for owner, method in names:
        assert (owner, method) in examples
        assert f"{method}(" in examples[owner, method].code


def test_a_guide_is_simplified_to_plain_markdown():
    page = """---
hide-toc: true
---

# Title

:::::{tab-set}
:sync-group: client

:::{tab-item} Sync
:sync: sync

```python
job.save("x.png")
```
:::
:::::

```{result} x.png
:alt: An image.
```

```{toctree}
:hidden:

images
```
"""
    assert simplify(page, "directory/page") == (
        '# Title\n\n**Sync**\n\n```python\njob.save("x.png")\n```\n\n'
        "![An image.](../_static/results/directory/page/x.png)\n"
    )


def test_no_syntax_of_sphinx_is_left_in_any_guide():
    for page in DOCS.glob("*.md"):
        text = page.read_text()
        if "{include}" not in text:
            left = re.findall(r"^[`:]{3,}\{.*|^:{3,}.*", simplify(text, page.stem), re.MULTILINE)
            assert not left, page.name
