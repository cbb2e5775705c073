"""The API key: in the Authorization header of a request, and nowhere else."""

import asyncio
import logging
import pickle
import traceback

import pytest

import deapi
from support import server_behaviors as behaviors
from support.blocking_client import KEY, unwrap
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE, REQUEST_ID, UPLOAD
from support.signals import interrupted_after, posix
from support.socket_server import refusing_url

SECRET = KEY.partition("|")[2]

WEATHER = {
    "401": behaviors.respond(401, {"message": "Unauthenticated."}),
    "422": behaviors.respond(422, {"message": "no", "errors": {"x": ["y"]}}),
    "429": behaviors.respond(429, headers=[("Retry-After", "86400")]),
    "503": behaviors.respond(503, "<html>"),
    "302": behaviors.redirect("https://elsewhere.example"),
    "not JSON": behaviors.respond(200, "<html>"),
    "wrong type": behaviors.respond(200, {"data": {"balance": "x", "request_id": 5}}),
    "hang": behaviors.hang(),
    "reset": behaviors.reset("after_request"),
    "closed": behaviors.close_without_response(),
    "cut": behaviors.truncate_body(),
    "not HTTP": behaviors.send_another_protocol(),
    "bad gzip": behaviors.invalid_gzip(),
    "huge headers": behaviors.huge_headers(),
    "early": behaviors.respond_before_reading_body(413),
}


def chain(error):
    """An exception and all that hang on it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def everything_about(error):
    """All that a log, a crash reporter or a queue may come to hold of an exception."""
    yield "pickle", pickle.dumps(error).decode("latin-1")
    yield "attributes", repr(vars(error))
    for each in chain(error):
        yield "str", str(each)
        yield "repr", repr(each)
    yield from local_variables(error)


def local_variables(error):
    """Those of every frame of ours and of the HTTP libraries, as a crash reporter has them."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in told.stack:
        if "/tests/" not in frame.filename and "/asyncio/" not in frame.filename:
            yield f"locals of {frame.name}", repr(frame.locals)


