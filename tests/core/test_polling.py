"""Waiting for a job: the polls, the deadline, and what may go wrong on the way."""

import math

import pytest

from deapi import (
    AuthenticationError,
    DeapiClient,
    InvalidResponseError,
    JobFailedError,
    JobStatus,
    JobTimeoutError,
    NotFoundError,
)
from deapi._transport.waiting import JobState, status, watch
from support.flows import Player, answer, job, lost

TIMES = {"poll_interval": 1.0, "max_wait": 300.0, "backoff_factor": 1.5, "max_interval": 10.0}


def wait(player: Player, state: JobState | None = None, **times: float):
    return player.run(watch(player.core, state or JobState("job-1"), **{**TIMES, **times}))


def test_it_polls_at_once_then_ever_more_slowly_up_to_the_longest_interval():
    player = Player([job("processing")] * 9 + [job("done")])
    assert wait(player).status is JobStatus.DONE
    assert player.slept == [1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 10, 10, 10]


def test_a_failed_job_is_returned_and_raises_when_asked_to():
    failed = job(
        "error", error_code="WORKER_TIMEOUT", error_reason="TIMEOUT", retryable=True, refunded=True
    )
    result = wait(Player([failed]))
    with pytest.raises(JobFailedError, match=r"job-1 failed: WORKER_TIMEOUT, TIMEOUT") as caught:
        result.raise_for_error()
    error = caught.value
    assert (error.code, error.reason) == ("WORKER_TIMEOUT", "TIMEOUT")
    assert (error.retryable, error.refunded, error.request_id) == (True, True, "job-1")
    assert error.result is result
    assert "It was refunded." in str(error)


def test_a_result_that_is_no_failure_raises_nothing():
    result = wait(Player([job("done")]))
    assert result.raise_for_error() is result


@pytest.mark.parametrize(
    "trouble",
    [
        lost(),
        lost(sent=False),
        *(answer(status) for status in (408, 429, 500, 502, 503, 524)),
        *(answer(200, body) for body in (b"<html>", b"", [], {"data": {}})),
    ],
    ids=str,
)
def test_what_may_pass_is_waited_out(trouble):
    player = Player([trouble, job("processing"), trouble, trouble, job("done")])
    assert wait(player).status is JobStatus.DONE


@pytest.mark.parametrize(("code", "kind"), [(401, AuthenticationError), (404, NotFoundError)])
def test_a_definite_answer_ends_the_wait(code, kind):
    player = Player([job("processing"), answer(code, {"message": "No."})])
    with pytest.raises(kind):
        wait(player)
    assert len(player.sent) == 2


def test_the_wait_ends_at_its_deadline_with_one_last_poll():
    player = Player([job("processing", progress=30.5)] * 4)
    with pytest.raises(JobTimeoutError, match="did not complete within 4 s") as caught:
        wait(player, max_wait=4)
    assert player.slept == [1, 1.5, 1.5]
    assert player.time == 1004
    assert len(player.sent) == 4
    assert caught.value.request_id == "job-1"
    assert caught.value.result.progress == 30.5
    assert "client.job('job-1')" in str(caught.value)


def test_a_job_that_finishes_just_before_the_deadline_is_seen():
    player = Player([job("processing"), job("processing"), job("done")])
    assert wait(player, max_wait=2).status is JobStatus.DONE


def test_a_poll_gets_no_more_time_than_is_left_and_the_last_one_a_moment():
    limits = []

    def slow(player, step):
        limits.append(step.limit)
        player.time += 1
        return job("processing")

    with pytest.raises(JobTimeoutError):
        wait(Player([slow] * 10), max_wait=6)
    assert limits == [6, 4, 1.5, 1.0]


def test_a_poll_that_hangs_to_the_deadline_is_the_last():
    def hang(player, step):
        player.time += step.limit
        return lost(reason="the answer did not come in time")

    player = Player([job("processing"), hang])
    with pytest.raises(JobTimeoutError, match="did not come in time"):
        wait(player, max_wait=30)
    assert player.time == 1030


