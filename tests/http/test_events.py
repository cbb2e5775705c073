"""Clients report their calls, jobs and downloads to `on_event`."""

from __future__ import annotations

import logging

import pytest

import deapi
from deapi import events
from deapi.emulator import Emulator
from support import server_behaviors as behaviors
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE, IMAGE, REQUEST_ID, STATUS

SECRET_PROMPT = "a private prompt"


@pytest.fixture
def observe(make_client):
    """Return a function that creates a client, and the list of its events."""

    def create(url, **options):
        seen = []
        return make_client(url, **options).with_options(on_event=seen.append), seen

    return create


def test_a_call_begins_with_an_event_and_ends_with_one(observe):
    with FaultyServer(
        behaviors.respond(200, {"data": {"balance": 1}}, headers=[("X-Request-Id", "req-7")])
    ) as server:
        client, seen = observe(server.url)
        BALANCE.call(client)
    started, attempt, finished = seen
    assert started == events.CallStarted(
        started.call_id, "balance", "GET", f"{server.url}/api/v1/client/balance"
    )
    assert attempt == (started.call_id, "balance", 1, attempt.seconds, 200, "req-7")
    assert finished == (started.call_id, "balance", finished.seconds, 1, 200, None)
    assert 0 <= attempt.seconds <= finished.seconds


def test_each_call_has_its_own_number(observe):
    with FaultyServer(BALANCE.success(), BALANCE.success()) as server:
        client, seen = observe(server.url)
        BALANCE.call(client)
        BALANCE.call(client)
    assert len({event.call_id for event in seen}) == 2


def test_a_retry_is_reported_with_its_delay(observe, recorded_sleeps):
    with FaultyServer(behaviors.respond(503), BALANCE.success()) as server:
        client, seen = observe(server.url)
        BALANCE.call(client)
    names = [type(event).__name__ for event in seen]
    assert names == [
        "CallStarted",
        "AttemptFinished",
        "RetryScheduled",
        "AttemptFinished",
        "CallFinished",
    ]
    assert [seen[1].status_code, seen[3].status_code] == [503, 200]
    assert [seen[1].number, seen[2].number, seen[3].number] == [1, 1, 2]
    assert [seen[2].delay] == recorded_sleeps
    assert (seen[4].attempts, seen[4].error_type) == (2, None)


@pytest.mark.parametrize(
    ("behavior", "status", "error_type"),
    [
        (behaviors.respond(404, {}), 404, deapi.NotFoundError),
        (behaviors.respond(200, b"no JSON"), 200, deapi.InvalidResponseError),
        (behaviors.close_without_response(), None, deapi.NetworkError),
    ],
)
def test_a_failed_call_is_reported_with_the_class_of_its_error(
    observe, behavior, status, error_type
):
    with FaultyServer(behavior) as server:
        client, seen = observe(server.url, max_retries=0)
        with pytest.raises(error_type):
            STATUS.call(client)
    assert isinstance(seen[-1], events.CallFinished)
    assert (seen[-1].status_code, seen[-1].error_type) == (status, error_type.__name__)
    assert [type(event) for event in seen].count(events.CallFinished) == 1


def test_a_rejected_argument_is_not_a_call(observe):
    client, seen = observe("http://127.0.0.1:9")
    with pytest.raises(ValueError, match="image"):
        client.images.upscale(model="RealESRGAN_x4", image="https://files.example/a.png")
    assert seen == []


def test_a_job_is_reported_from_its_submission_to_its_file(observe, tmp_path):
    with Emulator(polls_per_state=1) as emulator:
        client, seen = observe(emulator.url, api_key=emulator.api_key)
        job = client.images.generate(**{**IMAGE, "prompt": SECRET_PROMPT}, steps=4)
        job.save(str(tmp_path / "robot.png"), poll_interval=0.01)
        size = (tmp_path / "robot.png").stat().st_size
    (submitted,) = [event for event in seen if isinstance(event, events.JobSubmitted)]
    (finished,) = [event for event in seen if isinstance(event, events.JobFinished)]
    (download,) = [event for event in seen if isinstance(event, events.DownloadFinished)]
    assert submitted == (job.request_id, "images.generate", "Flux1schnell")
    assert finished == (job.request_id, "images.generate", "done", finished.seconds)
    assert download == (job.request_id, download.seconds, size, None, 1)
    calls = [event.operation for event in seen if isinstance(event, events.CallFinished)]
    assert calls[0] == "images.generate"
    assert set(calls[1:]) == {"jobs.status"}
    assert len(calls) > 2
    for secret in (SECRET_PROMPT, emulator.api_key, "signature", "expires"):
        assert secret not in repr(seen)


