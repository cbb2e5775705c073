"""Which failures are tried again, row by row of the design's table, on real sockets."""

from dataclasses import dataclass

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import Behavior, FaultyServer
from support.sample_operations import BALANCE, GENERATE, READS, SUBMISSIONS, UPSCALE
from support.socket_server import refusing_url

BIG = b"x" * 20_000_000  # more than the buffers of a loopback connection take


@dataclass(frozen=True)
class Weather:
    """A way to fail, the error it ends in, and whether a paid job may exist after it."""

    name: str
    behavior: Behavior
    error: type[deapi.DeapiError]
    in_doubt: bool
    timeout: float = 5

    def __str__(self):
        return self.name


WEATHER = [
    Weather(
        "429",
        behaviors.respond(429, {"message": "Too Many Attempts."}),
        deapi.RateLimitError,
        False,
    ),
    Weather("500", behaviors.respond(500, {"message": "Server Error"}), deapi.ServerError, False),
    Weather("503", behaviors.respond(503, "<html>maintenance"), deapi.ServerError, False),
    Weather("408", behaviors.respond(408, ""), deapi.DeapiError, False),
    Weather("502", behaviors.respond(502, "<html>bad gateway"), deapi.ServerError, True),
    Weather("504", behaviors.respond(504, "<html>gateway timeout"), deapi.ServerError, True),
    Weather("520", behaviors.respond(520, ""), deapi.ServerError, True),
    Weather("524", behaviors.respond(524, "error code: 524"), deapi.ServerError, True),
    Weather("timeout", behaviors.hang(), deapi.NetworkError, True, timeout=0.3),
    Weather("reset after request", behaviors.reset("after_request"), deapi.NetworkError, True),
    Weather("closed without answer", behaviors.close_without_response(), deapi.NetworkError, True),
    Weather("cut body", behaviors.truncate_body(), deapi.NetworkError, True),
    Weather("reset body", behaviors.reset_during_body(), deapi.NetworkError, True),
    Weather("cut body of a 500", behaviors.truncate_body(status=500), deapi.DeapiError, True),
    Weather("bad gzip", behaviors.invalid_gzip(), deapi.DeapiError, True),
    Weather("not HTTP", behaviors.send_another_protocol(), deapi.NetworkError, True),
    Weather("no length", behaviors.wrong_content_length("abc"), deapi.NetworkError, True),
    Weather("huge headers", behaviors.huge_headers(), deapi.NetworkError, True),
]

every_weather = pytest.mark.parametrize("weather", WEATHER, ids=str)
every_read = pytest.mark.parametrize("operation", READS, ids=str)
every_submission = pytest.mark.parametrize("operation", SUBMISSIONS, ids=str)


@every_weather
@every_read
def test_a_read_is_repeated_until_it_succeeds(make_client, recorded_sleeps, weather, operation):
    with FaultyServer(weather.behavior, weather.behavior, operation.success()) as server:
        assert operation.succeeds(make_client(server.url, timeout=weather.timeout))
    assert len(server.requests) == 3
    assert len(recorded_sleeps) == 2


@every_weather
def test_a_read_gives_up_after_max_retries(make_client, recorded_sleeps, weather):
    with FaultyServer(weather.behavior) as server:
        client = make_client(server.url, timeout=weather.timeout, max_retries=2)
        with pytest.raises(weather.error) as caught:
            client.balance()
    assert len(server.requests) == 3
    assert len(recorded_sleeps) == 2
    assert caught.value.possibly_accepted is False


@every_weather
@every_submission
def test_a_submission_is_repeated_only_if_it_cannot_have_been_accepted(
    make_client, recorded_sleeps, weather, operation
):
    with FaultyServer(weather.behavior, weather.behavior, operation.success()) as server:
        client = make_client(server.url, timeout=weather.timeout)
        if not weather.in_doubt:
            assert operation.succeeds(client)
            assert len(server.requests) == 3
            return
        with pytest.raises(weather.error, match="may have been accepted") as caught:
            operation.call(client)
        assert caught.value.possibly_accepted is True
        assert len(server.requests) == 1
        assert recorded_sleeps == []


@every_weather
def test_a_submission_that_was_refused_to_the_end_was_not_accepted(
    make_client, recorded_sleeps, weather
):
    with FaultyServer(weather.behavior) as server:
        client = make_client(server.url, timeout=weather.timeout, max_retries=1)
        with pytest.raises(weather.error) as caught:
            GENERATE.call(client)
    assert caught.value.possibly_accepted is weather.in_doubt
    assert ("accepted" in str(caught.value)) is weather.in_doubt
    assert len(server.requests) == (1 if weather.in_doubt else 2)


@every_weather
@every_submission
def test_always_repeats_a_submission_whatever_happened(
    make_client, recorded_sleeps, weather, operation
):
    with FaultyServer(weather.behavior, weather.behavior, operation.success()) as server:
        client = make_client(server.url, timeout=weather.timeout, retry_submissions="always")
        assert operation.succeeds(client)
    assert len(server.requests) == 3


