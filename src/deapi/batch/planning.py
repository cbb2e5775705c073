"""How planned items are described, and recognized in the journal by a later run."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from .._core.request import each_file, require_list, validate_fields
from .._core.targets import absolute_path, file_mode, validate_path
from .._datetimes import parse_datetime
from .._exceptions import DeapiError, JournalError
from .._text import describe
from .items import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .._core.request import Request
    from .journal import Journal, Row

_CHUNK: Final = 1024 * 1024
_MAX_LISTED: Final = 5

# Columns of an item that was being sent when its process ended.
_INTERRUPTED: dict[str, object] = {
    "state": "unknown",
    "error": "The run ended before the outcome of the request was recorded. This request may have "
    "been accepted and charged.",
}

# Fields of a price request that do not affect the price.
_WITHOUT_EFFECT = (
    "prompt",
    "negative_prompt",
    "seed",
    "return_result_in_response",
)


def validate_files(files: Mapping[str, Any]) -> None:
    """Check that the files of a request can be planned.

    Raises:
        TypeError: A file can be read only once, or is not a file.
    """
    for _, argument, file in each_file(files):
        if not isinstance(_content(file), (str, os.PathLike, bytes, bytearray, memoryview)):
            raise TypeError(
                f"{argument} cannot be planned: a batch may send it later, and in another run. "
                "Pass a path or bytes."
            )


def describe_arguments(request: Request) -> dict[str, Any]:
    """Return the arguments of a request as JSON values: without secrets, and files as names."""
    arguments = _fields(request)
    for name, value in request.files.items():
        if value is not None and name.endswith("[]"):
            arguments[name.removesuffix("[]")] = [
                _describe_file(file) for file in require_list(name, value)
            ]
        elif value is not None:
            arguments[name] = _describe_file(value)
    return arguments


def fingerprint(request: Request, *, without: Sequence[str] = ()) -> str:
    """Return the SHA-256 of an operation, its fields and the content of its files.

    Args:
        request: The request.
        without: Names of fields to leave out, in addition to secrets.

    Raises:
        OSError: A file cannot be read.
    """
    fields = {name: value for name, value in _fields(request).items() if name not in without}
    document = json.dumps([request.operation.name, fields], sort_keys=True)
    digest = hashlib.sha256(document.encode())
    for _, argument, file in each_file(request.files):
        digest.update(f"\0{argument}\0{_hash_of(_content(file))}".encode())
    return digest.hexdigest()


def _fields(request: Request) -> dict[str, Any]:
    """Return the fields of a request that have a value, without secrets."""
    operation = request.operation
    values = validate_fields(request.fields, operation.booleans)
    return {name: value for name, value in values.items() if name not in operation.secrets}


def price_key_of(request: Request) -> str:
    """Return what identifies the price that a request asks for."""
    return fingerprint(request, without=_WITHOUT_EFFECT)


def now() -> str:
    """Return the current time in UTC, in ISO 8601."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def find_or_add(journal: Journal, entries: Sequence[Entry], api_version: str) -> list[Entry]:
    """Find the items of a program in the journal, and add those that are new, in one transaction.

    An item that was being sent when its process ended becomes ``unknown``.

    Args:
        journal: The journal.
        entries: The items of the program.
        api_version: API version of the client.

    Returns:
        The items of the program, then those that are only in the journal.

    Raises:
        ValueError: Two items have the same key or path, or an item has the path of the journal.
        JournalError: The arguments of an item that has been sent have changed, or the journal
            belongs to another API version.
        OSError: A file of an item cannot be read.
    """
    identities = _identities(entries, journal.path)
    rows = {row["identity"]: row for row in journal.items()}
    _validate_version(journal, rows.values(), api_version)
    new, updates = _compare(entries, identities, rows)
    updates += [(row["id"], _INTERRUPTED) for row in rows.values() if row["state"] == "sending"]
    constants = {"state": "planned", "api_version": api_version, "planned_at": now()}
    added = (  # one at a time, because thousands need more memory than the items
        {"identity": identity, **_columns(entry, digest), **constants}
        for identity, digest, entry in new
    )
    numbers = journal.add(added, updates)
    if not rows:
        for entry, number in zip(entries, numbers, strict=True):
            entry.number = number
        return list(entries)
    by_identity = {row["identity"]: row for row in journal.items()}
    for (identity, _), entry in zip(identities, entries, strict=True):
        set_from_row(entry, by_identity.pop(identity))
    others = [from_row(row) for row in by_identity.values()]
    files = {entry.target for entry in entries if not (entry.target or os.sep).endswith(os.sep)}
    for other in others:
        if other.target in files:
            other.target = None  # the file is that of an item of the program now
    return [*entries, *others]