def test_a_job_that_another_process_submitted_has_no_duration(observe):
    with FaultyServer(behaviors.respond(200, {"data": {"status": "error"}})) as server:
        client, seen = observe(server.url)
        client.job(REQUEST_ID).status()
    assert seen[-1] == (REQUEST_ID, None, "error", None)


def test_each_request_is_an_attempt_of_a_call_or_of_a_download(run_in_both_clients, tmp_path):
    async def use(client, wait):
        seen = []
        observed = client.with_options(on_event=seen.append)
        await wait(observed.models.get("Flux1schnell"))
        job = await wait(observed.with_options(max_price=1).images.generate(**IMAGE, steps=4))
        await wait(job.result())
        emulator.advance(120)  # the link expires
        await wait(job.save(tmp_path / "robot.png"))
        batch = observed.batch(budget=1)
        batch.images.generate(**IMAGE, steps=4).save(tmp_path / "batch.png")
        if isinstance(client, deapi.DeapiClient):
            with batch:
                list(batch.run())
        else:
            async with batch:
                async for _ in batch.run():
                    pass
        return seen

    with Emulator(polls_per_state=0, link_lifetime=60) as emulator:
        seen = run_in_both_clients(emulator, use)
        received = [each.sdk_operation for each in emulator.requests]
    attempts = [each.operation for each in seen if isinstance(each, events.AttemptFinished)]
    for each in seen:
        if isinstance(each, events.DownloadFinished):
            attempts += ["jobs.download"] * each.attempts
    assert sorted(attempts) == sorted(received)
    assert received.count("jobs.download") == 3  # one of them with the link that has expired
    assert received.count("images.generate_price") == 2


def test_a_failed_download_is_reported(observe, tmp_path):
    done = {"status": "done", "result_url": "http://127.0.0.1:9/a.png?signature=1"}
    with FaultyServer(behaviors.respond(200, {"data": done})) as server:
        client, seen = observe(server.url, max_retries=0)
        with pytest.raises(deapi.NetworkError):
            client.job(REQUEST_ID).save(str(tmp_path / "a.png"))
    assert seen[-1] == (REQUEST_ID, seen[-1].seconds, 0, "NetworkError", 1)
    assert "signature" not in repr(seen)


def test_an_exception_of_the_callback_is_logged_and_the_call_succeeds(make_client, caplog):
    def fail(event):
        raise RuntimeError("broken callback")

    with caplog.at_level(logging.WARNING, "deapi"), FaultyServer(GENERATE.success()) as server:
        job = GENERATE.call(make_client(server.url).with_options(on_event=fail))
    assert job.request_id == REQUEST_ID
    assert "on_event failed for CallStarted" in caplog.text
    assert "broken callback" in caplog.text


def test_an_interrupt_in_the_callback_leaves_a_trace_of_the_job(make_client):
    def interrupt(event):
        if isinstance(event, events.CallFinished):
            raise KeyboardInterrupt

    with FaultyServer(GENERATE.success()) as server:
        client = make_client(server.url).with_options(on_event=interrupt)
        with pytest.raises(KeyboardInterrupt) as caught:
            GENERATE.call(client)
    assert any(REQUEST_ID in note for note in caught.value.__notes__)


def test_further_options_keep_the_callback(observe):
    with FaultyServer(BALANCE.success()) as server:
        client, seen = observe(server.url)
        BALANCE.call(client.with_options(max_retries=0))
    assert len(seen) == 3


async def coroutine_function(event):
    """Not accepted: events are not awaited."""


@pytest.mark.parametrize("on_event", ["print", 1, coroutine_function])
def test_a_callback_that_cannot_be_called_is_rejected(make_client, on_event):
    with pytest.raises(TypeError, match="on_event must"):
        make_client("http://127.0.0.1:9").with_options(on_event=on_event)


def test_no_event_has_the_api_key_or_a_query(observe):
    with FaultyServer(behaviors.respond(200, {"data": []})) as server:
        client, seen = observe(server.url)
        client.models.list()
    assert "?" not in repr(seen)
    assert KEY not in repr(seen)
