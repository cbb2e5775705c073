"""Flows that handle the failure of a step, in both drivers."""

import asyncio
import sys

import pytest

from deapi import AsyncDeapiClient, DeapiClient
from deapi._core.steps import RunInThread, Update
from deapi._progress import with_bar
from deapi.types import JobResult
from support.fake_terminal import FakeTerminal

KEY = "a-key-of-the-tests"
DONE = JobResult.model_validate({"status": "done", "progress": 100})


def run(form, flow):
    if form == "sync":
        with DeapiClient(api_key=KEY) as client:
            return client._driver.run(flow)

    async def run_async():
        async with AsyncDeapiClient(api_key=KEY) as client:
            return await client._driver.run(flow)

    return asyncio.run(run_async())


def fail():
    raise FileNotFoundError("vanished")


@pytest.fixture(params=["sync", "async"])
def form(request):
    return request.param


def test_a_flow_continues_after_an_error_that_it_handles(form):
    def flow():
        try:
            yield RunInThread(fail)
        except OSError as error:
            problem = str(error)
        recorded = yield RunInThread(lambda: f"recorded: {problem}")
        return recorded

    assert run(form, flow()) == "recorded: vanished"


def test_an_error_that_a_flow_does_not_handle_is_raised(form):
    cleaned = []

    def flow():
        try:
            yield RunInThread(fail)
        finally:
            cleaned.append(True)

    with pytest.raises(FileNotFoundError, match="vanished"):
        run(form, flow())
    assert cleaned == [True]


def test_a_flow_may_replace_an_error(form):
    def flow():
        try:
            yield RunInThread(fail)
        except OSError as error:
            raise ValueError("replaced") from error

    with pytest.raises(ValueError, match="replaced"):
        run(form, flow())


def test_a_flow_that_continues_after_an_interrupt_is_closed(form):
    closed = []

    def interrupt():
        raise KeyboardInterrupt

    def flow():
        try:
            try:
                yield RunInThread(interrupt)
            except KeyboardInterrupt:
                yield RunInThread(lambda: closed.append("not reached"))
        finally:
            closed.append("closed")

    with pytest.raises(KeyboardInterrupt):
        run(form, flow())
    assert closed == ["closed"]


def handling(result):
    """A flow that reports a status after an error that it handles."""
    try:
        yield RunInThread(fail)
    except OSError:
        yield Update(result)
    return result


def test_updates_follow_an_error_that_a_flow_handles(form):
    if form == "sync":
        with DeapiClient(api_key=KEY) as client:
            assert list(client._driver.iterate(handling(DONE))) == [DONE]
            return

    async def iterate():
        async with AsyncDeapiClient(api_key=KEY) as client:
            return [each async for each in client._driver.iterate(handling(DONE))]

    assert asyncio.run(iterate()) == [DONE]


def test_a_streamed_flow_continues_after_an_error_that_it_handles(form):
    def flow():
        yield from handling(DONE)
        return b"the end"

    if form == "sync":
        with DeapiClient(api_key=KEY) as client:
            assert list(client._driver.stream(flow())) == [b"the end"]
            return

    async def stream():
        async with AsyncDeapiClient(api_key=KEY) as client:
            return [each async for each in client._driver.stream(flow())]

    assert asyncio.run(stream()) == [b"the end"]


def test_a_flow_with_a_progress_bar_continues_after_an_error_that_it_handles(form, monkeypatch):
    monkeypatch.setattr(sys, "stderr", FakeTerminal())
    assert run(form, with_bar(handling(DONE), label="fox", request_id="job-1")) == DONE
    assert "fox: done" in sys.stderr.getvalue()
