"""The report of ``deapi doctor --live``: Markdown or JSON, without secrets."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib import metadata
from typing import TYPE_CHECKING, Any

from ..._json import is_array, is_object
from ..._text import sanitize
from ..._version import __version__
from ..errors import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .comparison import Finding

_PACKAGES = ("httpx", "pydantic")
_MAX_CELL = 300

_REDACTIONS = (
    (re.compile(r"\d+(?:\||%7C)[\w-]{8,}", re.IGNORECASE), "<key>"),
    (re.compile(r"https?://[^\s'\")>]*"), "<url>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE), "<id>"),
    (re.compile(r"[0-9A-Za-z]{24,}|(?<![\d.])\d{5,}\b"), "<id>"),
)


@dataclass
class CallResult:
    """The outcome of a call.

    Attributes:
        call: Name of the operation.
        version: API version.
        model: Slug of the model, or None.
        price: Price in US dollars; None if the call is free.
        status: HTTP status, or None without a response.
        outcome: ``ok`` or a message; empty while a job is not finished.
    """

    call: str
    version: str
    model: str | None
    price: float | None
    status: int | None
    outcome: str


class Report:
    """What was called, and which differences were found.

    Args:
        versions: API versions.
        budget: Budget in US dollars.
        secrets: API keys, which the report must not contain.

    Attributes:
        calls: The calls.
        differences: The differences.
        skipped: Calls that were not made, each with its version and the reason.
    """

    def __init__(self, versions: Sequence[str], budget: float, secrets: Sequence[str]) -> None:
        self.calls: list[CallResult] = []
        self.differences: list[Finding] = []
        self.skipped: list[tuple[str, str, str]] = []
        self._versions = versions
        self._budget = budget
        self._secrets = {part for key in secrets for part in (key, key.partition("|")[2]) if part}
        self._date = datetime.now(timezone.utc)

    @property
    def failures(self) -> int:
        """Number of calls that cost money and failed, or whose job failed."""
        return sum(each.price is not None and each.outcome not in ("", "ok") for each in self.calls)

    def add(
        self, call: str, version: str, *, status: int | None, error: Exception | None
    ) -> CallResult:
        """Add the outcome of a call, and return it."""
        outcome = "ok" if error is None else message(error)
        result = CallResult(call, version, None, None, status, outcome)
        self.calls.append(result)
        return result

    def skip(self, call: str, version: str, reason: str) -> None:
        """Add a call that is not made."""
        self.skipped.append((call, version, reason))

    def to_json(self) -> str:
        """Return the report as a JSON object."""
        document = {
            **self._head(),
            "differences": [
                {**each.difference._asdict(), "request": each.request, "calls": [*each.calls]}
                for each in self.differences
            ],
            "calls": [asdict(each) for each in self.calls],
            "not_called": [
                {"call": call, "version": version, "reason": reason}
                for call, version, reason in self.skipped
            ],
        }
        return json.dumps(self._clean(document), ensure_ascii=False, indent=2)

    def to_markdown(self) -> str:
        """Return the report as Markdown."""
        differences = [
            (
                each.request,
                each.difference.category,
                each.difference.where,
                f"{each.difference.source}: {each.difference.expected}",
                each.difference.received,
                ", ".join(each.calls),
            )
            for each in self.differences
        ]
        calls = [
            (
                each.version,
                each.call,
                each.model or "",
                "" if each.price is None else f"${each.price:.8f}",
                "" if each.status is None else str(each.status),
                each.outcome or "not finished",
            )
            for each in self.calls
        ]
        skipped = [(version, call, reason) for call, version, reason in self.skipped]
        columns = ("request", "difference", "field", "expected", "received", "calls")
        parts = [
            "# Comparison of deAPI with deapi-python-sdk\n",
            *(f"- {name.replace('_', ' ')}: {value}" for name, value in self._head().items()),
            "\n## Differences\n",
            self._table(columns, differences) if differences else "None.",
            "\n## Calls\n",
            self._table(("API", "call", "model", "price", "HTTP", "outcome"), calls),
            "\n## Not called\n",
            self._table(("API", "call", "reason"), skipped) if skipped else "None.",
        ]
        return "\n".join(parts) + "\n"

    def _head(self) -> dict[str, str]:
        paid = sum(each.price or 0.0 for each in self.calls)
        return {
            "date": self._date.strftime("%Y-%m-%d %H:%M UTC"),
            "sdk": __version__,
            "python": f"{platform.python_version()} on {platform.system()}",
            "packages": ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES),
            "api_versions": ", ".join(self._versions),
            "budget": f"${self._budget:g}",
            "sum_of_prices": f"${paid:.6f}",
        }

    def _table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        lines = [columns, ["---"] * len(columns), *(self._clean([*row]) for row in rows)]
        return "\n".join(
            f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines
        )

    def _clean(self, value: Any) -> Any:
        """Return a value without secrets, in strings of limited length."""
        if is_object(value):
            return {key: self._clean(item) for key, item in value.items()}
        if is_array(value):
            return [self._clean(item) for item in value]
        if not isinstance(value, str):
            return value
        value = sanitize(value, 4 * _MAX_CELL)  # a secret that this cuts is not shown below
        for secret in self._secrets:
            value = value.replace(secret, "<key>")
        for pattern, replacement in _REDACTIONS:
            value = pattern.sub(replacement, value)
        return sanitize(value, _MAX_CELL)
