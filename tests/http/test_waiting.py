"""`Job.wait()` over a socket: it ends by its deadline, and survives transient failures."""

import time

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import REQUEST_ID

SHORT = 0.01
MARGIN = 20

DONE = {"status": "done", "progress": 100, "result_url": "https://results.example/1.png"}


def poll(status, **fields):
    return behaviors.respond(200, {"data": {"status": status, **fields}})


TRANSIENT = {
    "429": behaviors.respond(429, headers=[("Retry-After", "0")]),
    "500": behaviors.respond(500),
    "502": behaviors.respond(502, "<html>"),
    "503": behaviors.respond(503, "<html>"),
    "524": behaviors.respond(524),
    "408": behaviors.respond(408),
    "reset": behaviors.reset("after_request"),
    "reset at accept": behaviors.reset("accept"),
    "no response": behaviors.close_without_response(),
    "truncated body": behaviors.truncate_body(),
    "not HTTP": behaviors.send_another_protocol(),
    "HTML": behaviors.respond(200, "<html>please wait"),
    "empty": behaviors.respond(200, ""),
    "PHP's empty object": behaviors.respond(200, "[]"),
}

PERSISTENT = {
    "hang": behaviors.hang(),
    "trickled headers": behaviors.trickle_headers(0.02),
    "trickled body": behaviors.trickle_body(0.02),
    "endless body": behaviors.endless_body(),
    "503": behaviors.respond(503),
    "Retry-After of an hour": behaviors.respond(429, headers=[("Retry-After", "3600")]),
    "Retry-After of a day at 503": behaviors.respond(503, headers=[("Retry-After", "86400")]),
    "reset": behaviors.reset("after_request"),
    "never done": poll("processing", progress=50),
    "unknown status": poll("levitating"),
    "HTML": behaviors.respond(200, "<html>"),
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_transient_failure_does_not_end_a_wait(make_client, name):
    with FaultyServer(TRANSIENT[name], poll("processing"), TRANSIENT[name], poll(**DONE)) as server:
        result = make_client(server.url).job(REQUEST_ID).wait(poll_interval=SHORT, max_wait=30)
    assert result.status == "done"
    assert server.attempts == 4


@pytest.mark.parametrize("max_retries", [0, 5])
def test_max_retries_does_not_limit_transient_failures_of_a_wait(make_client, max_retries):
    with FaultyServer(*[behaviors.respond(503)] * 8, poll(**DONE)) as server:
        client = make_client(server.url, max_retries=max_retries)
        result = client.job(REQUEST_ID).wait(poll_interval=SHORT, max_interval=SHORT, max_wait=30)
    assert result.status == "done"
    assert server.attempts == 9


@pytest.mark.parametrize("name", PERSISTENT)
def test_a_wait_ends_by_its_deadline_whatever_the_server_does(make_client, name):
    with FaultyServer(poll("processing", progress=12.5), PERSISTENT[name]) as server:
        client = make_client(server.url, timeout=60)
        # Load everything that the first call imports, which may take longer than the wait.
        client.images
        deapi.JobResult
        job = client.job(REQUEST_ID)
        began = time.monotonic()
        with pytest.raises(deapi.JobTimeoutError, match="did not complete") as caught:
            job.wait(poll_interval=SHORT, max_wait=0.2)
        assert 0.15 < time.monotonic() - began < MARGIN
    assert caught.value.request_id == REQUEST_ID
    assert REQUEST_ID in str(caught.value)


def test_the_timeout_of_a_wait_without_any_response_has_no_result(make_client):
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
def test_a_permanent_error_ends_a_wait_immediately(make_client, status, error):
    with (
        FaultyServer(poll("processing"), behaviors.respond(status, {"message": "No."})) as server,
        pytest.raises(error),
    ):
        make_client(server.url).job(REQUEST_ID).wait(poll_interval=SHORT, max_wait=30)
    assert server.attempts == 2


def test_a_wait_polls_a_final_time_at_the_deadline(make_client):
    # The job finishes after the second-to-last poll. Only a poll at the deadline can find it.
    with FaultyServer(poll("processing"), poll(**DONE)) as server:
        result = (
            make_client(server.url)
            .job(REQUEST_ID)
            .wait(poll_interval=60, max_interval=60, max_wait=0.3)
        )
    assert result.status == "done"
    assert server.attempts == 2
    assert 0.25 < server.requests[1].time - server.requests[0].time < MARGIN


def test_max_wait_zero_polls_once(make_client):
    with FaultyServer(poll("processing")) as server:
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(deapi.JobTimeoutError) as caught:
            job.wait(max_wait=0)
        assert caught.value.result.status == "processing"
        server.set_behaviors(poll(**DONE))
        assert job.wait(max_wait=0).status == "done"
    assert server.attempts == 2


def test_max_wait_zero_uses_the_timeout_of_the_client(make_client):
    with FaultyServer(behaviors.delay(0.3, poll(**DONE))) as server:
        job = make_client(server.url, timeout=5).job(REQUEST_ID)
        assert job.wait(max_wait=0).status == "done"


def test_retry_after_is_respected_while_waiting(make_client):
    script = [behaviors.respond(429, headers=[("Retry-After", "1")]), poll(**DONE)]
    with FaultyServer(*script) as server:
        make_client(server.url).job(REQUEST_ID).wait(poll_interval=SHORT, max_wait=30)
    assert server.requests[1].time - server.requests[0].time > 0.9


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("queued", "queued"),
        ("in_progress", "processing"),
        ("levitating", "levitating"),
        ("", ""),
    ],
)
def test_an_alias_of_an_unfinished_status_is_waited_on(make_client, value, status):
    with FaultyServer(poll(value), poll(value), poll(**DONE)) as server:
        job = make_client(server.url).job(REQUEST_ID)
        assert job.status().status == status
        assert job.wait(poll_interval=SHORT, max_wait=30).status == "done"
    assert server.attempts == 3


