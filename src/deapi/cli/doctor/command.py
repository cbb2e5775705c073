"""The command ``deapi doctor``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..console import Console, color
from ..errors import ExitCode
from .check import State
from .environment import base_url, check_certificates, check_key, check_proxy
from .installation import check_installation
from .service import check_service, not_checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .check import Check

_TIMEOUT = 10.0  # seconds of each step of a check

_COLORS = {State.OK: "32", State.WARNING: "33", State.PROBLEM: "31", State.NOT_CHECKED: "2"}
_STATE_WIDTH = max(map(len, State)) + 2
_NAME_WIDTH = 14


def doctor(
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative=(), show_default=False)] = False,
    api_version: Annotated[str | None, Parameter(name="--api-version", show_default=False)] = None,
) -> ExitCode:
    """Check the installation, the settings, the account and the connection.

    Args:
        as_json: Print each check as a JSON object on one line.
        api_version: API version, v1 or v2.
    """
    console = Console(as_json=as_json)
    found: list[Check] = []
    for check in _checks(api_version):
        found.append(check)
        _show(console, check)
    problems = [check for check in found if check.state is State.PROBLEM]
    warnings = sum(check.state is State.WARNING for check in found)
    console.note(f"Problems: {len(problems)}, warnings: {warnings}.")
    if any(check.is_account for check in problems):
        return ExitCode.ACCOUNT
    return ExitCode.FAILED if problems else ExitCode.DONE


def _checks(api_version: str | None) -> Iterator[Check]:
    """Run the checks, those that send nothing first."""
    yield from check_installation()
    yield check_proxy(base_url())
    yield check_certificates(base_url())
    key = check_key()
    yield key
    if key.state is State.PROBLEM:
        yield from not_checked("there is no API key")
    else:
        yield from check_service(api_version, _TIMEOUT)


def _show(console: Console, check: Check) -> None:
    console.result(
        f"{color(check.state.value.ljust(_STATE_WIDTH), _COLORS[check.state], sys.stdout)}"
        f"{check.name.ljust(_NAME_WIDTH)}{check.text} {check.advice}".rstrip(),
        {
            "check": check.name,
            "state": check.state.value,
            "text": check.text,
            "advice": check.advice or None,
        },
    )
