"""A full disk, and a directory that cannot be written: nothing is lost or paid twice."""

import errno
import itertools
import threading

import pytest

from deapi import JournalError
from deapi.batch import worker
from deapi.batch.journal import Journal
from support.batches import plan_foxes, submissions
from support.disks import MountedDisk, read_only


def fill_before(monkeypatch, disk, name, number):
    """Fill the disk before a change of the journal, by the name of the change."""
    original, numbers = getattr(worker, name), itertools.count(1)

    def wrapper(*arguments, **columns):
        if next(numbers) == number:
            disk.fill()
        return original(*arguments, **columns)

    monkeypatch.setattr(worker, name, wrapper)


def fill_when_two_are_accepted(monkeypatch, disk):
    """Fill the disk before the acceptance of the second and the third item is recorded."""
    create, enqueue = worker.end_submission, Journal.enqueue
    held, waiting, lock = set(), [], threading.Lock()

    def create_and_remember(number, attempt, outcome, **columns):
        change = create(number, attempt, outcome, **columns)
        if number > 1 and outcome["outcome"] == "submitted":
            held.add(change)
        return change

    def enqueue_both_together(journal, change):
        if change not in held or len(waiting) >= 2:
            enqueue(journal, change)
            return
        with lock:
            waiting.append(change)
            if len(waiting) == 2:
                disk.fill()
                for each in waiting:
                    enqueue(journal, each)

    monkeypatch.setattr(worker, "end_submission", create_and_remember)
    monkeypatch.setattr(Journal, "enqueue", enqueue_both_together)


def notes_of(error):
    return getattr(error, "__notes__", [])


def test_a_journal_on_a_full_disk_is_an_error_before_anything_is_sent(emulator, run_batch, disk):
    path = disk.directory / "run.db"
    disk.fill()
    with pytest.raises(JournalError) as caught:
        run_batch(emulator, plan_foxes(2), path)
    assert str(path) in str(caught.value)
    assert "Nothing was sent." in str(caught.value)
    assert "space" in str(caught.value)
    assert emulator.requests == []
    disk.free()
    assert run_batch(emulator, plan_foxes(2), path).states() == ["done"] * 2


def test_a_submission_that_cannot_be_recorded_is_not_sent(emulator, run_batch, disk, monkeypatch):
    path = disk.directory / "run.db"
    fill_before(monkeypatch, disk, "begin_submission", 2)
    outcome = run_batch(emulator, plan_foxes(4), path, concurrency=1)
    assert isinstance(outcome.error, JournalError)
    assert str(path) in str(outcome.error)
    assert "No more jobs are submitted" in str(outcome.error)
    assert "space" in str(outcome.error)
    assert notes_of(outcome.error) == []
    assert outcome.states()[1:] == ["planned"] * 3
    assert len(submissions(emulator)) == 1
    disk.free()
    outcome = run_batch(emulator, plan_foxes(4), path)
    assert outcome.states() == ["done"] * 4
    assert len(emulator.jobs) == 4


def test_jobs_that_were_accepted_and_cannot_be_recorded_are_named_and_never_sent_again(
    emulator, run_batch, disk, monkeypatch, caplog
):
    path = disk.directory / "run.db"
    with monkeypatch.context() as patch:
        fill_when_two_are_accepted(patch, disk)
        outcome = run_batch(emulator, plan_foxes(3), path, concurrency=2)
    assert isinstance(outcome.error, JournalError)
    _, *lost = emulator.jobs
    assert len(lost) == 2
    for job in lost:
        assert any(f"client.job({job!r})" in note for note in notes_of(outcome.error))
        assert any(f"client.job({job!r})" in record.message for record in caplog.records)
    assert {each.request_id for each in outcome.unsettled} == set(lost)
    disk.free()
    for _ in range(2):
        outcome = run_batch(emulator, plan_foxes(3), path)
        assert outcome.states() == ["done", "unknown", "unknown"]
        assert len(emulator.jobs) == 3


def test_a_finished_job_that_cannot_be_recorded_is_resumed(emulator, run_batch, disk, monkeypatch):
    path = disk.directory / "run.db"
    fill_before(monkeypatch, disk, "end_submission", 2)
    outcome = run_batch(emulator, plan_foxes(1), path)
    assert isinstance(outcome.error, JournalError)
    assert notes_of(outcome.error) == []
    disk.free()
    outcome = run_batch(emulator, plan_foxes(1), path)
    assert outcome.states() == ["done"]
    assert len(emulator.jobs) == 1


def test_a_journal_in_a_read_only_directory_is_an_error_before_anything_is_sent(
    emulator, run_batch, disk
):
    existing = disk.directory / "existing.db"
    run_batch(emulator, plan_foxes(1), existing)
    requests = len(emulator.requests)
    for path in (existing, disk.directory / "new.db"):
        with read_only(disk), pytest.raises(JournalError) as caught:
            run_batch(emulator, plan_foxes(2), path)
        assert str(path) in str(caught.value)
        assert "Nothing was sent." in str(caught.value)
        assert "can be written" in str(caught.value)
    assert len(emulator.requests) == requests
    assert run_batch(emulator, plan_foxes(2), existing).states() == ["done"] * 2


@pytest.fixture
def full_disk(disk):
    """A disk without space for a result, and with an empty directory ``out``."""
    if not isinstance(disk, MountedDisk):
        pytest.skip("needs root, to mount a disk that is full")
    (disk.directory / "out").mkdir()
    disk.fill()
    return disk


def test_a_result_that_does_not_fit_on_the_disk_is_saved_later_at_no_charge(
    emulator, run_batch, full_disk, tmp_path
):
    path, out = tmp_path / "run.db", full_disk.directory / "out"
    outcome = run_batch(emulator, plan_foxes(3, out), path, concurrency=1)
    assert isinstance(outcome.error, OSError)
    assert outcome.error.errno == errno.ENOSPC
    assert str(out) in str(outcome.error)
    assert "at no charge" in notes_of(outcome.error)[0]
    # Nothing more is submitted, because it could not be saved either.
    assert outcome.states() == ["done", "planned", "planned"]
    (item,) = outcome.finished
    assert item.request_id in emulator.jobs
    assert item.error.errno == errno.ENOSPC
    assert list(out.iterdir()) == []
    full_disk.free()
    outcome = run_batch(emulator, plan_foxes(3, out), path)
    assert outcome.states() == ["saved"] * 3
    assert outcome.items[0].error is None
    assert len(emulator.jobs) == 3
    assert len(list(out.iterdir())) == 3


def test_submitted_jobs_are_finished_although_a_disk_is_full(
    emulator, run_batch, full_disk, tmp_path
):
    path = tmp_path / "run.db"
    directories = [full_disk.directory / "out", tmp_path, tmp_path]

    def plan(batch):
        plan_foxes(3)(batch)
        for number, (item, directory) in enumerate(zip(batch.items(), directories, strict=True)):
            item.save(directory / f"{number}.png")

    run_batch(emulator, plan_foxes(3), path)
    outcome = run_batch(emulator, plan, path, concurrency=1)
    assert isinstance(outcome.error, OSError)
    assert outcome.states() == ["done", "saved", "saved"]
    assert len(emulator.jobs) == 3
