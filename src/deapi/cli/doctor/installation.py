"""Checks of the installation: they send nothing."""

from __future__ import annotations

import base64
import hashlib
import platform
import re
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ..._version import __version__
from .check import Check, State

if TYPE_CHECKING:
    from collections.abc import Iterator

_DISTRIBUTION = "deapi-python-sdk"
_PACKAGE = "deapi"
_REINSTALL = (
    "Run: pip uninstall -y deapi deapi-python-sdk && pip install --no-cache-dir deapi-python-sdk"
)
_FILE_OF_PACKAGE = re.compile(rf"^{_PACKAGE}/", re.MULTILINE)
_REQUIREMENT = re.compile(r"([\w.-]+).*?(?:extra == ['\"]([\w-]+)['\"])?$")


def check_installation() -> Iterator[Check]:
    """Check the versions, and whether the files are those of this project."""
    yield _check_version()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    yield Check("Python", State.OK, f"{python} on {platform.system()} {platform.machine()}")
    yield from _check_packages()
    yield _check_import_name()


def installed_version(distribution: str) -> str | None:
    """Return the version of a distribution, or None if it is not installed."""
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(distribution)
    return None


def _check_version() -> Check:
    directory = Path(__file__).parents[2]
    text = f"{_DISTRIBUTION} {__version__} in {directory}"
    installed = installed_version(_DISTRIBUTION)
    if installed in (None, __version__):
        return Check("SDK", State.OK, text)
    return Check(
        "SDK",
        State.WARNING,
        f"{text}, but the installed version is {installed}.",
        "Another copy precedes the installed one in sys.path: check PYTHONPATH, or install again.",
    )


def _check_packages() -> Iterator[Check]:
    required: dict[str, str | None] = {}
    extras: dict[str, list[str]] = {}
    for requirement in _requirements():
        if (found := _REQUIREMENT.match(requirement)) is None:
            continue
        if found[2] is None:
            required[found[1]] = installed_version(found[1])
        else:
            extras.setdefault(found[2], []).append(found[1])
    if not required:
        text = "unknown, because the SDK runs from a directory that pip did not install"
        yield Check("Packages", State.NOT_CHECKED, text)
        return
    shown = ", ".join(
        f"{name} {version or '(not installed)'}" for name, version in required.items()
    )
    missing = [name for name, version in required.items() if version is None]
    if missing:
        yield Check("Packages", State.PROBLEM, shown, f"Run: pip install {' '.join(missing)}")
    else:
        yield Check("Packages", State.OK, shown)
    versions = {extra: _versions(names) for extra, names in extras.items()}
    absent = [extra for extra, found in versions.items() if found is None]
    text = "; ".join(f"{extra} ({found})" for extra, found in versions.items() if found)
    if absent:
        text += f"{'; ' if text else ''}not installed: {', '.join(absent)}"
        advice = f"To add one: pip install '{_DISTRIBUTION}[{absent[0]}]'"
        yield Check("Extras", State.OK, text, advice)
    else:
        yield Check("Extras", State.OK, text)


def _requirements() -> list[str]:
    with suppress(metadata.PackageNotFoundError):
        return metadata.requires(_DISTRIBUTION) or []
    return []


def _versions(names: list[str]) -> str | None:
    """Return distributions with their versions, or None if one of them is not installed."""
    versions = [(name, installed_version(name)) for name in names]
    if any(version is None for _, version in versions):
        return None
    return ", ".join(f"{name} {version}" for name, version in versions)


def _check_import_name() -> Check:
    name = "Import name"
    others = sorted(_other_owners())
    if others:
        return Check(
            name,
            State.PROBLEM,
            f"another project also installs the package {_PACKAGE}: {', '.join(others)}.",
            _REINSTALL,
        )
    changed = sorted(_changed_files())
    if changed:
        return Check(
            name,
            State.PROBLEM,
            f"{len(changed)} files of the SDK were changed after the installation, for example "
            f"{changed[0]}.",
            _REINSTALL,
        )
    return Check(name, State.OK, f"{_PACKAGE} belongs to {_DISTRIBUTION} only")


def _other_owners() -> set[str]:
    """Return the other distributions that have files in the package."""
    owners: set[str] = set()
    for each in metadata.distributions():
        name: str = each.metadata["Name"] or ""
        is_ours = re.sub(r"[-_.]+", "-", name).lower() == _DISTRIBUTION
        # Not each.files, which takes a second in a large environment.
        if not is_ours and _FILE_OF_PACKAGE.search(each.read_text("RECORD") or ""):
            owners.add(f"{name} {each.version}")
    return owners


def _changed_files() -> set[str]:
    """Return the modules of the SDK whose content differs from the list of installed files."""
    changed: set[str] = set()
    with suppress(metadata.PackageNotFoundError):
        for file in metadata.distribution(_DISTRIBUTION).files or ():
            if file.suffix != ".py" or file.hash is None or file.parts[0] != _PACKAGE:
                continue
            try:
                content = Path(str(file.locate())).read_bytes()
            except OSError:
                changed.add(str(file))
                continue
            digest = hashlib.new(file.hash.mode, content).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != file.hash.value:
                changed.add(str(file))
    return changed
