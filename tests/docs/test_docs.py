"""Every Python snippet of the README and of docs/ runs, against the emulator."""

import asyncio
import inspect
import logging
import os
import re
from pathlib import Path
from unittest import mock

import pytest
from docs._extensions.snippets import find_snippets, run_snippets, write_inputs

import deapi
import deapi.types
import deapi.webhook
from deapi import DeapiClient
from deapi.emulator import Emulator
from support.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
# docs/contributing.md describes a made-up operation; test_contributing.py runs its program.
GUIDES = sorted(set((ROOT / "docs").glob("*.md")) - {ROOT / "docs" / "contributing.md"})
REFERENCE = sorted((ROOT / "docs" / "reference").glob("*.md"))
SKILL = ROOT / "skills" / "deapi" / "SKILL.md"
PAGES = [ROOT / "README.md", SKILL, *GUIDES, *REFERENCE]


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A working directory with the files that the snippets use."""
    write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def unchanged_logging():
    """Restore the levels and handlers of the loggers that snippets configure."""
    loggers = [logging.getLogger(name) for name in (None, "deapi", "httpx")]
    before = [(logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
@pytest.mark.usefixtures("directory", "unchanged_logging")
def test_the_snippets_of_the_page_run(page):
    run_snippets(page.read_text(), str(page.relative_to(ROOT)), after_each=run_tests_of)


def run_tests_of(names):
    """Run the test functions that a snippet defines, as pytest does."""
    for name in [name for name in names if name.startswith("test_")]:
        test = names.pop(name)
        with Emulator(polls_per_state=0) as emulator, emulator.client() as client:
            values = {
                "deapi_emulator": emulator,
                "deapi_env": emulator,
                "deapi_client": client,
                "tmp_path": Path.cwd(),  # that of the page
            }
            environment = {"DEAPI_BASE_URL": emulator.url, "DEAPI_API_KEY": emulator.api_key}
            parameters = inspect.signature(test).parameters
            with mock.patch.dict(os.environ, environment if "deapi_env" in parameters else {}):
                outcome = test(**{name: values[name] for name in parameters})
                if inspect.iscoroutine(outcome):
                    asyncio.run(outcome)


def test_the_readme_has_snippets_and_mentions_both_commands():
    text = (ROOT / "README.md").read_text()
    assert len(list(find_snippets(text))) >= 5
    assert "make demo" in text
    assert "make test" in text


def test_the_readme_has_no_relative_links():
    text = (ROOT / "README.md").read_text()
    targets = re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)", text, re.MULTILINE)
    assert len(targets) > 10
    for target in targets:
        assert "".join(target).startswith("https://"), f"{target} does not work on PyPI"


def test_the_guide_of_each_resource_mentions_every_operation():
    with DeapiClient(api_key="1|key") as client:
        resources = {
            name: getattr(client, name)
            for name in dir(client)
            if type(getattr(client, name)).__module__.startswith("deapi.resources")
        }
    assert len(resources) == 11
    for resource, value in resources.items():
        page = {"current_key": "account", "keys": "account"}.get(resource, resource)
        guide = (ROOT / "docs" / f"{page}.md").read_text()
        for name in dir(value):
            if not name.startswith("_") and not name.endswith("_price"):
                assert f"{name}(" in guide, f"{page}.md does not mention {resource}.{name}()"


def test_links_to_headings_are_valid():
    link = re.compile(r"\]\((?!https?:|mailto:)([^)#]*)#([^)]+)\)")
    heading = re.compile(r"^#+ (.+)$", re.MULTILINE)
    for page in PAGES:
        for target, anchor in link.findall(page.read_text()):
            text = (page.parent / target if target else page).read_text()
            anchors = {
                re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
                for title in heading.findall(text)
            }
            assert anchor in anchors, f"{page.name} links to {target}#{anchor}"


def test_the_guide_of_versions_mentions_every_difference():
    guide = (ROOT / "docs/versions.md").read_text()
    routes = [route for operation in OPERATIONS.values() for route in operation.routes.values()]
    names = {name.removesuffix("_count") for route in routes for name in route.adds}
    for operation in (name for name, each in OPERATIONS.items() if len(each.routes) == 1):
        resource = operation.partition(".")[0]
        whole_resource = resource in ("account", "current_key", "keys")
        names.add(resource if whole_resource else operation.removesuffix("_price"))
    for name in names:
        assert f"`{name}`" in guide, f"versions.md does not mention {name}"


def test_the_error_messages_quoted_in_a_guide_are_correct():
    quoted = re.findall(r"```text\n(.*?)```", (ROOT / "docs/versions.md").read_text(), re.DOTALL)
    with DeapiClient(api_key="1|key", api_version="v1") as client:
        with pytest.raises(ValueError, match="video") as no_operation:
            client.video.describe(model="Marlin_2B", video_file="clip.mp4")
        with pytest.raises(ValueError, match="enhance_prompt") as no_argument:
            client.images.generate(
                prompt="a fox", model="x", width=512, height=512, seed=1, enhance_prompt=True
            )
    messages = [str(caught.value) for caught in (no_operation, no_argument)]
    assert [" ".join(text.split()) for text in quoted] == messages


def test_the_reference_contains_every_public_name():
    text = "".join(page.read_text() for page in REFERENCE)
    modules = (deapi, deapi.types, deapi.webhook, deapi.emulator)
    for name in {name for module in modules for name in module.__all__} - {"__version__"}:
        assert re.search(rf"^(\.\. [\w:]+:: [\w.]*|   ){name}$", text, re.MULTILINE), name
    for name in [name for name in dir(deapi.Job) if not name.startswith("_")]:
        assert f":: {name}\n" in text, f"Job.{name} is missing"


def test_links_to_files_are_valid():
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
    for page in [*PAGES, ROOT / "examples" / "README.md"]:
        for target in link.findall(page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
