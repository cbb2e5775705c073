"""`wait()` in bad weather: it ends by its deadline, and never before without a reason."""

import time

import pytest

import deapi
from support import behaviours as b
from support.operations import REQUEST_ID
from support.weather import WeatherServer

MOMENT = 0.01
LATE = 3

DONE = {"status": "done", "progress": 100, "result_url": "https://results.example/1.png"}


def state(status, **fields):
    return b.answer(200, {"data": {"status": status, **fields}})


PASSING = {
    "429": b.answer(429, headers=[("Retry-After", "0")]),
    "500": b.answer(500),
    "502": b.answer(502, "<html>"),
    "503": b.answer(503, "<html>"),
    "524": b.answer(524),
    "408": b.answer(408),
    "reset": b.reset("after_request"),
    "reset at accept": b.reset("accept"),
    "no answer": b.close_silently(),
    "cut body": b.cut_body(),
    "not HTTP": b.garbage(),
    "HTML": b.answer(200, "<html>please wait"),
    "empty": b.answer(200, ""),
    "PHP's empty object": b.answer(200, "[]"),
}

DEADLY = {
    "hang": b.hang(),
    "trickled headers": b.trickle_headers(0.02),
    "trickled body": b.trickle_body(0.02),
    "endless body": b.endless_body(),
    "503": b.answer(503),
    "an hour": b.answer(429, headers=[("Retry-After", "3600")]),
    "a day at 503": b.answer(503, headers=[("Retry-After", "86400")]),
    "reset": b.reset("after_request"),
    "never done": state("processing", progress=50),
    "unknown status": state("levitating"),
    "HTML": b.answer(200, "<html>"),
}


@pytest.mark.parametrize("name", PASSING)
def test_trouble_that_passes_does_not_end_a_wait(connect, name):
    with WeatherServer(PASSING[name], state("processing"), PASSING[name], state(**DONE)) as server:
        result = connect(server.url).job(REQUEST_ID).wait(poll_interval=MOMENT, max_wait=30)
    assert result.status == "done"
    assert server.attempts == 4


@pytest.mark.parametrize("max_retries", [0, 5])
def test_trouble_that_passes_is_not_counted_against_max_retries(connect, max_retries):
    with WeatherServer(*[b.answer(503)] * 8, state(**DONE)) as server:
        client = connect(server.url, max_retries=max_retries)
        result = client.job(REQUEST_ID).wait(poll_interval=MOMENT, max_interval=MOMENT, max_wait=30)
    assert result.status == "done"
    assert server.attempts == 9


@pytest.mark.parametrize("name", DEADLY)
def test_a_wait_ends_by_its_deadline_whatever_the_server_does(connect, name):
    with WeatherServer(state("processing", progress=12.5), DEADLY[name]) as server:
        job = connect(server.url, timeout=60).job(REQUEST_ID)
        began = time.monotonic()
        with pytest.raises(deapi.JobTimeoutError, match="did not complete") as caught:
            job.wait(poll_interval=MOMENT, max_wait=0.2)
        assert 0.15 < time.monotonic() - began < LATE
    assert caught.value.request_id == REQUEST_ID
    assert REQUEST_ID in str(caught.value)
    assert caught.value.result is not None


def test_a_wait_that_saw_nothing_says_so(connect):
    with WeatherServer(b.hang()) as server, pytest.raises(deapi.JobTimeoutError) as caught:
        connect(server.url, timeout=60).job(REQUEST_ID).wait(max_wait=0.3)
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
def test_a_definite_answer_ends_a_wait_at_once(connect, status, error):
    with (
        WeatherServer(state("processing"), b.answer(status, {"message": "No."})) as server,
        pytest.raises(error),
    ):
        connect(server.url).job(REQUEST_ID).wait(poll_interval=MOMENT, max_wait=30)
    assert server.attempts == 2


