"""Every Python snippet of the README and of docs/ runs, against the emulator."""

import ast
import asyncio
import inspect
import os
import re
from pathlib import Path

import pytest
from PIL import Image

from deapi import DeapiClient
from deapi.emulator import Emulator
from deapi.emulator.media import audio, video

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SNIPPET = re.compile(r"^( *)```python\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def snippets(page):
    """The snippets of a page, each with the line that it begins on."""
    text = page.read_text()
    for match in SNIPPET.finditer(text):
        indent = len(match[1])
        code = "\n".join(line[indent:] for line in match[2].splitlines())
        yield text[: match.start(2)].count("\n") + 1, code


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory of a reader, with the files that the snippets speak of."""
    Image.new("RGB", (512, 512), "teal").save(tmp_path / "photo.png")
    Image.new("RGB", (512, 512), "navy").save(tmp_path / "room.png")
    speech = audio.speech("Hello there.", voice="a", speed=1, format="mp3", sample_rate=24000)
    (tmp_path / "talk.mp3").write_bytes(speech)
    clip = video.generated("a clip", width=320, height=240, frames=48, fps=24, seed=1)
    (tmp_path / "clip.mp4").write_bytes(clip)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_snippets_of_the_page_run(page, folder, monkeypatch):
    with Emulator(reads_per_step=0, prompt_boosters=False) as emulator:
        monkeypatch.setenv("DEAPI_BASE_URL", emulator.url)
        monkeypatch.setenv("DEAPI_API_KEY", emulator.api_key)
        monkeypatch.setenv("DEAPI_WEBHOOK_SECRET", "a-secret-of-at-least-32-characters")
        names = {"__name__": "snippet"}
        loop = asyncio.new_event_loop()
        try:
            for line, code in snippets(page):
                where = f"{page.relative_to(ROOT)}:{line}"
                compiled = compile(
                    "\n" * line + code, where, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                )
                outcome = eval(compiled, names)
                if inspect.iscoroutine(outcome):
                    loop.run_until_complete(outcome)
                run_tests_of(names)
        finally:
            for value in names.values():
                if isinstance(value, DeapiClient):
                    value.close()
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()


def run_tests_of(names):
    """Run the test functions that a snippet shows, as pytest would."""
    for name in [name for name in names if name.startswith("test_")]:
        test = names.pop(name)
        parameters = inspect.signature(test).parameters
        if "deapi_emulator" in parameters:
            with Emulator() as emulator:
                outcome = test(deapi_emulator=emulator)
                if inspect.iscoroutine(outcome):
                    asyncio.run(outcome)
        else:
            test()


def test_the_readme_has_snippets_and_names_both_commands():
    text = (ROOT / "README.md").read_text()
    assert len(list(snippets(ROOT / "README.md"))) >= 5
    assert "make demo" in text
    assert "make test" in text


def test_no_page_asks_for_a_file_that_is_not_there():
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
    for page in PAGES:
        for target in link.findall(page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


assert os.environ.get("DEAPI_API_KEY") is None, "the tests never use the real service"
