"""The report of ``deapi doctor --live``: Markdown or JSON, without secrets."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib import metadata
from typing import TYPE_CHECKING, Any

from ..._core.operation import STATUS_OPERATION
from ..._json import is_array, is_object
from ..._text import sanitize
from ..._version import __version__
from ..errors import message
from .recording import DOWNLOAD
from .shapes import EMULATOR, MODEL, Difference, compare_shapes, compare_with_model, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .recording import Exchange

_PACKAGES = ("httpx", "pydantic")
_MAX_CELL = 300

# Statuses of the account or the network, which say nothing about the operation.
_UNRELATED = (401, 402, 403, 408, 429, 502, 503, 504)

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


@dataclass(frozen=True)
class Found:
    """A difference, and the calls in which it was found.

    Attributes:
        difference: The difference.
        request: The operation of the request, or ``download``.
        calls: The calls, each with its API version.
    """

    difference: Difference
    request: str
    calls: tuple[str, ...]


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
        self.differences: list[Found] = []
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


def compare(received: Iterable[Exchange], expected: Iterable[Exchange]) -> Iterator[Found]:
    """Return the differences between what the service and the emulator sent.

    Args:
        received: Exchanges with the service.
        expected: Exchanges with the emulator.
    """
    emulated = _group(expected)
    calls: dict[tuple[str, Difference], list[str]] = {}
    for key, exchanges in _group(received).items():
        call, version, request, _ = key
        for difference in _differences(exchanges, emulated.get(key, [])):
            names = calls.setdefault((request, difference), [])
            name = f"{call} ({version})"
            if name not in names:
                names.append(name)
    for (request, difference), names in calls.items():
        yield Found(difference, request, tuple(names))


def _group(exchanges: Iterable[Exchange]) -> dict[tuple[str, str, str, str], list[Exchange]]:
    """Return exchanges by call, API version, request, and status of the job."""
    groups: dict[tuple[str, str, str, str], list[Exchange]] = {}
    for each in exchanges:
        status = _job_status(each) if each.operation == STATUS_OPERATION else ""
        groups.setdefault((each.call, each.version, each.operation, status), []).append(each)
    return groups


def _job_status(exchange: Exchange) -> str:
    body = _body(exchange)
    data: object = body.get("data") if is_object(body) else None
    return str(data.get("status")) if is_object(data) else ""


def _differences(
    received: Sequence[Exchange], expected: Sequence[Exchange]
) -> Iterator[Difference]:
    received, expected = _decisive(received), _decisive(expected)
    last = received[-1]
    if last.response.status_code in _UNRELATED:
        return
    found = [each for exchange in received for each in _model_differences(exchange)]
    if expected:
        emulated = expected[-1]
        statuses = [each.response.status_code for each in (emulated, last)]
        if statuses[0] != statuses[1]:
            yield Difference("status", "", EMULATOR, *map(str, statuses))
        if statuses[0] // 100 == statuses[1] // 100:
            media_types = [_media_type(each.response.headers) for each in (emulated, last)]
            if media_types[0] != media_types[1]:
                yield Difference("content type", "", EMULATOR, *media_types)
            if last.operation != DOWNLOAD:
                shape = _shape(expected)
                # What the emulator sends is known, although no model declares it.
                found = [e for e in found if e.category != "unknown field" or e.where not in shape]
                known = {(each.category, each.where) for each in found}
                for each in compare_shapes(_shape(received), shape):
                    if (each.category, each.where) not in known:
                        yield each
    yield from found


def _decisive(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the exchanges that succeeded, otherwise the last one."""
    succeeded = [each for each in exchanges if each.response.status_code // 100 == 2]
    return succeeded or exchanges[-1:]


def _model_differences(exchange: Exchange) -> Iterator[Difference]:
    """Return the differences between a successful response and its model."""
    if exchange.response.status_code // 100 != 2 or exchange.result_type is None:
        return
    body = _body(exchange)
    if body is None:
        yield Difference("body", "", MODEL, "JSON", "another format")
    else:
        yield from compare_with_model(body, exchange.result_type)


def _shape(exchanges: Sequence[Exchange]) -> Mapping[str, set[str]]:
    """Return the types that the fields have in any of several responses."""
    shape: dict[str, set[str]] = {}
    for each in exchanges:
        for path, names in shape_of(_body(each)).items():
            shape.setdefault(path, set()).update(names)
    return shape


def _body(exchange: Exchange) -> object:
    try:
        return exchange.response.json()
    except ValueError:
        return None


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower() or "none"
