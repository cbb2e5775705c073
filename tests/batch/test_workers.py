"""What the workers of a run share, without a service."""

from types import SimpleNamespace

import pytest

from deapi._core.events import Event
from deapi.batch import flows
from deapi.batch.items import Entry
from deapi.batch.run import Run


@pytest.fixture
def run():
    """A run of three items of one model."""
    entries = [Entry("images.generate", {"model": "m"}, request=object()) for _ in range(3)]
    context = SimpleNamespace(config=SimpleNamespace(max_price=None))
    settings = {"budget": None, "committed": 0.0, "retries": 0, "wait_for_quota": False}
    return Run(context, None, entries, deliver=None, **settings)


def was_woken(run, action):
    """Whether an action wakes a worker that waits."""
    woken = []
    event = Event()
    event.add_callback(lambda: woken.append(True))
    with run.idle(event):
        action()
    return bool(woken)


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
    assert was_woken(run, lambda: list(flows._submit(run, first)))  # it cannot be priced
    assert isinstance(run.take(0.0), Entry)