def _compare(
    entries: Sequence[Entry], identities: Sequence[tuple[str, str]], rows: Mapping[str, Row]
) -> tuple[list[tuple[str, str, Entry]], list[tuple[int, dict[str, object]]]]:
    """Compare the items of a program with the rows of a journal.

    Returns:
        The items without a row, each with its identity and fingerprint; and the numbers of others
        with the columns that the program has changed.

    Raises:
        JournalError: The arguments of an item that has been sent have changed.
    """
    new: list[tuple[str, str, Entry]] = []
    updates: list[tuple[int, dict[str, object]]] = []
    changed: list[str] = []
    for (identity, digest), entry in zip(identities, entries, strict=True):
        row = rows.get(identity)
        if row is None:
            new.append((identity, digest, entry))
        elif row["state"] == "planned":
            updates.append((row["id"], _columns(entry, digest)))
        elif row["fingerprint"] != digest:
            changed.append(f"{identity} ({row['state']})")
        else:
            updates.append((row["id"], {"tags": json.dumps(entry.item.tags)}))
            if entry.target not in (None, row["target"]):
                state = "done" if row["state"] == "saved" else row["state"]
                updates.append((row["id"], {"target": entry.target, "state": state}))
    if changed:
        listed = ", ".join(changed[:_MAX_LISTED]) + (", ..." if len(changed) > _MAX_LISTED else "")
        raise JournalError(
            f"Items whose arguments have changed have been sent already: {listed}. Nothing was "
            "sent now. Give the new items other keys or paths, use another journal, or restore the "
            "arguments."
        )
    return new, updates


def _validate_version(journal: Journal, rows: Iterable[Row], api_version: str) -> None:
    for row in rows:
        if row["api_version"] != api_version:
            raise JournalError(
                f"The items of {journal.path} were planned with API {row['api_version']}, and "
                f"this client uses API {api_version}. Use a client with "
                f"api_version={row['api_version']!r}, or another journal. Nothing was sent."
            )


def is_unfinished(entry: Entry) -> bool:
    """Whether a run has to work on an item."""
    state = entry.item.state
    if state == "planned":
        return entry.request is not None
    return state == "submitted" or (state == "done" and entry.target is not None)


def replan_unknown(journal: Journal, entries: Sequence[Entry]) -> None:
    """Plan the items whose outcome is unknown again."""
    unknown = [each for each in entries if each.item.state == "unknown" and each.request]
    journal.add((), [(each.number, {"state": "planned", "error": None}) for each in unknown])
    for each in unknown:
        each.item.state, each.item.error = "planned", None


def create_directories(entries: Sequence[Entry]) -> None:
    """Create the directories of the files that are to be saved, and check that these can be saved.

    Raises:
        OSError: A directory cannot be created or written, or the name of a file is too long.
        ValueError: A path is a device, a pipe or a socket.
    """
    targets = [each.target for each in entries if each.target and is_unfinished(each)]
    directories = {each if each.endswith(os.sep) else os.path.dirname(each) for each in targets}  # noqa: PTH120
    for directory in directories:
        Path(directory).mkdir(parents=True, exist_ok=True)
        validate_path(absolute_path(Path(directory)), is_directory=True)
    for target in targets:
        file_mode(Path(target))


