"""Run by `make site`: builds the documentation of this commit, and of each released version.

Each release X.Y has its own directory, with the documentation of its newest X.Y.Z. `versions.json`
lists all versions for the menu in the sidebar.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SITE = ROOT / "build/docs"


def newest_of_each_minor(tags: list[str], current: str) -> dict[str, str]:
    """Return the newest tag of each released version X.Y except the current one, newest first."""
    releases = [tuple(map(int, tag[1:].split("."))) for tag in tags if _RELEASE.fullmatch(tag)]
    current_minor = ".".join(current.split(".")[:2])
    newest = {f"{major}.{minor}": (major, minor, patch) for major, minor, patch in sorted(releases)}
    return {
        name: "v" + ".".join(map(str, newest[name]))
        for name in reversed(newest)
        if name != current_minor
    }


_RELEASE = re.compile(r"v\d+\.\d+\.\d+")


def list_versions(current: str, others: list[str], root: str) -> str:
    """Return the content of versions.json.

    Args:
        current: The version at the root of the site.
        others: The versions in directories.
        root: Relative URL of the root.
    """
    versions = [{"name": current, "url": root}]
    versions += [{"name": name, "url": f"{root}{name}/"} for name in others]
    return json.dumps(versions, indent=2) + "\n"


def main() -> None:
    """Build the site in build/docs."""
    from release import read_version

    current = read_version()
    tags = _run("git", "tag", "--list", "v*").split()
    others = newest_of_each_minor(tags, current)
    _run("make", "docs")
    for name, tag in others.items():
        tree = ROOT / "build/releases" / tag
        _run("git", "worktree", "add", "--force", "--detach", str(tree), tag)
        _run("make", "-C", str(tree), "docs")
        shutil.copytree(tree / "build/docs", SITE / name, dirs_exist_ok=True)
        _run("git", "worktree", "remove", "--force", str(tree))
        (SITE / name / "versions.json").write_text(list_versions(current, [*others], "../"))
    (SITE / "versions.json").write_text(list_versions(current, [*others], "./"))


def _run(*command: str) -> str:
    ended = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return ended.stdout


if __name__ == "__main__":
    sys.exit(main())
