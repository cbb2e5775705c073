"""Retries over real sockets: every failure with every type of call and `retry_submissions`."""

from dataclasses import dataclass

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import Behavior, FaultyServer
from support.sample_operations import BALANCE, GENERATE, READS, SUBMISSIONS, UPSCALE
from support.socket_server import refusing_url

BIG = b"x" * 20_000_000  # larger than the buffers of a loopback connection


@dataclass(frozen=True)
class Failure:
    """A behavior, the error that it causes, and whether a job may have been accepted."""

    name: str
    behavior: Behavior
    error: type[deapi.DeapiError]
    possibly_accepted: bool
    timeout: float = 5

    def __str__(self):
        return self.name


FAILURES = [
    Failure(
        "429",
        behaviors.respond(429, {"message": "Too Many Attempts."}),
        deapi.RateLimitError,
        False,
    ),
    Failure("500", behaviors.respond(500, {"message": "Server Error"}), deapi.ServerError, False),
    Failure("503", behaviors.respond(503, "<html>maintenance"), deapi.ServerError, False),
    Failure("408", behaviors.respond(408, ""), deapi.DeapiError, False),
    Failure("502", behaviors.respond(502, "<html>bad gateway"), deapi.ServerError, True),
    Failure("504", behaviors.respond(504, "<html>gateway timeout"), deapi.ServerError, True),
    Failure("520", behaviors.respond(520, ""), deapi.ServerError, True),
    Failure("524", behaviors.respond(524, "error code: 524"), deapi.ServerError, True),
    Failure("timeout", behaviors.hang(), deapi.NetworkError, True, timeout=0.3),
    Failure("reset after request", behaviors.reset("after_request"), deapi.NetworkError, True),
    Failure(
        "closed without response", behaviors.close_without_response(), deapi.NetworkError, True
    ),
    Failure("truncated body", behaviors.truncate_body(), deapi.NetworkError, True),
    Failure("reset body", behaviors.reset_during_body(), deapi.NetworkError, True),
    Failure("truncated body of a 500", behaviors.truncate_body(status=500), deapi.DeapiError, True),
    Failure("bad gzip", behaviors.invalid_gzip(), deapi.DeapiError, True),
    Failure("not HTTP", behaviors.send_another_protocol(), deapi.NetworkError, True),
    Failure("invalid length", behaviors.wrong_content_length("abc"), deapi.NetworkError, True),
    Failure("huge headers", behaviors.huge_headers(), deapi.NetworkError, True),
]

every_failure = pytest.mark.parametrize("failure", FAILURES, ids=str)
every_read = pytest.mark.parametrize("operation", READS, ids=str)
every_submission = pytest.mark.parametrize("operation", SUBMISSIONS, ids=str)


@every_failure
@every_read
def test_a_read_is_retried_until_it_succeeds(make_client, recorded_sleeps, failure, operation):
    with FaultyServer(failure.behavior, failure.behavior, operation.success()) as server:
        assert operation.succeeds(make_client(server.url, timeout=failure.timeout))
    assert len(server.requests) == 3
    assert len(recorded_sleeps) == 2


@every_failure
def test_a_read_is_retried_max_retries_times(make_client, recorded_sleeps, failure):
    with FaultyServer(failure.behavior) as server:
        client = make_client(server.url, timeout=failure.timeout, max_retries=2)
        with pytest.raises(failure.error) as caught:
            client.balance()
    assert len(server.requests) == 3
    assert len(recorded_sleeps) == 2
    assert caught.value.possibly_accepted is False


@every_failure
@every_submission
def test_a_submission_is_retried_only_if_it_cannot_have_been_accepted(
    make_client, recorded_sleeps, failure, operation
):
    with FaultyServer(failure.behavior, failure.behavior, operation.success()) as server:
        client = make_client(server.url, timeout=failure.timeout)
        if not failure.possibly_accepted:
            assert operation.succeeds(client)
            assert len(server.requests) == 3
            return
        with pytest.raises(failure.error, match="may have been accepted") as caught:
            operation.call(client)
        assert caught.value.possibly_accepted is True
        assert len(server.requests) == 1
        assert recorded_sleeps == []


@every_failure
def test_a_submission_is_possibly_accepted_only_after_an_ambiguous_failure(
    make_client, recorded_sleeps, failure
):
    with FaultyServer(failure.behavior) as server:
        client = make_client(server.url, timeout=failure.timeout, max_retries=1)
        with pytest.raises(failure.error) as caught:
            GENERATE.call(client)
    assert caught.value.possibly_accepted is failure.possibly_accepted
    assert ("accepted" in str(caught.value)) is failure.possibly_accepted
    assert len(server.requests) == (1 if failure.possibly_accepted else 2)


@every_failure
@every_submission
def test_always_retries_a_submission_after_any_failure(
    make_client, recorded_sleeps, failure, operation
):
    with FaultyServer(failure.behavior, failure.behavior, operation.success()) as server:
        client = make_client(server.url, timeout=failure.timeout, retry_submissions="always")
        assert operation.succeeds(client)
    assert len(server.requests) == 3