def test_max_wait_zero_polls_once_with_the_usual_timeout():
    player = Player([job("processing")])
    with pytest.raises(JobTimeoutError):
        wait(player, max_wait=0)
    assert player.slept == []
    assert player.sent[0].limit is None


def test_an_endless_wait_goes_on():
    player = Player([job("processing")] * 500 + [job("done")])
    assert wait(player, max_wait=math.inf).status is JobStatus.DONE


def test_a_quota_is_respected_while_polling():
    player = Player([answer(429, headers={"retry-after": "42"}), job("done")])
    wait(player)
    assert player.slept == [42]


def test_a_quota_of_a_day_ends_the_wait_at_its_deadline_and_not_before():
    daily = answer(429, {"message": "Too Many Attempts."}, {"retry-after": "86400"})
    player = Player([daily, daily])
    with pytest.raises(JobTimeoutError, match="Too Many Attempts"):
        wait(player)
    assert player.slept == [300]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("queued", JobStatus.PENDING),
        ("waiting", JobStatus.PENDING),
        ("in_progress", JobStatus.PROCESSING),
        ("running", JobStatus.PROCESSING),
    ],
)
def test_other_words_for_the_states_are_understood(word, meaning):
    player = Player([job(word), job("completed")])
    assert wait(player).status is JobStatus.DONE
    assert player.updates[0].status is meaning


def test_failed_is_an_error():
    assert wait(Player([job("failed")])).status is JobStatus.ERROR


def test_a_word_nobody_knows_is_kept_and_waited_on():
    player = Player([job("reticulating"), job("done")])
    assert wait(player).status is JobStatus.DONE
    assert player.updates[0].status == "reticulating"
    assert player.updates[0].status.value == "reticulating"


@pytest.mark.parametrize(
    ("sent", "read"), [(45, 45.0), ("45.50", 45.5), (None, 0.0), ("half", 0.0), ([], 0.0)]
)
def test_progress_may_be_a_number_a_text_or_nothing(sent, read):
    assert wait(Player([job("done", progress=sent)])).progress == read


def test_each_change_is_told_once():
    states = [job("pending"), job("pending"), job("processing", progress=5)]
    player = Player([*states, job("processing", progress=5), job("done", progress=100)])
    wait(player)
    told = [(update.status.value, update.progress) for update in player.updates]
    assert told == [("pending", 0), ("processing", 5), ("done", 100)]


def test_a_finished_job_is_never_asked_about_again():
    state = JobState("job-1")
    player = Player([job("done")])
    first = wait(player, state)
    assert wait(player, state) is first
    assert player.run(status(player.core, state)) is first
    assert len(player.sent) == 1


@pytest.mark.parametrize(
    "times",
    [
        {"poll_interval": 0},
        {"poll_interval": -1},
        {"poll_interval": math.nan},
        {"max_wait": -1},
        {"max_wait": math.nan},
        {"max_interval": 0},
        {"backoff_factor": 0},
        {"backoff_factor": 0.5},
        {"backoff_factor": math.inf},
        {"backoff_factor": math.nan},
    ],
)
def test_impossible_times_are_refused_by_name(times):
    with DeapiClient(api_key="k", base_url="http://127.0.0.1:9") as client:
        (name,) = times
        with pytest.raises(ValueError, match=name):
            client.job("job-1").wait(**times)


@pytest.mark.parametrize("request_id", ["", ".", "..", "a\nb", "\ud800"])
def test_what_cannot_be_a_job_is_refused(request_id):
    with DeapiClient(api_key="k") as client, pytest.raises(ValueError, match="request_id"):
        client.job(request_id)


def test_an_id_is_quoted_as_one_segment_of_the_path():
    player = Player([job("done")])
    wait(player, JobState("../keys?x=1#y/ä"))
    assert player.sent[0].url == (
        "https://api.deapi.ai/api/v1/client/request-status/..%2Fkeys%3Fx%3D1%23y%2F%C3%A4"
    )


def test_a_status_that_cannot_be_read_is_an_invalid_response():
    player = Player([answer(200, {"data": {"status": 7}})])
    with pytest.raises(InvalidResponseError, match="status"):
        player.run(status(player.core, JobState("job-1")))