@pytest.fixture
def logged(caplog):
    """Everything that any logger was told, at its most talkative."""
    for name in (None, "deapi", "httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.mark.parametrize("name", WEATHER)
@pytest.mark.parametrize("call", [BALANCE.call, GENERATE.call], ids=["balance", "generate"])
def test_no_error_and_no_log_record_holds_the_key(make_client, recorded_sleeps, logged, name, call):
    with FaultyServer(WEATHER[name]) as server:
        client = make_client(server.url, timeout=0.3, max_retries=1)
        with pytest.raises(deapi.DeapiError) as caught:
            call(client)
        server.wait_for(lambda: len(server.requests) > 0)
    assert server.requests[0].header("Authorization") == f"Bearer {KEY}"
    for place, text in everything_about(caught.value):
        assert SECRET not in text, place
    assert SECRET not in logged.text
    assert all(SECRET not in repr(vars(record)) for record in logged.records)


@pytest.mark.parametrize("name", WEATHER)
def test_no_raw_exception_hangs_on_ours(make_client, recorded_sleeps, name):
    with FaultyServer(WEATHER[name]) as server, pytest.raises(deapi.DeapiError) as caught:
        make_client(server.url, timeout=0.3, max_retries=0).balance()
    assert list(chain(caught.value)) == [caught.value]


def test_a_refused_connection_does_not_show_the_key(make_client, recorded_sleeps, logged):
    with refusing_url() as url, pytest.raises(deapi.NetworkError) as caught:
        make_client(url).balance()
    for place, text in everything_about(caught.value):
        assert SECRET not in text, place
    assert SECRET not in logged.text


def test_a_timed_out_wait_does_not_show_the_key(make_client, logged):
    with (
        FaultyServer(behaviors.respond(503)) as server,
        pytest.raises(deapi.JobTimeoutError) as caught,
    ):
        make_client(server.url).job(REQUEST_ID).wait(max_wait=0)
    for place, text in everything_about(caught.value):
        assert SECRET not in text, place
    assert SECRET not in logged.text


@posix
def test_an_interrupted_call_does_not_show_the_key():
    with (
        FaultyServer(behaviors.hang()) as server,
        deapi.DeapiClient(api_key=KEY, base_url=server.url) as client,
        interrupted_after(0.4),
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        client.balance()
    for place, text in local_variables(caught.value):
        assert SECRET not in text, place


def test_a_cancelled_call_does_not_show_the_key():
    async def run():
        async with deapi.AsyncDeapiClient(api_key=KEY, base_url=server.url) as client:
            task = asyncio.create_task(client.balance())
            await asyncio.to_thread(server.wait_for, lambda: len(server.requests) == 1)
            task.cancel()
            await task

    with FaultyServer(behaviors.hang()) as server, pytest.raises(asyncio.CancelledError) as caught:
        asyncio.run(run())
    for place, text in local_variables(caught.value):
        assert SECRET not in text, place


def test_a_service_that_repeats_the_key_does_not_bring_it_into_message_or_log(
    make_client, recorded_sleeps, logged
):
    echo = {"message": f"Unknown token: Bearer {KEY}", "code": KEY}
    pages = [
        behaviors.respond(503, echo),
        behaviors.respond(401, echo),
        behaviors.respond(401, f"<title>{KEY}</title>"),
    ]
    with FaultyServer(*pages) as server:
        client = make_client(server.url)
        for _ in range(2):
            with pytest.raises(deapi.AuthenticationError) as caught:
                client.balance()
            assert SECRET not in str(caught.value)
            assert SECRET not in repr(caught.value)
    assert SECRET not in logged.text


def test_nothing_that_a_user_holds_shows_the_key(make_client):
    with FaultyServer(GENERATE.success()) as server:
        client = make_client(server.url)
        job = GENERATE.call(client)
        for thing in (client, client.with_options(timeout=1), client.images, job, client._config):
            assert SECRET not in repr(thing)
            assert SECRET not in str(thing)


def test_what_holds_the_key_is_not_pickled(make_client):
    with FaultyServer(GENERATE.success()) as server:
        client = make_client(server.url)
        job = GENERATE.call(client)
        for thing in (client, job, client._config):
            with pytest.raises(TypeError):
                pickle.dumps(unwrap(thing))


@pytest.mark.parametrize("key", [f" {KEY}\n", f"dpn-sk-{KEY}", f"\tdpn-sk-{KEY} "])
def test_blanks_and_the_gateways_prefix_are_taken_off_the_key(make_client, key):
    with FaultyServer(BALANCE.success()) as server:
        make_client(server.url, api_key=key).balance()
    assert server.requests[0].header("Authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("key", [f"{KEY}\r\nX: 1", f"{KEY}\x00", f"{KEY}é", f"{KEY} {KEY}"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_showing_it(make_client, key):
    with pytest.raises(ValueError, match="api_key") as caught:
        make_client("http://127.0.0.1:9", api_key=key)
    assert SECRET not in str(caught.value)
    assert list(chain(caught.value)) == [caught.value]


@pytest.mark.parametrize("kind", [deapi.DeapiClient, deapi.AsyncDeapiClient])
def test_a_client_that_could_not_be_made_does_not_break_a_crash_report(kind):
    with pytest.raises(ValueError, match="api_key") as caught:
        kind(api_key="not a key")
    # a crash reporter asks every local variable for its repr, `self` among them
    traceback.TracebackException.from_exception(caught.value, capture_locals=True)


def test_the_key_goes_out_once_and_in_no_other_header_or_body(make_client):
    with FaultyServer(GENERATE.success()) as server:
        client = make_client(server.url)
        GENERATE.call(client)
        client.images.upscale(**UPLOAD)
    for request in server.requests:
        assert [n.lower() for n, v in request.headers if SECRET in v] == ["authorization"]
        assert SECRET not in request.target
        assert SECRET.encode() not in request.body
