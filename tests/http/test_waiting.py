"""`wait()` in bad weather: it ends by its deadline, and never before without a reason."""

import time

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import REQUEST_ID

MOMENT = 0.01
LATE = 3

DONE = {"status": "done", "progress": 100, "result_url": "https://results.example/1.png"}


def state(status, **fields):
    return behaviors.respond(200, {"data": {"status": status, **fields}})


PASSING = {
    "429": behaviors.respond(429, headers=[("Retry-After", "0")]),
    "500": behaviors.respond(500),
    "502": behaviors.respond(502, "<html>"),
    "503": behaviors.respond(503, "<html>"),
    "524": behaviors.respond(524),
    "408": behaviors.respond(408),
    "reset": behaviors.reset("after_request"),
    "reset at accept": behaviors.reset("accept"),
    "no answer": behaviors.close_without_response(),
    "cut body": behaviors.truncate_body(),
    "not HTTP": behaviors.send_another_protocol(),
    "HTML": behaviors.respond(200, "<html>please wait"),
    "empty": behaviors.respond(200, ""),
    "PHP's empty object": behaviors.respond(200, "[]"),
}

DEADLY = {
    "hang": behaviors.hang(),
    "trickled headers": behaviors.trickle_headers(0.02),
    "trickled body": behaviors.trickle_body(0.02),
    "endless body": behaviors.endless_body(),
    "503": behaviors.respond(503),
    "an hour": behaviors.respond(429, headers=[("Retry-After", "3600")]),
    "a day at 503": behaviors.respond(503, headers=[("Retry-After", "86400")]),
    "reset": behaviors.reset("after_request"),
    "never done": state("processing", progress=50),
    "unknown status": state("levitating"),
    "HTML": behaviors.respond(200, "<html>"),
}


@pytest.mark.parametrize("name", PASSING)
def test_trouble_that_passes_does_not_end_a_wait(make_client, name):
    with FaultyServer(PASSING[name], state("processing"), PASSING[name], state(**DONE)) as server:
        result = make_client(server.url).job(REQUEST_ID).wait(poll_interval=MOMENT, max_wait=30)
    assert result.status == "done"
    assert server.attempts == 4


@pytest.mark.parametrize("max_retries", [0, 5])
def test_trouble_that_passes_is_not_counted_against_max_retries(make_client, max_retries):
    with FaultyServer(*[behaviors.respond(503)] * 8, state(**DONE)) as server:
        client = make_client(server.url, max_retries=max_retries)
        result = client.job(REQUEST_ID).wait(poll_interval=MOMENT, max_interval=MOMENT, max_wait=30)
    assert result.status == "done"
    assert server.attempts == 9


@pytest.mark.parametrize("name", DEADLY)
def test_a_wait_ends_by_its_deadline_whatever_the_server_does(make_client, name):
    with FaultyServer(state("processing", progress=12.5), DEADLY[name]) as server:
        job = make_client(server.url, timeout=60).job(REQUEST_ID)
        began = time.monotonic()
        with pytest.raises(deapi.JobTimeoutError, match="did not complete") as caught:
            job.wait(poll_interval=MOMENT, max_wait=0.2)
        assert 0.15 < time.monotonic() - began < LATE
    assert caught.value.request_id == REQUEST_ID
    assert REQUEST_ID in str(caught.value)
    assert caught.value.result is not None


def test_a_wait_that_saw_nothing_says_so(make_client):
    with FaultyServer(behaviors.hang()) as server, pytest.raises(deapi.JobTimeoutError) as caught:
        make_client(server.url, timeout=60).job(REQUEST_ID).wait(max_wait=0.3)
    assert caught.value.result is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, deapi.AuthenticationError),
        (403, deapi.AccountSuspendedError),
        (404, deapi.NotFoundError),
        (410, deapi.EndpointGoneError),
    ],
)
def test_a_definite_answer_ends_a_wait_at_once(make_client, status, error):
    with (
        FaultyServer(state("processing"), behaviors.respond(status, {"message": "No."})) as server,
        pytest.raises(error),
    ):
        make_client(server.url).job(REQUEST_ID).wait(poll_interval=MOMENT, max_wait=30)
    assert server.attempts == 2


def test_a_wait_polls_one_last_time_at_the_deadline(make_client):
    # The job finishes after the second-to-last poll; only a poll at the deadline can see it.
    with FaultyServer(state("processing"), state(**DONE)) as server:
        result = (
            make_client(server.url)
            .job(REQUEST_ID)
            .wait(poll_interval=60, max_interval=60, max_wait=0.3)
        )
    assert result.status == "done"
    assert server.attempts == 2
    assert 0.25 < server.requests[1].time - server.requests[0].time < LATE


