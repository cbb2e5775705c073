"""Every Python snippet of the README and of docs/ runs, against the emulator."""

import ast
import asyncio
import inspect
import os
import re
from pathlib import Path

import pytest
import respx
from PIL import Image

import deapi
import deapi.types
import deapi.webhook
from deapi import DeapiClient
from deapi.emulator import Emulator
from deapi.emulator.media import audio, video

ROOT = Path(__file__).parent.parent
GUIDES = sorted((ROOT / "docs").glob("*.md"))
REFERENCE = sorted((ROOT / "docs" / "reference").glob("*.md"))
PAGES = [ROOT / "README.md", *GUIDES, *REFERENCE]
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
    # Long enough to clone a voice from (5 to 15 s), short enough for a video to follow (1 to 11 s).
    words = "Hello there. This is a talk about lighthouses, and about the people who kept them."
    speech = audio.speech(words, voice="a", speed=1, format="mp3", sample_rate=24000)
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


@respx.mock
def test_the_successor_of_the_prompt_boosters_is_asked_as_its_contract_says(monkeypatch):
    monkeypatch.setenv("DEAPI_API_KEY", "1|key")
    names = {}
    (code,) = (code for _, code in snippets(ROOT / "docs/prompts.md") if "def enhance(" in code)
    exec(code, names)
    route = respx.post("https://api.deapi.ai/api/v2/prompts/enhancements").respond(
        json={"prompt": "a longer fox", "negative_prompt": None}
    )
    assert names["enhance"]("a fox") == "a longer fox"
    request = route.calls.last.request
    assert request.headers["authorization"] == "Bearer 1|key"
    assert request.headers["content-type"].startswith("multipart/form-data")
    parts = dict(re.findall(rb'name="(\w+)"\r\n\r\n(.*?)\r\n', request.content))
    assert parts == {
        b"prompt": b"a fox",
        b"type": b"images.generations",
        b"model_slug": b"Flux1schnell",
    }


def test_the_guide_of_each_resource_uses_all_its_operations():
    with DeapiClient(api_key="1|key") as client:
        resources = {
            name: value
            for name, value in vars(client).items()
            if type(value).__module__.startswith("deapi.resources")
        }
    assert len(resources) == 8
    for resource, value in resources.items():
        guide = (ROOT / "docs" / f"{resource}.md").read_text()
        for name in dir(value):
            if not name.startswith("_") and not name.endswith("_price"):
                assert f"{name}(" in guide, f"{resource}.md does not speak of {name}()"


def test_the_reference_has_every_public_name():
    text = "".join(page.read_text() for page in REFERENCE)
    modules = (deapi, deapi.types, deapi.webhook, deapi.emulator)
    for name in {name for module in modules for name in module.__all__} - {"__version__"}:
        assert re.search(rf":: [\w.]*\b{name}$", text, re.MULTILINE), f"{name} is not there"
    for name in [name for name in dir(deapi.Job) if not name.startswith("_")]:
        assert f":: {name}\n" in text, f"Job.{name} is not there"


def test_no_page_asks_for_a_file_that_is_not_there():
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
    for page in [*PAGES, ROOT / "examples" / "README.md"]:
        for target in link.findall(page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


assert os.environ.get("DEAPI_API_KEY") is None, "the tests never use the real service"
