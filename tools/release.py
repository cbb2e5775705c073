"""Run by `make release`: checks the working tree, the version, the changelog and the tag."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def find_problems(*, version: str, changelog: str, tags: list[str], changes: str) -> list[str]:
    """Return what prevents a release, a sentence each.

    Args:
        version: The version of the package.
        changelog: Content of CHANGELOG.md.
        tags: Tags of the current commit.
        changes: Output of `git status --porcelain`.
    """
    problems = []
    if changes:
        problems.append(f"The working tree has changes:\n{changes}")
    released = re.search(r"^## \[(\d[^]]*)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    if released is None or released[1] != version:
        found = "none" if released is None else released[1]
        problems.append(f"The newest release in CHANGELOG.md is {found}, not {version}.")
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)^## \[", changelog, re.MULTILINE | re.DOTALL)
    if unreleased is not None and unreleased[1].strip():
        problems.append("CHANGELOG.md has entries under [Unreleased]. Move them to the release.")
    if f"v{version}" not in tags:
        found = ", ".join(tags) or "no tag"
        problems.append(f"The commit has {found}. Create it with: git tag -a v{version}")
    return problems


def read_version() -> str:
    """Return the version of the package, without importing it."""
    source = (ROOT / "src/deapi/_version.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE)
    assert match is not None
    return match[1]


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.rstrip()


if __name__ == "__main__":
    sys.exit(
        "\n".join(
            find_problems(
                version=read_version(),
                changelog=(ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
                tags=_git("tag", "--points-at", "HEAD").split(),
                changes=_git("status", "--porcelain"),
            )
        )
        or None
    )