def test_a_wait_of_nothing_polls_once(make_client):
    with FaultyServer(state("processing")) as server:
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(deapi.JobTimeoutError) as caught:
            job.wait(max_wait=0)
        assert caught.value.result.status == "processing"
        server.set_behaviors(state(**DONE))
        assert job.wait(max_wait=0).status == "done"
    assert server.attempts == 2


def test_a_wait_of_nothing_still_has_its_timeout(make_client):
    with FaultyServer(behaviors.delay(0.3, state(**DONE))) as server:
        job = make_client(server.url, timeout=5).job(REQUEST_ID)
        assert job.wait(max_wait=0).status == "done"


def test_retry_after_while_waiting_is_heeded_up_to_the_deadline(make_client):
    script = [behaviors.respond(429, headers=[("Retry-After", "1")]), state(**DONE)]
    with FaultyServer(*script) as server:
        make_client(server.url).job(REQUEST_ID).wait(poll_interval=MOMENT, max_wait=30)
    assert server.requests[1].time - server.requests[0].time > 0.9


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("queued", "pending"),
        ("waiting", "pending"),
        ("in_progress", "processing"),
        ("running", "processing"),
        ("levitating", "levitating"),
        ("", ""),
    ],
)
def test_a_word_for_an_unfinished_status_is_waited_on(make_client, word, meaning):
    with FaultyServer(state(word), state(word), state(**DONE)) as server:
        job = make_client(server.url).job(REQUEST_ID)
        assert job.status().status == meaning
        assert job.wait(poll_interval=MOMENT, max_wait=30).status == "done"
    assert server.attempts == 3


@pytest.mark.parametrize(("word", "meaning"), [("failed", "error"), ("completed", "done")])
def test_a_word_for_a_finished_status_ends_the_wait(make_client, word, meaning):
    with FaultyServer(state(word)) as server:
        result = make_client(server.url).job(REQUEST_ID).wait(max_wait=30)
    assert result.status == meaning
    assert server.attempts == 1


@pytest.mark.parametrize(
    ("sent", "read"), [(40, 40), ("45.50", 45.5), (None, 0), ("0", 0), (99.9, 99.9)]
)
def test_progress_may_be_a_number_a_string_or_null(make_client, sent, read):
    with FaultyServer(state("processing", progress=sent)) as server:
        assert make_client(server.url).job(REQUEST_ID).status().progress == read


def test_a_finished_job_is_never_asked_about_again(make_client):
    with FaultyServer(state(**DONE)) as server:
        job = make_client(server.url).job(REQUEST_ID)
        results = [job.wait(), job.wait(), job.status()]
        assert job.is_done()
        assert not job.is_error()
    assert results == [results[0]] * 3
    assert server.attempts == 1


def test_a_failed_job_is_returned_and_raises_when_asked_to(make_client):
    failed = state("error", error_code="WORKER_TIMEOUT", error_reason="INPUT_TOO_LARGE")
    with FaultyServer(failed) as server:
        result = make_client(server.url).job(REQUEST_ID).wait()
    assert result.status == "error"
    with pytest.raises(deapi.JobFailedError):
        result.raise_for_error()


@pytest.mark.parametrize(
    "arguments",
    [
        {"poll_interval": 0},
        {"poll_interval": -1},
        {"max_interval": 0},
        {"max_wait": -1},
        {"backoff_factor": 0},
        {"poll_interval": float("nan")},
        {"max_wait": float("nan")},
    ],
    ids=str,
)
def test_intervals_that_would_spin_are_refused_before_anything_is_sent(make_client, arguments):
    with FaultyServer(state("processing")) as server:
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(ValueError, match=next(iter(arguments))):
            job.wait(**arguments)
    assert server.attempts == 0


def test_updates_survive_bad_weather_and_show_each_change_once(make_client):
    script = [
        state("pending"),
        behaviors.close_without_response(),
        state("pending"),
        state("processing", progress=10),
        behaviors.respond(503),
        state("processing", progress=10),
        state(**DONE),
    ]
    with FaultyServer(*script) as server:
        job = make_client(server.url).job(REQUEST_ID)
        seen = [(u.status.value, u.progress) for u in job.updates(poll_interval=MOMENT)]
    assert seen == [("pending", 0), ("processing", 10), ("done", 100)]
    assert server.attempts == len(script)


@pytest.mark.parametrize(
    ("identifier", "segment"),
    [
        ("../balance", "..%2Fbalance"),
        ("a b?c=d#e", "a%20b%3Fc%3Dd%23e"),
        ("\u00e9/..", "%C3%A9%2F.."),
        ("%2e%2e", "%252e%252e"),
    ],
)
def test_an_id_stays_one_segment_of_the_path(make_client, identifier, segment):
    with FaultyServer(state("processing")) as server:
        make_client(server.url).job(identifier).status()
    assert server.requests[0].target == f"/api/v1/client/request-status/{segment}"