@pytest.mark.parametrize(("value", "status"), [("failed", "error"), ("completed", "done")])
def test_an_alias_of_a_finished_status_ends_the_wait(make_client, value, status):
    with FaultyServer(poll(value)) as server:
        result = make_client(server.url).job(REQUEST_ID).wait(max_wait=30)
    assert result.status == status
    assert server.attempts == 1


@pytest.mark.parametrize(
    ("value", "progress"), [(40, 40), ("45.50", 45.5), (None, 0), ("0", 0), (99.9, 99.9)]
)
def test_progress_may_be_a_number_a_string_or_null(make_client, value, progress):
    with FaultyServer(poll("processing", progress=value)) as server:
        assert make_client(server.url).job(REQUEST_ID).status().progress == progress


def test_a_finished_job_is_not_polled_again(make_client):
    with FaultyServer(poll(**DONE)) as server:
        job = make_client(server.url).job(REQUEST_ID)
        results = [job.wait(), job.wait(), job.status()]
        assert job.is_done()
        assert not job.is_error()
    assert results == [results[0]] * 3
    assert server.attempts == 1


def test_a_failed_job_is_returned_and_raise_for_error_raises(make_client):
    failed = poll("error", error_code="WORKER_TIMEOUT", error_reason="INPUT_TOO_LARGE")
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
def test_invalid_intervals_are_rejected_before_sending(make_client, arguments):
    with FaultyServer(poll("processing")) as server:
        job = make_client(server.url).job(REQUEST_ID)
        with pytest.raises(ValueError, match=next(iter(arguments))):
            job.wait(**arguments)
    assert server.attempts == 0


def test_updates_survive_failures_and_yield_each_change_once(make_client):
    script = [
        poll("pending"),
        behaviors.close_without_response(),
        poll("pending"),
        poll("processing", progress=10),
        behaviors.respond(503),
        poll("processing", progress=10),
        poll(**DONE),
    ]
    with FaultyServer(*script) as server:
        job = make_client(server.url).job(REQUEST_ID)
        updates = [(u.status.value, u.progress) for u in job.updates(poll_interval=SHORT)]
    assert updates == [("pending", 0), ("processing", 10), ("done", 100)]
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
def test_the_request_id_is_quoted_as_one_path_segment(make_client, identifier, segment):
    with FaultyServer(poll("processing")) as server:
        make_client(server.url).job(identifier).status()
    assert server.requests[0].target == f"/api/v1/client/request-status/{segment}"


def test_a_poll_that_hangs_ends_at_the_timeout_of_the_client_and_not_at_max_wait(make_client):
    with FaultyServer(behaviors.hang(), poll(**DONE)) as server:
        job = make_client(server.url, timeout=0.3).job(REQUEST_ID)
        began = time.monotonic()
        assert job.wait(poll_interval=SHORT, max_wait=30).status == "done"
        assert time.monotonic() - began < MARGIN
    assert len(server.requests) == 2