@every_failure
@every_submission
def test_never_does_not_retry_a_submission(make_client, recorded_sleeps, failure, operation):
    with FaultyServer(failure.behavior, operation.success()) as server:
        client = make_client(server.url, timeout=failure.timeout, retry_submissions="never")
        with pytest.raises(failure.error) as caught:
            operation.call(client)
        assert len(server.requests) == 1
        assert caught.value.possibly_accepted is failure.possibly_accepted
        assert recorded_sleeps == []


@pytest.mark.parametrize("retry_submissions", ["safe", "always", "never"])
def test_retry_submissions_does_not_apply_to_reads(make_client, recorded_sleeps, retry_submissions):
    with FaultyServer(
        behaviors.close_without_response(), behaviors.respond(502), BALANCE.success()
    ) as server:
        assert BALANCE.succeeds(make_client(server.url, retry_submissions=retry_submissions))


def test_possibly_accepted_survives_later_attempts(make_client, recorded_sleeps):
    with FaultyServer(behaviors.close_without_response(), behaviors.respond(503)) as server:
        client = make_client(server.url, max_retries=2, retry_submissions="always")
        with pytest.raises(deapi.ServerError) as caught:
            GENERATE.call(client)
    assert len(server.requests) == 3
    assert caught.value.possibly_accepted is True


@pytest.mark.parametrize(
    ("operation", "mode", "attempts"),
    [
        (BALANCE, "safe", 4),
        (GENERATE, "safe", 4),
        (UPSCALE, "safe", 4),
        (GENERATE, "always", 4),
        (GENERATE, "never", 1),
    ],
    ids=str,
)
def test_a_refused_connection_is_retried(make_client, recorded_sleeps, operation, mode, attempts):
    with (
        refusing_url() as url,
        pytest.raises(deapi.NetworkError, match="could not connect") as caught,
    ):
        operation.call(make_client(url, retry_submissions=mode))
    assert len(recorded_sleeps) == attempts - 1
    assert caught.value.possibly_accepted is False
    assert caught.value.status_code is None
    assert caught.value.response is None


def test_a_submission_reset_during_its_upload_is_retried_completely(make_client, recorded_sleeps):
    with FaultyServer(behaviors.reset("mid_body_of_request"), UPSCALE.success()) as server:
        job = make_client(server.url).images.upscale(model="m", image=BIG)
    assert job.request_id == UPSCALE.value
    incomplete, complete = server.requests
    assert not incomplete.complete
    assert BIG in complete.body


def test_an_upload_that_was_never_complete_is_not_possibly_accepted(make_client, recorded_sleeps):
    with (
        FaultyServer(behaviors.reset("mid_body_of_request")) as server,
        pytest.raises(deapi.NetworkError) as caught,
    ):
        make_client(server.url, max_retries=1).images.upscale(model="m", image=BIG)
    assert caught.value.possibly_accepted is False
    assert len(server.requests) == 2


def test_an_upload_that_the_server_stops_reading_is_retried(make_client, recorded_sleeps):
    with FaultyServer(behaviors.stop_reading_body(), UPSCALE.success()) as server:
        client = make_client(server.url, timeout=0.5)
        assert client.images.upscale(model="m", image=BIG).request_id == UPSCALE.value
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 413, 418, 422])
@pytest.mark.parametrize("operation", [BALANCE, GENERATE], ids=str)
def test_a_permanent_error_is_not_retried(make_client, recorded_sleeps, status, operation):
    with (
        FaultyServer(behaviors.respond(status, {"message": "No."})) as server,
        pytest.raises(deapi.DeapiError, match=r"No\.") as caught,
    ):
        operation.call(make_client(server.url))
    assert len(server.requests) == 1
    assert caught.value.status_code == status
    assert caught.value.possibly_accepted is False


def test_max_retries_zero_sends_one_request(make_client, recorded_sleeps):
    with FaultyServer(behaviors.respond(503)) as server, pytest.raises(deapi.ServerError):
        make_client(server.url, max_retries=0).balance()
    assert len(server.requests) == 1


def test_delays_double_up_to_eight_seconds(make_client, recorded_sleeps):
    with FaultyServer(behaviors.respond(503)) as server, pytest.raises(deapi.ServerError):
        make_client(server.url, max_retries=5).balance()
    for delay, minimum in zip(recorded_sleeps, [1, 2, 4, 8, 8], strict=True):
        assert minimum <= delay <= 1.5 * minimum


def test_the_idempotency_key_is_kept_across_the_retries_of_one_submission(
    make_client, recorded_sleeps
):
    script = [behaviors.respond(503), GENERATE.success(), GENERATE.success(), BALANCE.success()]
    with FaultyServer(*script) as server:
        client = make_client(server.url)
        GENERATE.call(client)
        GENERATE.call(client)
        BALANCE.call(client)
    first, retry, second, read = [r.header("Idempotency-Key") for r in server.requests]
    assert first == retry != second
    assert None not in (first, second)
    assert read is None


@pytest.mark.parametrize("operation", [*READS, *SUBMISSIONS], ids=str)
def test_a_retried_request_is_identical(make_client, recorded_sleeps, operation):
    with FaultyServer(behaviors.respond(503), operation.success()) as server:
        operation.call(make_client(server.url))
    first, retry = server.requests
    assert (first.method, first.target) == (retry.method, retry.target)
    assert first.headers == retry.headers
    assert first.body == retry.body