def set_from_row(entry: Entry, row: Row) -> None:
    """Set the state of an item to that of its row."""
    item = entry.item
    entry.number, entry.attempt, entry.target = row["id"], row["attempt"], row["target"]
    item.state = row["state"]
    item.request_id = row["request_id"]
    item.idempotency_key = row["idempotency_key"]
    item.estimate, item.price = row["estimate"], row["price"]
    item.error = None if row["error"] is None else DeapiError(row["error"])
    item.sent_at = None if row["sent_at"] is None else parse_datetime(row["sent_at"])
    item.tags = json.loads(row["tags"])
    item.path = None if row["path"] is None else Path(row["path"])


def from_row(row: Row) -> Entry:
    """Return an item that is only in the journal. It cannot be sent."""
    entry = Entry(row["operation"], json.loads(row["arguments"]))
    set_from_row(entry, row)
    return entry


def _identities(entries: Sequence[Entry], journal: Path | None) -> list[tuple[str, str]]:
    """Return the identity and the fingerprint of each item."""
    found: list[tuple[str, str]] = []
    same: Counter[str] = Counter()
    keys: set[str] = set()
    files: set[str] = set()
    directories: dict[str, str] = {}
    journal_file = None if journal is None else _real_path(str(journal), directories)
    for entry in entries:
        digest = "" if entry.request is None else fingerprint(entry.request)
        target = None if entry.target is None or entry.target.endswith(os.sep) else entry.target
        identity = None if target is None else f"path:{target}"
        if target is not None:
            file = _real_path(target, directories)
            if file == journal_file:
                raise ValueError(
                    f"An item has the path of the journal: {target}. Nothing was sent."
                )
            _add_unique(files, file, "path", target)
        if entry.key is not None:
            identity = f"key:{entry.key}"
            _add_unique(keys, entry.key, "key", entry.key)
        if identity is None:
            identity = f"arguments:{digest}:{same[digest]}"
            same[digest] += 1
        found.append((identity, digest))
    return found


def _add_unique(seen: set[str], value: str, name: str, shown: str) -> None:
    if value in seen:
        raise ValueError(
            f"Two items of the batch have the same {name}: {describe(shown, 200)}. Nothing was "
            "sent."
        )
    seen.add(value)


def _real_path(path: str, directories: dict[str, str]) -> str:
    """Return what identifies a file, however its path is written.

    Args:
        path: Path of the file.
        directories: Real paths of the directories that were resolved before, because that takes
            long.
    """
    # The result is written to the target of a symbolic link.
    is_link = os.path.islink(path)  # noqa: PTH114 - never raises
    directory, name = os.path.split(os.path.realpath(path) if is_link else path)
    if directory not in directories:
        directories[directory] = os.path.realpath(directory)
    return os.path.normcase(os.path.join(directories[directory], name))  # noqa: PTH118


def _columns(entry: Entry, digest: str) -> dict[str, object]:
    return {
        "operation": entry.item.operation,
        "model": entry.model,
        "arguments": json.dumps(entry.item.arguments),
        "fingerprint": digest,
        "target": entry.target,
        "tags": json.dumps(entry.item.tags),
    }


def _content(file: object) -> object:
    if isinstance(file, tuple):
        parts = cast("tuple[object, ...]", file)
        return parts[1] if len(parts) > 1 else None
    return file


def _describe_file(file: object) -> str:
    content = _content(file)
    if isinstance(content, (bytes, bytearray, memoryview)):
        return f"<{memoryview(cast('bytes', content)).nbytes} bytes>"
    return os.fsdecode(cast("str | os.PathLike[str]", content))


def _hash_of(content: object) -> str:
    digest = hashlib.sha256()
    if isinstance(content, (bytes, bytearray, memoryview)):
        digest.update(cast("Any", content))
    else:
        with Path(os.fsdecode(cast("str", content))).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
