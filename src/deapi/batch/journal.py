"""The journal of a batch: an SQLite file that survives a kill and a power failure.

Each change is committed, and on disk, before the step that it announces: an item is ``sending``
before its request is sent, and ``submitted`` before its job is polled. The changes of items that
wait at the same time are committed together. The format is documented in ``docs/batch.md`` and is
readable with plain SQL.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .._core.steps import Waker
from .._exceptions import JournalError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

Row: TypeAlias = "sqlite3.Row | Mapping[str, Any]"
"""A row of the journal, whose columns are found by name."""

FORMAT: Final = 1
"""Version of the format, in ``PRAGMA user_version``."""

APPLICATION_ID: Final = 0x64654150
"""Identifies the file as a journal, in ``PRAGMA application_id``: "deAP"."""

_NOT_RECORDED = (
    "No more jobs are submitted, because they could not be recorded. Those that are recorded are "
    "resumed by the next run."
)

STATES: Final = ("planned", "sending", "submitted", "done", "saved", "failed", "unknown")
"""States of an item, in the order in which it passes through them."""

_SCHEMA = f"""
CREATE TABLE items (
    id INTEGER PRIMARY KEY,           -- order of planning
    identity TEXT NOT NULL UNIQUE,    -- key, target or arguments, the same in a later run
    state TEXT NOT NULL CHECK (state IN {STATES}),
    operation TEXT NOT NULL,          -- images.generate
    api_version TEXT NOT NULL,        -- v1
    model TEXT,                       -- slug of the model, if the operation has one
    arguments TEXT NOT NULL,          -- JSON; files as their names; without secrets
    fingerprint TEXT NOT NULL,        -- SHA-256 of the operation, the arguments and the files
    target TEXT,                      -- path of the file to save, as the program passed it
    path TEXT,                        -- path of the saved file
    tags TEXT NOT NULL DEFAULT '{{}}',  -- JSON object
    attempt INTEGER NOT NULL DEFAULT 0,    -- number of submissions
    request_id TEXT,                  -- ID of the job of the latest submission
    idempotency_key TEXT,             -- of the latest submission
    estimate REAL,                    -- price in US dollars before the submission
    price REAL,                       -- price in US dollars that the service reported
    error TEXT,                       -- why the item failed, or is unknown
    planned_at TEXT NOT NULL,         -- times are in UTC, ISO 8601
    sent_at TEXT,
    submitted_at TEXT,
    finished_at TEXT
);
CREATE INDEX items_by_state ON items (state, id);
CREATE TABLE submissions (            -- every submission, also those that were refused or failed
    item INTEGER NOT NULL REFERENCES items (id),
    attempt INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_id TEXT,
    outcome TEXT,                     -- submitted, done, failed, refused or unknown
    refunded INTEGER,                 -- 1 if the service reported that the price was refunded
    estimate REAL,
    price REAL,
    sent_at TEXT NOT NULL,
    ended_at TEXT,
    PRIMARY KEY (item, attempt)
);
"""


class Change:
    """A change of an item, to be written to the journal.

    Attributes:
        waker: Wakes the flow that waits, when the change is written or the flow has to write it.
        written: Whether it is on disk, or has failed.
        error: Why it has failed, or None.
    """

    def __init__(self, *statements: tuple[str, Sequence[object]]) -> None:
        self.waker = Waker()
        self.written = False
        self.error: Exception | None = None
        self._statements = statements

    def execute(self, database: sqlite3.Connection) -> None:
        """Carry out the change in a transaction."""
        for sql, values in self._statements:
            database.execute(sql, values)

    def raise_error(self) -> None:
        """Raise the error of the change, if it has failed."""
        if self.error is not None:
            raise self.error


def change_item(number: int, **columns: object) -> Change:
    """Change columns of an item."""
    return Change(_update(number, columns))


def begin_submission(number: int, **columns: Any) -> Change:
    """Record that a submission is about to be sent: the item is ``sending`` from now on.

    Args:
        number: Number of the item.
        **columns: Its columns ``attempt``, ``idempotency_key``, ``estimate`` and ``sent_at``.
    """
    names = ("attempt", "idempotency_key", "estimate", "sent_at")
    return Change(
        _update(number, {**columns, "state": "sending", "request_id": None}),
        (
            f"INSERT INTO submissions (item, {', '.join(names)}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
            [number, *(columns[name] for name in names)],
        ),
    )


def end_submission(
    number: int, attempt: int, outcome: Mapping[str, object], **columns: object
) -> Change:
    """Record the outcome of a submission, and change columns of its item.

    Args:
        number: Number of the item.
        attempt: Number of the submission.
        outcome: Columns of the submission.
        **columns: Columns of the item.
    """
    assignments = ", ".join(f"{name} = ?" for name in outcome)
    return Change(
        (
            f"UPDATE submissions SET {assignments} WHERE item = ? AND attempt = ?",  # noqa: S608
            [*outcome.values(), number, attempt],
        ),
        _update(number, columns),
    )


def _value(database: sqlite3.Connection, sql: str, *arguments: object) -> Any:
    """Return the only value of a query.

    Every query is read to its end: SQLite does not commit while a cursor has unread rows, and PyPy
    does not delete a cursor at once.
    """
    ((value,),) = database.execute(sql, arguments)
    return value


class Journal:
    """An open journal. One process at a time may write it; any thread may call its methods.

    Attributes:
        path: Path of the file, or None if the journal is in memory.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        """Open or create a journal.

        Args:
            path: Path of the file; None for a journal in memory.

        Raises:
            JournalError: Another process has opened the journal, it cannot be written, or the file
                is not a journal.
        """
        self.path = None if path is None else Path(path)
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._sizes: dict[int, int] = {}  # of the files, by descriptor
        self._queue_lock = threading.RLock()  # a garbage collection may close a flow
        self._waiting: list[Change] = []
        self._claimed = False
        self._database: sqlite3.Connection | None = None
        try:
            self._database = self._open()
        except sqlite3.Error as error:
            raise self._error(error, "Nothing was sent.") from error

    def _open(self) -> sqlite3.Connection:
        if self.path is not None and not self.path.parent.is_dir():
            raise JournalError(
                f"The directory of the journal does not exist: {self.path.parent}. "
                "Nothing was sent."
            )
        # SQLite would not create a file for a path such as "file:..." that is not absolute.
        file = ":memory:" if self.path is None else os.path.realpath(self.path)
        database = sqlite3.connect(
            file,
            timeout=0,
            isolation_level=None,  # transactions are explicit
            check_same_thread=False,
        )
        try:
            database.row_factory = sqlite3.Row
            # Held until the file is closed: a second process gets an error at once, and the lock
            # of a killed process ends with it.
            database.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
            database.execute("PRAGMA journal_mode = WAL").fetchall()
            # Each commit is on disk before it returns.
            database.execute("PRAGMA synchronous = FULL")
            # By default, macOS truncates a large write-ahead log.
            database.execute("PRAGMA journal_size_limit = -1").fetchall()
            database.execute("BEGIN EXCLUSIVE")
            self._create_or_check(database)
            database.execute("COMMIT")
            if self.path is not None:
                # They are closed after the database: closing any descriptor of a file ends its
                # locks (POSIX). There is no write-ahead log if the file system does not support it.
                for each in filter(os.path.exists, (file, f"{file}-wal")):
                    self._sizes[os.open(each, os.O_RDONLY)] = 0
        except BaseException:
            database.close()
            self._close_descriptors()
            raise
        return database

    def _create_or_check(self, database: sqlite3.Connection) -> None:
        application_id = _value(database, "PRAGMA application_id")
        version = _value(database, "PRAGMA user_version")
        tables = _value(database, "SELECT count(*) FROM sqlite_master")
        if not tables:
            for statement in _SCHEMA.split(";\n"):
                if statement.strip():
                    database.execute(statement)
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {FORMAT}")
        elif application_id != APPLICATION_ID:
            raise JournalError(
                f"{self.path} is an SQLite database, but not the journal of a batch. Pass another "
                "path. Nothing was sent."
            )
        elif version != FORMAT:
            raise JournalError(
                f"{self.path} has format {version}, and this version of deapi reads format "
                f"{FORMAT}. Finish the batch with the version that began it. Nothing was sent."
            )

    def close(self) -> None:
        """Close the file. It may be closed several times."""
        if self._process != os.getpid():
            _keep_open(self._database)
            return
        with self._lock:
            database, self._database = self._database, None
            if sys.platform == "win32":  # SQLite cannot delete a file that is open
                self._close_descriptors()
            if database is not None:
                database.close()
            self._close_descriptors()

    def _close_descriptors(self) -> None:
        while self._sizes:
            os.close(self._sizes.popitem()[0])

    def items(self, *states: str) -> list[sqlite3.Row]:
        """Return the rows of items, in the order of planning.

        Args:
            *states: Only items in these states; by default all.
        """
        where = f"WHERE state IN ({','.join('?' * len(states))})" if states else ""
        with self._read() as database:
            rows = database.execute(
                f"SELECT * FROM items {where} ORDER BY id",  # noqa: S608
                states,
            )
            return rows.fetchall()

    def count(self) -> dict[str, int]:
        """Return the number of items by state."""
        with self._read() as database:
            rows = database.execute("SELECT state, count(*) FROM items GROUP BY state")
            return dict(rows.fetchall())

    def failures(self, number: int) -> int:
        """Return the number of submissions of an item whose jobs failed."""
        with self._read() as database:
            count = _value(
                database,
                "SELECT count(*) FROM submissions WHERE item = ? AND outcome = 'failed'",
                number,
            )
        return int(count)

    def spent(self) -> float:
        """Return what all submissions cost in US dollars, also those whose outcome is unknown.

        A submission without a reported price counts with its estimate. One that was rejected or
        refunded does not count.
        """
        with self._read() as database:
            total = _value(
                database,
                "SELECT total(coalesce(price, estimate)) FROM submissions"
                " WHERE coalesce(outcome, '') <> 'refused' AND NOT coalesce(refunded, 0)",
            )
        return float(total)

    def add(
        self,
        rows: Iterable[Mapping[str, Any]],
        updates: Iterable[tuple[int, Mapping[str, object]]] = (),
    ) -> list[int]:
        """Add items and change others, in one transaction.

        Args:
            rows: Columns of each new item.
            updates: Number and columns of each item to change.

        Returns:
            The numbers of the new items.
        """
        numbers: list[int] = []
        with self._write() as database:
            for number, changes in updates:
                database.execute(*_update(number, changes))
            for row in rows:
                names = ", ".join(row)
                cursor = database.execute(
                    f"INSERT INTO items ({names}) VALUES ({','.join('?' * len(row))})",  # noqa: S608
                    list(row.values()),
                )
                numbers.append(cursor.lastrowid or 0)
        return numbers

    def write(self, change: Change) -> None:
        """Write a change, and those that wait. It is on disk when this returns."""
        self.enqueue(change)
        self.write_waiting()
        change.raise_error()

    def enqueue(self, change: Change) -> None:
        """Let a change wait for ``write_waiting()``."""
        self._require_own_process()
        with self._queue_lock:
            self._waiting.append(change)

    def claim(self) -> bool:
        """Return whether the caller has to call ``write_waiting()``, because no other flow does."""
        with self._queue_lock:
            claimed, self._claimed = self._claimed, True
            return not claimed

    def write_waiting(self) -> None:
        """Write all changes that wait, in one transaction, and wake their flows.

        Then the flow of the first change that has arrived meanwhile continues, and writes them.
        """
        self._require_own_process()
        with self._lock:
            with self._queue_lock:
                changes, self._waiting = self._waiting, []
            try:
                if changes:
                    self._write_all(changes)
            finally:
                with self._queue_lock:
                    self._claimed = False
                    # Those that an interrupt has prevented come first.
                    self._waiting[:0] = [each for each in changes if not each.written]
                    following = self._waiting[:1]
                for change in (*changes, *following):
                    change.waker.wake()

    def _write_all(self, changes: Sequence[Change]) -> None:
        error: Exception | None = None
        try:
            with self._write() as database:
                for change in changes:
                    change.execute(database)
        except Exception as raised:  # noqa: BLE001 - raised by the flow that waits for the change
            error = raised
        if error is not None and len(changes) > 1:  # perhaps of one of them
            for change in changes:
                self._write_all([change])
            return
        for change in changes:
            change.error, change.written = error, True

    @contextmanager
    def _read(self) -> Generator[sqlite3.Connection, None, None]:
        self._require_own_process()
        with self._lock:
            try:
                yield self._opened()
            except sqlite3.Error as error:
                raise self._error(error) from error

    @contextmanager
    def _write(self) -> Generator[sqlite3.Connection, None, None]:
        self._require_own_process()
        with self._lock:
            database = self._opened()
            self._require_files()
            try:
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
            except BaseException as error:
                if database.in_transaction:
                    with suppress(sqlite3.Error):
                        database.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._error(error, _NOT_RECORDED) from error
                raise

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            raise JournalError(
                "The journal of this batch is closed. Call run() and summary() in the `with` block "
                "of the batch, or create a new batch."
            )
        return self._database

    def _require_own_process(self) -> None:
        if self._process != os.getpid():
            raise JournalError(
                f"The journal {self.path} was opened by the process that forked this one. Create "
                "the batch, and call run(), in one process."
            )

    def _require_files(self) -> None:
        for descriptor, size in self._sizes.items():
            status = os.fstat(descriptor)
            if status.st_nlink == 0 or status.st_size < size:  # SQLite never makes them smaller
                raise JournalError(
                    f"The journal {self.path}, or the file beside it that ends in -wal, was "
                    "deleted, replaced or truncated during the run. No more jobs are submitted, "
                    "because a later run would not know them, and would submit them again. Get the "
                    "results of those that were submitted with client.job(item.request_id) for "
                    "each item of batch.items()."
                )
            self._sizes[descriptor] = status.st_size

    def _error(self, error: sqlite3.Error, consequence: str = "") -> JournalError:
        text = str(error)
        if "locked" in text:
            advice = (
                "Another process, or another batch of this one, has opened it. Wait for its end."
            )
        elif "not a database" in text:
            advice = "It is not an SQLite database. Pass another path."
        elif "malformed" in text:
            advice = (
                "It is damaged. With a new journal, or an older copy, the items that it does not "
                "know would be submitted again. Compare your account's usage first."
            )
        elif "full" in text:
            advice = "Free some space on its disk, and run the program again."
        else:  # SQLite does not say why: a quota of the disk is a "disk I/O error", for example
            advice = (
                "Check that the file and its directory can be written, and that the disk has "
                "space. Then run the program again."
            )
        parts = (f"The journal {self.path} cannot be used ({text}).", consequence, advice)
        return JournalError(" ".join(filter(None, parts)))


def _keep_open(database: sqlite3.Connection | None) -> None:
    """Keep a connection of the parent process until the end of this one.

    Closing it would delete the write-ahead log, which has what the parent has committed.
    """
    if database is not None:
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(database))


def _update(number: int, columns: Mapping[str, object]) -> tuple[str, Sequence[object]]:
    """Return the statement that changes columns of an item, and its values."""
    assignments = ", ".join(f"{name} = ?" for name in columns)
    return f"UPDATE items SET {assignments} WHERE id = ?", [*columns.values(), number]  # noqa: S608