def test_a_wait_polls_one_last_time_at_the_deadline(connect):
    # The job finishes after the second-to-last poll; only a poll at the deadline can see it.
    with WeatherServer(state("processing"), state(**DONE)) as server:
        result = (
            connect(server.url)
            .job(REQUEST_ID)
            .wait(poll_interval=60, max_interval=60, max_wait=0.3)
        )
    assert result.status == "done"
    assert server.attempts == 2
    assert 0.25 < server.requests[1].time - server.requests[0].time < LATE


def test_a_wait_of_nothing_polls_once(connect):
    with WeatherServer(state("processing")) as server:
        job = connect(server.url).job(REQUEST_ID)
        with pytest.raises(deapi.JobTimeoutError) as caught:
            job.wait(max_wait=0)
        assert caught.value.result.status == "processing"
        server.play(state(**DONE))
        assert job.wait(max_wait=0).status == "done"
    assert server.attempts == 2


def test_a_wait_of_nothing_still_has_its_timeout(connect):
    with WeatherServer(b.slow(0.3, state(**DONE))) as server:
        job = connect(server.url, timeout=5).job(REQUEST_ID)
        assert job.wait(max_wait=0).status == "done"


def test_retry_after_while_waiting_is_heeded_up_to_the_deadline(connect):
    script = [b.answer(429, headers=[("Retry-After", "1")]), state(**DONE)]
    with WeatherServer(*script) as server:
        connect(server.url).job(REQUEST_ID).wait(poll_interval=MOMENT, max_wait=30)
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
def test_a_word_for_an_unfinished_status_is_waited_on(connect, word, meaning):
    with WeatherServer(state(word), state(word), state(**DONE)) as server:
        job = connect(server.url).job(REQUEST_ID)
        assert job.status().status == meaning
        assert job.wait(poll_interval=MOMENT, max_wait=30).status == "done"
    assert server.attempts == 3


@pytest.mark.parametrize(("word", "meaning"), [("failed", "error"), ("completed", "done")])
def test_a_word_for_a_finished_status_ends_the_wait(connect, word, meaning):
    with WeatherServer(state(word)) as server:
        result = connect(server.url).job(REQUEST_ID).wait(max_wait=30)
    assert result.status == meaning
    assert server.attempts == 1


@pytest.mark.parametrize(
    ("sent", "read"), [(40, 40), ("45.50", 45.5), (None, 0), ("0", 0), (99.9, 99.9)]
)
def test_progress_may_be_a_number_a_string_or_null(connect, sent, read):
    with WeatherServer(state("processing", progress=sent)) as server:
        assert connect(server.url).job(REQUEST_ID).status().progress == read


def test_a_finished_job_is_never_asked_about_again(connect):
    with WeatherServer(state(**DONE)) as server:
        job = connect(server.url).job(REQUEST_ID)
        results = [job.wait(), job.wait(), job.status()]
        assert job.is_done()
        assert not job.is_error()
    assert results == [results[0]] * 3
    assert server.attempts == 1


def test_a_failed_job_is_returned_and_raises_when_asked_to(connect):
    failed = state("error", error_code="WORKER_TIMEOUT", error_reason="INPUT_TOO_LARGE")
    with WeatherServer(failed) as server:
        result = connect(server.url).job(REQUEST_ID).wait()
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
def test_intervals_that_would_spin_are_refused_before_anything_is_sent(connect, arguments):
    with WeatherServer(state("processing")) as server:
        job = connect(server.url).job(REQUEST_ID)
        with pytest.raises(ValueError, match=next(iter(arguments))):
            job.wait(**arguments)
    assert server.attempts == 0


def test_updates_survive_bad_weather_and_show_each_change_once(connect):
    script = [
        state("pending"),
        b.close_silently(),
        state("pending"),
        state("processing", progress=10),
        b.answer(503),
        state("processing", progress=10),
        state(**DONE),
    ]
    with WeatherServer(*script) as server:
        job = connect(server.url).job(REQUEST_ID)
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
def test_an_id_stays_one_segment_of_the_path(connect, identifier, segment):
    with WeatherServer(state("processing")) as server:
        connect(server.url).job(identifier).status()
    assert server.requests[0].target == f"/api/v1/client/request-status/{segment}"
