"""Commands that require an ADMIN key: ``usage`` and ``keys``. Lists are tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._text import sanitize
from .method_commands import method_command, methods_app
from .rendering import columns, dollars

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..types import KeysPage, Usage

KEY_COMMANDS = ("list", "get", "create", "update", "delete", "usage")


def _usage_table(report: Usage) -> str:
    rows = [
        (
            sanitize(each.name or each.key, 60),
            dollars(each.cost),
            f"{each.requests}",
            f"{each.errors}",
        )
        for each in report.groups
    ]
    totals = report.totals
    total = ("total", dollars(totals.cost), f"{totals.requests}", f"{totals.errors}")
    head = (sanitize(report.group_by or "", 20), "cost", "requests", "errors")
    table = columns([head, *rows, total])
    return table if report.start is None else f"{report.start} to {report.end}\n\n{table}"


def _keys_table(page: KeysPage) -> str:
    rows = [
        (
            str(key.id),
            sanitize(key.name, 40),
            key.role or "",
            key.status or "",
            dollars(key.limit_used or 0),
            "" if key.limit is None else dollars(key.limit),
            "" if key.limit is None else key.reset_interval or "",
            "" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}",
        )
        for key in page
    ]
    head = ("id", "name", "role", "status", "spent", "limit", "reset", "last used")
    table = columns([head, *rows])
    meta = page.meta
    if meta.last_page > 1:
        table += (
            f"\n\nPage {meta.current_page} of {meta.last_page}. Select another one with --page."
        )
    return table


_TABLES: dict[str, Callable[[Any], str]] = {"keys.list": _keys_table, "keys.usage": _usage_table}


def __getattr__(name: str) -> Callable[..., object]:
    resource, _, command = name.partition(".")
    if resource != "keys" or command not in KEY_COMMANDS:
        raise AttributeError(name)
    return method_command(name, _TABLES.get(name))


usage = method_command("account.usage", _usage_table)
keys_app = methods_app(
    "keys",
    "Manage the API keys of the account. This requires an ADMIN key.",
    __name__,
    {command: f"keys.{command}" for command in KEY_COMMANDS},
)
