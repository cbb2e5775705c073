"""Values of the client as text: JSON, or lines for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def to_json(value: object, *, indent: int | None = 2) -> str:
    """Return a value that a method returned as JSON.

    Args:
        value: The value.
        indent: Number of spaces per level; None for one line.
    """
    return json.dumps(_plain(value), ensure_ascii=False, indent=indent)


def dollars(amount: float, *, estimated: bool | None = False) -> str:
    """Return an amount in US dollars."""
    shown = f"{amount:.6f}".rstrip("0")
    whole, _, cents = shown.partition(".")
    return f"${whole}.{cents.ljust(2, '0')}{' (estimated)' if estimated else ''}"


def columns(rows: Iterable[tuple[str, ...]]) -> str:
    """Return rows as lines with aligned columns."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _plain(value: object) -> Any:
    # Imported by the client before there is a value.
    from pydantic import BaseModel

    from .._jobs import Job

    if isinstance(value, Job):
        return {"request_id": value.request_id}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value