@every_weather
@every_submission
def test_never_repeats_no_submission(make_client, recorded_sleeps, weather, operation):
    with FaultyServer(weather.behavior, operation.success()) as server:
        client = make_client(server.url, timeout=weather.timeout, retry_submissions="never")
        with pytest.raises(weather.error) as caught:
            operation.call(client)
        assert len(server.requests) == 1
        assert caught.value.possibly_accepted is weather.in_doubt
        assert recorded_sleeps == []


@pytest.mark.parametrize("retry_submissions", ["safe", "always", "never"])
def test_reads_and_prices_do_not_heed_retry_submissions(
    make_client, recorded_sleeps, retry_submissions
):
    with FaultyServer(
        behaviors.close_without_response(), behaviors.respond(502), BALANCE.success()
    ) as server:
        assert BALANCE.succeeds(make_client(server.url, retry_submissions=retry_submissions))


def test_a_doubt_stays_when_later_attempts_are_refused(make_client, recorded_sleeps):
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
def test_a_refused_connection_is_tried_again(
    make_client, recorded_sleeps, operation, mode, attempts
):
    with (
        refusing_url() as url,
        pytest.raises(deapi.NetworkError, match="no connection could be made") as caught,
    ):
        operation.call(make_client(url, retry_submissions=mode))
    assert len(recorded_sleeps) == attempts - 1
    assert caught.value.possibly_accepted is False
    assert caught.value.status_code is None
    assert caught.value.response is None


def test_a_submission_reset_while_its_file_was_being_sent_is_repeated_whole(
    make_client, recorded_sleeps
):
    with FaultyServer(behaviors.reset("mid_body_of_request"), UPSCALE.success()) as server:
        job = make_client(server.url).images.upscale(model="m", image=BIG)
    assert job.request_id == UPSCALE.value
    broken, whole = server.requests
    assert not broken.complete
    assert BIG in whole.body


def test_an_upload_that_is_never_sent_whole_was_not_accepted(make_client, recorded_sleeps):
    with (
        FaultyServer(behaviors.reset("mid_body_of_request")) as server,
        pytest.raises(deapi.NetworkError) as caught,
    ):
        make_client(server.url, max_retries=1).images.upscale(model="m", image=BIG)
    assert caught.value.possibly_accepted is False
    assert len(server.requests) == 2


def test_an_upload_that_nobody_reads_is_repeated_when_sending_takes_too_long(
    make_client, recorded_sleeps
):
    with FaultyServer(behaviors.stop_reading_body(), UPSCALE.success()) as server:
        client = make_client(server.url, timeout=0.5)
        assert client.images.upscale(model="m", image=BIG).request_id == UPSCALE.value
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 413, 418, 422])
@pytest.mark.parametrize("operation", [BALANCE, GENERATE], ids=str)
def test_a_definite_refusal_is_not_repeated(make_client, recorded_sleeps, status, operation):
    with (
        FaultyServer(behaviors.respond(status, {"message": "No."})) as server,
        pytest.raises(deapi.DeapiError, match=r"No\.") as caught,
    ):
        operation.call(make_client(server.url))
    assert len(server.requests) == 1
    assert caught.value.status_code == status
    assert caught.value.possibly_accepted is False


def test_no_retries_means_one_request(make_client, recorded_sleeps):
    with FaultyServer(behaviors.respond(503)) as server, pytest.raises(deapi.ServerError):
        make_client(server.url, max_retries=0).balance()
    assert len(server.requests) == 1


def test_pauses_double_up_to_eight_seconds(make_client, recorded_sleeps):
    with FaultyServer(behaviors.respond(503)) as server, pytest.raises(deapi.ServerError):
        make_client(server.url, max_retries=5).balance()
    for pause, least in zip(recorded_sleeps, [1, 2, 4, 8, 8], strict=True):
        assert least <= pause <= 1.5 * least


def test_an_idempotency_key_stays_through_the_retries_of_one_submission_only(
    make_client, recorded_sleeps
):
    script = [behaviors.respond(503), GENERATE.success(), GENERATE.success(), BALANCE.success()]
    with FaultyServer(*script) as server:
        client = make_client(server.url)
        GENERATE.call(client)
        GENERATE.call(client)
        BALANCE.call(client)
    first, again, second, read = [r.header("Idempotency-Key") for r in server.requests]
    assert first == again != second
    assert None not in (first, second)
    assert read is None


@pytest.mark.parametrize("operation", [*READS, *SUBMISSIONS], ids=str)
def test_a_repeated_request_is_the_same_request(make_client, recorded_sleeps, operation):
    with FaultyServer(behaviors.respond(503), operation.success()) as server:
        operation.call(make_client(server.url))
    one, other = server.requests
    assert (one.method, one.target, one.headers) == (other.method, other.target, other.headers)
    assert one.body == other.body
