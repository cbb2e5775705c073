"""What the workers of a run share, without a service."""

from contextlib import closing
from types import SimpleNamespace

import pytest

from deapi import JournalError
from deapi._core.steps import RunInThread, Sleep, WaitFor, Waker
from deapi.batch import worker
from deapi.batch.items import Entry
from deapi.batch.journal import Journal, change_item
from deapi.batch.run import Run, StoppedError


@pytest.fixture
def run():
    """A run of three items of one model."""
    entries = [Entry("images.generate", {"model": "m"}, request=object()) for _ in range(3)]
    context = SimpleNamespace(config=SimpleNamespace(max_price=None))
    settings = {"budget": None, "spent": 0.0, "retries": 0, "wait_for_quota": False}
    return Run(context, None, entries, deliver=None, **settings)


def is_woken_by(waker, action):
    """Whether an action wakes what waits."""
    woken = []
    waker.add_callback(lambda: woken.append(True))
    action()
    return bool(woken)


def was_woken(run, action):
    """Whether an action wakes a worker that waits."""
    waker = Waker()
    with run.idle(waker):
        return is_woken_by(waker, action)


def take_all(run):
    taken = []
    while isinstance(entry := run.take(0.0), Entry):
        run.group_of(entry).pace.finish(None, 0.0, 0.0)
        taken.append(entry)
    assert len(taken) == 3
    return taken


def test_workers_that_wait_are_not_woken_by_an_item_that_is_finished(run):
    first, second, third = take_all(run)
    assert not was_woken(run, lambda: run.release(first))
    assert was_woken(run, lambda: run.release(second, again=True))
    assert was_woken(run, lambda: run.release(third))  # the last one: they end, or send the second


def test_workers_that_wait_are_woken_when_the_first_submission_is_not_sent(run):
    first = run.take(0.0)
    assert run.take(0.0) > 0  # until the first response reports the rate limits
    assert was_woken(run, lambda: list(worker._submit(run, first)))  # it cannot be priced
    assert isinstance(run.take(0.0), Entry)


def test_an_item_that_cannot_be_sent_again_has_no_error_of_its_earlier_submission(run):
    delivered = []
    run.deliver = delivered.append
    entry = run.take(0.0)
    entry.item.error = ValueError("the job of the first submission failed")
    list(worker._process(run, entry))  # it cannot be priced
    assert entry.item.error is None
    assert delivered == []


COLUMNS = {"state": "planned", "operation": "images.generate", "api_version": "v1"}


@pytest.fixture
def journal():
    """A journal with three items."""
    with closing(Journal(None)) as journal:
        texts = {"arguments": "{}", "fingerprint": "f", "planned_at": "2026-05-01T12:00:00Z"}
        journal.add({**COLUMNS, **texts, "identity": f"key:{number}"} for number in range(3))
        yield journal


def start_writing(journal, *states):
    """Start a flow for a change of each item, and return the flows and their first steps."""
    run = SimpleNamespace(journal=journal)
    writing = [
        worker._write(run, change_item(number, state=state))
        for number, state in enumerate(states, 1)
    ]
    return writing, [next(flow) for flow in writing]


def test_a_flow_that_changes_the_journal_continues_when_the_change_is_on_disk(journal):
    writing, (first, second, third) = start_writing(journal, "done", "saved", "failed")
    assert isinstance(first, RunInThread)
    assert isinstance(second, WaitFor)
    assert isinstance(third, WaitFor)
    assert isinstance(writing[1].send(None), WaitFor)  # it was woken, and nothing is written
    assert journal.count() == {"planned": 3}
    first.function()
    assert journal.count() == {"done": 1, "saved": 1, "failed": 1}
    for flow in writing:
        with pytest.raises(StopIteration):
            flow.send(None)


def test_a_change_that_cannot_be_written_is_raised_in_its_flow(journal):
    writing, steps = start_writing(journal, "done", "lost")
    steps[0].function()
    with pytest.raises(StopIteration):
        writing[0].send(None)
    with pytest.raises(JournalError):
        writing[1].send(None)


@pytest.mark.parametrize("interrupted", [0, 1])  # the flow that writes, or one that waits for it
def test_an_interrupted_flow_writes_its_change_and_those_of_the_others(journal, interrupted):
    writing, _ = start_writing(journal, "done", "saved", "failed")
    with pytest.raises(KeyboardInterrupt):
        writing.pop(interrupted).throw(KeyboardInterrupt)
    assert journal.count() == {"done": 1, "saved": 1, "failed": 1}
    for flow in writing:
        with pytest.raises(StopIteration):
            flow.send(None)


class InterruptedLock:
    """A lock during whose release an interrupt arrives."""

    def __enter__(self):
        pass

    def __exit__(self, *exc_info):
        raise KeyboardInterrupt


def test_a_submission_that_is_interrupted_before_it_is_sent_is_not_in_flight(run):
    with run.submitting():
        assert run.is_sending
    assert not run.is_sending
    run._lock = InterruptedLock()
    with pytest.raises(KeyboardInterrupt), run.submitting():
        pass
    assert not run.is_sending


def test_after_the_stop_of_a_run_nothing_is_sent_and_no_flow_waits(run):
    run.stop()
    assert run.take(0.0) is None
    assert not run.reserve(0.01)
    with pytest.raises(StoppedError), run.submitting():
        pass
    assert not run.is_sending
    waker = Waker()
    with run._waiting(waker):
        assert is_woken_by(waker, lambda: None)


@pytest.mark.parametrize(
    "new_step", [lambda: WaitFor(Waker(), 60), lambda: Sleep(60)], ids=["wait", "sleep"]
)
def test_a_flow_ends_when_its_run_stops(run, new_step):
    def flow():
        while True:
            yield new_step()

    running = run.until_stopped(flow())
    waiting = next(running)
    assert waiting.seconds == 60
    assert is_woken_by(waiting.waker, run.stop)
    with pytest.raises(StoppedError):
        running.send(None)
