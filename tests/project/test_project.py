"""The files of the project agree with each other: versions, make targets, workflows and links."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

import deapi

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
YAML_FILES = sorted([*ROOT.glob(".github/**/*.yml"), ROOT / "CITATION.cff"])


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def load(path: Path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict]:
    return [step for job in load(path)["jobs"].values() for step in job.get("steps", [])]


PYTHONS = re.findall(r"Programming Language :: Python :: (3\.\d+)", read("pyproject.toml"))


def test_there_are_files_to_check():
    assert [path.name for path in WORKFLOWS] == ["docs.yml", "release.yml", "test.yml"]
    assert len(PYTHONS) > 1
    assert ROOT / ".github/dependabot.yml" in YAML_FILES


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.name)
def test_a_yaml_file_contains_a_mapping(path):
    assert isinstance(load(path), dict)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_only_runs_make_targets_that_exist(path):
    targets = re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE)
    commands = [step["run"] for step in steps(path) if "run" in step]
    if path.name != "release.yml":
        assert commands
    for command in commands:
        make, target = command.split()
        assert make == "make"
        assert target in targets


def test_the_documented_make_targets_are_those_of_the_makefile():
    documented = re.findall(r"^\| `make (\w+)` ", read("CONTRIBUTING.md"), re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)
    assert sorted(documented) == sorted(phony[1].split())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_read_access_only_and_keeps_no_token(path):
    assert load(path)["permissions"]["contents"] == "read"
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    assert "secrets." not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_that_may_write_runs_actions_only(path):
    assert set(load(path)["permissions"].values()) == {"read"}
    for job in load(path)["jobs"].values():
        if "write" in job.get("permissions", {}).values():
            assert not any("run" in step for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_has_a_time_limit(path):
    jobs = [job for job in load(path)["jobs"].values() if "steps" in job]
    assert all(job["timeout-minutes"] <= 90 for job in jobs)


def test_a_release_is_uploaded_after_the_tests():
    jobs = load(ROOT / ".github/workflows/release.yml")["jobs"]
    assert jobs["publish"]["needs"] == "build"
    assert jobs["build"]["needs"] == "test"


def test_the_workflows_and_ci_test_every_python_that_the_package_declares():
    jobs = load(ROOT / ".github/workflows/test.yml")["jobs"]
    newest = [step["with"]["python-version"] for step in jobs["all-checks"]["steps"][1:2]]
    tested = jobs["tests"]["strategy"]["matrix"]["python-version"] + newest
    assert tested == PYTHONS
    (listed,) = re.findall(r"^for version in (.+); do$", read(".ci/run"), re.MULTILINE)
    assert listed.split() == PYTHONS


def test_the_oldest_python_is_the_same_everywhere():
    oldest = PYTHONS[0]
    assert f'requires-python = ">={oldest}"' in read("pyproject.toml")
    assert f'pythonVersion = "{oldest}"' in read("pyproject.toml")
    assert f'target-version = "py{oldest.replace(".", "")}"' in read("pyproject.toml")
    assert f"OLDEST_PYTHON ?= {oldest}\n" in read("Makefile")
    for path in ("README.md", "CONTRIBUTING.md"):
        assert f"Python {oldest} or later" in read(path)
    lowest = load(ROOT / ".github/workflows/test.yml")["jobs"]["lowest-versions"]["steps"]
    assert lowest[1]["with"]["python-version"] == oldest
    assert lowest[2]["run"] == "make lowest"


def test_the_links_of_the_readme_are_absolute():
    # PyPI shows the README, without the other files of the repository.
    readme = re.sub(r"```.*?```", "", read("README.md"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)]+)\)", readme)
    links += re.findall(r"^\[[^]]+\]: (\S+)$", readme, re.MULTILINE)
    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_the_links_of_the_readme_to_this_repository_lead_to_files():
    prefix = "https://github.com/deapi-ai/deapi-python-sdk/blob/main/"
    paths = re.findall(re.escape(prefix) + r"([^\s)#]+)", read("README.md"))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_changelog_contains_the_version_of_the_package():
    assert f"\n## [{release().read_version()}] - " in read("CHANGELOG.md")


def release():
    return load_tool("release")


def load_tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"tools/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [2.0.0] - 2027-01-02\n\n- A change.\n"
RELEASE = {"version": "2.0.0", "changelog": CHANGELOG, "tags": ["v2.0.0"], "changes": ""}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"changes": " M README.md"}, "README.md"),
        ({"version": "2.0.1", "tags": ["v2.0.1"]}, "CHANGELOG.md is 2.0.0, not 2.0.1"),
        ({"tags": []}, "no tag"),
        ({"tags": ["v1.9.0"]}, "v1.9.0"),
        ({"changelog": "# Changelog\n"}, "CHANGELOG.md is none"),
        ({"changelog": CHANGELOG.replace("ed]\n", "ed]\n\n- Other.\n")}, "[Unreleased]"),
    ],
)
def test_a_release_is_refused_with_the_reason(change, problem):
    assert release().find_problems(**RELEASE) == []
    (found,) = release().find_problems(**{**RELEASE, **change})
    assert problem in found


def test_the_release_check_reads_the_version_of_the_package():
    assert release().read_version() == deapi.__version__


def test_the_site_has_the_newest_release_of_each_earlier_minor_version():
    tags = ["v1.0.0", "v1.0.10", "v1.0.9", "v1.2.0", "v0.9.1", "v1.10.0", "v2.0.0rc1", "vendor"]
    assert load_tool("site").newest_of_each_minor(tags, "1.10.1") == {
        "1.2": "v1.2.0",
        "1.0": "v1.0.10",
        "0.9": "v0.9.1",
    }
