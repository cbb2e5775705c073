"""The journal of a batch: what it survives, whom it refuses, and how it is read."""

import functools
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import pytest

from deapi import JournalError
from deapi.batch.journal import (
    APPLICATION_ID,
    FORMAT,
    STATES,
    Change,
    Journal,
    begin_submission,
    change_item,
    end_submission,
)
from support.programs import Program
from support.signals import posix

NOW = "2026-05-01T12:00:00Z"


def row(name, **changes):
    return {
        "identity": f"key:{name}",
        "state": "planned",
        "operation": "images.generate",
        "api_version": "v1",
        "arguments": "{}",
        "fingerprint": name,
        "planned_at": NOW,
        **changes,
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.db"


@pytest.fixture
def journal(path):
    with closing(Journal(path)) as journal:
        yield journal


@pytest.mark.parametrize(("platform", "open_files"), [("linux", 2), ("win32", 0)])
def test_only_on_windows_are_the_files_closed_before_the_database(
    path, monkeypatch, platform, open_files
):
    # There, SQLite cannot delete a write-ahead log that is open. Elsewhere, closing a descriptor
    # ends the locks of the database.
    journal, found = Journal(path), []

    class Database:
        def close(self):
            found.append(len(journal._sizes))
            database.close()

    database, journal._database = journal._database, Database()
    monkeypatch.setattr("sys.platform", platform)
    journal.close()
    monkeypatch.undo()
    assert found == [open_files]
    assert journal._sizes == {}


class CursorsAreKept(sqlite3.Connection):
    """A connection whose cursors live on, as on PyPy, which does not count references."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.cursors = []

    def execute(self, *arguments):
        self.cursors.append(super().execute(*arguments))
        return self.cursors[-1]


def test_a_journal_does_not_depend_on_the_deletion_of_cursors(path, monkeypatch):
    connect = functools.partial(sqlite3.connect, factory=CursorsAreKept)
    monkeypatch.setattr("deapi.batch.journal.sqlite3.connect", connect)
    for _ in range(2):
        with closing(Journal(path)) as journal:
            assert (journal.failures(1), journal.spent()) == (0, 0.0)
            journal.add([row(os.urandom(4).hex())])
            assert journal.count() == {"planned": len(journal.items())}
            journal.write(change_item(1, state="failed"))
            journal.write(change_item(1, state="planned"))


def test_items_are_returned_in_the_order_of_planning(journal):
    assert journal.add([row("fox"), row("hare")]) == [1, 2]
    journal.add([row("owl", model="m", tags='{"a": 1}')])
    assert [item["identity"] for item in journal.items()] == ["key:fox", "key:hare", "key:owl"]
    journal.write(change_item(2, state="failed", error="too small"))
    assert [item["id"] for item in journal.items("planned")] == [1, 3]
    assert [item["error"] for item in journal.items("failed", "done")] == ["too small"]
    assert journal.count() == {"planned": 2, "failed": 1}
    assert journal.items()[2]["model"] == "m"


def test_a_submission_is_recorded_before_it_is_sent_and_after_its_outcome(journal):
    columns = {"estimate": 0.5, "sent_at": NOW}
    journal.add([row("fox")])
    journal.write(begin_submission(1, attempt=1, idempotency_key="k1", **columns))
    (item,) = journal.items("sending")
    assert (item["attempt"], item["idempotency_key"], item["estimate"]) == (1, "k1", 0.5)
    outcome = {"outcome": "submitted", "request_id": "job-1"}
    journal.write(end_submission(1, 1, outcome, state="submitted", request_id="job-1"))
    journal.write(begin_submission(1, attempt=2, idempotency_key="k2", **columns))
    assert journal.items("sending")[0]["request_id"] is None
    submissions = journal._database.execute("SELECT attempt, outcome FROM submissions ORDER BY 1")
    assert [tuple(each) for each in submissions] == [(1, "submitted"), (2, None)]


def test_a_state_that_does_not_exist_is_rejected(journal):
    journal.add([row("fox")])
    with pytest.raises(JournalError):
        journal.write(change_item(1, state="lost"))
    assert journal.items()[0]["state"] == "planned"


def test_a_change_that_fails_changes_nothing(journal):
    journal.add([row("fox")])
    with pytest.raises(JournalError):
        journal.add([row("hare"), row("fox")])
    assert journal.count() == {"planned": 1}
    journal.add([row("hare")])


def test_changes_that_wait_are_committed_together(journal):
    journal.add([row("fox"), row("hare"), row("owl")])
    commits = []
    journal._database.set_trace_callback(
        lambda sql: commits.append(sql) if sql == "COMMIT" else None
    )
    changes = [change_item(number, state="done") for number in (1, 2, 3)]
    for change in changes:
        journal.enqueue(change)
        assert not change.written
    journal.write_waiting()
    assert len(commits) == 1
    assert journal.count() == {"done": 3}
    for change in changes:
        assert change.written
        assert is_woken(change.waker)


@pytest.mark.parametrize("value", ["lost", "\ud800"])  # not a state, and not Unicode
def test_a_change_that_fails_does_not_affect_those_that_are_written_with_it(journal, value):
    journal.add([row("fox"), row("hare"), row("owl")])
    states = {1: "done", 2: value, 3: "saved"}
    changes = [change_item(number, state=state) for number, state in states.items()]
    for change in changes:
        journal.enqueue(change)
    journal.write_waiting()
    assert [item["state"] for item in journal.items()] == ["done", "planned", "saved"]
    for change in changes:
        assert change.written
        assert is_woken(change.waker)
    changes[0].raise_error()
    changes[2].raise_error()
    with pytest.raises(JournalError if value == "lost" else UnicodeEncodeError):
        changes[1].raise_error()


def test_one_writer_is_chosen_and_names_the_next_one(journal):
    journal.add([row("fox"), row("hare")])
    first, second = (change_item(number, state="done") for number in (1, 2))
    journal.enqueue(first)
    assert journal.claim()
    assert not journal.claim()
    execute = first.execute

    def enqueue_another(database):
        journal.enqueue(second)  # while the first one is written
        execute(database)

    first.execute = enqueue_another
    journal.write_waiting()
    assert first.written
    assert not second.written
    assert is_woken(second.waker)
    assert journal.claim()


class Interrupted(Change):
    """A change during which Ctrl-C is pressed once."""

    def execute(self, database):
        super().execute(database)
        self.execute = super().execute
        raise KeyboardInterrupt


def test_changes_that_an_interrupt_prevents_are_written_later(journal):
    journal.add([row("fox"), row("hare"), row("owl")])
    changes = [
        change_item(1, state="done"),
        Interrupted(("UPDATE items SET state = 'done' WHERE id = ?", [2])),
    ]
    for change in changes:
        journal.enqueue(change)
    assert journal.claim()
    with pytest.raises(KeyboardInterrupt):
        journal.write_waiting()
    assert journal.count() == {"planned": 3}
    assert not any(change.written for change in changes)
    assert is_woken(changes[0].waker)  # its flow writes them
    assert journal.claim()
    journal.write(change_item(3, state="done"))
    assert journal.count() == {"done": 3}


def is_woken(waker):
    """Whether a waker ends the next sleep."""
    called = []
    waker.add_callback(lambda: called.append(True))
    return bool(called)


def test_the_file_is_read_with_plain_sql(journal, path):
    journal.add([row(state, state=state) for state in STATES])
    journal.close()
    with closing(sqlite3.connect(path)) as database:
        states = [state for (state,) in database.execute("SELECT state FROM items ORDER BY id")]
        assert states == list(STATES)
        assert database.execute("PRAGMA user_version").fetchone() == (FORMAT,)
        assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_each_commit_is_on_disk_before_it_returns(journal):
    assert journal._database.execute("PRAGMA synchronous").fetchone()[0] >= 2


def test_a_journal_that_is_open_is_refused_at_once(journal, path):
    with pytest.raises(JournalError, match="opened it") as caught:
        Journal(path)
    assert str(path) in str(caught.value)
    journal.add([row("fox")])


def test_a_closed_journal_is_opened_again_with_its_items(journal, path):
    journal.add([row("fox")])
    journal.close()
    journal.close()
    with closing(Journal(path)) as again:
        assert again.count() == {"planned": 1}
    with pytest.raises(JournalError, match="closed"):
        journal.items()


def replace(file):
    other = file.with_suffix(".new")
    other.write_bytes(b"")
    other.replace(file)


def truncate(file):
    os.truncate(file, 0)


@posix
@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("harm", [replace, truncate, Path.unlink])
def test_a_file_that_is_deleted_replaced_or_truncated_while_it_is_open_is_an_error(
    journal, path, suffix, harm
):
    journal.add([row("fox")])
    journal.add([row("hare")])
    harm(path.with_name(path.name + suffix))
    for _ in range(2):
        with pytest.raises(JournalError, match="deleted, replaced or truncated") as caught:
            journal.add([row("owl")])
    assert str(path) in str(caught.value)


@posix
@pytest.mark.parametrize("size", [1, 3000])
def test_a_journal_that_grows_is_not_a_truncated_one(path, size):
    link = path.with_name("link.db")
    link.symlink_to(path)
    for run in range(2):
        with closing(Journal(link)) as journal:
            for number in range(5):
                journal.add([row(f"{run} {number} {each}") for each in range(size)])
                journal.write(change_item(1, state="done", error="e" * number * 1000))
            assert len(journal._sizes) == 2


@posix
def test_a_forked_process_cannot_use_the_journal_of_its_parent(journal):
    child = os.fork()
    if not child:  # pragma: no cover - in another process
        try:
            with pytest.raises(JournalError, match="forked"):
                journal.add([row("fox")])
            with pytest.raises(JournalError, match="forked"):
                journal.count()
            with pytest.raises(JournalError, match="forked"):
                journal.enqueue(change_item(1, state="done"))
            with pytest.raises(JournalError, match="forked"):
                journal.write_waiting()
            journal.close()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    journal.add([row("fox")])
    assert journal.count() == {"planned": 1}


PROGRAM = """
import sys
from deapi.batch.journal import Journal
journal = Journal(sys.argv[1])
for number in range(10**6):
    journal.add([{"identity": str(number), "state": "planned", "operation": "o",
        "api_version": "v1", "arguments": "{}", "fingerprint": "f", "planned_at": "t"}])
    print(number, flush=True)
"""


def test_what_was_recorded_survives_a_kill(path):
    program = Program(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with program:
        for line in program.stdout:
            if int(line) == 20:
                break
        with pytest.raises(JournalError, match="opened it"):
            Journal(path)  # while the other process runs
        program.kill()
        rest = [int(line) for line in program.stdout.read().split("\n")[:-1]]
    recorded = max([20, *rest])
    with closing(Journal(path)) as journal:
        identities = [int(item["identity"]) for item in journal.items()]
    assert identities[: recorded + 1] == list(range(recorded + 1))


def test_threads_share_a_journal(journal):
    def add(name):
        for number in range(20):
            journal.add([row(f"{name}-{number}")])

    threads = [threading.Thread(target=add, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.count() == {"planned": 80}


@posix
@pytest.mark.parametrize("name", [":memory:", "file:run.db?mode=memory", "a?b#c%41.db"])
def test_a_path_is_always_that_of_a_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with closing(Journal(name)) as journal:
        journal.add([row("fox")])
        assert Path(name).stat().st_size > 0
    with closing(Journal(name)) as journal:
        assert journal.count() == {"planned": 1}


def test_a_journal_in_memory_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with closing(Journal(None)) as journal:
        journal.add([row("fox")])
        assert journal.count() == {"planned": 1}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_not_a_database_is_refused_and_kept(path, content):
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"run\.db"):
        Journal(path)
    assert path.read_bytes() == content


def test_a_damaged_journal_is_refused_and_kept(path):
    with closing(Journal(path)) as journal:
        journal.add([row(f"fox {number}") for number in range(500)])
    content = path.read_bytes()[:20_000]  # the disk was full when it was copied
    path.write_bytes(content)
    with pytest.raises(JournalError, match="It is damaged"):
        Journal(path)
    assert path.read_bytes() == content


def test_another_database_is_refused(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    with pytest.raises(JournalError, match="not the journal of a batch"):
        Journal(path)


def test_a_journal_of_another_version_is_refused(journal, path):
    journal.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="format 99"):
        Journal(path)


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(JournalError, match="directory of the journal does not exist"):
        Journal(tmp_path / "missing" / "run.db")
