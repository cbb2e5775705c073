"""Comparison of all responses of the service with those of the emulator and with the models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._core.operation import STATUS_OPERATION
from ..._json import is_object
from .recording import DOWNLOAD
from .shapes import EMULATOR, MODEL, Difference, compare_shapes, compare_with_model, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .recording import Exchange

# Statuses of the account or the network, which say nothing about the operation.
_UNRELATED = (401, 402, 403, 408, 429, 502, 503, 504)


@dataclass(frozen=True)
class Finding:
    """A difference, and the calls in which it was found.

    Attributes:
        difference: The difference.
        request: The operation of the request, or ``download``.
        calls: The calls, each with its API version.
    """

    difference: Difference
    request: str
    calls: tuple[str, ...]


def compare(received: Iterable[Exchange], expected: Iterable[Exchange]) -> Iterator[Finding]:
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
        yield Finding(difference, request, tuple(names))


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
    """Return the differences between the responses to a request."""
    received, expected = _decisive(received), _decisive(expected)
    if received[-1].response.status_code in _UNRELATED:
        return
    found = [each for exchange in received for each in _model_differences(exchange)]
    if expected:
        last, emulated = received[-1], expected[-1]
        yield from _head_differences(last, emulated)
        if _status_class(last) == _status_class(emulated) and last.operation != DOWNLOAD:
            shape = _shape(expected)
            # What the emulator sends is known, although no model declares it.
            found = [e for e in found if e.category != "unknown field" or e.where not in shape]
            known = {(each.category, each.where) for each in found}
            for each in compare_shapes(_shape(received), shape):
                if (each.category, each.where) not in known:
                    yield each
    yield from found


def _head_differences(received: Exchange, expected: Exchange) -> Iterator[Difference]:
    """Return the differences of the status and of the media type."""
    statuses = [each.response.status_code for each in (expected, received)]
    if statuses[0] != statuses[1]:
        yield Difference("status", "", EMULATOR, *map(str, statuses))
    media_types = [_media_type(each.response.headers) for each in (expected, received)]
    if media_types[0] != media_types[1] and _status_class(received) == _status_class(expected):
        yield Difference("content type", "", EMULATOR, *media_types)


def _decisive(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the exchanges that succeeded, otherwise the last one."""
    succeeded = [each for each in exchanges if _status_class(each) == 2]
    return succeeded or exchanges[-1:]


def _model_differences(exchange: Exchange) -> Iterator[Difference]:
    """Return the differences between a successful response and its model."""
    if _status_class(exchange) != 2 or exchange.result_type is None:
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


def _status_class(exchange: Exchange) -> int:
    """Return the first digit of the status."""
    return exchange.response.status_code // 100
