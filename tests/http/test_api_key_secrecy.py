"""The API key is in the Authorization header, and not in errors, logs, reprs or pickles."""

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

FAILURES = {
    "401": behaviors.respond(401, {"message": "Unauthenticated."}),
    "422": behaviors.respond(422, {"message": "no", "errors": {"x": ["y"]}}),
    "429": behaviors.respond(429, headers=[("Retry-After", "86400")]),
    "503": behaviors.respond(503, "<html>"),
    "302": behaviors.redirect("https://elsewhere.example"),
    "not JSON": behaviors.respond(200, "<html>"),
    "wrong type": behaviors.respond(200, {"data": {"balance": "x", "request_id": [5]}}),
    "hang": behaviors.hang(),
    "reset": behaviors.reset("after_request"),
    "closed": behaviors.close_without_response(),
    "truncated": behaviors.truncate_body(),
    "not HTTP": behaviors.send_another_protocol(),
    "bad gzip": behaviors.invalid_gzip(),
    "huge headers": behaviors.huge_headers(),
    "early": behaviors.respond_before_reading_body(413),
}


def chain(error):
    """Yield an exception, its causes and its contexts."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def representations(error):
    """Yield every text that a log, a crash reporter or a queue may store for an exception."""
    yield "pickle", pickle.dumps(error).decode("latin-1")
    yield "attributes", repr(vars(error))
    for each in chain(error):
        yield "str", str(each)
        yield "repr", repr(each)
    yield from local_variables(error)


def local_variables(error):
    """Yield the local variables of every frame of deapi and the HTTP libraries."""
    captured = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in captured.stack:
        if "/tests/" not in frame.filename and "/asyncio/" not in frame.filename:
            yield f"locals of {frame.name}", repr(frame.locals)


@pytest.fixture
def logged(caplog):
    """The records of every logger at level DEBUG."""
    for name in (None, "deapi", "httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("call", [BALANCE.call, GENERATE.call], ids=["balance", "generate"])
def test_no_error_and_no_log_record_contains_the_key(
    make_client, recorded_sleeps, logged, name, call
):
    with FaultyServer(FAILURES[name]) as server:
        client = make_client(server.url, timeout=0.3, max_retries=1)
        with pytest.raises(deapi.DeapiError) as caught:
            call(client)
        server.wait_for(lambda: len(server.requests) > 0)
    assert server.requests[0].header("Authorization") == f"Bearer {KEY}"
    for source, text in representations(caught.value):
        assert SECRET not in text, source
    assert SECRET not in logged.text
    assert all(SECRET not in repr(vars(record)) for record in logged.records)


@pytest.mark.parametrize("name", FAILURES)
def test_a_deapi_error_has_no_cause_or_context(make_client, recorded_sleeps, name):
    with FaultyServer(FAILURES[name]) as server, pytest.raises(deapi.DeapiError) as caught:
        make_client(server.url, timeout=0.3, max_retries=0).balance()
    assert list(chain(caught.value)) == [caught.value]


def test_a_refused_connection_does_not_show_the_key(make_client, recorded_sleeps, logged):
    with refusing_url() as url, pytest.raises(deapi.NetworkError) as caught:
        make_client(url).balance()
    for source, text in representations(caught.value):
        assert SECRET not in text, source
    assert SECRET not in logged.text


def test_a_timed_out_wait_does_not_show_the_key(make_client, logged):
    with (
        FaultyServer(behaviors.respond(503)) as server,
        pytest.raises(deapi.JobTimeoutError) as caught,
    ):
        make_client(server.url).job(REQUEST_ID).wait(max_wait=0)
    for source, text in representations(caught.value):
        assert SECRET not in text, source
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
    for source, text in local_variables(caught.value):
        assert SECRET not in text, source


def test_a_cancelled_call_does_not_show_the_key():
    async def run():
        async with deapi.AsyncDeapiClient(api_key=KEY, base_url=server.url) as client:
            task = asyncio.create_task(client.balance())
            await asyncio.to_thread(server.wait_for, lambda: len(server.requests) == 1)
            task.cancel()
            await task

    with FaultyServer(behaviors.hang()) as server, pytest.raises(asyncio.CancelledError) as caught:
        asyncio.run(run())
    for source, text in local_variables(caught.value):
        assert SECRET not in text, source


def test_an_echoed_key_is_redacted_in_messages_and_logs(make_client, recorded_sleeps, logged):
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


def test_no_repr_shows_the_key(make_client):
    with FaultyServer(GENERATE.success()) as server:
        client = make_client(server.url)
        job = GENERATE.call(client)
        for value in (client, client.with_options(timeout=1), client.images, job, client._config):
            assert SECRET not in repr(value)
            assert SECRET not in str(value)


def test_objects_that_contain_the_key_cannot_be_pickled(make_client):
    with FaultyServer(GENERATE.success()) as server:
        client = make_client(server.url)
        for value in (client, client.images, client._config):
            with pytest.raises(TypeError):
                pickle.dumps(unwrap(value))


def test_the_pickle_of_a_job_does_not_contain_the_key(make_client):
    with FaultyServer(GENERATE.success()) as server:
        job = GENERATE.call(make_client(server.url))
        assert SECRET.encode() not in pickle.dumps(unwrap(job))


@pytest.mark.parametrize("key", [f" {KEY}\n", f"dpn-sk-{KEY}", f"\t'dpn-sk-{KEY}' ", f'"{KEY}"'])
def test_white_space_quotes_and_the_gateway_prefix_are_removed_from_the_key(make_client, key):
    with FaultyServer(BALANCE.success()) as server:
        make_client(server.url, api_key=key).balance()
    assert server.requests[0].header("Authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("key", [f"{KEY}\r\nX: 1", f"{KEY}\x00", f"{KEY}é", f"{KEY} {KEY}"])
def test_a_key_that_is_invalid_in_a_header_is_rejected_without_showing_it(make_client, key):
    with pytest.raises(ValueError, match="api_key") as caught:
        make_client("http://127.0.0.1:9", api_key=key)
    assert SECRET not in str(caught.value)
    assert list(chain(caught.value)) == [caught.value]


@pytest.mark.parametrize("client_class", [deapi.DeapiClient, deapi.AsyncDeapiClient])
def test_the_repr_of_a_partially_initialized_client_does_not_fail(client_class):
    with pytest.raises(ValueError, match="api_key") as caught:
        client_class(api_key="not a key")
    # This calls repr() on every local variable, including `self`.
    traceback.TracebackException.from_exception(caught.value, capture_locals=True)


def test_the_key_is_sent_in_one_header_only(make_client):
    with FaultyServer(GENERATE.success()) as server:
        client = make_client(server.url)
        GENERATE.call(client)
        client.images.upscale(**UPLOAD)
    for request in server.requests:
        assert [n.lower() for n, v in request.headers if SECRET in v] == ["authorization"]
        assert SECRET not in request.target
        assert SECRET.encode() not in request.body
